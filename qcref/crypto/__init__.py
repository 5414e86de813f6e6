"""Faster signature checks than the specification's, and secret keys on disk."""
