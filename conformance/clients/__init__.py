"""Clients we keep: our own, and those that are broken on purpose."""
