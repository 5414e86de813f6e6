"""Finality by votes over checkpoints, for validator sets that may change completely: rule G.

PoS, DPoS and Hybrid share this module; what an epoch, a member and an election are is theirs.

A *checkpoint* is (epoch, block id): the last block before the epoch begins; genesis is (0,
zeros). Its *state* is the chain's state at the start of that epoch, before any vote of the epoch
is in a block. At each boundary the chain does, in this order:

    count      links to the two latest targets, each against the sets of its own state
    promote    if the chain newly recorded a finalised checkpoint of the current dynasty
    leak       if finality is long overdue, members absent from a closed target lose weight
    open       the next target, with the sets as they are now

The rule (FFG.md 1; proofs in `proofs/`):

    G1   a link s -> t counts if s is justified, before t on the chain, and more than two thirds of
         both t's current and previous set voted for it; one vote counts in both
    G2   s becomes final by a counted link s -> t with t the next epoch, or the one after that when
         the checkpoint between them is justified
    G3   sets are promoted only when a finalised f with epoch(f) >= dynasty_start is recorded
    G4   between promotions weights never rise; leak and slashing lower them

Votes for a target may be included during its epoch and the next. A set without weight is waived,
and the hop it waives has no accountability: `is_waived` says so, for reports.

Source: FFG.md 1, 4, 5, 6; V. Buterin, V. Griffith, "Casper the Friendly Finality Gadget", arXiv
1710.09437; CONSENSUS.md 1.
"""

from dataclasses import dataclass, replace

from spec.consensus.quorum import is_quorum
from spec.ledger.ops import CHECKPOINT, Checkpoint, FfgVote
from spec.lib.ssz import Boolean, Container, List, Uint
from spec.limits import VALIDATORS_MAX

GENESIS_CHECKPOINT = Checkpoint(epoch=0, root=bytes(32))
"""Justified and final from the start."""
HISTORY_MAX = 4
"""Latest checkpoints a chain remembers one by one; k = 2 looks back over two epochs."""
EJECTION_DIVISOR = 2
"""A member is put out when its weight falls below its pinned weight divided by this."""


@dataclass(frozen=True, slots=True)
class Member:
    """A voter in a set."""

    validator: int
    """Index in the registry."""
    pinned: int
    """Weight when it was elected."""
    weight: int
    """Weight now, after leak and slashing; never above `pinned`."""


@dataclass(frozen=True, slots=True)
class Included:
    """A vote that a block of the chain holds, for an open target."""

    validator: int
    source: Checkpoint


@dataclass(frozen=True, slots=True)
class Target:
    """A checkpoint that votes may still be included for."""

    checkpoint: Checkpoint
    current: tuple[Member, ...]
    """The sets of the checkpoint's own state, ascending by validator."""
    previous: tuple[Member, ...]
    votes: tuple[Included, ...]
    """Ascending by validator, the first of each."""


@dataclass(frozen=True, slots=True)
class Past:
    """A checkpoint of the chain, and whether a counted link has reached it."""

    checkpoint: Checkpoint
    is_justified: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How long a member has been absent."""

    validator: int
    score: int


@dataclass(frozen=True, slots=True)
class FfgState:
    """The finality part of a chain's state."""

    dynasty: int
    dynasty_start: int
    """Epoch from which the current sets hold."""
    current: tuple[Member, ...]
    """Ascending by validator."""
    previous: tuple[Member, ...]
    justified: Checkpoint
    """The latest."""
    finalised: Checkpoint
    """The latest."""
    history: tuple[Past, ...]
    """The latest checkpoints, ascending; at most `HISTORY_MAX`."""
    targets: tuple[Target, ...]
    """The open targets, ascending; at most two."""
    scores: tuple[Score, ...]
    """Absence, ascending by validator; zero is absent."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Parameters of the inactivity leak."""

    after_epochs: int
    """Closed epochs without finality before it begins."""
    quotient: int
    """A member of score s loses max(1, weight * s // quotient) each epoch."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Weight a member lost to the leak at a boundary."""

    validator: int
    weight: int


@dataclass(frozen=True, slots=True)
class Boundary:
    """What passing into an epoch did."""

    state: FfgState
    losses: tuple[Loss, ...]
    """To the leak, ascending by validator."""
    present: tuple[int, ...]
    """Members whose vote for the target that closed was included, ascending: rewards go to them."""
    is_promoted: bool
    is_waived: bool
    """Whether a link counted although one of its sets had no weight left."""


MEMBER = Container(Member, (("validator", Uint(32)), ("pinned", Uint(128)), ("weight", Uint(128))))
MEMBERS = List(MEMBER, VALIDATORS_MAX)
INCLUDED = Container(Included, (("validator", Uint(32)), ("source", CHECKPOINT)))
TARGET = Container(
    Target,
    (
        ("checkpoint", CHECKPOINT),
        ("current", MEMBERS),
        ("previous", MEMBERS),
        ("votes", List(INCLUDED, 2 * VALIDATORS_MAX)),
    ),
)
PAST = Container(Past, (("checkpoint", CHECKPOINT), ("is_justified", Boolean())))
SCORE = Container(Score, (("validator", Uint(32)), ("score", Uint(64))))
FFG_STATE = Container(
    FfgState,
    (
        ("dynasty", Uint(64)),
        ("dynasty_start", Uint(64)),
        ("current", MEMBERS),
        ("previous", MEMBERS),
        ("justified", CHECKPOINT),
        ("finalised", CHECKPOINT),
        ("history", List(PAST, HISTORY_MAX)),
        ("targets", List(TARGET, 2)),
        ("scores", List(SCORE, 2 * VALIDATORS_MAX)),
    ),
)


def compute_members(weights: tuple[tuple[int, int], ...]) -> tuple[Member, ...]:
    """A set as it is elected, from (validator, weight) ascending by validator."""
    return tuple(Member(validator, weight, weight) for validator, weight in weights)


def compute_genesis(members: tuple[Member, ...]) -> FfgState:
    """The state of the genesis block: both sets are the first one, and epoch 0 is open."""
    return FfgState(
        dynasty=0,
        dynasty_start=0,
        current=members,
        previous=members,
        justified=GENESIS_CHECKPOINT,
        finalised=GENESIS_CHECKPOINT,
        history=(Past(GENESIS_CHECKPOINT, is_justified=True),),
        targets=(),
        scores=(),
    )


# Votes


def is_includable(state: FfgState, vote: FfgVote) -> bool:
    """Whether a block on this state may hold the vote.

    Its target is open, its voter a member of that who has not voted for it yet, and its source is
    justified on this chain and before the target.
    """
    target = _find_target(state, vote.target)
    if target is None or vote.source.epoch >= vote.target.epoch:
        return False
    if not is_justified(state, vote.source):
        return False
    is_member = any(m.validator == vote.validator for m in (*target.current, *target.previous))
    return is_member and all(v.validator != vote.validator for v in target.votes)


def is_justified(state: FfgState, checkpoint: Checkpoint) -> bool:
    """Whether the chain has recorded a checkpoint as justified, and still remembers it."""
    return checkpoint in (state.justified, state.finalised) or any(
        past.is_justified and past.checkpoint == checkpoint for past in state.history
    )


def apply_vote(state: FfgState, vote: FfgVote) -> FfgState:
    """The state with one more vote that `is_includable`."""
    return apply_votes(state, (vote,))


def apply_votes(state: FfgState, votes: tuple[FfgVote, ...]) -> FfgState:
    """The state with many more votes, each `is_includable` after those before it."""
    added: dict[Checkpoint, list[Included]] = {}
    for vote in votes:
        added.setdefault(vote.target, []).append(Included(vote.validator, vote.source))
    targets = tuple(
        replace(
            target,
            votes=tuple(
                sorted((*target.votes, *added[target.checkpoint]), key=lambda v: v.validator)
            ),
        )
        if target.checkpoint in added
        else target
        for target in state.targets
    )
    return replace(state, targets=targets)


def apply_slash(state: FfgState, validator: int) -> FfgState:
    """The state in which a member has lost its weight.

    Targets that are open keep the sets of their own state (G1), and so the member in them.
    """
    return replace(
        state,
        current=_without(state.current, validator),
        previous=_without(state.previous, validator),
    )


def _without(members: tuple[Member, ...], validator: int) -> tuple[Member, ...]:
    return tuple(replace(m, weight=0) if m.validator == validator else m for m in members)


def _find_target(state: FfgState, checkpoint: Checkpoint) -> Target | None:
    for target in state.targets:
        if target.checkpoint == checkpoint:
            return target
    return None


# Boundaries


def apply_boundary(
    state: FfgState, entered: Checkpoint, elected: tuple[Member, ...], leak: Leak
) -> Boundary:
    """Passes into an epoch.

    Args:
        state: at the end of the epoch before.
        entered: the epoch that begins and the last block before it.
        elected: the set that a promotion here would make current, ascending by validator.
        leak: parameters of the inactivity leak.
    """
    counted, is_waived = _count(state)
    is_promoted = (
        counted.finalised.epoch > state.finalised.epoch
        and counted.finalised.epoch >= state.dynasty_start
    )
    if is_promoted:
        counted = replace(
            counted,
            previous=counted.current,
            current=elected,
            dynasty=counted.dynasty + 1,
            dynasty_start=entered.epoch,
        )
    closed = counted.targets[0] if len(counted.targets) == 2 else None  # noqa: PLR2004 - both open
    leaked, losses = _leak(counted, closed, entered.epoch, leak)
    opened = Target(entered, leaked.current, leaked.previous, ())
    kept = leaked.targets[-1:]
    past = Past(entered, is_justified=entered == GENESIS_CHECKPOINT)
    history = tuple(p for p in leaked.history if p.checkpoint != entered)
    after = replace(leaked, targets=(*kept, opened), history=(*history, past)[-HISTORY_MAX:])
    present = () if closed is None else tuple(v.validator for v in closed.votes)
    return Boundary(after, losses, present, is_promoted, is_waived)


def _count(state: FfgState) -> tuple[FfgState, bool]:
    """Counts links to the open targets, earlier ones first: later sources may rest on them.

    A source that was justified when the count began counts for both targets, even if counting the
    first makes the chain forget it.
    """
    before, is_waived = state, False
    for target in state.targets:
        sources = sorted(
            dict.fromkeys(vote.source for vote in target.votes), key=lambda s: (s.epoch, s.root)
        )
        for source in sources:
            is_known = is_justified(before, source) or is_justified(state, source)
            if not is_known or not _has_link(target, source):
                continue
            is_waived = is_waived or not _weigh(target.current) or not _weigh(target.previous)
            state = apply_link(state, source, target.checkpoint)
    return state, is_waived


def _has_link(target: Target, source: Checkpoint) -> bool:
    """G1: more than two thirds of both sets, a set without weight being waived."""
    voters = frozenset(v.validator for v in target.votes if v.source == source)
    return all(
        not _weigh(members)
        or is_quorum(sum(m.weight for m in members if m.validator in voters), _weigh(members))
        for members in (target.current, target.previous)
    )


def _weigh(members: tuple[Member, ...]) -> int:
    return sum(member.weight for member in members)


def apply_link(state: FfgState, source: Checkpoint, target: Checkpoint) -> FfgState:
    """G2: a counted link justifies its target, and perhaps finalises its source."""
    history = tuple(
        Past(p.checkpoint, p.is_justified or p.checkpoint == target) for p in state.history
    )
    distance = target.epoch - source.epoch
    is_between_justified = any(
        p.is_justified and p.checkpoint.epoch == source.epoch + 1 for p in history
    )
    is_final = distance == 1 or (distance == 2 and is_between_justified)  # noqa: PLR2004 - k of G2
    finalised = source if is_final and source.epoch > state.finalised.epoch else state.finalised
    justified = target if target.epoch > state.justified.epoch else state.justified
    return replace(state, history=history, justified=justified, finalised=finalised)


# The leak


def _leak(
    state: FfgState, closed: Target | None, epoch: int, leak: Leak
) -> tuple[FfgState, tuple[Loss, ...]]:
    """Scores absence from the target that closes, and takes weight if finality is overdue."""
    if closed is None:
        return state, ()
    scores = _compute_scores(state, closed)
    state = replace(state, scores=tuple(Score(v, s) for v, s in sorted(scores.items()) if s))
    if epoch - state.finalised.epoch <= leak.after_epochs:
        return state, ()
    current = tuple(_shrink(m, scores.get(m.validator, 0), leak) for m in state.current)
    previous = tuple(_shrink(m, scores.get(m.validator, 0), leak) for m in state.previous)
    lost: dict[int, int] = {}
    for before, after in ((state.current, current), (state.previous, previous)):
        for old, new in zip(before, after, strict=True):
            lost[old.validator] = max(lost.get(old.validator, 0), old.weight - new.weight)
    losses = tuple(Loss(v, weight) for v, weight in sorted(lost.items()) if weight)
    return replace(state, current=current, previous=previous), losses


def _compute_scores(state: FfgState, closed: Target) -> dict[int, int]:
    """Up by one for a member absent from the closed target, down by one for the others."""
    scores = {s.validator: s.score for s in state.scores}
    present = frozenset(vote.validator for vote in closed.votes)
    owed = dict.fromkeys(m.validator for m in (*closed.current, *closed.previous))
    for validator in owed:
        before = scores.get(validator, 0)
        scores[validator] = max(0, before - 1) if validator in present else before + 1
    members = dict.fromkeys(m.validator for m in (*state.current, *state.previous))
    return {validator: scores.get(validator, 0) for validator in members}


def _shrink(member: Member, score: int, leak: Leak) -> Member:
    """One epoch's loss; below the floor a member is put out, since dividing never reaches zero."""
    if score == 0 or member.weight == 0:
        return member
    weight = max(0, member.weight - max(1, member.weight * score // leak.quotient))
    return replace(member, weight=0 if weight * EJECTION_DIVISOR < member.pinned else weight)


# Accountability


def is_slashable(one: FfgVote, other: FfgVote) -> bool:
    """Whether two votes of one validator are an offence: one target epoch twice, or a surround.

    Two votes that differ only in slot or head are an offence too: a voter votes once an epoch.
    """
    if one.validator != other.validator or _get_content(one) == _get_content(other):
        return False
    return (
        one.target.epoch == other.target.epoch or _surrounds(one, other) or _surrounds(other, one)
    )


def _surrounds(outer: FfgVote, inner: FfgVote) -> bool:
    return outer.source.epoch < inner.source.epoch and inner.target.epoch < outer.target.epoch


def _get_content(vote: FfgVote) -> tuple[int, bytes, Checkpoint, Checkpoint]:
    return vote.slot, vote.head, vote.source, vote.target


@dataclass(frozen=True, slots=True)
class VoteGuard:
    """What a voter must remember for life, over all sets and chains."""

    source_epoch: int
    target_epoch: int
    """The highest; -1 before the first vote."""


def is_honest_vote(guard: VoteGuard, source: Checkpoint, target: Checkpoint) -> bool:
    """Whether a vote keeps to the honest rule: targets rise, sources never fall."""
    return target.epoch > guard.target_epoch and source.epoch >= guard.source_epoch
