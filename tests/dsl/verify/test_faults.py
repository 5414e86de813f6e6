"""The verifier is itself tested: a fault planted in it is noticed.

Each fault replaces one function of the verifier by a wrong one. It is caught if a false property of
the corpus is proved then, or if symbolic execution no longer agrees with the machine.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dsl.verify import (
    aggregates,
    assemble,
    cases,
    execute,
    fixpoint,
    goals,
    leaves,
    operators,
    properties,
    run_calls,
    run_frame,
    run_values,
    smtlib,
    state,
    vc,
)
from dsl.verify.cases import Case
from dsl.verify.encoder import Encoder
from dsl.verify.execute import Execution
from dsl.verify.jobs import make_subject
from dsl.verify.leaves import Sym
from dsl.verify.solver import Decision, Limits, Solver
from dsl.verify.state import Place, State
from dsl.verify.terms import Op, Pool, Term
from dsl.verify.verify import Remembering, Subject, verify_with
from spec.ir.syntax import AddressType, Get, Member, Prim, PrimOp, StringType, UintType
from tests.dsl.verify.faults_of_claims import (
    comparison_counts_keys_twice,
    comparison_the_wrong_way,
    guards_let_plans_pass,
    plans_succeed,
    rows_are_compared_where_they_begin,
    sums_are_compared_unproved,
)
from tests.dsl.verify.faults_of_reads import (
    past_has_no_end,
    past_is_bound_too_early,
    past_is_the_present,
    signatures_are_refused,
)
from tests.dsl.verify.faults_of_trust import (
    any_interface_is_trusted,
    calls_not_made_are_trusted,
)
from tests.dsl.verify.support import compile_text
from tests.dsl.verify.test_corpus import PROPERTY, keep_only, read
from tests.dsl.verify.test_symbolic_equals_concrete import run_seed
from tests.dsl.verify.test_terms import check_terms

Patch = pytest.MonkeyPatch
SEEDS = tuple(range(140))


def write_without_guard(patch: Patch) -> None:
    real = state.write

    def wrong(before: State, _: Term, place: Place, values: tuple[Term, ...]) -> State:
        return real(before, before.root.pool.true, place, values)

    for module in (execute, run_frame, run_values):
        patch.setattr(module, "write", wrong)


def join_takes_one_side(patch: Patch) -> None:
    patch.setattr(execute, "choose_value", lambda _pool, _condition, yes, _no: yes)


def select_takes_then(patch: Patch) -> None:
    patch.setattr(operators, "choose_value", lambda _pool, _condition, yes, _no: yes)


def choice_drops_else(patch: Patch) -> None:
    real = Pool._gate

    def wrong(pool: Pool, condition: Term, yes: Term, no: Term) -> Term:
        return real(pool, condition, yes, pool.zero) if yes is not no else yes

    patch.setattr(Pool, "_gate", wrong)


def first_leave_is_ignored(patch: Patch) -> None:
    real = Execution._close_scope

    def wrong(execution: Execution, header: int) -> None:
        real(execution, header)
        exit_ = execution.exits[header]
        if exit_.leaves:
            exit_.results = exit_.leaves[-1][1]

    patch.setattr(Execution, "_close_scope", wrong)


def fold_is_one_short(patch: Patch) -> None:
    real = Execution._make_rounds
    patch.setattr(Execution, "_make_rounds", lambda *args: real(*args)[:-1])


def old_is_current(patch: Patch) -> None:
    def wrong(execution: Execution, index: int) -> int:
        node = execution.nodes[index]
        assert isinstance(node, Get)
        place, kind = execution._place(node.cell, node.keys, node.fields, index)
        execution.values[index] = state.read(execution.state, place, kind)
        return index + 1

    patch.setitem(execute._HANDLERS, Get, wrong)


def checks_are_assumed(patch: Patch) -> None:
    patch.setattr(Execution, "_check_range", lambda *_: None)


def division_rounds_up(patch: Patch) -> None:
    real = Pool.quotient

    def wrong(pool: Pool, dividend: Term, divisor: Term) -> Term:
        up = pool.sub(pool.add(dividend, divisor), pool.one)
        return real(pool, up, divisor)

    patch.setattr(Pool, "quotient", wrong)


def division_is_unguarded(patch: Patch) -> None:
    real = Pool.quotient

    def wrong(pool: Pool, dividend: Term, divisor: Term) -> Term:
        term = real(pool, dividend, divisor)
        if term.op is Op.QUOTIENT and divisor.op is not Op.NUMBER:
            rest = pool.sub(dividend, pool.mul(term, divisor))
            pool.facts[term.id] = [pool.less_equal(pool.zero, rest), pool.less(rest, divisor)]
        return term

    patch.setattr(Pool, "quotient", wrong)


def log_is_lost(patch: Patch) -> None:
    patch.setattr(aggregates, "list_writes", lambda _: [])


def lemma_is_an_equation(patch: Patch) -> None:
    real = assemble._add_sums

    def wrong(work: assemble.Assembly) -> None:
        mode = work.mode
        work.mode = replace(mode, is_finite=True, witnesses=0)
        real(work)
        work.mode = mode

    patch.setattr(assemble, "_add_sums", wrong)


def lemma_for_any_sign(patch: Patch) -> None:
    real = vc.add_goals

    def wrong(whole: goals.Vc) -> None:
        whole.aggregates.is_positive = [True] * len(whole.aggregates.is_positive)
        real(whole)

    patch.setattr(fixpoint, "add_goals", wrong)


def goals_at_one_term(patch: Patch) -> None:
    def wrong(pool: Pool, layouts: leaves.Layouts, kind: Any, group: str) -> Sym:
        if group == "skolem":
            return Sym(kind, (pool.zero,))
        return leaves.make_symbolic(pool, layouts, kind, group)

    patch.setattr(properties, "make_symbolic", wrong)


def numbers_are_bytes(patch: Patch) -> None:
    real = leaves._compute_scalar

    def wrong(kind: Any) -> Any:
        return real(UintType(8)) if kind == UintType(64) else real(kind)

    patch.setattr(leaves, "_compute_scalar", wrong)


def params_are_not_the_caller(patch: Patch) -> None:
    real = cases.run_case

    def wrong(coder: Encoder, index: int, function: Any, before: State, step: int = 0) -> Case:
        case = real(coder, index, function, before, step)
        pool = coder.pool
        others = tuple(
            pool.not_(pool.equal(param.leaves[0], case.inputs.caller))
            for param in case.inputs.params
            if isinstance(param.type, AddressType)
        )
        case.assumed = (*case.assumed, *others)
        return case

    patch.setattr(cases, "run_case", wrong)


def base_case_is_forgotten(patch: Patch) -> None:
    real = vc._add_invariant

    def wrong(whole: goals.Vc, index: int, function: int, shape: Any) -> None:
        if function not in {-1, 0}:
            real(whole, index, function, shape)

    patch.setattr(vc, "_add_invariant", wrong)


def what_failed_is_kept(patch: Patch) -> None:
    patch.setattr(fixpoint, "_settle", lambda *_: None)


def time_stands_still(patch: Patch) -> None:
    patch.setattr(vc, "_add_tick", lambda *_: None)


def strings_are_their_lengths(patch: Patch) -> None:
    real = operators._comparison

    def wrong(host: Any, index: int, node: Prim) -> Sym:
        value = host.values[node.args[0]]
        if isinstance(value.type, StringType):
            lengths = [host.values[arg].leaves[0] for arg in node.args]
            return Sym(operators.BOOL, (host.pool.equal(*lengths),))
        return real(host, index, node)

    patch.setitem(operators.OPERATORS, PrimOp.EQ, wrong)


def facts_are_closed_too_far(patch: Patch) -> None:
    """Any fact becomes false, so that everything follows."""
    real = smtlib._close

    def wrong(pool: Pool, roots: Sequence[Term]) -> tuple[tuple[Term, ...], list[Term]]:
        closed, terms = real(pool, roots)
        if len(closed) == len(tuple(roots)):
            return closed, terms
        return (*closed, pool.false), [pool.false, *terms]

    patch.setattr(smtlib, "_close", wrong)


def pay_never_fails(patch: Patch) -> None:
    real = Execution.fail

    def wrong(execution: Execution, kind: str, condition: Term, node: int) -> None:
        if kind != "balance":
            real(execution, kind, condition, node)

    patch.setattr(Execution, "fail", wrong)


def value_is_not_credited(patch: Patch) -> None:
    real = Execution.credit

    def wrong(execution: Execution, cell: int, amount: Term) -> None:
        if not execution.failures and execution.state.last is None:
            return
        real(execution, cell, amount)

    patch.setattr(Execution, "credit", wrong)


def updates_only_add(patch: Patch) -> None:
    real = Pool.add_scaled

    def wrong(pool: Pool, left: Term, right: Term, factor: int) -> Term:
        return real(pool, left, right, abs(factor))

    patch.setattr(Pool, "add_scaled", wrong)


def others_never_change(patch: Patch) -> None:
    patch.setattr(Execution, "start_epoch", lambda *_: None)


def views_ignore_their_target(patch: Patch) -> None:
    real = run_calls.ask_view

    def wrong(encoder: Encoder, member: Member, _: Term, args: tuple[Sym, ...], epoch: Term) -> Sym:
        return real(encoder, member, encoder.pool.zero, args, epoch)

    patch.setattr(run_calls, "ask_view", wrong)


def views_ignore_their_arguments(patch: Patch) -> None:
    real = run_calls.ask_view

    def wrong(
        encoder: Encoder, member: Member, target: Term, args: tuple[Sym, ...], epoch: Term
    ) -> Sym:
        zero = encoder.pool.zero
        same = tuple(Sym(each.type, tuple(zero for _ in each.leaves)) for each in args)
        return real(encoder, member, target, same, epoch)

    patch.setattr(run_calls, "ask_view", wrong)


def nobody_pays_meanwhile(patch: Patch) -> None:
    patch.setattr(Execution, "_receive", lambda run: run.pool.zero)


def coins_stay_here(patch: Patch) -> None:
    patch.setattr(Execution, "_hand_over", lambda *_: None)


def everybody_is_a_contract(patch: Patch) -> None:
    patch.setattr(Execution, "is_contract", lambda run, _: run.pool.true)


def messages_are_alike(patch: Patch) -> None:
    real = operators._message

    def wrong(host: Any, index: int, node: Prim) -> Sym:
        made = real(host, index, node)
        zero = host.pool.zero
        return Sym(made.type, (*made.leaves[:3], zero, zero))

    patch.setitem(operators.OPERATORS, PrimOp.MESSAGE, wrong)


BY_SYMBOLIC = "symbolic execution"
BY_TERMS = "terms"

FAULTS: dict[str, tuple[Callable[[Patch], None], str]] = {
    each.__name__: (each, where)
    for each, where in (
        (write_without_guard, BY_SYMBOLIC),
        (join_takes_one_side, BY_SYMBOLIC),
        (select_takes_then, BY_SYMBOLIC),
        (choice_drops_else, BY_TERMS),
        (first_leave_is_ignored, BY_SYMBOLIC),
        (fold_is_one_short, "loops:false_counted"),
        (checks_are_assumed, BY_SYMBOLIC),
        (division_rounds_up, BY_SYMBOLIC),
        (pay_never_fails, BY_SYMBOLIC),
        (value_is_not_credited, BY_SYMBOLIC),
        (updates_only_add, BY_SYMBOLIC),
        (numbers_are_bytes, "rests:false_wide"),
        (old_is_current, "token:false_supply_constant"),
        (division_is_unguarded, "vault:false_second"),
        (log_is_lost, "signed:false_nobody_earns"),
        (lemma_is_an_equation, "token:false_all"),
        (sums_are_compared_unproved, "ballots:false_covered"),
        (comparison_counts_keys_twice, "ballots:false_gap"),
        (comparison_the_wrong_way, "ballots:false_full"),
        (plans_succeed, "plans:false_spend"),
        (guards_let_plans_pass, "plans:false_reopen"),
        (rows_are_compared_where_they_begin, "plans:false_order"),
        (lemma_for_any_sign, "signed:false_poor"),
        (goals_at_one_term, "token:false_nobody_loses"),
        (params_are_not_the_caller, "token:false_credit"),
        (base_case_is_forgotten, "loops:false_many"),
        (what_failed_is_kept, "limits:false_hundred"),
        (time_stands_still, "limits:false_open"),
        (strings_are_their_lengths, "shapes:false_same"),
        (past_is_the_present, "checkpoints:false_live"),
        (past_has_no_end, "checkpoints:false_present"),
        (past_is_bound_too_early, "checkpoints:false_old_is_past"),
        (signatures_are_refused, "permits:false_caller"),
        (others_never_change, "calls:false_called"),
        (views_ignore_their_target, "calls:false_any_target"),
        (views_ignore_their_arguments, "calls:false_any_account"),
        (nobody_pays_meanwhile, "calls:false_inbox"),
        (coins_stay_here, "calls:false_kept"),
        (everybody_is_a_contract, "calls:false_everybody"),
        (messages_are_alike, "messages:false_alike"),
        (facts_are_closed_too_far, "vault:false_second"),
        (any_interface_is_trusted, "trusted:false_promise"),
        (calls_not_made_are_trusted, "trusted:false_maybe"),
    )
}


def decide_with(solver: Solver) -> Remembering:
    return Remembering(solver, Limits())


def is_proved(name: str, solver: Solver) -> bool:
    """Whether a property of the corpus, alone or with what it rests on, is proved."""
    contract, wanted = name.split(":")
    text = read(contract)
    if wanted != "false_hundred":
        text = keep_only(text, wanted)
    unit = compile_text(text)
    report = verify_with(make_subject(unit), decide_with(solver), Limits(), lambda: "")
    goals = [goal for goal in report.goals if goal.name == wanted]
    assert goals
    return all(goal.verdict in {"proved", "never_exercised"} for goal in goals)


def has_wrong_terms() -> bool:
    """Whether some random term is simplified to another value."""
    try:
        for seed in range(60):
            check_terms(seed)
    except AssertionError:
        return True
    return False


def is_different() -> bool:
    """Whether symbolic execution and machine disagree on some random module."""
    counts: Counter[str] = Counter()
    try:
        for seed in SEEDS:
            run_seed(seed, counts)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_verifier_is_caught(
    fault: str, solver: Solver, monkeypatch: Patch
) -> None:
    plant, where = FAULTS[fault]
    if where in {BY_SYMBOLIC, BY_TERMS}:
        plant(monkeypatch)
        assert is_different() if where == BY_SYMBOLIC else has_wrong_terms()
        return
    assert not is_proved(where, solver), "without the fault it is not proved"
    plant(monkeypatch)
    assert is_proved(where, solver), "the corpus would show the fault"


def test_without_a_fault_nothing_is_noticed() -> None:
    assert not is_different()


def test_unknown_is_never_proved() -> None:
    """Whatever the solver fails to decide is unknown, and so is the contract."""
    unit = compile_text(read("vault"))

    def give_up(queries: Sequence[smtlib.Query]) -> list[Decision]:
        return [Decision("unknown", "rlimit", (), 0) for _ in queries]

    report = verify_with(Subject(unit.linked, unit.name, "test.qc"), give_up, Limits(), lambda: "")
    assert report.verdict in {"unknown", "conditional"}
    names = PROPERTY.findall(read("vault"))
    assert names
    open_goals = [goal for goal in report.goals if goal.verdict == "unknown"]
    assert all(goal.reason for goal in open_goals)
    assert {goal.kind for goal in open_goals} >= {"invariant", "transition", "ensures"}
