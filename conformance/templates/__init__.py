"""Clients to copy; see README.md."""
