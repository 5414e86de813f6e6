"""Runs of the code are runs of the proved model: each step of an honest node is its action.

Four nodes run `spec.consensus.bft.rounds` under random delivery, timeouts and, in half of the runs,
a faulty member that proposes and votes at will. Beside them the model's relations are kept as
finite sets. For each vote and each new round the guard of some action must hold there, computed
from the very formulas that `bft_agreement` and `bft_no_framing` are proved about; the action's
effect then updates the sets, and the invariants are computed on what comes out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from itertools import combinations, product
from random import Random

import pytest

from proofs.bft_model import (
    ACTIONS,
    NODE,
    QUORUM,
    ROUND,
    STATE,
    VALUE,
    Action,
)
from proofs.evaluate import evaluate_all
from proofs.logic import BOOL, Function, Sort, Term, constant
from proofs.theorems import bft_agreement, bft_no_framing
from spec.consensus.bft.rounds import (
    NO_ROUND,
    Decide,
    Output,
    RoundState,
    Started,
    Suggestion,
    TimeoutKind,
    Vote,
    Wait,
    apply_proposal,
    apply_start,
    apply_timeout,
    apply_validity,
    apply_vote,
    compute_round_state,
)
from spec.consensus.bft.votes import NIL, Ballot, ValueId, VoteType, compute_keeper
from spec.consensus.evidence import find_conflict
from spec.ledger.ops import RoundVote

SIZE, ROUNDS = 4, 5
VALUES = (ValueId(b"a" * 32), ValueId(b"b" * 32))
QUORUMS = [frozenset(q) for count in (3, 4) for q in combinations(range(SIZE), count)]
UNIVERSE: Mapping[str, Sequence[object]] = {
    NODE.name: list(range(SIZE)),
    ROUND.name: list(range(ROUNDS)),
    VALUE.name: list(VALUES),
    QUORUM.name: QUORUMS,
}
Point = tuple[object, ...]


class NotAllowedError(AssertionError):
    """A step that no action of the model allows."""


@cache
def get_effects(action: str) -> tuple[tuple[str, tuple[Sort, ...], Term, bool], ...]:
    """The relations that an action changes: name, sorts, the relation after it at a0, a1, …"""
    after = next(a for a in ACTIONS if a.name == action).after
    effects = []
    for each in fields(STATE):
        before, changed = getattr(STATE, each.name), getattr(after, each.name)
        assert isinstance(before, Function)
        if changed is not before:
            places = [constant(f"a{i}", sort) for i, sort in enumerate(before.domain)]
            effects.append((each.name, before.domain, changed(*places), before.sort is BOOL))
    return tuple(effects)


@dataclass
class Model:
    """The model's relations over the finite universe."""

    honest: frozenset[int]
    relations: dict[str, set[Point]] = field(
        default_factory=lambda: {each.name: set() for each in fields(STATE)}
    )
    polkas: dict[Point, object] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    """How often each action was taken."""

    def get_meaning(self) -> dict[str, object]:
        meaning: dict[str, object] = {
            "is_earlier_or_same": lambda r, s: r <= s,
            "is_honest": lambda n: n in self.honest,
            "is_member": lambda n, q: n in q,
            "meet": lambda p, q: min(p & q & self.honest),
            "polka_quorum": lambda r, v: self.polkas.get((r, v), QUORUMS[-1]),
        }
        for name, points in self.relations.items():
            if name != "polka_quorum":
                meaning[name] = lambda *args, points=points: args in points
        return meaning

    def take(self, names: tuple[str, ...], node: int, round_: int, value: object) -> None:
        """Takes the first of these actions whose guard holds for some lock and polka."""
        meaning = self.get_meaning()
        locks = [point[1:] for point in self.relations["lock"] if point[0] == node]
        lock_round, lock_value = locks[0] if locks else (0, VALUES[0])
        meaning |= {"n0": node, "r0": round_, "v0": value}
        meaning |= {"lock_round": lock_round, "lock_value": lock_value}
        for name in names:
            action = next(a for a in ACTIONS if a.name == name)
            for choice in find_choices(action):
                if evaluate_all(action.guard, {**meaning, **choice}, UNIVERSE):
                    self.apply(name, {**meaning, **choice})
                    return
        raise NotAllowedError(f"node {node}, round {round_}: none of {names}")

    def apply(self, name: str, meaning: dict[str, object]) -> None:
        """The relations after an action."""
        self.taken[name] = self.taken.get(name, 0) + 1
        for relation, sorts, after, is_relation in get_effects(name):
            found: set[Point] = set()
            polkas: dict[Point, object] = {}
            for point in product(*(UNIVERSE[sort.name] for sort in sorts)):
                here = {**meaning, **{f"a{i}": value for i, value in enumerate(point)}}
                result = evaluate_all(after, here, UNIVERSE)
                if not is_relation:
                    polkas[point] = result
                elif result:
                    found.add(point)
            if is_relation:
                self.relations[relation] = found
            else:
                self.polkas = polkas


def find_choices(action: Action) -> Iterator[Mapping[str, object]]:
    """Every polka an action may refer to."""
    if action.name == "prevote_unlocked":
        for round_, quorum in product(range(ROUNDS), QUORUMS):
            yield {"polka_round": round_, "q0": quorum}
    elif action.name == "precommit":
        for quorum in QUORUMS:
            yield {"polka_round": 0, "q0": quorum}
    else:
        yield {"polka_round": 0, "q0": QUORUMS[0]}


@dataclass
class Run:
    """Nodes, messages under way, and the model beside them."""

    random: Random
    is_faulty: bool
    forgets_lock: bool = False
    states: dict[int, RoundState] = field(default_factory=dict)
    pending: list[tuple[int, object]] = field(default_factory=list)
    """(node, Ballot | (round, Suggestion) | Wait)."""
    decided: dict[int, ValueId] = field(default_factory=dict)
    ballots: set[Ballot] = field(default_factory=set)
    """All that were delivered to somebody."""

    def __post_init__(self) -> None:
        honest = frozenset(range(SIZE - 1 if self.is_faulty else SIZE))
        self.model = Model(honest)
        for node in sorted(honest):
            state = compute_round_state(compute_keeper(dict.fromkeys(range(SIZE), 1)))
            for value in VALUES:
                state = apply_validity(state, value, is_valid=True)[0]
            self.states[node] = state
        for node in sorted(honest):
            self.settle(node, apply_start(self.states[node], 0))

    def send(self, message: object) -> None:
        self.pending += [(node, message) for node in self.states]

    def settle(self, node: int, transition: tuple[RoundState, tuple[Output, ...]]) -> None:
        self.states[node], outputs = transition
        if self.forgets_lock:
            self.states[node] = replace(self.states[node], locked=None)
        for output in outputs:
            match output:
                case Vote(type=type_, round=round_, value=value):
                    self.check_vote(node, type_, round_, value)
                    self.send(Ballot(type_, round_, node, value))
                case Started(round=round_, valid=valid):
                    if round_ > 0:
                        self.model.take(("enter",), node, round_, VALUES[0])
                    if round_ % SIZE == node:
                        value = valid.value if valid else self.random.choice(VALUES)
                        self.send((round_, Suggestion(value, valid.round if valid else NO_ROUND)))
                case Wait():
                    self.pending.append((node, output))
                case Decide(value=value):
                    self.decided[node] = value

    def check_vote(self, node: int, type_: VoteType, round_: int, value: ValueId) -> None:
        if type_ is VoteType.PREVOTE:
            names = ("prevote_nil",) if value == NIL else ("prevote_new", "prevote_unlocked")
        else:
            names = ("precommit_nil",) if value == NIL else ("precommit",)
        self.model.take(names, node, round_, VALUES[0] if value == NIL else value)

    def be_faulty(self) -> None:
        """The faulty member votes, or proposes, differently to each."""
        node, round_ = self.random.choice(list(self.states)), self.random.randrange(ROUNDS - 1)
        value = self.random.choice((*VALUES, NIL))
        type_ = self.random.choice(list(VoteType))
        self.pending.append((node, Ballot(type_, round_, SIZE - 1, value)))
        if round_ % SIZE == SIZE - 1 and value != NIL:
            valid_round = self.random.randrange(-1, round_)
            self.pending.append((node, (round_, Suggestion(value, valid_round))))

    def step(self) -> None:
        if self.is_faulty and self.random.random() < 0.3:
            self.be_faulty()
        place = self.random.randrange(len(self.pending))
        node, message = self.pending.pop(place)
        state = self.states[node]
        match message:
            case Ballot():
                self.ballots.add(message)
                self.settle(node, apply_vote(state, message))
            case Wait(kind=kind, round=round_):
                if round_ < ROUNDS - 1:
                    self.settle(node, apply_timeout(state, kind, round_))
            case (int() as round_, Suggestion() as suggestion):
                self.settle(node, apply_proposal(state, round_, suggestion))

    def play(self, steps: int) -> None:
        for _ in range(steps):
            if not self.pending or self.random.random() < 0.08:
                node = self.random.choice(list(self.states))
                self.pending.append((node, Wait(TimeoutKind.PROPOSE, self.states[node].round)))
            self.step()


STEPS = 250


def play(seed: int, *, forgets_lock: bool = False) -> Run:
    run = Run(Random(seed), is_faulty=seed % 2 == 1, forgets_lock=forgets_lock)
    run.play(STEPS)
    return run


RUNS = 60


@cache
def get_runs() -> tuple[Run, ...]:
    return tuple(play(seed) for seed in range(RUNS))


def test_every_step_of_the_code_is_an_action_of_the_model() -> None:
    """`play` raises otherwise; here it is seen that the runs use the whole model."""
    taken = {name for run in get_runs() for name in run.model.taken}
    assert taken >= {action.name for action in ACTIONS} - {"prevote_unlocked"}
    assert sum(sum(run.model.taken.values()) for run in get_runs()) > 200
    assert any(run.decided for run in get_runs())


def test_the_invariants_hold_of_what_the_code_did() -> None:
    invariants = {i.name: i for i in (*bft_agreement.INVARIANTS, *bft_no_framing.INVARIANTS)}
    for run in get_runs()[:10]:
        meaning = run.model.get_meaning()
        broken = [
            name
            for name, invariant in invariants.items()
            if not evaluate_all(invariant.formula(STATE), meaning, UNIVERSE)
        ]
        assert broken == []


def test_the_code_finds_no_evidence_against_honest_nodes() -> None:
    """`find_conflict` accuses nobody whose steps are the model's; of the faulty it finds some."""
    accused = set()
    for run in get_runs():
        votes = [make_vote(ballot) for ballot in sorted(run.ballots, key=repr)]
        for one, other in combinations(votes, 2):
            if find_conflict(one, other) is not None:
                accused.add(one.validator)
                assert one.validator not in run.model.honest
    assert accused == {SIZE - 1}


def make_vote(ballot: Ballot) -> RoundVote:
    return RoundVote(
        kind=int(ballot.type),
        height=1,
        round=ballot.round,
        block=ballot.value,
        validator=ballot.voter,
        signature=bytes(64),
    )


def test_honest_nodes_agree() -> None:
    assert all(len(set(run.decided.values())) <= 1 for run in get_runs())


def test_code_that_forgets_its_lock_is_caught() -> None:
    def campaign() -> None:
        for seed in range(RUNS):
            play(seed, forgets_lock=True)

    with pytest.raises(NotAllowedError):
        campaign()


def test_a_locked_node_is_unlocked_by_a_later_polka() -> None:
    """The one action that random delivery hardly reaches, step by step; node 3 is faulty."""
    run = Run(Random(0), is_faulty=True)
    a, b = VALUES

    def vote(to: int, type_: VoteType, round_: int, *votes: tuple[int, ValueId]) -> None:
        for voter, value in votes:
            run.settle(to, apply_vote(run.states[to], Ballot(type_, round_, voter, value)))

    def propose(to: int, round_: int, value: ValueId, valid_round: int = NO_ROUND) -> None:
        suggestion = Suggestion(value, valid_round)
        run.settle(to, apply_proposal(run.states[to], round_, suggestion))

    def time_out(round_: int, *kinds: TimeoutKind) -> None:
        for node, kind in product(range(3), kinds):
            run.settle(node, apply_timeout(run.states[node], kind, round_))

    every = (TimeoutKind.PROPOSE, TimeoutKind.PREVOTE, TimeoutKind.PRECOMMIT)
    propose(0, 0, a)
    propose(2, 0, a)
    vote(2, VoteType.PREVOTE, 0, (0, a), (2, a), (3, a))
    locked = run.states[2].locked
    assert locked is not None
    assert locked.value == a
    time_out(0, *every)
    for node in range(3):
        propose(node, 1, b)  # node 2 prevotes nil: it is locked
    time_out(1, *every)
    for round_ in (2, 3):
        time_out(round_, *every[: 3 if round_ == 2 else 0])
    vote(2, VoteType.PREVOTE, 1, (0, b), (1, b), (3, b))
    propose(2, 3, b, valid_round=1)
    assert run.model.taken["prevote_unlocked"] == 1
    assert (2, 3, b) in run.model.relations["prevote"]


@pytest.mark.slow
def test_every_step_of_many_runs_is_an_action_of_the_model() -> None:
    for seed in range(RUNS, 3_000):
        assert len(set(play(seed).decided.values())) <= 1
