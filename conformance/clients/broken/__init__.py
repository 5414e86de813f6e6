"""Clients with one mistake each, which the runner has to flag for that mistake."""
