"""What a chain with finality by votes keeps in the ledger's tree, and how it is encoded.

Sets, checkpoints and scores move at boundaries; votes move in every block. So they are two leaves:
the frame is encoded at a boundary and kept beside the state as bytes, the votes are packed.

Source: FFG.md 5; decision records 0072, 0075.
"""

from dataclasses import dataclass, replace

from spec.consensus.ffg import FFG_STATE, FfgState, Included, Target
from spec.ledger.ops import CHECKPOINT, Checkpoint
from spec.ledger.staking.view import LedgerView
from spec.ledger.state import compute_reserved_key
from spec.lib.result import Ok
from spec.lib.ssz import ByteList, ByteVector, Container, List, Uint, decode, encode
from spec.limits import VALIDATORS_MAX

STATE_KEY = compute_reserved_key(b"consensus/finality")
VOTES_KEY = compute_reserved_key(b"consensus/votes")
SOURCES_MAX = 255
"""Different sources of one target's votes; a chain remembers far fewer justified checkpoints."""
ENTRY_SIZE_BYTES = 5
"""A packed vote."""

EMPTY_VIEW = LedgerView(validators=())


@dataclass(frozen=True, slots=True)
class FinalityState:
    """Votes and sets of a chain; the view is the parent's ledger, and no part of the leaf."""

    ffg: FfgState
    current_root: bytes
    """Of the two sets, as the latest boundary left them."""
    previous_root: bytes
    convicted: tuple[int, ...]
    """Validators put out by evidence and still listed, ascending."""
    view: LedgerView
    """Who is registered, as the parent's ledger says; set by `tick`."""
    frame: bytes
    """The leaf of all that moves at boundaries and convictions only: encoded once, then kept."""
    ballots: tuple["Packed", ...]
    """The votes of each open target as their leaf holds them: packed once they change."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What moves at boundaries and convictions only."""

    ffg: FfgState
    """Without the votes of its targets."""
    current_root: bytes
    previous_root: bytes
    convicted: tuple[int, ...]


FRAME = Container(
    Frame,
    (
        ("ffg", FFG_STATE),
        ("current_root", ByteVector(32)),
        ("previous_root", ByteVector(32)),
        ("convicted", List(Uint(32), VALIDATORS_MAX)),
    ),
)


@dataclass(frozen=True, slots=True)
class Packed:
    """The votes of an open target, packed: they are many, and written in every block."""

    sources: tuple[Checkpoint, ...]
    """Ascending."""
    entries: bytes
    """For each vote, ascending by validator: its index (u32), the place of its source (u8)."""


PACKED = Container(
    Packed,
    (
        ("sources", List(CHECKPOINT, SOURCES_MAX)),
        ("entries", ByteList(2 * VALIDATORS_MAX * ENTRY_SIZE_BYTES)),
    ),
)
BALLOTS = List(PACKED, 2)


def apply_frame(state: FinalityState) -> FinalityState:
    """The state with its frame encoded anew, and its votes packed."""
    targets = tuple(replace(target, votes=()) for target in state.ffg.targets)
    ffg = replace(state.ffg, targets=targets)
    frame = Frame(ffg, state.current_root, state.previous_root, state.convicted)
    ballots = tuple(_pack(target) for target in state.ffg.targets)
    return replace(state, frame=encode(FRAME, frame), ballots=ballots)


def apply_ballots(state: FinalityState, ffg: FfgState) -> FinalityState:
    """The state with more votes for its open targets."""
    ballots = tuple(
        packed if after.votes is before.votes else _pack(after)
        for before, after, packed in zip(state.ffg.targets, ffg.targets, state.ballots, strict=True)
    )
    return replace(state, ffg=ffg, ballots=ballots)


def encode_finality(state: FinalityState) -> tuple[tuple[bytes, bytes], ...]:
    """Two leaves (key, value): the frame, and the votes of the open targets."""
    return (STATE_KEY, state.frame), (VOTES_KEY, encode(BALLOTS, state.ballots))


def _pack(target: Target) -> Packed:
    distinct = {(vote.source.epoch, vote.source.root): vote.source for vote in target.votes}
    keys = sorted(distinct)
    places = {key: place.to_bytes(1, "little") for place, key in enumerate(keys)}
    entries = [
        vote.validator.to_bytes(4, "little") + places[vote.source.epoch, vote.source.root]
        for vote in target.votes
    ]
    return Packed(tuple(distinct[key] for key in keys), b"".join(entries))


def _unpack(packed: Packed) -> tuple[Included, ...]:
    entries = packed.entries
    return tuple(
        Included(
            validator=int.from_bytes(entries[at : at + ENTRY_SIZE_BYTES - 1], "little"),
            source=packed.sources[entries[at + ENTRY_SIZE_BYTES - 1]],
        )
        for at in range(0, len(entries), ENTRY_SIZE_BYTES)
    )


def decode_finality(leaves: tuple[bytes, ...]) -> FinalityState:
    """The state that `encode_finality` wrote, its view still empty."""
    decoded, ballots = decode(FRAME, leaves[0]), decode(BALLOTS, leaves[1])
    assert isinstance(decoded, Ok), "the leaf is written by the rules alone"
    assert isinstance(ballots, Ok), "the leaf is written by the rules alone"
    frame: Frame = decoded.value
    targets = tuple(
        replace(target, votes=_unpack(packed))
        for target, packed in zip(frame.ffg.targets, ballots.value, strict=True)
    )
    return FinalityState(
        ffg=replace(frame.ffg, targets=targets),
        current_root=frame.current_root,
        previous_root=frame.previous_root,
        convicted=frame.convicted,
        view=EMPTY_VIEW,
        frame=leaves[0],
        ballots=ballots.value,
    )
