"""Walks of the algorithms with a fork choice: bushy trees, votes and evidence, in no order."""

from dataclasses import dataclass, field, replace
from typing import Final

from conformance.generate.case import Case
from conformance.scenarios.chains import (
    DPOS,
    FINALITY,
    HYBRID,
    PERIODS,
    POS,
    WORK,
    make_lab,
)
from conformance.scenarios.lab import GENESIS, Wish
from conformance.scenarios.walks import Walk
from spec.config import ConsensusConfig, PowConfig
from spec.consensus.ffg import FfgState, apply_vote, is_includable, is_slashable
from spec.consensus.interface import Message
from spec.ledger.ops import DoubleFfgVote, DoubleProduction, FfgVote, Op
from spec.ledger.types import Block, Transfer

BLOCKS: Final = 40
WALKS: Final = 4
STAKES: Final = ((100, 100, 100, 100), (130, 90, 100, 80), (97, 101, 240, 103, 55))
LOSSY: Final = replace(FINALITY, reward=1_000, asynchrony_ms_max=1_000)
SHORT: Final = replace(LOSSY, epoch_blocks=3)
"""Present members earn, absent ones soon lose."""


@dataclass(slots=True)
class Grove:
    """A walk, and the tree that its messages come from."""

    walk: Walk
    tips: list[str] = field(default_factory=lambda: [GENESIS])
    votes: list[FfgVote] = field(default_factory=list)
    accused: set[int] = field(default_factory=set)
    is_silent: bool = False
    """Whether members seldom vote, so that the leak begins."""
    waiting: list[Message] = field(default_factory=list)
    """What is still to be sent."""

    @property
    def has_slots(self) -> bool:
        """Whether producers own slots."""
        return self.walk.lab.config.rules.name in ("pos", "dpos")


def build(algorithm: str) -> tuple[Case, ...]:
    """All walks of an algorithm."""
    lossy_work = replace(WORK, half_life_ms=4_000, halving_blocks=3)
    configs: dict[str, tuple[ConsensusConfig, ...]] = {
        "pos": (replace(POS, finality=SHORT),),
        "dpos": (replace(DPOS, finality=LOSSY, producer_reward=7, missed_slots_max=2),),
        "hybrid": (replace(HYBRID, finality=SHORT, work=lossy_work), HYBRID),
        "pow": (lossy_work, replace(PERIODS, halving_blocks=4)),
    }
    chosen = configs[algorithm]
    return tuple(
        _walk(chosen[number % len(chosen)], STAKES[number % len(STAKES)], number)
        for number in range(WALKS)
    )


def _walk(config: ConsensusConfig, stakes: tuple[int, ...], seed: int) -> Case:
    grove = Grove(Walk(make_lab(config, stakes), seed % len(stakes), seed))
    grove.is_silent = seed % WALKS == WALKS - 1
    is_work = isinstance(config, PowConfig)
    for number in range(BLOCKS):
        _grow(grove, f"b{number}", is_work=is_work)
        if grove.walk.chance(50):
            _deliver(grove)
    while grove.waiting:
        _deliver(grove)
    return grove.walk.finish(f"blocks_{seed}", "A drawn tree, delivered in no order.")


# What is made


def _grow(grove: Grove, name: str, *, is_work: bool) -> None:
    """One more block: mostly on the latest, sometimes beside it."""
    walk = grove.walk
    parent = grove.tips[-1] if walk.chance(85) else walk.rng.choice(grove.tips[-4:])
    before = walk.lab.made[parent].block.header
    slot = before.slot + (1 if walk.chance(85) else walk.rng.choice((2, 2, 3, 9)))
    wish = Wish(slot=slot) if grove.has_slots else Wish(miner=walk.rng.randrange(4))
    if not grove.has_slots:
        slot = before.height + 1
        late = before.time_ms + walk.rng.choice((0, 1, 300, 900, 1_500, 4_000, 30_000))
        wish = replace(wish, time_ms=late)
    if walk.chance(15):
        sender = walk.rng.randrange(4)
        nonce = _count_txs(grove, parent, sender)
        to = walk.lab.genesis.validators[0].operator
        wish = replace(wish, txs=(walk.lab.sign_tx(sender, nonce, Transfer(to, 5)),))
    if not is_work:
        wish = replace(wish, ops=_draw_ops(grove, parent, slot))
    made = walk.lab.add(name, parent, wish)
    if walk.lab.get_name(made.block_id) != name:  # the same block again
        del walk.lab.made[name]
        return
    grove.tips.append(name)
    grove.waiting.append(made.block)
    if walk.chance(8):
        spoiled = replace(made.block.header, validators_root=bytes(32))
        grove.waiting.append(walk.lab.rework(name, spoiled, made.block.body.ops))


def _count_txs(grove: Grove, parent: str, sender: int) -> int:
    """How many transactions of a sender stand on a chain."""
    lab, found = grove.walk.lab, 0
    key = lab.sign_tx(sender, 0, Transfer(bytes(32), 0)).transaction.sender
    while parent != GENESIS:
        block = lab.made[parent].block
        found += sum(tx.transaction.sender == key for tx in block.body.transactions)
        parent = lab.get_name(block.header.parent)
    return found


def _draw_ops(grove: Grove, parent: str, slot: int) -> tuple[Op, ...]:
    """Some members' votes, and evidence against one of those who lied."""
    walk = grove.walk
    ffg = walk.lab.get_ffg(parent, slot)
    ops: list[Op] = []
    convicted = walk.lab.tick(parent, slot).finality.convicted
    for evidence in _find_evidence(grove):
        offender = evidence[0]
        if offender not in (*convicted, *grove.accused) and walk.chance(50):
            ops.append(evidence[1])
            grove.accused.add(offender)
            break
    return (*ops, *_draw_votes(grove, ffg, parent)) if ffg.targets else tuple(ops)


def _draw_votes(grove: Grove, ffg: FfgState, parent: str) -> tuple[FfgVote, ...]:
    walk, found = grove.walk, []
    keen = 30 if grove.is_silent else walk.rng.choice((30, 90, 100, 100))
    sources = dict.fromkeys((ffg.justified, ffg.finalised))
    for voter in range(len(walk.lab.seeds)):
        if not walk.chance(keen):
            continue
        target = ffg.targets[-1 if walk.chance(85) else 0].checkpoint
        source = walk.rng.choice(tuple(sources)) if walk.chance(15) else ffg.justified
        head = walk.lab.get_id(parent)
        at = walk.lab.made[parent].block.header.slot
        unsigned = FfgVote(at, head, source, target, voter, bytes(64))
        if is_includable(ffg, unsigned):
            vote = walk.lab.sign_ffg(unsigned)
            ffg = apply_vote(ffg, vote)
            found.append(vote)
    grove.votes += found
    grove.waiting += [vote for vote in found if walk.chance(50)]
    return tuple(found)


def _find_evidence(grove: Grove) -> list[tuple[int, DoubleFfgVote | DoubleProduction]]:
    """Offences that the tree holds, a few, by their offender."""
    found: list[tuple[int, DoubleFfgVote | DoubleProduction]] = []
    recent = grove.votes[-40:]
    for at, one in enumerate(recent):
        others = (v for v in recent[at + 1 :] if is_slashable(one, v))
        found += [(one.validator, DoubleFfgVote(one, other)) for other in others]
    lab = grove.walk.lab
    if grove.has_slots and grove.walk.chance(50):
        made = [(name, lab.made[name]) for name in grove.tips[1:]]
        for at, (one_name, first) in enumerate(made):
            for other_name, second in made[at + 1 :]:
                who = first.chain_state.producer, first.block.header.slot
                if who == (second.chain_state.producer, second.block.header.slot):
                    found.append((who[0], lab.double_production(who[0], one_name, other_name)))
    return found


# What happens


def _deliver(grove: Grove) -> None:
    """The next message or two, the clock, or a crash."""
    walk = grove.walk
    if not walk.node.node.is_awake:
        walk.wake()
    draw = walk.rng.randrange(100)
    if draw < 4:  # noqa: PLR2004 - parts of a hundred
        walk.crash()
    elif draw < 7:  # noqa: PLR2004 - of a hundred
        walk.crash_at_sign()
    elif draw < 14 and grove.votes:  # noqa: PLR2004 - of a hundred
        found = _find_evidence(grove)
        if found:
            walk.send(walk.rng.choice(found)[1])
    elif draw < 22:  # noqa: PLR2004 - of a hundred
        walk.tick(walk.now_ms + walk.rng.randrange(1_500))
    if grove.waiting:
        at = min(walk.rng.choice((0, 0, 0, 0, 1, 2, 5)), len(grove.waiting) - 1)
        _hand_over(grove, grove.waiting.pop(at))


def _hand_over(grove: Grove, message: Message) -> None:
    """A message arrives about when it could."""
    walk = grove.walk
    if isinstance(message, Block):
        due_ms = message.header.time_ms
        if due_ms > walk.now_ms and walk.chance(85):
            walk.tick(due_ms + walk.rng.choice((0, 0, 50, 340, 700)))
        if not grove.has_slots and walk.chance(15):
            walk.mine(message, walk.lab.get_name(_get_id(grove, message)))
            return
    walk.send(message)


def _get_id(grove: Grove, block: Block) -> bytes:
    names = (name for name in grove.tips if grove.walk.lab.made[name].block == block)
    name = next(names, grove.tips[-1])
    return grove.walk.lab.get_id(name)
