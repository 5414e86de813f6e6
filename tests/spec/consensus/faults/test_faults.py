"""A fault planted in the consensus is found, by tools that anybody can run."""

import importlib.util
from functools import partial
from pathlib import Path

import pytest

from tests.spec.consensus.faults.hunt import find_by_tools, find_by_vectors
from tests.spec.consensus.faults.plant import install
from tests.spec.consensus.faults.planted import Fault, load_faults
from tests.spec.consensus.faults.survey import find_killer, select_records

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


def test_each_fault_has_its_own_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_hardly_any_fault_is_said_to_be_none() -> None:
    none = {fault.name for fault in FAULTS if fault.same_as is not None}
    assert none == {"any-source", "convicts-are-elected", "skips-to-the-nearest-round"}


def test_an_installed_fault_is_found_and_leaves_this_process_alone() -> None:
    faults = {fault.name: fault for fault in FAULTS}
    finders = {
        "signs-anything": "consensus/bft#slow_builder",  # a function
        "first-vote-only": "consensus/bft#double_vote",  # a number
        "no-round-skip": "consensus/bft#exact_third",  # a row of functions
        "seals-unchecked": None,  # of another algorithm
    }
    records = [r for r in select_records() if r.id in finders.values()]
    for name, finder in finders.items():
        assert find_killer(partial(install, faults[name]), records) == finder
    assert find_killer(lambda: None, records) is None


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_faults_are_found() -> None:
    """Each by vectors, explorer, proofs, simulator or tests; the table says which."""
    hunted = [fault for fault in FAULTS if fault.same_as is None]
    finders = {
        fault.name: record or find_by_tools(fault) for fault, record in find_by_vectors(hunted)
    }
    assert len(finders) == len(hunted)
    table = "\n".join(f"{name:36} {finder or 'NOT FOUND'}" for name, finder in finders.items())
    missed = sum(finder is None for finder in finders.values())
    assert 100 * missed <= HIDDEN_PERCENT_MAX * len(hunted), table
