"""What is deployed of a contract with ghosts: everything but them and the properties about them.

Ghost cells stand behind all others, so the numbers of the others stay. An `if`, `match` or loop in
which only ghosts were assigned goes too, unless its condition could fail.
"""

from collections.abc import Sequence
from dataclasses import replace

from dsl import typed
from dsl.ast_walk import walk_syntax

_PARTIAL_OPS = frozenset({"div", "mod", "append", "pop", "replace"})


def count_real_cells(contract: typed.Contract) -> int:
    """How many cells are no ghosts."""
    return sum(not cell.ghost for cell in contract.cells)


def erase_ghosts(contract: typed.Contract) -> typed.Contract:
    """The contract without its ghosts; itself if it has none."""
    count = count_real_cells(contract)
    if count == len(contract.cells):
        return contract
    functions = tuple(
        replace(each, body=_erase(each.body, count), ensures=_keep_claims(each.ensures, count))
        for each in contract.functions
    )
    return replace(
        contract,
        cells=contract.cells[:count],
        functions=functions,
        invariants=_keep_claims(contract.invariants, count),
        transitions=_keep_claims(contract.transitions, count),
    )


def _keep_claims(claims: Sequence[typed.Claim], count: int) -> tuple[typed.Claim, ...]:
    return tuple(each for each in claims if not _reads_ghost(each.condition, count))


def _reads_ghost(value: typed.Expr, count: int) -> bool:
    return any(
        isinstance(each, typed.Read | typed.Past) and each.cell >= count
        for each in walk_syntax(value)
    )


def _erase(statements: Sequence[typed.Stmt], count: int) -> tuple[typed.Stmt, ...]:
    kept: list[typed.Stmt] = []
    for statement in statements:
        erased = _erase_one(statement, count)
        if erased is not None:
            kept.append(erased)
    return tuple(kept)


def _erase_one(statement: typed.Stmt, count: int) -> typed.Stmt | None:
    match statement:
        case typed.Store(place=place):
            return None if place.cell >= count else statement
        case typed.If(condition=condition, then=then, otherwise=otherwise):
            blocks = [_erase(then, count), _erase(otherwise, count)]
            had = bool(then or otherwise)
            if had and not any(blocks) and _cannot_fail(condition):
                return None
            return replace(statement, then=blocks[0], otherwise=blocks[1])
        case typed.Match(subject=subject, arms=arms):
            erased = tuple((names, _erase(body, count)) for names, body in arms)
            had = any(body for _, body in arms)
            if had and not any(body for _, body in erased) and _cannot_fail(subject):
                return None
            return replace(statement, arms=erased)
        case typed.Loop(items=items, body=body):
            inner = _erase(body, count)
            if body and not inner and (items is None or _cannot_fail(items)):
                return None
            return replace(statement, body=inner)
        case _:
            return statement


def _cannot_fail(value: typed.Expr) -> bool:
    for each in walk_syntax(value):
        if isinstance(each, typed.Check | typed.ItemOf | typed.Inline | typed.Collect):
            return False
        if isinstance(each, typed.Prim) and each.op in _PARTIAL_OPS:
            return False
    return True
