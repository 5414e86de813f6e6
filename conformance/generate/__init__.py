"""Vectors from small tables of cases, by running the specification."""
