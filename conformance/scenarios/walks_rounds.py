"""Walks of BFT: rounds of every kind, one height after the other."""

from dataclasses import replace
from typing import Final

from conformance.generate.case import Case
from conformance.scenarios.chains import BFT, make_lab
from conformance.scenarios.lab import Wish
from conformance.scenarios.walks import Walk
from spec.consensus.bft.duty_state import get_work
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.bft.votes import VoteType
from spec.ledger.ops import DoubleVote

WALKS: Final = 12
STEPS: Final = 60
ALL: Final = (0, 1, 2, 3)
STAKES: Final = ((100, 100, 100, 100), (130, 90, 100, 80), (200, 150, 100, 100))


def build() -> tuple[Case, ...]:
    """All of them."""
    return tuple(_walk(seed) for seed in range(WALKS))


def _walk(seed: int) -> Case:
    config = replace(BFT, missed_heights_max=2 if seed % 2 else 0)
    walk = Walk(make_lab(config, STAKES[seed % len(STAKES)]), seed % len(ALL), seed)
    walk.tick(walk.now_ms + 5_000)
    for _ in range(STEPS):
        if not walk.node.node.is_awake:
            walk.wake()
        head = walk.lab.get_name(walk.node.node.head)
        if head not in walk.lab.made:
            break  # it decided its own block, which the lab has not made
        _step(walk, head)
    return walk.finish(f"rounds_{seed}", "A drawn mixture of messages, timeouts and crashes.")


def _step(walk: Walk, head: str) -> None:
    draw = walk.rng.randrange(100)
    if draw < 30:  # noqa: PLR2004 - parts of a hundred
        _send_vote(walk, head)
    elif draw < 48:  # noqa: PLR2004 - of a hundred
        _send_quorum(walk, head)
    elif draw < 64:  # noqa: PLR2004 - of a hundred
        _propose(walk, head)
    elif draw < 78:  # noqa: PLR2004 - of a hundred
        _time_out(walk)
    elif draw < 83:  # noqa: PLR2004 - of a hundred
        walk.tick(walk.now_ms + walk.rng.randrange(1_200))
    elif draw < 88:  # noqa: PLR2004 - of a hundred
        walk.crash()
    elif draw < 91:  # noqa: PLR2004 - of a hundred
        walk.crash_at_sign()
    elif draw < 95:  # noqa: PLR2004 - of a hundred
        _send_block(walk, head)
    else:
        _accuse(walk, head)


def _make(walk: Walk, head: str, round_: int, *, is_bent: bool = False) -> str:
    """A block on the head by the proposer of a round, made when it is first needed."""
    name = f"{head}.{round_}{'x' if is_bent else ''}"
    if name not in walk.lab.made:
        bend = (lambda header: replace(header, gas_used=7)) if is_bent else None
        walk.lab.add(name, head, Wish(round=round_, bend=bend))
    return name


def _get_others(walk: Walk) -> tuple[int, ...]:
    return tuple(voter for voter in ALL if voter != walk.validator)


def _draw_round(walk: Walk) -> int:
    """The node's own round mostly, else one near it."""
    now = get_work(walk.node.node).rounds.round
    return max(0, now + walk.rng.choice((0, 0, 0, 0, 0, 1, 2, 3, -1)))


def _draw_value(walk: Walk, head: str, round_: int) -> str | None:
    if walk.chance(35):
        return None
    return _make(walk, head, walk.rng.choice((round_, round_, round_, 0, 1)))


def _send_vote(walk: Walk, head: str) -> None:
    kind = walk.rng.choice((VoteType.PREVOTE, VoteType.PRECOMMIT))
    round_ = _draw_round(walk)
    height = get_work(walk.node.node).height + walk.rng.choice((0, 0, 0, 0, 0, 0, 0, 1, 1, -1))
    value = _draw_value(walk, head, round_)
    voter = walk.rng.choice((*_get_others(walk) * 2, walk.validator))
    walk.send(walk.lab.round_vote(kind, (height, round_), value, voter))


def _send_quorum(walk: Walk, head: str) -> None:
    """All the others, or all but one, say the same."""
    kind = walk.rng.choice((VoteType.PREVOTE, VoteType.PREVOTE, VoteType.PRECOMMIT))
    round_ = _draw_round(walk)
    value = _draw_value(walk, head, round_)
    height = get_work(walk.node.node).height
    voters = list(_get_others(walk))
    walk.rng.shuffle(voters)
    for voter in voters[: 3 if walk.chance(70) else 2]:
        walk.send(walk.lab.round_vote(kind, (height, round_), value, voter))


def _propose(walk: Walk, head: str) -> None:
    """A new block, one that others refuse, or an old one with the polka of an earlier round."""
    round_ = _draw_round(walk)
    if round_ and walk.chance(50):
        valid = walk.rng.randrange(round_)
        block = _make(walk, head, valid)
        height = get_work(walk.node.node).height
        voters = ALL if walk.chance(50) else _get_others(walk)
        polka = tuple(
            walk.lab.round_vote(VoteType.PREVOTE, (height, valid), block, v) for v in voters
        )
        shown = polka if walk.chance(75) else polka[:2]
        walk.send(walk.lab.proposal(block, round_, (valid, shown)))
        return
    made_by = round_ if walk.chance(85) else round_ + 1
    block = _make(walk, head, made_by, is_bent=walk.chance(8))
    walk.send(walk.lab.proposal(block, round_))


def _time_out(walk: Walk) -> None:
    work = get_work(walk.node.node)
    kind = walk.rng.choice(tuple(TimeoutKind))
    height = work.height + (0 if walk.chance(92) else 1)
    walk.timeout(kind, height, work.rounds.round if walk.chance(85) else _draw_round(walk))


def _send_block(walk: Walk, head: str) -> None:
    """A block of this height or of the next, with the precommits of enough, or of too few."""
    block = _make(walk, head, walk.rng.randrange(3))
    if walk.chance(40):
        block = _make(walk, block, 0)
    signers = ALL if walk.chance(60) else tuple(sorted(walk.rng.sample(ALL, 3)))
    made = walk.lab.made[block].block
    walk.send(replace(made, seal=walk.lab.commit(made, walk.rng.randrange(2), signers)))


def _accuse(walk: Walk, head: str) -> None:
    """Two votes of one validator, for two blocks or for one."""
    height = get_work(walk.node.node).height
    voter, kind = walk.rng.choice(_get_others(walk)), walk.rng.choice(tuple(VoteType))
    names = [_draw_value(walk, head, 0), _draw_value(walk, head, 1)]
    first, second = (walk.lab.round_vote(kind, (height, 0), name, voter) for name in names)
    walk.send(DoubleVote(first, second))
