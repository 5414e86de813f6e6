"""Hashing, signatures, addresses: the chapter's README gives the reading order."""
