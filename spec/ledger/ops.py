"""Consensus operations and seals as data: what a block carries for the consensus.

The ledger stores and commits to them and never looks inside; what they mean, and how many of each a
block may hold, is said in `spec.consensus`. New kinds are added at the end of a union, so that
encodings stay.

Source: DESIGN.md 2.5, CONSENSUS.md 1.
"""

from dataclasses import dataclass

from spec.lib.ssz import ByteVector, Container, List, Uint, Union
from spec.limits import VALIDATORS_MAX


@dataclass(frozen=True, slots=True)
class RoundVote:
    """A signed vote of the BFT algorithm."""

    kind: int
    """1 prevote, 2 precommit."""
    height: int
    round: int
    block: bytes
    """Block id (32 bytes), zeros for "no block"."""
    validator: int
    """Index of the voter."""
    signature: bytes
    """Ed25519, 64 bytes, over the vote with a signature of zeros."""


@dataclass(frozen=True, slots=True)
class CommitSignature:
    """One validator's precommit inside a commit, which has the rest of the vote."""

    validator: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """Precommits of more than two thirds of the power: a block's seal, later an op of its child."""

    height: int
    round: int
    block: bytes
    votes: tuple[CommitSignature, ...]
    """Ascending by validator."""


@dataclass(frozen=True, slots=True)
class DoubleVote:
    """Evidence: two votes of one validator, kind, height and round for different blocks."""

    first: RoundVote
    second: RoundVote


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A block that finality votes are about, with the epoch it stands for."""

    epoch: int
    root: bytes
    """Block id (32 bytes); zeros with epoch 0 are the genesis block."""


@dataclass(frozen=True, slots=True)
class FfgVote:
    """A finality vote: from a justified checkpoint to a later one of the same chain."""

    slot: int
    """PoS: when the voter attested; 0 in other algorithms."""
    head: bytes
    """PoS: the voter's head (32 bytes), for the fork choice; zeros in other algorithms."""
    source: Checkpoint
    target: Checkpoint
    validator: int
    """Index of the voter."""
    signature: bytes
    """Ed25519, 64 bytes, over the vote with a signature of zeros."""


@dataclass(frozen=True, slots=True)
class DoubleFfgVote:
    """Evidence: a validator's two votes for one target epoch, or one vote around the other."""

    first: FfgVote
    second: FfgVote


@dataclass(frozen=True, slots=True)
class DoubleProduction:
    """Evidence: one validator sealed two blocks of one slot."""

    validator: int
    slot: int
    first: bytes
    """Block id, 32 bytes."""
    first_signature: bytes
    second: bytes
    second_signature: bytes


@dataclass(frozen=True, slots=True)
class ProposalSignature:
    """What a proposal says beyond who, where and when, and its signature."""

    valid_round_plus_one: int
    """0 for a new block, else 1 + the round of its polka."""
    block: bytes
    """Block id, 32 bytes."""
    signature: bytes
    """Ed25519, 64 bytes, over the signed part of the proposal."""


@dataclass(frozen=True, slots=True)
class DoubleProposal:
    """Evidence: one validator signed two different proposals for one round of a height."""

    validator: int
    height: int
    round: int
    first: ProposalSignature
    second: ProposalSignature


@dataclass(frozen=True, slots=True)
class NoSeal:
    """Nothing beside the header: its own hash is the proof of work, or it is the genesis."""


@dataclass(frozen=True, slots=True)
class SignatureSeal:
    """The producer's signature over the slot and the block id."""

    signature: bytes
    """Ed25519, 64 bytes."""


@dataclass(frozen=True, slots=True)
class PowFields:
    """What a proof-of-work header commits to."""

    target: int
    """The hash, read as a number, must not exceed it."""
    nonce: int


@dataclass(frozen=True, slots=True)
class PosFields:
    """What a proof-of-stake header commits to."""

    reveal: bytes
    """The proposer's next hash-onion layer, 32 bytes."""


@dataclass(frozen=True, slots=True)
class NoFields:
    """The algorithm puts nothing of its own into the header."""


Op = Commit | DoubleVote | FfgVote | DoubleFfgVote | DoubleProduction | DoubleProposal
Seal = NoSeal | SignatureSeal | Commit
ConsensusFields = NoFields | PowFields | PosFields

ROUND_VOTE = Container(
    RoundVote,
    (
        ("kind", Uint(8)),
        ("height", Uint(64)),
        ("round", Uint(32)),
        ("block", ByteVector(32)),
        ("validator", Uint(32)),
        ("signature", ByteVector(64)),
    ),
)
COMMIT_SIGNATURE = Container(
    CommitSignature, (("validator", Uint(32)), ("signature", ByteVector(64)))
)
COMMIT = Container(
    Commit,
    (
        ("height", Uint(64)),
        ("round", Uint(32)),
        ("block", ByteVector(32)),
        ("votes", List(COMMIT_SIGNATURE, VALIDATORS_MAX)),
    ),
)
DOUBLE_VOTE = Container(DoubleVote, (("first", ROUND_VOTE), ("second", ROUND_VOTE)))
CHECKPOINT = Container(Checkpoint, (("epoch", Uint(64)), ("root", ByteVector(32))))
FFG_VOTE = Container(
    FfgVote,
    (
        ("slot", Uint(64)),
        ("head", ByteVector(32)),
        ("source", CHECKPOINT),
        ("target", CHECKPOINT),
        ("validator", Uint(32)),
        ("signature", ByteVector(64)),
    ),
)
DOUBLE_FFG_VOTE = Container(DoubleFfgVote, (("first", FFG_VOTE), ("second", FFG_VOTE)))
DOUBLE_PRODUCTION = Container(
    DoubleProduction,
    (
        ("validator", Uint(32)),
        ("slot", Uint(64)),
        ("first", ByteVector(32)),
        ("first_signature", ByteVector(64)),
        ("second", ByteVector(32)),
        ("second_signature", ByteVector(64)),
    ),
)
PROPOSAL_SIGNATURE = Container(
    ProposalSignature,
    (
        ("valid_round_plus_one", Uint(32)),
        ("block", ByteVector(32)),
        ("signature", ByteVector(64)),
    ),
)
DOUBLE_PROPOSAL = Container(
    DoubleProposal,
    (
        ("validator", Uint(32)),
        ("height", Uint(64)),
        ("round", Uint(32)),
        ("first", PROPOSAL_SIGNATURE),
        ("second", PROPOSAL_SIGNATURE),
    ),
)
OP: Union[Op] = Union(
    (
        (Commit, COMMIT),
        (DoubleVote, DOUBLE_VOTE),
        (FfgVote, FFG_VOTE),
        (DoubleFfgVote, DOUBLE_FFG_VOTE),
        (DoubleProduction, DOUBLE_PRODUCTION),
        (DoubleProposal, DOUBLE_PROPOSAL),
    )
)
SEAL: Union[Seal] = Union(
    (
        (NoSeal, Container(NoSeal, ())),
        (SignatureSeal, Container(SignatureSeal, (("signature", ByteVector(64)),))),
        (Commit, COMMIT),
    )
)
CONSENSUS_FIELDS: Union[ConsensusFields] = Union(
    (
        (NoFields, Container(NoFields, ())),
        (PowFields, Container(PowFields, (("target", Uint(256)), ("nonce", Uint(64))))),
        (PosFields, Container(PosFields, (("reveal", ByteVector(32)),))),
    )
)
