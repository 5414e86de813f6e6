"""Faults to plant in what compares sums and in what makes the calls of plans."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dsl.verify import assemble, comparison, goals, pairs, plans, state
from dsl.verify.terms import Pool, Term

Patch = pytest.MonkeyPatch


def sums_are_compared_unproved(patch: Patch) -> None:
    patch.setattr(pairs.Comparisons, "holds", lambda *_: True)


def comparison_counts_keys_twice(patch: Patch) -> None:
    real = comparison.make_lemma

    def wrong(whole: goals.Vc, pair: pairs.Pair, touched: Sequence[Any]) -> Term:
        lemmas = [real(whole, pair, [keys]) for keys in touched]
        pool: Pool = whole.encoder.pool
        difference = comparison._get_difference(
            whole, pair, state.make_state(pair.greater.state.root)
        )
        start = state.make_state(pair.greater.state.root)
        total = pool.zero
        for keys in touched:
            body = comparison._get_body(whole.aggregates, pair.greater, start, keys)
            less = pool.zero
            if pair.less is not None:
                less = comparison._get_body(whole.aggregates, pair.less, start, keys)
            total = pool.add(total, pool.sub(body, less))
        return pool.and_(*lemmas, pool.less_equal(total, difference))

    patch.setattr(assemble, "make_lemma", wrong)


def comparison_the_wrong_way(patch: Patch) -> None:
    real = comparison.make_lemma

    def wrong(whole: goals.Vc, pair: pairs.Pair, touched: Sequence[Any]) -> Term:
        if pair.less is None:
            return real(whole, pair, touched)
        return real(whole, pairs.Pair(pair.less, pair.greater), touched)

    patch.setattr(assemble, "make_lemma", wrong)


def plans_succeed(patch: Patch) -> None:
    patch.setattr(plans, "violate_can", lambda whole, _run: whole.encoder.pool.false)


def guards_let_plans_pass(patch: Patch) -> None:
    real = plans.violate_can

    def wrong(whole: goals.Vc, run: goals.PlanRun) -> Term:
        case = run.cases[0]
        kept = tuple(failure for failure in case.failures if not failure.is_guard)
        return real(whole, replace(run, cases=(replace(case, failures=kept),)))

    patch.setattr(plans, "violate_can", wrong)


def rows_are_compared_where_they_begin(patch: Patch) -> None:
    patch.setattr(plans, "list_ends", lambda run: (run.cases[0].after, run.cases[0].after))
