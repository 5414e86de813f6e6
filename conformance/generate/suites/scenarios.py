"""Level 6: attacks and incidents, played step by step (`conformance/scenarios/`)."""

from conformance.generate.case import Suite
from conformance.scenarios.catalogue import build_suites


def build() -> tuple[Suite, ...]:
    """A suite an algorithm."""
    return build_suites()
