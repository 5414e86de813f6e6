"""Laws of conflicts: whoever signed two blocks of one round is convicted, and nobody else."""

from dataclasses import replace

import pytest

from spec.consensus.evidence import validate_evidence
from spec.lib.result import Err
from spec.light.bft import LightBlock
from spec.light.conflict import Conflict, ConflictKind, find_header_conflict
from tests.spec.consensus.network import compute_stub_key, stub_verify
from tests.spec.light.chains import (
    GENESIS_ID,
    Powers,
    make_client,
    make_commit,
    make_header,
    seal,
    unwrap,
)

CONTEXT = make_client().context
FOUR: Powers = {0: 1, 1: 1, 2: 1, 3: 1}
SETS = (FOUR, FOUR)


def make_block(salt: bytes, voters: tuple[int, ...], round_: int = 0) -> LightBlock:
    header = make_header(5, bytes(32), SETS, salt)
    return replace(seal(header, SETS), commit=make_commit(header, voters, round_=round_))


def find(one: LightBlock, other: LightBlock) -> Conflict:
    conflict = unwrap(find_header_conflict(CONTEXT, one, other))
    assert conflict is not None
    return conflict


def test_equivocators_are_convicted_and_nobody_else() -> None:
    conflict = find(make_block(b"a", (0, 1, 2)), make_block(b"b", (1, 2, 3)))
    assert conflict.kind is ConflictKind.EQUIVOCATION
    assert tuple(e.first.validator for e in conflict.evidence) == (1, 2)
    for evidence in conflict.evidence:
        key = compute_stub_key(evidence.first.validator)
        assert validate_evidence(GENESIS_ID, stub_verify, key, evidence) is None


def test_amnesia_names_suspects_without_evidence() -> None:
    conflict = find(make_block(b"a", (0, 1, 2)), make_block(b"b", (1, 2, 3), round_=1))
    assert conflict == Conflict(ConflictKind.AMNESIA, (), (1, 2, 3))


def test_a_set_that_does_not_follow_is_lunatic() -> None:
    phantom = {1: 1, 2: 1, 9: 50}
    header = make_header(5, bytes(32), (phantom, FOUR), b"b")
    other = seal(header, (phantom, FOUR))
    conflict = find(make_block(b"a", (0, 1, 2)), other)
    assert conflict.kind is ConflictKind.LUNATIC
    assert conflict.suspects == (1, 2), "the phantom has no seat"
    assert tuple(e.first.validator for e in conflict.evidence) == (1, 2)


def test_one_block_with_two_seals_is_no_conflict() -> None:
    one, other = make_block(b"a", (0, 1, 2)), make_block(b"a", (1, 2, 3), round_=2)
    assert unwrap(find_header_conflict(CONTEXT, one, other)) is None


@pytest.mark.parametrize("voters", [(0, 1), ()])
def test_an_unsealed_header_accuses_nobody(voters: tuple[int, ...]) -> None:
    found = find_header_conflict(CONTEXT, make_block(b"a", (0, 1, 2)), make_block(b"b", voters))
    assert isinstance(found, Err)
    assert found.error.code == "bft.commit_too_light"


def test_headers_of_two_heights_are_no_conflict() -> None:
    higher = seal(make_header(6, bytes(32), SETS, b"b"), SETS)
    assert isinstance(find_header_conflict(CONTEXT, make_block(b"a", (0, 1, 2)), higher), Err)
