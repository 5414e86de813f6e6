"""Exhaustive search of small worlds: every schedule, every lie, up to a stated bound."""
