"""Measurements of cost: figures to compare inside one run, never absolute claims."""
