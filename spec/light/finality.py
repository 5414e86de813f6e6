"""The light client of PoS, DPoS and Hybrid chains: from one checkpoint to the next, by its votes.

A checkpoint's block commits to the state after it; that state's finality leaf holds both sets and
what the chain has recorded as final, its registry the keys. Who trusts a checkpoint so knows its
sets. A later checkpoint is trusted if more than two thirds of a set known to be one of *its* sets
signed one link to it: an honest third voted for its block, and votes for valid blocks only, so its
state is right, and with it what it says is final.

By rule G sets are promoted one at a time, so the known current set votes for the next checkpoints
until a second promotion (G1 counts links against the current and the previous set); beyond that,
`TrustTooLow` says that the client needs a checkpoint between. The current set shown votes for its
own block in any case, be it promoted away at the boundary or not, and is held to that.

Such trust is as long as stake is at risk: it begins at a block that the user trusts (weak
subjectivity) and expires. Two updates that contradict each other hold the votes that convict.

Source: FFG.md 1 (G1 to G3), 2 (lemma S: a common set), 6; CONSENSUS.md 2 (PoS); decision record
0111.
"""

from dataclasses import dataclass
from itertools import pairwise

from spec.consensus.evidence import compute_ffg_root, find_conflict
from spec.consensus.ffg import FfgState
from spec.consensus.finality_errors import VoterNotMember, VoteSignatureInvalid
from spec.consensus.finality_state import FRAME, STATE_KEY, Frame
from spec.consensus.interface import Evidence, RulesContext
from spec.consensus.quorum import is_quorum
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import FFG_VOTE, FfgVote
from spec.ledger.staking.registry import VALIDATOR, compute_validator_key
from spec.ledger.types import HEADER, Header
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import ByteList, Container, List, Uint, decode
from spec.lib.trie import StateTree
from spec.lib.trie_proof import TRIE_PROOF, TrieProof, compute_proof, validate_proof
from spec.light.bft import LightClient
from spec.light.errors import (
    AnchorMismatch,
    HeaderFromFuture,
    HeightNotAbove,
    LeafMalformed,
    LightError,
    SetMalformed,
    TimeBeforeTrusted,
    TrustExpired,
    TrustTooLow,
    VoteNotForTarget,
    VotesNotAscending,
    VotesTooMany,
)
from spec.limits import LIGHT_LEAF_SIZE_BYTES_MAX, VALIDATORS_MAX

MEMBERS_MAX = 2 * VALIDATORS_MAX
"""Of both sets together."""


@dataclass(frozen=True, slots=True)
class ProvedRecord:
    """A validator's record in a state; who left is proved absent by an empty leaf."""

    validator: int
    leaf: bytes
    proof: TrieProof


@dataclass(frozen=True, slots=True)
class CheckpointState:
    """A checkpoint's block with what its state says about finality."""

    header: Header
    leaf: bytes
    """The encoded finality frame."""
    proof: TrieProof
    records: tuple[ProvedRecord, ...]
    """Of every member of both sets, ascending."""


@dataclass(frozen=True, slots=True)
class CheckpointUpdate:
    """What leads a client from one checkpoint to a later one."""

    state: CheckpointState
    votes: tuple[FfgVote, ...]
    """Of one link to it, ascending by validator."""


PROVED_RECORD = Container(
    ProvedRecord,
    (
        ("validator", Uint(32)),
        ("leaf", ByteList(LIGHT_LEAF_SIZE_BYTES_MAX)),
        ("proof", TRIE_PROOF),
    ),
)
CHECKPOINT_STATE = Container(
    CheckpointState,
    (
        ("header", HEADER),
        ("leaf", ByteList(LIGHT_LEAF_SIZE_BYTES_MAX)),
        ("proof", TRIE_PROOF),
        ("records", List(PROVED_RECORD, MEMBERS_MAX)),
    ),
)
CHECKPOINT_UPDATE = Container(
    CheckpointUpdate, (("state", CHECKPOINT_STATE), ("votes", List(FFG_VOTE, MEMBERS_MAX)))
)


@dataclass(frozen=True, slots=True)
class TrustedCheckpoint:
    """The end of what a client trusts."""

    header: Header
    ffg: FfgState
    """The finality state after the block, votes left out: `ffg.finalised` is final."""
    keys: tuple[tuple[int, bytes], ...]
    """(validator, consensus key) of the members of both sets, ascending."""


def decode_checkpoint_update(data: bytes) -> Result[CheckpointUpdate, LightError]:
    """The update that untrusted bytes encode, or why they encode none."""
    return decode(CHECKPOINT_UPDATE, data)


def compute_checkpoint_state(header: Header, tree: StateTree) -> CheckpointState:
    """What an honest node shows of a block; the tree is its state, the leaf of finality in it."""
    leaf = tree.get(STATE_KEY)
    assert leaf is not None, "chains with finality by votes keep its leaf from the genesis on"
    frame = decode(FRAME, leaf)
    assert isinstance(frame, Ok), "the leaf is written by the rules alone"
    records = tuple(
        ProvedRecord(validator, tree.get(key) or b"", compute_proof(tree, key))
        for validator, key in ((v, compute_validator_key(v)) for v in _get_members(frame.value.ffg))
    )
    return CheckpointState(header, leaf, compute_proof(tree, STATE_KEY), records)


def open_checkpoint(
    block_id: bytes, shown: CheckpointState
) -> Result[TrustedCheckpoint, LightError]:
    """The beginning of all trust: a block whose id the user got from somebody they trust.

    Args:
        block_id: 32 bytes, trusted: of the genesis or of any final block since.
        shown: untrusted.
    """
    found = compute_block_id(shown.header)
    return Err(AnchorMismatch(found, block_id)) if found != block_id else _read_state(shown)


def apply_checkpoint(
    client: LightClient,
    trusted: TrustedCheckpoint,
    update: CheckpointUpdate,
    now_ms: int,
) -> Result[TrustedCheckpoint, LightError]:
    """The trust after a later checkpoint; the entry point.

    Checks, in order: age of the trust, time, height, form of the votes, proofs of the state shown,
    signatures, power of the known set, power of the set shown.

    Args:
        client: chain and options; `validate_options` accepts them. The trust level is not asked
            for: it is two thirds.
        trusted: what is trusted so far.
        update: untrusted.
        now_ms: the client's clock.
    """
    shown, votes = update.state, update.votes
    error = _validate_times(client, trusted.header, shown.header, now_ms)
    if error is not None:
        return Err(error)
    error = _validate_votes(shown.header, votes)
    if error is not None:
        return Err(error)
    read = _read_state(shown)
    if isinstance(read, Err):
        return read
    error = _validate_power(client.context, (trusted, read.value), votes)
    return read if error is None else Err(error)


def find_checkpoint_conflict(
    one: tuple[FfgVote, ...], other: tuple[FfgVote, ...]
) -> tuple[Evidence, ...]:
    """The evidence in the votes of two updates, one for each validator that contradicts itself.

    Args:
        one: votes of an update that was trusted.
        other: votes of another, with valid signatures.
    """
    by_voter = {vote.validator: vote for vote in one}
    pairs = ((by_voter.get(vote.validator), vote) for vote in other)
    found = (find_conflict(first, vote) for first, vote in pairs if first is not None)
    return tuple(evidence for evidence in found if evidence is not None)


def _validate_times(
    client: LightClient, trusted: Header, header: Header, now_ms: int
) -> LightError | None:
    options = client.options
    if trusted.time_ms + options.trusting_ms <= now_ms:
        return TrustExpired(trusted.time_ms, now_ms, options.trusting_ms)
    if header.time_ms > now_ms + options.drift_ms:
        return HeaderFromFuture(header.time_ms, now_ms + options.drift_ms)
    if header.height <= trusted.height:
        return HeightNotAbove(header.height, trusted.height)
    if header.time_ms < trusted.time_ms:
        return TimeBeforeTrusted(header.time_ms, trusted.time_ms)
    return None


def _read_state(shown: CheckpointState) -> Result[TrustedCheckpoint, LightError]:
    """The sets and keys that a header's state proves."""
    root = shown.header.state_root
    error = validate_proof(root, STATE_KEY, shown.leaf, shown.proof)
    if error is not None:
        return Err(error)
    decoded = decode(FRAME, shown.leaf)
    if isinstance(decoded, Err):
        return Err(LeafMalformed("finality"))
    frame: Frame = decoded.value
    keys = _read_keys(root, frame.ffg, shown.records)
    return (
        keys
        if isinstance(keys, Err)
        else Ok(TrustedCheckpoint(shown.header, frame.ffg, keys.value))
    )


def _get_members(ffg: FfgState) -> tuple[int, ...]:
    """Who is in either set, ascending."""
    members = dict.fromkeys(member.validator for member in (*ffg.current, *ffg.previous))
    return tuple(sorted(members))


def _read_keys(
    root: bytes, ffg: FfgState, records: tuple[ProvedRecord, ...]
) -> Result[tuple[tuple[int, bytes], ...], LightError]:
    """The keys of the members that a state still lists, ascending by validator."""
    if tuple(record.validator for record in records) != _get_members(ffg):
        return Err(SetMalformed("the records are not those of its members, ascending"))
    keys: list[tuple[int, bytes]] = []
    for record in records:
        key = compute_validator_key(record.validator)
        error = validate_proof(root, key, record.leaf or None, record.proof)
        if error is not None:
            return Err(error)
        if not record.leaf:
            continue
        decoded = decode(VALIDATOR, record.leaf)
        if isinstance(decoded, Err):
            return Err(LeafMalformed("validator"))
        keys.append((record.validator, decoded.value.consensus_key))
    return Ok(tuple(keys))


def _validate_votes(header: Header, votes: tuple[FfgVote, ...]) -> LightError | None:
    """One link to the block shown, each voter once."""
    if len(votes) > MEMBERS_MAX:
        return VotesTooMany(len(votes), MEMBERS_MAX)
    root = compute_block_id(header)
    for vote in votes:
        is_of_link = (vote.source, vote.target) == (votes[0].source, votes[0].target)
        if not is_of_link or vote.target.root != root or vote.source.epoch >= vote.target.epoch:
            return VoteNotForTarget(vote.validator)
    for before, after in pairwise(votes):
        if before.validator >= after.validator:
            return VotesNotAscending(after.validator)
    return None


def _validate_power(
    context: RulesContext,
    states: tuple[TrustedCheckpoint, TrustedCheckpoint],
    votes: tuple[FfgVote, ...],
) -> LightError | None:
    """More than two thirds of the known current set, and of the current set shown.

    A vote counts for a set by the key that its state names: whose key changed in between counts
    for the set shown only.
    """
    known = tuple(dict(state.keys) for state in states)
    signers: tuple[list[int], ...] = ([], [])
    for vote in votes:
        keys = tuple(k for k in (keys.get(vote.validator) for keys in known) if k is not None)
        if not keys:
            return VoterNotMember(vote.validator)
        root = compute_ffg_root(context.genesis_id, vote)
        held = [k for k in dict.fromkeys(keys) if context.verify(k, root, vote.signature)]
        if not held:
            return VoteSignatureInvalid(vote.validator)
        for by_validator, counted in zip(known, signers, strict=True):
            if by_validator.get(vote.validator) in held:
                counted.append(vote.validator)
    for state, counted in zip(states, signers, strict=True):
        voters = frozenset(counted)
        total = sum(member.weight for member in state.ffg.current)
        weight = sum(m.weight for m in state.ffg.current if m.validator in voters)
        if not is_quorum(weight, total):
            return TrustTooLow(weight, total)
    return None
