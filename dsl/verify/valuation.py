"""The value of a term in a model: what a solver says is computed here before it is believed."""

from collections.abc import Callable, Iterable, Mapping

from dsl.verify.terms import ATOMS, Op, Term, collect, is_boolean


def _evaluate_integer(term: Term, known: Mapping[int, int]) -> int:
    args = term.args
    match term.op:
        case Op.NUMBER:
            return term.constant
        case Op.LINEAR:
            pairs = zip(args, term.factors, strict=True)
            return term.constant + sum(known[atom.id] * factor for atom, factor in pairs)
        case Op.CHOICE:
            return known[args[1].id] if known[args[0].id] else known[args[2].id]
        case Op.PRODUCT:
            total = 1
            for factor in args:
                total *= known[factor.id]
            return total
        case _:
            divisor = known[args[1].id]
            return known[args[0].id] // divisor if divisor > 0 else 0


def _evaluate_boolean(term: Term, known: Mapping[int, int]) -> bool:
    args = term.args
    match term.op:
        case Op.TRUE | Op.FALSE:
            return term.op is Op.TRUE
        case Op.NOT:
            return not known[args[0].id]
        case Op.AND:
            return all(known[arg.id] for arg in args)
        case Op.OR:
            return any(known[arg.id] for arg in args)
        case Op.LE_ZERO:
            return known[args[0].id] <= 0
        case _:
            return known[args[0].id] == 0


def evaluate(roots: Iterable[Term], assign: Callable[[Term, tuple[int, ...]], int]) -> list[int]:
    """The values of the roots; `assign` gives those of atoms from the values of their arguments.

    Booleans are 0 or 1.
    """
    roots = tuple(roots)
    known: dict[int, int] = {}
    for term in collect(roots):
        if term.op in ATOMS:
            known[term.id] = assign(term, tuple(known[arg.id] for arg in term.args))
        elif is_boolean(term):
            known[term.id] = int(_evaluate_boolean(term, known))
        else:
            known[term.id] = _evaluate_integer(term, known)
    return [known[root.id] for root in roots]
