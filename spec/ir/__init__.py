"""The core IR: what a contract is, and what running it means."""
