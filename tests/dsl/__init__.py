"""Tests of the contract language."""
