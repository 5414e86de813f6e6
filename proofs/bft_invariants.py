"""Invariants of Tendermint's bookkeeping, and the lemmas that an invariant owes.

An invariant is a function of a state. It holds if it holds of the initial state and if each action
preserves it; both are formulas about the one state `STATE`, by substitution.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from proofs.bft_model import (
    ACTIONS,
    INITIAL,
    NODE,
    ROUND,
    STATE,
    VALUE,
    Action,
    State,
    is_before,
    is_earlier_or_same,
    is_honest,
    is_member,
)
from proofs.logic import Term, and_, equal, for_all, implies, not_
from proofs.theorem import Hypothesis, Lemma

Formula = Callable[[State], Term]


@dataclass(frozen=True, slots=True)
class Invariant:
    """What holds of every state that the actions reach."""

    name: str
    formula: Formula
    needs: Mapping[str, tuple[str, ...]]
    """By action: the hypotheses that preserving it needs beside itself."""

    @property
    def says(self) -> str:
        """The first line of the formula's docstring."""
        return (self.formula.__doc__ or "").splitlines()[0]

    @property
    def hypothesis(self) -> Hypothesis:
        """The invariant before an action."""
        return Hypothesis(self.name, self.says, self.formula(STATE))


def preserves(action: Action, formula: Formula) -> Term:
    """Whether an invariant that held before the action holds after it."""
    return implies(action.guard, formula(action.after))


def compute_lemmas(invariants: tuple[Invariant, ...]) -> tuple[Lemma, ...]:
    """Each invariant at first, and after each action: one lemma each."""
    return tuple(
        Lemma(f"{i.name}, at first", f"{i.says} (Before any vote.)", (), i.formula(INITIAL))
        for i in invariants
    ) + tuple(
        Lemma(
            f"{i.name}, {action.name}",
            f"{i.says} (Preserved by {action.name}.)",
            (i.name, *i.needs.get(action.name, ())),
            preserves(action, i.formula),
        )
        for i in invariants
        for action in ACTIONS
    )


def one_prevote(s: State) -> Term:
    """An honest node prevotes at most one value a round."""
    return for_all(
        [NODE, ROUND, VALUE, VALUE],
        lambda n, r, v, u: implies(
            and_(is_honest(n), s.prevote(n, r, v), s.prevote(n, r, u)), equal(v, u)
        ),
    )


def prevotes_count(s: State) -> Term:
    """A prevote for a value is a prevote."""
    return for_all(
        [NODE, ROUND, VALUE],
        lambda n, r, v: implies(and_(is_honest(n), s.prevote(n, r, v)), s.has_prevoted(n, r)),
    )


def prevotes_move_on(s: State) -> Term:
    """Who prevotes in a round has left all before it."""
    return for_all(
        [NODE, ROUND, ROUND, VALUE],
        lambda n, r, t, v: implies(
            and_(is_honest(n), s.prevote(n, r, v), is_before(t, r)), s.past(n, t)
        ),
    )


def precommits_move_on(s: State) -> Term:
    """Who precommits a value in a round has left all before it."""
    return for_all(
        [NODE, ROUND, ROUND, VALUE],
        lambda n, r, t, v: implies(
            and_(is_honest(n), s.precommit(n, r, v), is_before(t, r)), s.past(n, t)
        ),
    )


def precommits_have_polkas(s: State) -> Term:
    """A value is precommitted only after a polka in its round."""
    return for_all(
        [NODE, ROUND, VALUE, NODE],
        lambda n, r, v, m: implies(
            and_(
                is_honest(n),
                s.precommit(n, r, v),
                is_member(m, s.polka_quorum(r, v)),
                is_honest(m),
            ),
            s.prevote(m, r, v),
        ),
    )


def precommits_lock(s: State) -> Term:
    """Who precommitted a value has a lock."""
    return for_all(
        [NODE, ROUND, VALUE],
        lambda n, r, v: implies(and_(is_honest(n), s.precommit(n, r, v)), s.has_lock(n)),
    )


def locks_are_precommits(s: State) -> Term:
    """A lock is a precommit of its node."""
    return for_all(
        [NODE, ROUND, VALUE],
        lambda n, r, v: implies(
            and_(is_honest(n), s.has_lock(n), s.lock(n, r, v)), s.precommit(n, r, v)
        ),
    )


def lock_is_the_latest(s: State) -> Term:
    """The lock is the latest precommit of its node."""
    return for_all(
        [NODE, ROUND, VALUE, ROUND, VALUE],
        lambda n, r, v, t, u: implies(
            and_(is_honest(n), s.precommit(n, r, v), s.has_lock(n), s.lock(n, t, u)),
            is_earlier_or_same(r, t),
        ),
    )


def prevotes_are_no_nil(s: State) -> Term:
    """Who prevoted a value in a round has not prevoted nil in it."""
    return for_all(
        [NODE, ROUND, VALUE],
        lambda n, r, v: implies(and_(is_honest(n), s.prevote(n, r, v)), not_(s.prevote_nil(n, r))),
    )


def nil_prevotes_count(s: State) -> Term:
    """A prevote for nil is a prevote."""
    return for_all(
        [NODE, ROUND],
        lambda n, r: implies(and_(is_honest(n), s.prevote_nil(n, r)), s.has_prevoted(n, r)),
    )


def one_precommit(s: State) -> Term:
    """An honest node precommits at most one value a round."""
    return for_all(
        [NODE, ROUND, VALUE, VALUE],
        lambda n, r, v, u: implies(
            and_(is_honest(n), s.precommit(n, r, v), s.precommit(n, r, u)), equal(v, u)
        ),
    )


def precommits_count(s: State) -> Term:
    """A precommit for a value is a precommit."""
    return for_all(
        [NODE, ROUND, VALUE],
        lambda n, r, v: implies(and_(is_honest(n), s.precommit(n, r, v)), s.has_precommitted(n, r)),
    )


def precommits_are_no_nil(s: State) -> Term:
    """Who precommitted a value in a round has not precommitted nil in it."""
    return for_all(
        [NODE, ROUND, VALUE],
        lambda n, r, v: implies(
            and_(is_honest(n), s.precommit(n, r, v)), not_(s.precommit_nil(n, r))
        ),
    )


def nil_precommits_count(s: State) -> Term:
    """A precommit for nil is a precommit."""
    return for_all(
        [NODE, ROUND],
        lambda n, r: implies(and_(is_honest(n), s.precommit_nil(n, r)), s.has_precommitted(n, r)),
    )


def precommits_unlock(s: State) -> Term:
    """A precommit comes after a polka, which unlocks everybody locked before it."""
    return for_all(
        [NODE, ROUND, ROUND, ROUND, VALUE],
        lambda n, t, p, r, v: implies(
            and_(is_honest(n), s.precommit(n, p, v), is_earlier_or_same(t, p), is_before(p, r)),
            s.unlocks(t, r, v),
        ),
    )
