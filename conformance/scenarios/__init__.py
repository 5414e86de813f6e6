"""Attacks and incidents as data: what happened, what the attacker does, what stops it."""
