"""An adversary against FFG under changing sets: random forks over a small fold of votes.

It looks for two conflicting finalised checkpoints that convict nobody. Rule G should give it none;
each rule that leaves out a clause gives it some, which shows that the clause is needed and that the
search is able to find what is there.

    world     one fork, in the middle of an epoch: checkpoints up to that epoch are common
    groups    a validator set votes as one, so a set is a name; sets are equal or disjoint
    honesty   a group may cast any vote but one that convicts it with an earlier one
    chain     includes votes in the epoch of their target or the next, counts them at boundaries,
              promotes sets by the rule under test; an election may name a set never seen before

The fold here has a rule as its parameter. A test runs it with rule G beside `spec.consensus.ffg`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

EPOCHS: Final = 9
"""Length of a run."""
GENESIS_SET: Final = "V0"
FARTHEST: Final = 2
"""The largest k of the rules."""
LATE: Final = 1
"""Epochs after its own in which a target's votes may still be included."""
ACTIVITY: Final = (0.8, 0.3)
"""How often the groups vote for a target in its own epoch, and in the next."""
HIGHEST: Final = 0.7
"""How often the source is the highest justified one."""
REPLACE: Final = 0.8
"""How often an election replaces the whole set."""
BEFORE_FORK: Final = 0.5
"""How often votes of the epoch in which the fork happens lie before the fork."""
FORK_LIMIT: Final = EPOCHS // 2 + 1
"""The fork happens in an earlier epoch, so that there is time for both branches."""


@dataclass(frozen=True, slots=True, order=True)
class Checkpoint:
    """An epoch, and the branch it lies on: "" for what both have in common."""

    epoch: int
    branch: str


@dataclass(frozen=True, slots=True)
class Vote:
    """A link voted for by one group."""

    group: str
    source: Checkpoint
    target: Checkpoint


def is_offence(one: Vote, other: Vote) -> bool:
    """Whether two votes of one group convict it."""
    if one == other:
        return False
    return one.target.epoch == other.target.epoch or _spans(one, other) or _spans(other, one)


def _spans(outer: Vote, inner: Vote) -> bool:
    return outer.source.epoch < inner.source.epoch and inner.target.epoch < outer.target.epoch


@dataclass(slots=True)
class Chain:
    """The finality part of one chain's state, and what of its history the rule looks at."""

    branch: str
    """Of the checkpoints it makes from now on."""
    dynasty: int = 0
    start: int = 0
    """Epoch at which the dynasty began."""
    current: str = GENESIS_SET
    previous: str = GENESIS_SET
    following: str = GENESIS_SET
    """Elected, but not current yet, where a rule has elections act later."""
    finalised: Checkpoint = Checkpoint(0, "")
    justified: list[Checkpoint] = field(default_factory=lambda: [Checkpoint(0, "")])
    sets: dict[Checkpoint, tuple[str, str]] = field(default_factory=dict)
    """(current, previous) in the state of each checkpoint."""
    votes: dict[Checkpoint, set[Vote]] = field(default_factory=dict)
    """Included, by target."""
    final: list[Checkpoint] = field(default_factory=list)
    """All it has finalised."""
    dynasties: dict[Checkpoint, int] = field(default_factory=dict)
    """In the state of each checkpoint."""
    promoters: dict[int, Checkpoint] = field(default_factory=dict)
    """What had just been finalised when a dynasty began."""

    def fork(self, branch: str) -> "Chain":
        """A copy that goes its own way."""
        return replace(
            self,
            branch=branch,
            justified=list(self.justified),
            sets=dict(self.sets),
            votes={target: set(votes) for target, votes in self.votes.items()},
            final=list(self.final),
            dynasties=dict(self.dynasties),
            promoters=dict(self.promoters),
        )

    def get_checkpoint(self, epoch: int) -> Checkpoint:
        """The chain's checkpoint of an epoch it has opened."""
        return next(point for point in self.sets if point.epoch == epoch)


@dataclass(frozen=True, slots=True)
class Rule:
    """What decides when a link counts and when sets change."""

    name: str
    counts: Callable[[tuple[str, str], set[str]], bool]
    """Sets of the target's state, and who voted for the link."""
    promotes: Callable[[Chain, Checkpoint | None], bool]
    """The chain at a boundary, and what it has just finalised, if anything."""
    is_delayed: bool = False
    """Whether an election acts one promotion later (the paper's d + 2)."""
    distance_max: int = FARTHEST
    """Largest k of a finalising link."""
    are_sources_anywhere: bool = False
    """Whether a source justified on the other branch is good enough."""


def _has_both(sets: tuple[str, str], voters: set[str]) -> bool:
    return voters.issuperset(sets)


def _has_current(sets: tuple[str, str], voters: set[str]) -> bool:
    return sets[0] in voters


def _has_previous(sets: tuple[str, str], voters: set[str]) -> bool:
    return sets[1] in voters


def _is_own_dynasty(chain: Chain, finalised: Checkpoint | None) -> bool:
    return finalised is not None and finalised.epoch >= chain.start


def _is_any_finality(chain: Chain, finalised: Checkpoint | None) -> bool:
    del chain
    return finalised is not None


def _is_any_epoch(chain: Chain, finalised: Checkpoint | None) -> bool:
    del chain, finalised
    return True


RULE_G: Final = Rule("rule G", _has_both, _is_own_dynasty)
BROKEN: Final = (
    Rule("A: current set only", _has_current, _is_own_dynasty),
    Rule("A': previous set only", _has_previous, _is_own_dynasty),
    Rule("B: dynasty is the epoch number", _has_both, _is_any_epoch),
    Rule("C: every finality promotes", _has_both, _is_any_finality, distance_max=1),
    Rule(
        "D: the paper's d + 2, sources justified anywhere",
        _has_both,
        _is_any_finality,
        is_delayed=True,
        distance_max=1,
        are_sources_anywhere=True,
    ),
    Rule("E: the paper's d + 2 with k = 2", _has_both, _is_any_finality, is_delayed=True),
)


def open_epoch(chain: Chain, epoch: int) -> Checkpoint:
    """The chain's checkpoint of an epoch, with the sets of its state."""
    point = Checkpoint(epoch, chain.branch)
    chain.sets[point] = (chain.current, chain.previous)
    chain.dynasties[point] = chain.dynasty
    chain.votes[point] = set()
    return point


def close_epoch(
    chain: Chain, epoch: int, rule: Rule, justified_elsewhere: list[Checkpoint]
) -> bool:
    """Counts the links to the open targets, and says whether the sets are to be promoted."""
    before = chain.finalised
    for late in range(min(LATE, epoch - 1), -1, -1):
        target = chain.get_checkpoint(epoch - late)
        for source in sorted({vote.source for vote in chain.votes[target]}):
            if source not in chain.justified and source not in justified_elsewhere:
                continue
            voters = {vote.group for vote in chain.votes[target] if vote.source == source}
            if rule.counts(chain.sets[target], voters):
                _record(chain, source, target, rule)
    return rule.promotes(chain, chain.finalised if chain.finalised != before else None)


def _record(chain: Chain, source: Checkpoint, target: Checkpoint, rule: Rule) -> None:
    if target not in chain.justified:
        chain.justified.append(target)
    distance = target.epoch - source.epoch
    has_middle = any(point.epoch == source.epoch + 1 for point in chain.justified)
    is_far = distance == FARTHEST and rule.distance_max == FARTHEST and has_middle
    is_final = distance == 1 or is_far
    if is_final and source.epoch > chain.finalised.epoch:
        chain.finalised = source
        chain.final.append(source)


def promote(chain: Chain, elected: str, epoch: int, rule: Rule) -> None:
    """Begins a dynasty at an epoch."""
    chain.previous = chain.current
    chain.current = chain.following if rule.is_delayed else elected
    chain.following = elected
    chain.dynasty += 1
    chain.promoters[chain.dynasty] = chain.finalised
    chain.start = epoch


@dataclass(slots=True)
class Game:
    """One run: two chains and all votes ever cast."""

    rule: Rule
    random: Random
    cast: dict[str, list[Vote]] = field(default_factory=dict)
    """By group."""

    def may_cast(self, vote: Vote) -> bool:
        """Whether nobody is convicted by it."""
        return not any(is_offence(vote, earlier) for earlier in self.cast.get(vote.group, ()))

    def vote(self, chain: Chain, other: Chain | None, epoch: int) -> None:
        """Casts and includes votes for the open targets of a chain."""
        for late in range(min(LATE, epoch - 1) + 1):
            target = chain.get_checkpoint(epoch - late)
            source = self._pick_source(chain, other, target)
            groups = sorted(set(chain.sets[target]))
            votes = [Vote(group, source, target) for group in groups]
            if self.random.random() < ACTIVITY[late]:
                for vote in votes:
                    if self.may_cast(vote):
                        self._include(chain, vote)

    def _pick_source(self, chain: Chain, other: Chain | None, target: Checkpoint) -> Checkpoint:
        known = [point for point in chain.justified if point.epoch < target.epoch]
        if self.rule.are_sources_anywhere and other is not None:
            shared = [p for p in other.justified if p in chain.sets and p.epoch < target.epoch]
            known += [point for point in shared if point not in known]
        known.sort()
        return known[-1] if self.random.random() < HIGHEST else self.random.choice(known)

    def _include(self, chain: Chain, vote: Vote) -> None:
        mine = self.cast.setdefault(vote.group, [])
        if vote not in mine:
            mine.append(vote)
        chain.votes[vote.target].add(vote)

    def elect(self, chain: Chain, epoch: int) -> str:
        """A set never seen before, or one of the chain's own."""
        if self.random.random() < REPLACE:
            return f"V{epoch}{chain.branch}"
        return self.random.choice((chain.current, chain.previous, GENESIS_SET))

    def close(self, chain: Chain, other: Chain | None, epoch: int) -> None:
        """A boundary: count, and promote if the rule says so."""
        elsewhere: list[Checkpoint] = []
        if self.rule.are_sources_anywhere and other is not None:
            elsewhere = [point for point in other.justified if point in chain.sets]
        if close_epoch(chain, epoch, self.rule, elsewhere):
            promote(chain, self.elect(chain, epoch), epoch + 1, self.rule)


def play(rule: Rule, seed: int) -> tuple[Game, Chain, Chain]:
    """One run with one fork."""
    random = Random(seed)  # noqa: S311 - a search that can be repeated
    game = Game(rule, random)
    trunk = Chain("")
    fork = random.randrange(1, FORK_LIMIT)
    open_epoch(trunk, 0)
    for epoch in range(1, fork + 1):
        open_epoch(trunk, epoch)
        if epoch < fork or random.random() < BEFORE_FORK:
            game.vote(trunk, None, epoch)
        if epoch < fork:
            game.close(trunk, None, epoch)
    a, b = trunk.fork("a"), trunk.fork("b")
    for epoch in range(fork, EPOCHS):
        for chain, other in ((a, b), (b, a)):
            if epoch > fork:
                open_epoch(chain, epoch)
            game.vote(chain, other, epoch)
            game.close(chain, other, epoch)
    return game, a, b


def has_conflict(a: Chain, b: Chain) -> bool:
    """Whether the branches finalised checkpoints of their own."""
    return any(point.branch for point in a.final) and any(point.branch for point in b.final)


def find_conflicts(rule: Rule, seeds: Iterator[int] | range) -> Iterator[int]:
    """The seeds whose runs end in conflicting finality; nobody is guilty in any run."""
    for seed in seeds:
        _, a, b = play(rule, seed)
        if has_conflict(a, b):
            yield seed
