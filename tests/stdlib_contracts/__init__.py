"""Tests of the contracts of the standard library."""
