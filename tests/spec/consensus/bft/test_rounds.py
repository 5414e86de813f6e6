"""Laws of the round machine: agreement and progress of small networks, the lines of the paper."""

from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from spec.consensus.bft.rounds import (
    NO_ROUND,
    Decide,
    Output,
    RoundState,
    Started,
    Step,
    Suggestion,
    TimeoutKind,
    Transition,
    Vote,
    Wait,
    apply_proposal,
    apply_start,
    apply_timeout,
    apply_validity,
    apply_vote,
    compute_round_state,
)
from spec.consensus.bft.votes import NIL, Ballot, ValueId, VoteType, compute_keeper, has_room

A = ValueId(b"\x0a" * 32)
B = ValueId(b"\x0b" * 32)


def start(voters: int = 4, round_: int = 0) -> RoundState:
    return apply_start(
        compute_round_state(compute_keeper(dict.fromkeys(range(voters), 1))), round_
    )[0]


def propose(
    state: RoundState, value: ValueId, valid_round: int = NO_ROUND, *, is_valid: bool = True
) -> Transition:
    known, first = apply_validity(state, value, is_valid=is_valid)
    after, second = apply_proposal(known, known.round, Suggestion(value, valid_round))
    return after, first + second


def poll(
    state: RoundState,
    type_: VoteType,
    value: ValueId,
    voters: tuple[int, ...],
    round_: int | None = None,
) -> Transition:
    outputs: tuple[Output, ...] = ()
    for voter in voters:
        ballot = Ballot(type_, state.round if round_ is None else round_, voter, value)
        state, more = apply_vote(state, ballot)
        outputs += more
    return state, outputs


def test_l22_prevotes_a_valid_new_proposal() -> None:
    state, outputs = propose(start(), A)
    assert outputs == (Vote(VoteType.PREVOTE, 0, A),)
    assert state.step is Step.PREVOTE


def test_l26_prevotes_nil_on_an_invalid_proposal() -> None:
    _, outputs = propose(start(), A, is_valid=False)
    assert outputs == (Vote(VoteType.PREVOTE, 0, NIL),)


def test_a_proposal_waits_for_the_ledgers_verdict() -> None:
    state, outputs = apply_proposal(start(), 0, Suggestion(A, NO_ROUND))
    assert (outputs, state.step) == ((), Step.PROPOSE)


def test_l36_locks_and_precommits_on_a_polka() -> None:
    state, _ = propose(start(), A)
    state, outputs = poll(state, VoteType.PREVOTE, A, (0, 1, 2))
    assert Vote(VoteType.PRECOMMIT, 0, A) in outputs
    assert state.locked == state.valid
    assert state.locked is not None
    assert state.locked.value == A


def test_exactly_two_thirds_is_no_polka() -> None:
    state = apply_start(compute_round_state(compute_keeper(dict.fromkeys(range(3), 1))), 0)[0]
    state, _ = propose(state, A)
    _, outputs = poll(state, VoteType.PREVOTE, A, (0, 1))
    assert outputs == ()


def test_l44_precommits_nil_on_a_nil_polka() -> None:
    state, _ = propose(start(), A)
    _, outputs = poll(state, VoteType.PREVOTE, NIL, (0, 1, 2))
    assert Vote(VoteType.PRECOMMIT, 0, NIL) in outputs


def test_l34_waits_once_when_prevotes_are_split() -> None:
    state, _ = propose(start(), A)
    state, outputs = poll(state, VoteType.PREVOTE, A, (0, 1))
    assert outputs == ()
    state, outputs = poll(state, VoteType.PREVOTE, NIL, (2, 3))
    assert outputs == (Wait(TimeoutKind.PREVOTE, 0),)


def test_l49_decides_on_precommits_of_any_round() -> None:
    state, _ = propose(start(), A)
    state, _ = apply_timeout(state, TimeoutKind.PRECOMMIT, 0)
    assert state.round == 1
    state, outputs = poll(state, VoteType.PRECOMMIT, A, (0, 1, 2), round_=0)
    assert outputs[-1] == Decide(0, A)


def test_l55_skips_to_a_round_where_an_honest_node_is() -> None:
    state, outputs = poll(start(), VoteType.PREVOTE, NIL, (1,), round_=7)
    assert outputs == ()
    _, outputs = poll(state, VoteType.PRECOMMIT, NIL, (2,), round_=7)
    assert Started(7, None) in outputs


def test_one_voter_cannot_skip_rounds_for_others_by_voting_twice() -> None:
    state, _ = poll(start(), VoteType.PREVOTE, NIL, (1,), round_=7)
    _, outputs = poll(state, VoteType.PRECOMMIT, NIL, (1,), round_=7)
    assert outputs == ()


def test_locked_node_prevotes_nil_on_another_value_without_a_polka() -> None:
    state, _ = propose(start(), A)
    state, _ = poll(state, VoteType.PREVOTE, A, (0, 1, 2))
    state, _ = apply_timeout(state, TimeoutKind.PRECOMMIT, 0)
    _, outputs = propose(state, B)
    assert Vote(VoteType.PREVOTE, 1, NIL) in outputs


def test_l28_a_later_polka_unlocks() -> None:
    state, _ = propose(start(), A)
    state, _ = poll(state, VoteType.PREVOTE, A, (0, 1, 2))
    state, _ = apply_timeout(state, TimeoutKind.PRECOMMIT, 0)
    state, _ = apply_timeout(state, TimeoutKind.PRECOMMIT, 1)
    state, _ = poll(state, VoteType.PREVOTE, B, (1, 2, 3), round_=1)
    _, outputs = propose(state, B, valid_round=1)
    assert Vote(VoteType.PREVOTE, 2, B) in outputs


def test_l28_a_polka_older_than_the_lock_does_not_unlock() -> None:
    state, _ = poll(start(), VoteType.PREVOTE, B, (1, 2, 3), round_=0)
    state, _ = apply_timeout(state, TimeoutKind.PRECOMMIT, 0)
    state, _ = propose(state, A)
    state, _ = poll(state, VoteType.PREVOTE, A, (0, 1, 2))
    assert state.locked is not None
    state, _ = apply_timeout(state, TimeoutKind.PRECOMMIT, 1)
    _, outputs = propose(state, B, valid_round=0)
    assert Vote(VoteType.PREVOTE, 2, NIL) in outputs


def test_a_valid_round_that_is_not_earlier_is_no_justification() -> None:
    state, _ = poll(start(), VoteType.PREVOTE, A, (1, 2, 3), round_=0)
    _, outputs = propose(state, A, valid_round=0)
    assert all(not isinstance(o, Vote) for o in outputs)


def test_timeouts_of_the_past_change_nothing() -> None:
    state, _ = apply_timeout(start(), TimeoutKind.PRECOMMIT, 0)
    assert apply_timeout(state, TimeoutKind.PROPOSE, 0) == (state, ())


def test_votes_of_strangers_and_repetitions_change_nothing() -> None:
    state = start()
    assert apply_vote(state, Ballot(VoteType.PREVOTE, 0, 9, A)) == (state, ())
    once, _ = apply_vote(state, Ballot(VoteType.PREVOTE, 0, 1, A))
    assert apply_vote(once, Ballot(VoteType.PREVOTE, 0, 1, A)) == (once, ())


def test_an_equivocators_vote_counts_for_each_of_two_values_and_has_no_room_for_a_third() -> None:
    """A polka brings a third all the same: tests/spec/consensus/bft/test_polka.py."""
    state = start()
    third = Ballot(VoteType.PREVOTE, 0, 1, ValueId(b"\x0c" * 32))
    for value in (A, B):
        assert has_room(state.votes, third)
        state, _ = apply_vote(state, Ballot(VoteType.PREVOTE, 0, 1, value))
    assert len(state.votes.ballots[(0, VoteType.PREVOTE)]) == 2
    assert not has_room(state.votes, third)
    assert has_room(state.votes, Ballot(VoteType.PREVOTE, 0, 2, A))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2**40)), max_size=60))
def test_memory_of_far_rounds_is_bounded(votes: list[tuple[int, int]]) -> None:
    state = start(voters=7)
    for voter, round_ in votes:
        state, _ = apply_vote(state, Ballot(VoteType.PREVOTE, round_, voter, NIL))
    ahead = [key for key in state.votes.ballots if key[0] > state.round]
    assert len(ahead) <= 2 * 7


# A network of machines under an adversarial scheduler


@dataclass
class Network:
    """n machines, of which the first `faulty` equivocate; delivery is in random order."""

    count: int
    faulty: int
    rng: Random
    states: list[RoundState] = field(init=False)
    pending: list[tuple[int, Ballot | tuple[int, Suggestion] | Wait]] = field(default_factory=list)
    decided: dict[int, Decide] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keeper = compute_keeper(dict.fromkeys(range(self.count), 1))
        self.states = [compute_round_state(keeper) for _ in range(self.count)]
        for node in range(self.faulty, self.count):
            self.take(node, apply_start(self.states[node], 0))

    def value_of(self, node: int, round_: int) -> ValueId:
        return ValueId(bytes([node + 1, round_ % 250 + 1]) * 16)

    def take(self, node: int, transition: Transition) -> None:
        self.states[node], outputs = transition
        for output in outputs:
            self.carry_out(node, output)

    def carry_out(self, node: int, output: Output) -> None:
        match output:
            case Started(round_, valid):
                if round_ % self.count == node:
                    value = self.value_of(node, round_) if valid is None else valid.value
                    word = Suggestion(value, NO_ROUND if valid is None else valid.round)
                    self.pending += [(to, (round_, word)) for to in range(self.faulty, self.count)]
                elif round_ % self.count < self.faulty:
                    for to in range(self.faulty, self.count):
                        word = Suggestion(self.value_of(self.rng.randrange(2), round_), NO_ROUND)
                        self.pending.append((to, (round_, word)))
                self.pending.append((node, Wait(TimeoutKind.PROPOSE, round_)))
            case Vote(type_, round_, value):
                for voter in (node, *range(self.faulty)):
                    for to in range(self.faulty, self.count):
                        cast = value if voter == node else self.rng.choice((value, NIL))
                        self.pending.append((to, Ballot(type_, round_, voter, cast)))
            case Wait():
                self.pending.append((node, output))
            case Decide():
                self.decided[node] = output

    def deliver(self, index: int) -> None:
        to, message = self.pending.pop(index)
        state = self.states[to]
        match message:
            case Ballot():
                self.take(to, apply_vote(state, message))
            case Wait(kind, round_):
                self.take(to, apply_timeout(state, kind, round_))
            case (round_, word):
                value_known, first = apply_validity(state, word.value, is_valid=True)
                self.take(to, (value_known, first))
                self.take(to, apply_proposal(self.states[to], round_, word))


def test_honest_machines_never_decide_two_values() -> None:
    decisions = 0
    for seed in range(150):
        rng = Random(seed)
        network = Network(count=4, faulty=1, rng=rng)
        for _ in range(600):
            if not network.pending:
                break
            network.deliver(rng.randrange(len(network.pending)))
        values = {d.value for d in network.decided.values()}
        assert len(values) <= 1
        decisions += len(values)
    assert decisions > 75


def test_two_faulty_of_four_can_break_agreement() -> None:
    """The checker above bites: beyond the bound a conflict is found."""
    for seed in range(400):
        rng = Random(seed)
        network = Network(count=4, faulty=2, rng=rng)
        for _ in range(600):
            if not network.pending:
                break
            network.deliver(rng.randrange(len(network.pending)))
        if len({d.value for d in network.decided.values()}) > 1:
            return
    raise AssertionError("no violation with half of the validators faulty")


def test_a_fair_schedule_decides_in_the_first_round() -> None:
    network = Network(count=7, faulty=0, rng=Random(1))
    while len(network.decided) < 7:
        index = next(i for i, (_, m) in enumerate(network.pending) if not isinstance(m, Wait))
        network.deliver(index)
    assert {d.round for d in network.decided.values()} == {0}
