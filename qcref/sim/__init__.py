"""Simulated networks of real nodes: virtual time, faults, twins, checkers."""
