"""Theorems about the specification, each with mutants that must fail: see README.md."""
