"""Stake: validators, their pools, withdrawals, and what accounts and consensus do to them."""
