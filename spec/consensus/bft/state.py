"""The BFT chain's state: three validator sets, and the queue that picks proposers.

`current` seals the block being made, `next` the one after, `last` sealed the parent. A change of
power in the ledger after block h - 1 enters `next` in the tick of h and seals from h + 1 on: two
heights.

The proposer of a round is who has waited longest for its power: each step adds everybody's power
to their priority, picks the highest (ties: lowest index), and takes the total power from it.
Round r of a height is step r + 1 from the height's queue.

Source: arXiv 1807.04938 section II (validator sets), CONSENSUS.md 1, 2; INTERFACE.md 3.
"""

from dataclasses import dataclass, replace

from spec.consensus.bft.history import HISTORY, History
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView
from spec.lib.result import Ok
from spec.lib.ssz import ByteVector, Container, List, Uint, decode, encode, hash_tree_root
from spec.limits import ACTIVE_VALIDATORS_MAX, POWER_TOTAL_LIMIT, VALIDATORS_MAX

PRIORITY_BIAS = 1 << 127
"""Added to a priority, which may be negative, to encode it as u128."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A validator in a set."""

    validator: int
    """Its index in the registry."""
    operator: bytes
    """Address that tips and rewards of its blocks go to."""
    consensus_key: bytes
    """Ed25519 public key, 32 bytes."""
    power: int
    """At least 1."""


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """Seats ascending by validator index, with their priorities in the same order."""

    seats: tuple[Seat, ...]
    priorities: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BftState:
    """What the BFT algorithm keeps in the ledger's state."""

    last: ValidatorSet
    current: ValidatorSet
    next: ValidatorSet
    history: History
    view: LedgerView
    """Who is registered, as the parent's ledger says; set by `tick`, and no part of a leaf."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The three sets, as one leaf keeps them."""

    last: ValidatorSet
    current: ValidatorSet
    next: ValidatorSet


SEAT = Container(
    Seat,
    (
        ("validator", Uint(32)),
        ("operator", ByteVector(32)),
        ("consensus_key", ByteVector(32)),
        ("power", Uint(64)),
    ),
)
SEATS = List(SEAT, VALIDATORS_MAX)
VALIDATOR_SET = Container(
    ValidatorSet, (("seats", SEATS), ("priorities", List(Uint(128), VALIDATORS_MAX)))
)
SETS = Container(
    Sets, (("last", VALIDATOR_SET), ("current", VALIDATOR_SET), ("next", VALIDATOR_SET))
)

EMPTY_SET = ValidatorSet(seats=(), priorities=())
EMPTY_VIEW = LedgerView(validators=())


def encode_bft_state(state: BftState) -> tuple[bytes, bytes]:
    """The leaves that keep sets and history; priorities are stored with a bias."""
    biased = Sets(
        _bias(state.last, PRIORITY_BIAS),
        _bias(state.current, PRIORITY_BIAS),
        _bias(state.next, PRIORITY_BIAS),
    )
    return encode(SETS, biased), encode(HISTORY, state.history)


def decode_bft_state(leaves: tuple[bytes, ...]) -> BftState:
    """The state that `encode_bft_state` wrote, its view still empty."""
    sets, history = decode(SETS, leaves[0]), decode(HISTORY, leaves[1])
    assert isinstance(sets, Ok), "the leaf is written by the rules alone"
    assert isinstance(history, Ok), "the leaf is written by the rules alone"
    biased = sets.value
    return BftState(
        last=_bias(biased.last, -PRIORITY_BIAS),
        current=_bias(biased.current, -PRIORITY_BIAS),
        next=_bias(biased.next, -PRIORITY_BIAS),
        history=history.value,
        view=EMPTY_VIEW,
    )


def _bias(validators: ValidatorSet, bias: int) -> ValidatorSet:
    return replace(validators, priorities=tuple(p + bias for p in validators.priorities))


def get_members(validators: ValidatorSet) -> tuple[int, ...]:
    """The indices of a set, ascending."""
    return tuple(seat.validator for seat in validators.seats)


def compute_set_root(validators: ValidatorSet) -> bytes:
    """What headers commit to: who seals with which power; the proposer queue is not part of it."""
    return hash_tree_root(SEATS, validators.seats)


def get_seat(validators: ValidatorSet, validator: int) -> Seat | None:
    """The seat of a validator, None if it has none."""
    for seat in validators.seats:
        if seat.validator == validator:
            return seat
    return None


def compute_total_power(validators: ValidatorSet) -> int:
    """The power of all seats."""
    return sum(seat.power for seat in validators.seats)


def compute_seats(view: LedgerView) -> tuple[Seat, ...]:
    """Who may take part: the active validators of most stake, ties to the lower index.

    Power is stake, halved for all, rounding down, until the total is below the limit; who has none
    left has no seat.
    """
    active = [v for v in view.validators if v.status == ValidatorStatus.ACTIVE]
    chosen = sorted(active, key=lambda v: (-v.stake, v.validator))[:ACTIVE_VALIDATORS_MAX]
    total = sum(v.stake for v in chosen)
    shift = max(0, total.bit_length() - (POWER_TOTAL_LIMIT.bit_length() - 1))
    return tuple(
        Seat(v.validator, v.operator, v.consensus_key, v.stake >> shift)
        for v in sorted(chosen, key=lambda v: v.validator)
        if v.stake >> shift > 0
    )


def compute_set(seats: tuple[Seat, ...], before: ValidatorSet) -> ValidatorSet:
    """A set of these seats; who was in the set before keeps its priority, newcomers queue up last.

    Priorities are centred round zero, and their spread is cut to twice the total power by
    dividing, rounding down, so that no history makes a validator wait or propose for long.
    """
    known = {s.validator: p for s, p in zip(before.seats, before.priorities, strict=True)}
    total = sum(seat.power for seat in seats)
    raw = tuple(known.get(seat.validator, -(total + total // 8)) for seat in seats)
    spread = max(raw) - min(raw) if raw else 0
    ratio = max(1, -(-spread // (2 * total))) if total else 1
    scaled = tuple(p // ratio for p in raw)
    centre = sum(scaled) // len(scaled) if scaled else 0
    return ValidatorSet(seats=seats, priorities=tuple(p - centre for p in scaled))


def compute_queue_step(validators: ValidatorSet) -> tuple[ValidatorSet, Seat]:
    """One step of the queue: the set afterwards and the seat that was picked.

    Args:
        validators: a set with at least one seat.
    """
    raised = [p + s.power for s, p in zip(validators.seats, validators.priorities, strict=True)]
    chosen = raised.index(max(raised))
    raised[chosen] -= compute_total_power(validators)
    return replace(validators, priorities=tuple(raised)), validators.seats[chosen]


def compute_proposer(validators: ValidatorSet, round_: int) -> Seat:
    """The seat that proposes in a round of the height sealed by these validators.

    Args:
        validators: a set with at least one seat.
        round_: 0 to `ROUNDS_MAX`, which bounds the loop.
    """
    queue, proposer = compute_queue_step(validators)
    for _ in range(round_):
        queue, proposer = compute_queue_step(queue)
    return proposer
