"""Stake: the registry of validators, their pools, withdrawals, and what consensus may do to them."""
