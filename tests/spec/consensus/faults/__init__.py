"""Faults planted in the consensus, and what must find them."""
