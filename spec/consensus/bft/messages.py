"""What BFT nodes sign and send, and the roots they sign.

A vote and a commit are also part of blocks, so their data stands in the ledger's `ops`. A
proposal carries the whole block, and a re-proposal the polka (prevotes of more than two thirds)
that justifies it: without it a node that missed one prevote could never unlock.

Source: arXiv 1807.04938, algorithm 1; INTERFACE.md 2.14.
"""

from dataclasses import dataclass, replace

from spec.crypto.domains import Domain, compute_signing_root
from spec.ledger.ops import ROUND_VOTE, RoundVote
from spec.ledger.types import BLOCK, Block
from spec.lib.ssz import ByteVector, Container, List, Uint, hash_tree_root
from spec.limits import VALIDATORS_MAX

NO_SIGNATURE = bytes(64)
"""What stands in a message that is not signed yet."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposer's word for a round of a height."""

    height: int
    round: int
    valid_round_plus_one: int
    """0 for a new proposal, else 1 + the round of the polka."""
    block: Block
    """Unsealed. A re-proposal keeps its first proposer, hence its id."""
    polka: tuple[RoundVote, ...]
    """Prevotes of the valid round for this block, ascending by validator; none if it is new."""
    validator: int
    """Index of who proposes."""
    signature: bytes
    """Ed25519, 64 bytes."""


@dataclass(frozen=True, slots=True)
class ProposalCore:
    """The part of a proposal that is signed."""

    height: int
    round: int
    valid_round_plus_one: int
    block_id: bytes
    validator: int


PROPOSAL = Container(
    Proposal,
    (
        ("height", Uint(64)),
        ("round", Uint(32)),
        ("valid_round_plus_one", Uint(32)),
        ("block", BLOCK),
        ("polka", List(ROUND_VOTE, VALIDATORS_MAX)),
        ("validator", Uint(32)),
        ("signature", ByteVector(64)),
    ),
)
PROPOSAL_CORE = Container(
    ProposalCore,
    (
        ("height", Uint(64)),
        ("round", Uint(32)),
        ("valid_round_plus_one", Uint(32)),
        ("block_id", ByteVector(32)),
        ("validator", Uint(32)),
    ),
)


def compute_vote_root(genesis_id: bytes, vote: RoundVote) -> bytes:
    """The 32 bytes a voter signs: the vote with a signature of zeros."""
    unsigned = replace(vote, signature=NO_SIGNATURE)
    return compute_signing_root(Domain.ROUND_VOTE, genesis_id, hash_tree_root(ROUND_VOTE, unsigned))


def compute_proposal_root(genesis_id: bytes, proposal: Proposal, block_id: bytes) -> bytes:
    """The 32 bytes a proposer signs; the polka speaks for itself and is not covered."""
    core = ProposalCore(
        height=proposal.height,
        round=proposal.round,
        valid_round_plus_one=proposal.valid_round_plus_one,
        block_id=block_id,
        validator=proposal.validator,
    )
    return compute_core_root(genesis_id, core)


def compute_core_root(genesis_id: bytes, core: ProposalCore) -> bytes:
    """The 32 bytes a proposer signs, from the signed part alone."""
    return compute_signing_root(Domain.PROPOSAL, genesis_id, hash_tree_root(PROPOSAL_CORE, core))
