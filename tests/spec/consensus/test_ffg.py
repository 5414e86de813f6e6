"""Rule G: what becomes final, what is promoted; conflicting finality is always paid for."""

from dataclasses import dataclass, field, replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.consensus.ffg import (
    FFG_STATE,
    Boundary,
    FfgState,
    Leak,
    Member,
    VoteGuard,
    apply_boundary,
    apply_slash,
    apply_vote,
    compute_genesis,
    compute_members,
    is_honest_vote,
    is_includable,
    is_slashable,
)
from spec.ledger.ops import Checkpoint, FfgVote
from spec.lib.result import Ok
from spec.lib.ssz import decode, encode

LEAK = Leak(after_epochs=4, quotient=1 << 10)
NO_LEAK = Leak(after_epochs=1 << 60, quotient=1 << 60)


def make_vote(validator: int, source: Checkpoint, target: Checkpoint) -> FfgVote:
    return FfgVote(0, bytes(32), source, target, validator, bytes(64))


@dataclass
class Chain:
    """One chain's fold: a root per epoch, and an election that the test chooses."""

    name: bytes
    state: FfgState
    epoch: int = 0
    finalised: list[Checkpoint] = field(default_factory=list)
    roots: dict[int, Checkpoint] = field(default_factory=dict)
    last: Boundary | None = None

    def enter(self, elected: tuple[Member, ...], leak: Leak = NO_LEAK) -> Boundary:
        self.epoch += 1
        entered = Checkpoint(self.epoch, self.name.ljust(31, b"\0") + bytes([self.epoch % 256]))
        self.roots[self.epoch] = entered
        boundary = apply_boundary(self.state, entered, elected, leak)
        self.state, self.last = boundary.state, boundary
        self.finalised.append(boundary.state.finalised)
        return boundary

    def vote(self, validators: tuple[int, ...], source: Checkpoint | None = None) -> None:
        target = self.state.targets[-1].checkpoint
        for validator in validators:
            vote = make_vote(validator, source or self.state.justified, target)
            if is_includable(self.state, vote):
                self.state = apply_vote(self.state, vote)


def start(members: tuple[Member, ...], name: bytes = b"a") -> Chain:
    return Chain(name, compute_genesis(members))


FOUR = compute_members(((0, 1), (1, 1), (2, 1), (3, 1)))


def test_all_votes_finalise_an_epoch_later() -> None:
    chain = start(FOUR)
    for _ in range(5):
        chain.enter(FOUR)
        chain.vote((0, 1, 2))
    assert chain.state.justified == chain.roots[4]
    assert chain.state.finalised == chain.roots[3]


def test_exactly_two_thirds_justify_nothing() -> None:
    chain = start(compute_members(((0, 1), (1, 1), (2, 1))))
    for _ in range(4):
        chain.enter(FOUR)
        chain.vote((0, 1))
    assert chain.state.justified.epoch == 0


def test_a_late_vote_counts_in_the_next_epoch_and_no_later() -> None:
    chain = start(FOUR)
    chain.enter(FOUR)
    late = make_vote(2, chain.state.justified, chain.roots[1])
    chain.vote((0, 1))
    chain.enter(FOUR)
    assert is_includable(chain.state, late)
    chain.state = apply_vote(chain.state, late)
    chain.enter(FOUR)
    assert chain.state.justified == chain.roots[1]
    assert not is_includable(chain.state, replace(late, validator=3))


def test_the_epoch_after_next_finalises_if_the_one_between_is_justified() -> None:
    chain = start(FOUR)
    chain.enter(FOUR)
    chain.vote((0, 1, 2))
    chain.enter(FOUR)
    first = chain.state.justified
    chain.vote((0, 1, 2), chain.state.finalised)
    chain.enter(FOUR)
    assert chain.state.finalised == Checkpoint(0, bytes(32))
    chain.vote((0, 1, 2), first)
    chain.enter(FOUR)
    assert chain.state.finalised == first


def test_an_old_source_counts_for_both_open_targets() -> None:
    chain = start(FOUR)
    chain.enter(FOUR)
    chain.vote((0, 1, 2))
    for _ in range(4):
        chain.enter(FOUR)
    source = chain.state.justified
    assert source == chain.roots[1]
    for target in (chain.roots[4], chain.roots[5]):
        for validator in (0, 1, 2):
            vote = make_vote(validator, source, target)
            assert is_includable(chain.state, vote)
            chain.state = apply_vote(chain.state, vote)
    chain.enter(FOUR)
    assert chain.state.justified == chain.roots[5]


def test_promotion_waits_for_finality_within_the_dynasty() -> None:
    """Under perfect finality sets are promoted at every second boundary."""
    chain, promoted = start(FOUR), []
    for epoch in range(1, 10):
        if chain.enter(FOUR).is_promoted:
            promoted.append(epoch)
        chain.vote((0, 1, 2, 3))
    assert promoted == [3, 5, 7, 9]


def test_the_outgoing_set_must_agree() -> None:
    new = compute_members(((7, 9),))
    chain = start(FOUR)
    while not (chain.last and chain.last.is_promoted):
        chain.enter(new)
        chain.vote((0, 1, 2, 3))
    assert (chain.state.current, chain.state.previous) == (new, FOUR)
    before = chain.state.justified
    for _ in range(3):
        chain.enter(new)
        chain.vote((7,))
    assert chain.state.justified == before
    chain.vote((0, 1, 2))
    chain.enter(new)
    assert chain.state.justified.epoch > before.epoch


def test_the_leak_brings_finality_back_when_half_is_silent() -> None:
    members = compute_members(tuple((v, 1_000_000) for v in range(4)))
    chain = start(members)
    for _ in range(200):
        chain.enter(members, LEAK)
        chain.vote((0, 1))
        if chain.state.finalised.epoch > 0:
            break
    assert chain.state.finalised.epoch > 0
    silent = [m for m in chain.state.previous if m.validator in (2, 3)]
    assert all(m.weight < m.pinned for m in silent)
    assert all(m.weight == m.pinned for m in chain.state.previous if m.validator in (0, 1))


def test_no_leak_while_finality_comes() -> None:
    chain = start(FOUR)
    for _ in range(20):
        boundary = chain.enter(FOUR, LEAK)
        assert boundary.losses == ()
        chain.vote((0, 1, 2))


def test_a_set_without_weight_is_waived_and_said_so() -> None:
    chain = start(FOUR)
    for member in FOUR:
        chain.state = apply_slash(chain.state, member.validator)
    chain.state = replace(chain.state, previous=FOUR)
    chain.enter(FOUR)
    chain.vote((0, 1, 2))
    boundary = chain.enter(FOUR)
    assert boundary.is_waived
    assert boundary.state.justified.epoch == 1


def test_a_slashed_member_has_no_say_in_targets_to_come() -> None:
    chain = start(FOUR)
    chain.state = apply_slash(apply_slash(chain.state, 0), 1)
    chain.enter(FOUR)
    chain.vote((0, 1, 2))
    chain.enter(FOUR)
    assert chain.state.justified.epoch == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"validator": 9}, "a stranger"),
        ({"source": Checkpoint(1, b"\x09" * 32)}, "a source that is not justified"),
        ({"target": Checkpoint(2, b"\x09" * 32)}, "a target of another chain"),
        ({"source": Checkpoint(2, b"\x09" * 32)}, "a source that is not before the target"),
    ],
)
def test_votes_that_prove_nothing_are_not_included(change: dict[str, object], why: str) -> None:
    chain = start(FOUR)
    chain.enter(FOUR)
    good = make_vote(1, chain.state.justified, chain.roots[1])
    assert is_includable(chain.state, good)
    assert not is_includable(chain.state, replace(good, **change)), why  # type: ignore[arg-type]  # fields by name
    assert not is_includable(apply_vote(chain.state, good), good)


def test_the_state_survives_its_encoding() -> None:
    chain = start(FOUR)
    for _ in range(6):
        chain.enter(FOUR, Leak(1, 4))
        chain.vote((0, 1))
    decoded = decode(FFG_STATE, encode(FFG_STATE, chain.state))
    assert decoded == Ok(chain.state)


EPOCHS = st.integers(0, 6)


@given(st.lists(st.tuples(EPOCHS, EPOCHS), max_size=12))
def test_the_honest_rule_is_never_slashable(wishes: list[tuple[int, int]]) -> None:
    guard, votes = VoteGuard(-1, -1), list[FfgVote]()
    for source_epoch, target_epoch in wishes:
        source = Checkpoint(source_epoch, bytes([source_epoch]) * 32)
        target = Checkpoint(target_epoch, bytes([target_epoch]) * 32)
        if source_epoch < target_epoch and is_honest_vote(guard, source, target):
            votes.append(make_vote(0, source, target))
            guard = VoteGuard(source_epoch, target_epoch)
    assert not any(is_slashable(a, b) for a in votes for b in votes)


# Two chains, sets replaced completely, voters who vote on both


def run_fork(rng: Random) -> tuple[bool, bool]:
    """(whether conflicting checkpoints became final, whether somebody is slashable for it)."""
    fork = rng.randrange(1, 4)
    common = start(compute_members(((0, 1),)), b"c")
    votes: list[FfgVote] = []
    for _ in range(fork):
        common.enter(compute_members(((common.epoch + 1, 1),)))
        vote_at_random(rng, common, votes)
    chains = [
        Chain(name, common.state, common.epoch, roots=dict(common.roots)) for name in (b"a", b"b")
    ]
    for _ in range(8):
        for number, chain in enumerate(chains):
            fresh = 100 * (number + 1) + chain.epoch
            chain.enter(compute_members(((fresh, 1),)))
            vote_at_random(rng, chain, votes)
    finals = [{c for c in chain.finalised if c.epoch > fork} for chain in chains]
    is_conflict = bool(finals[0]) and bool(finals[1])
    guilty = any(is_slashable(a, b) for i, a in enumerate(votes) for b in votes[:i])
    return is_conflict, guilty


def vote_at_random(rng: Random, chain: Chain, votes: list[FfgVote]) -> None:
    """Members of the open targets vote with a random justified source."""
    for target in chain.state.targets:
        sources = [p.checkpoint for p in chain.state.history if p.is_justified]
        for member in {m.validator: m for m in (*target.current, *target.previous)}.values():
            if rng.random() < 0.85:
                source = rng.choice((chain.state.justified, *sources))
                vote = make_vote(member.validator, source, target.checkpoint)
                if is_includable(chain.state, vote):
                    chain.state = apply_vote(chain.state, vote)
                    votes.append(vote)


def check_forks(seeds: range) -> int:
    conflicts = 0
    for seed in seeds:
        is_conflict, is_guilty = run_fork(Random(seed))
        assert is_guilty or not is_conflict
        conflicts += is_conflict
    return conflicts


def test_conflicting_finality_is_always_paid_for() -> None:
    assert check_forks(range(600)) > 20


@pytest.mark.slow
def test_conflicting_finality_is_always_paid_for_in_a_campaign() -> None:
    assert check_forks(range(50_000)) > 1_000
