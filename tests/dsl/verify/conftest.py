"""One pair of solver children for all tests of the verifier."""

from collections.abc import Callable, Iterator

import pytest

from dsl.verify.jobs import make_subject
from dsl.verify.solver import Limits, Solver
from dsl.verify.verify import Remembering, Report, verify_with
from tests.dsl.verify.support import compile_text

Verify = Callable[[str], Report]


@pytest.fixture(scope="session")
def solver() -> Iterator[Solver]:
    """Children that decide queries."""
    with Solver() as children:
        yield children


@pytest.fixture(scope="session")
def decide(solver: Solver) -> Remembering:
    """Decides queries, each text once a session."""
    return Remembering(solver, Limits())


@pytest.fixture(scope="session")
def verify_text(decide: Remembering) -> Verify:
    """Verifies the contract of a source text."""

    def run(text: str) -> Report:
        unit = compile_text(text)
        return verify_with(make_subject(unit), decide, Limits(), lambda: "test")

    return run
