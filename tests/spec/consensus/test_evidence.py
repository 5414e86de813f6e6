"""Evidence convicts who signed two contradictory messages, and nobody else."""

from dataclasses import replace

import pytest

from spec.consensus.bft.messages import ProposalCore, compute_core_root, compute_vote_root
from spec.consensus.evidence import (
    Evidence,
    compute_ffg_root,
    compute_seal_root,
    find_conflict,
    get_offender,
    validate_evidence,
)
from spec.ledger.ops import (
    Checkpoint,
    DoubleFfgVote,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    FfgVote,
    ProposalSignature,
    RoundVote,
)
from tests.spec.consensus.network import stub_sign, stub_verify

CHAIN = b"\x07" * 32
KEY = b"\x01" * 32
A, B = b"\x0a" * 32, b"\x0b" * 32


def round_vote(block: bytes, **changes: int) -> RoundVote:
    vote = replace(RoundVote(1, 5, 0, block, 3, bytes(64)), **changes)  # type: ignore[arg-type]  # fields by name
    return replace(vote, signature=stub_sign(KEY, compute_vote_root(CHAIN, vote)))


def ffg_vote(source: int, target: int, root: bytes = A) -> FfgVote:
    vote = FfgVote(0, bytes(32), Checkpoint(source, A), Checkpoint(target, root), 3, bytes(64))
    return replace(vote, signature=stub_sign(KEY, compute_ffg_root(CHAIN, vote)))


def production(first: bytes, second: bytes, slot: int = 9) -> DoubleProduction:
    signatures = [stub_sign(KEY, compute_seal_root(CHAIN, slot, b)) for b in (first, second)]
    return DoubleProduction(3, slot, first, signatures[0], second, signatures[1])


def proposals(first: tuple[int, bytes], second: tuple[int, bytes]) -> DoubleProposal:
    """Two proposals of one round, each as (valid round + 1, block)."""
    signed = (
        ProposalSignature(
            *said, stub_sign(KEY, compute_core_root(CHAIN, ProposalCore(9, 1, *said, 3)))
        )
        for said in (first, second)
    )
    return DoubleProposal(3, 9, 1, *signed)


GUILTY: tuple[Evidence, ...] = (
    DoubleVote(round_vote(A), round_vote(B)),
    DoubleFfgVote(ffg_vote(1, 2, A), ffg_vote(1, 2, B)),
    DoubleFfgVote(ffg_vote(1, 5), ffg_vote(2, 4)),
    DoubleFfgVote(ffg_vote(2, 4), ffg_vote(1, 5)),
    production(A, B),
    proposals((0, A), (0, B)),
    proposals((0, A), (1, A)),
)
HARMLESS: tuple[Evidence, ...] = (
    DoubleVote(round_vote(A), round_vote(A)),
    DoubleVote(round_vote(A), round_vote(B, round=1)),
    DoubleVote(round_vote(A), round_vote(B, kind=2)),
    DoubleVote(round_vote(A), round_vote(B, height=6)),
    DoubleVote(round_vote(A), round_vote(B, validator=4)),
    DoubleFfgVote(ffg_vote(1, 2), ffg_vote(2, 3)),
    DoubleFfgVote(ffg_vote(1, 2), ffg_vote(1, 3)),
    production(A, A),
    proposals((1, A), (1, A)),
)


@pytest.mark.parametrize("evidence", GUILTY)
def test_contradictions_convict(evidence: Evidence) -> None:
    assert validate_evidence(CHAIN, stub_verify, KEY, evidence) is None
    assert get_offender(evidence) == 3


@pytest.mark.parametrize("evidence", HARMLESS)
def test_what_an_honest_validator_may_send_convicts_nobody(evidence: Evidence) -> None:
    error = validate_evidence(CHAIN, stub_verify, KEY, evidence)
    assert error is not None
    assert error.code == "evidence.harmless"


@pytest.mark.parametrize("evidence", GUILTY)
def test_nobody_is_convicted_by_anothers_signature_or_on_another_chain(evidence: Evidence) -> None:
    for chain, key in ((CHAIN, b"\x02" * 32), (b"\x08" * 32, KEY)):
        error = validate_evidence(chain, stub_verify, key, evidence)
        assert error is not None
        assert error.code == "evidence.signature_invalid"


def test_a_seal_of_another_slot_convicts_nobody() -> None:
    moved = replace(production(A, B), slot=10)
    error = validate_evidence(CHAIN, stub_verify, KEY, moved)
    assert error is not None
    assert error.code == "evidence.signature_invalid"


def test_conflicts_are_found_among_votes_that_were_seen() -> None:
    assert isinstance(find_conflict(round_vote(A), round_vote(B)), DoubleVote)
    assert isinstance(find_conflict(ffg_vote(1, 5), ffg_vote(2, 4)), DoubleFfgVote)
    assert find_conflict(round_vote(A), ffg_vote(1, 5)) is None
    assert find_conflict(round_vote(A), round_vote(A)) is None
