"""Rule G withstands random forks, its broken relatives don't; the fold is the specification's."""

from dataclasses import replace
from random import Random

import pytest

from proofs.adversary import (
    BROKEN,
    EPOCHS,
    RULE_G,
    Chain,
    Checkpoint,
    Game,
    Rule,
    Vote,
    close_epoch,
    find_conflicts,
    has_conflict,
    is_offence,
    open_epoch,
    play,
    promote,
)
from spec.consensus import ffg
from spec.ledger import ops

RUNS = 5_000
NO_LEAK = ffg.Leak(after_epochs=1_000, quotient=1)


def get_rule(letter: str) -> Rule:
    return next(rule for rule in BROKEN if rule.name.startswith(f"{letter}:"))


def test_rule_g_never_finalises_a_conflict() -> None:
    assert list(find_conflicts(RULE_G, range(RUNS))) == []


def test_one_set_that_never_changes_never_finalises_a_conflict() -> None:
    one_set = replace(RULE_G, promotes=lambda *_: False)
    runs = [play(one_set, seed)[1:] for seed in range(1_000)]
    assert not any(has_conflict(a, b) for a, b in runs)
    assert sum(bool(a.final) for a, _ in runs) > 500


@pytest.mark.slow
def test_rule_g_never_finalises_a_conflict_in_many_forks() -> None:
    assert list(find_conflicts(RULE_G, range(RUNS, 200_000))) == []


@pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.name)
def test_each_broken_rule_finalises_a_conflict(rule: Rule) -> None:
    assert next(find_conflicts(rule, range(RUNS)), None) is not None


@pytest.mark.parametrize("rule", [RULE_G, *BROKEN], ids=lambda rule: rule.name)
def test_nobody_is_guilty_in_any_run(rule: Rule) -> None:
    """So each conflict is one that nobody pays for."""
    for seed in range(200):
        game, _, _ = play(rule, seed)
        for votes in game.cast.values():
            assert not any(is_offence(one, other) for one in votes for other in votes)


def test_the_search_reaches_finality_on_both_branches() -> None:
    """A search in which nothing happens would find nothing."""
    runs = [play(RULE_G, seed)[1:] for seed in range(500)]
    assert sum(any(point.branch for point in a.final) for a, _ in runs) > 100
    assert max(max(a.dynasty, b.dynasty) for a, b in runs) >= 3


def test_a_run_can_be_repeated() -> None:
    assert play(RULE_G, 7)[1:] == play(RULE_G, 7)[1:]


# The axioms of the proof hold of the fold


def find_breaches(chain: Chain) -> list[str]:
    """What `ffg_sets_model` says of promotion, looked up in a chain's history."""
    points = sorted(chain.sets)
    breaches = []
    for one in points:
        dynasty = chain.dynasties[one]
        if dynasty > 0:
            promoter = chain.promoters[dynasty]
            if chain.dynasties[promoter] != dynasty - 1:
                breaches.append("own_dynasty")
            if chain.sets[one][1] != chain.sets[promoter][0]:
                breaches.append("takes_over")
            if promoter not in chain.final:
                breaches.append("has_finality")
        for other in points:
            if one.epoch < other.epoch and dynasty > chain.dynasties[other]:
                breaches.append("dynasties rise")
            if dynasty == chain.dynasties[other] and chain.sets[one] != chain.sets[other]:
                breaches.append("one pair of sets")
    return breaches


def test_the_fold_of_rule_g_satisfies_the_axioms_of_the_proof() -> None:
    for seed in range(1_000):
        _, a, b = play(RULE_G, seed)
        assert find_breaches(a) == find_breaches(b) == []


@pytest.mark.parametrize(("letter", "axiom"), [("B", "has_finality"), ("C", "own_dynasty")])
def test_a_broken_rule_breaks_an_axiom(letter: str, axiom: str) -> None:
    found: set[str] = set()
    for seed in range(200):
        _, a, b = play(get_rule(letter), seed)
        found |= {*find_breaches(a), *find_breaches(b)}
    assert axiom in found


# The fold is the specification's


def get_validator(group: str) -> int:
    return int.from_bytes(group.encode(), "big") % (1 << 32)


def get_point(point: Checkpoint) -> ops.Checkpoint:
    is_genesis = point.epoch == 0
    return ffg.GENESIS_CHECKPOINT if is_genesis else ops.Checkpoint(point.epoch, bytes([7] * 32))


def compute_set(group: str) -> tuple[ffg.Member, ...]:
    return ffg.compute_members(((get_validator(group), 9),))


def get_vote(vote: Vote) -> ops.FfgVote:
    source, target = get_point(vote.source), get_point(vote.target)
    return ops.FfgVote(0, bytes(32), source, target, get_validator(vote.group), b"")


class Twin:
    """One chain under rule G, and the specification's state beside it."""

    def __init__(self, seed: int) -> None:
        self.game = Game(RULE_G, Random(seed))
        self.chain = Chain("")
        open_epoch(self.chain, 0)
        self.state = ffg.compute_genesis(compute_set(self.chain.current))
        self.enter(1, self.chain.current)

    def enter(self, epoch: int, elected: str) -> None:
        entered = get_point(Checkpoint(epoch, ""))
        self.state = ffg.apply_boundary(self.state, entered, compute_set(elected), NO_LEAK).state
        open_epoch(self.chain, epoch)

    def include(self) -> None:
        """Both sides hold the same votes: those that the specification lets into a block.

        It forgets sources after a few epochs, unless they are its latest, and so counts fewer links
        than rule G: votes for such sources are left out here.
        """
        for target, votes in self.chain.votes.items():
            for vote in sorted(votes, key=lambda v: (v.source, v.group)):
                cast = get_vote(vote)
                is_remembered = vote.source.epoch > target.epoch - ffg.HISTORY_MAX + 1
                if is_remembered and ffg.is_includable(self.state, cast):
                    self.state = ffg.apply_vote(self.state, cast)
                elif not self.holds(cast):
                    votes.discard(vote)

    def holds(self, cast: ops.FfgVote) -> bool:
        included = ffg.Included(cast.validator, cast.source)
        return cast.target.epoch < self.state.targets[0].checkpoint.epoch or any(
            target.checkpoint == cast.target and included in target.votes
            for target in self.state.targets
        )

    def close(self, epoch: int) -> None:
        elected = self.game.elect(self.chain, epoch)
        if close_epoch(self.chain, epoch, RULE_G, []):
            promote(self.chain, elected, epoch + 1, RULE_G)
        self.enter(epoch + 1, elected)


def test_the_fold_of_rule_g_is_the_specification() -> None:
    promotions = 0
    for seed in range(400):
        twin = Twin(seed)
        for epoch in range(1, EPOCHS):
            twin.game.vote(twin.chain, None, epoch)
            twin.include()
            twin.close(epoch)
            chain, state = twin.chain, twin.state
            assert (chain.dynasty, chain.start) == (state.dynasty, state.dynasty_start)
            assert compute_set(chain.current) == state.current
            assert compute_set(chain.previous) == state.previous
            assert get_point(chain.finalised) == state.finalised
            assert get_point(max(chain.justified)) == state.justified
        promotions += twin.chain.dynasty
    assert promotions > 400


def test_conflict_needs_a_branch_of_ones_own_on_both_sides() -> None:
    a, b = Chain("a"), Chain("b")
    a.final, b.final = [Checkpoint(1, ""), Checkpoint(3, "a")], [Checkpoint(1, "")]
    assert not has_conflict(a, b)
    b.final.append(Checkpoint(4, "b"))
    assert has_conflict(a, b)
