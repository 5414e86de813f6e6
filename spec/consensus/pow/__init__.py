"""PoW: proof of work with Bitcoin's header rules."""
