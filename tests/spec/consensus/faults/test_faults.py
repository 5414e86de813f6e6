"""A fault planted in the consensus is found, by tools that anybody can run."""

import importlib.util
from pathlib import Path

import pytest

from tests.spec.consensus.faults.hunt import find
from tests.spec.consensus.faults.planted import Fault, load_faults

FAULTS = load_faults()
HIDDEN_PERCENT_MAX = 5
"""Of the faults that nothing finds."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_fits_its_module(fault: Fault) -> None:
    found = importlib.util.find_spec(fault.module)
    assert found is not None
    assert found.origin is not None
    source = Path(found.origin).read_text("utf-8")
    assert fault.change(source) != source
    compile(fault.change(source), found.origin, "exec")


@pytest.mark.slow
def test_faults_are_found() -> None:
    """Each by scenarios, explorer, proofs or simulator; the table says which."""
    finders = {fault.name: find(fault) for fault in FAULTS}
    table = "\n".join(f"{name:36} {finder or 'NOT FOUND'}" for name, finder in finders.items())
    missed = sum(finder is None for finder in finders.values())
    assert 100 * missed <= HIDDEN_PERCENT_MAX * len(FAULTS), table
