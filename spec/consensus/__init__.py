"""Consensus: one interface, five algorithms; only the chain's own algorithm runs."""
