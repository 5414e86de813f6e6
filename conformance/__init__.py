"""Vectors, the client protocol and the runner: how another client is held against the spec."""
