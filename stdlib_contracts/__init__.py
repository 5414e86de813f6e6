"""The standard library of contracts."""
