"""Faults in what the verifier makes of checkpoints and signatures."""

from dataclasses import replace

import pytest

from dsl.verify import operators, past, run_values, state
from dsl.verify.execute import Execution
from dsl.verify.leaves import Sym
from dsl.verify.state import Place
from dsl.verify.terms import Term
from spec.ir.syntax import Get, Prim, PrimOp

Patch = pytest.MonkeyPatch


def past_is_the_present(patch: Patch) -> None:
    patch.setattr(run_values, "read_past", lambda now, place, _height: state.read_leaf(now, place))


def past_has_no_end(patch: Patch) -> None:
    def wrong(execution: Execution, node: Get, index: int) -> None:
        place, kind = execution._place(node.cell, node.keys[:-1], (), index)
        value = past.read_past(execution.state, place, execution.number(node.keys[-1]))
        execution.values[index] = Sym(kind, (value,))

    patch.setattr(Execution, "_get_past", wrong)


def past_is_bound_too_early(patch: Patch) -> None:
    def wrong(root: past.PastRoot, place: Place, atom: Term) -> list[Term]:
        return [root.pool.equal(atom, root._present.read_atom(place))]

    patch.setattr(past.PastRoot, "_bind_to_live", wrong)


def signatures_are_refused(patch: Patch) -> None:
    real = operators.OPERATORS[PrimOp.VERIFY_SIGNATURE]

    def wrong(host: operators.Host, index: int, node: Prim) -> Sym:
        return replace(real(host, index, node), leaves=(host.pool.false,))

    patch.setitem(operators.OPERATORS, PrimOp.VERIFY_SIGNATURE, wrong)
