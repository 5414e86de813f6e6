"""Writes the missing `fails … when …` and `modifies` of actions into a source.

The prover says which checks of a body can fail without being announced; `recall` says when, in the
words of the state before. Lines are only put in, so comments and layout stay. A function is
changed only if the result compiles; what can't be said is reported, and an action that does not
yet claim to name all its failures is then left alone, since one clause would claim it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dsl import ast
from dsl import ast_members as decl
from dsl.compile import CompiledUnit, compile_source, complete
from dsl.diagnostics import is_error
from dsl.parse import parse_source
from dsl.source import Source, make_source
from dsl.verify.fixpoint import decide_all
from dsl.verify.jobs import make_subject
from dsl.verify.recall import Recall, Recalled
from dsl.verify.validity import Decide, make_valid_vc
from dsl.verify.vc import FAILURE_KINDS

NAMES_MAX = 100
"""Numbers tried behind the name of an error that is taken."""


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A check of a body that may fail without a clause."""

    function: int
    node: int
    kind: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a source."""

    text: str
    added: tuple[str, ...]
    """Clauses, each with its function: "add: fails Overflow when …"."""
    left: tuple[str, ...]
    """What can't be said, and why."""
    open_count: int
    """Checks of mended functions that are still not shown to hold."""


def list_undeclared(unit: CompiledUnit, decide: Decide) -> tuple[Undeclared, ...]:
    """The checks that can fail, or are not shown to hold, without a clause that says so."""
    subject = make_subject(unit)
    vc = make_valid_vc(subject.linked, decide, subject.plans, subject.ghosts)
    found: list[Undeclared] = []
    for outcome in decide_all(vc, decide):
        goal = outcome.goal
        if goal.kind in FAILURE_KINDS and outcome.verdict != "proved" and goal.case is not None:
            kind = goal.case.failures[goal.index].kind
            found.append(Undeclared(goal.function, goal.node, kind))
    return tuple(found)


def compile_clean(text: str, file: str) -> CompiledUnit | None:
    """The contract of a text without errors, else None."""
    result = complete(compile_source(text, file))
    return None if any(is_error(each) for each in result.diagnostics) else result.unit


def mend(unit: CompiledUnit, text: str, decide: Decide) -> Mended:
    """The source with what it lacks, as far as that can be said.

    Args:
        unit: the compiled contract.
        text: its own source, without what it imports.
        decide: how queries are decided.
    """
    file, added, left = unit.source.name, list[str](), list[str]()
    missing = list_undeclared(unit, decide)
    touched: set[str] = set()
    for index, names in enumerate(unit.proof.source_map.functions):
        own = [each for each in missing if each.function == index]
        if names.generated or names.location.file or names.kind == "view" or "." in names.name:
            left += [f"{names.name}: this is written elsewhere"] if own else []
            continue
        wanted, reasons = _plan(unit, index, own)
        left += [f"{names.name}: {reason}" for reason in reasons]
        changed = _insert(text, names.name, wanted) if wanted else None
        if changed is None:
            continue
        if compile_clean(changed.text, file) is None:
            left.append(f"{names.name}: the compiler refuses what was put in")
            continue
        text = changed.text
        touched.add(names.name)
        added += [f"{names.name}: {line}" for line in changed.lines]
    return Mended(text, tuple(added), tuple(left), _count_open(text, file, touched, decide))


def _count_open(text: str, file: str, touched: set[str], decide: Decide) -> int:
    unit = compile_clean(text, file) if touched else None
    if unit is None:
        return 0
    functions = unit.proof.source_map.functions
    return sum(functions[e.function].name in touched for e in list_undeclared(unit, decide))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a function lacks."""

    failures: tuple[Recalled, ...]
    places: tuple[str, ...] | None
    """None if `modifies` stands there, or has no place."""


def _plan(
    unit: CompiledUnit, index: int, own: Sequence[Undeclared]
) -> tuple[_Wanted | None, tuple[str, ...]]:
    proof = unit.proof
    names, spec = proof.source_map.functions[index], proof.linked.module.spec.functions[index]
    recall = Recall(proof.linked, proof.source_map, index)
    said = {" ".join(each.text.split()) for each in names.conditions}
    failures: list[Recalled] = []
    reasons: list[str] = []
    for each in own:
        line = names.locations[each.node].line
        found = recall.failures.get((each.node, each.kind))
        if found is None:
            reasons.append(f"line {line}: this check stands in a loop or can't be said")
        elif found.condition.why_not:
            reasons.append(f"line {line}: {found.condition.why_not}")
        elif found.condition.text not in {"false", *said}:
            failures.append(found)
            said.add(found.condition.text)
    if reasons and not spec.is_complete:
        failures = []
    places = None
    if names.kind == "action" and names.modifies is None:
        listed = recall.list_places()
        if isinstance(listed, str):
            reasons.append(f"modifies: {listed}")
        else:
            places = listed
    wanted = _Wanted(tuple(failures), places)
    return (wanted if failures or places is not None else None), tuple(reasons)


# Text


@dataclass(frozen=True, slots=True)
class _Changed:
    text: str
    lines: tuple[str, ...]


def _insert(text: str, function: str, wanted: _Wanted) -> _Changed | None:
    """The text with clauses in a function, and the errors they name."""
    source = make_source("", text)
    parsed = parse_source(source)
    if not parsed.contracts:
        return None
    contract = parsed.contracts[0]
    member = next(
        (
            each
            for each in contract.members
            if isinstance(each, decl.Function) and function in {each.name.text, each.kind}
        ),
        None,
    )
    if member is None or not member.lines:
        return None
    errors = {
        each.name.text: not each.params
        for each in contract.members
        if isinstance(each, decl.Signature) and not each.event
    }
    taken = {each.name.text for each in _list_named(contract)}
    taken |= {each.name.text for each in _list_named_shared(parsed.shared)}
    fails: list[str] = []
    fresh: list[str] = []
    for each in wanted.failures:
        name = _choose_name(each.error, errors, taken)
        if name not in errors:
            errors[name] = True
            taken.add(name)
            fresh.append(f"error {name}")
        fails.append(f"fails {name} when {each.condition.text}")
    places = wanted.places
    modifies = [] if places is None else [f"modifies {', '.join(places) or 'nothing'}"]
    edits = _place_clauses(source, member, fails, modifies)
    if fresh:
        edits.append(_place_errors(source, contract, fresh))
    lines = text.replace("\r\n", "\n").split("\n")
    for row, new in sorted(edits, key=lambda each: -each[0]):
        lines[row:row] = new
    return _Changed("\n".join(lines), (*fresh, *fails, *modifies))


def _list_named(contract: decl.Contract) -> list[decl.Signature | decl.Record | decl.Enum]:
    kinds = (decl.Signature, decl.Record, decl.Enum)
    return [each for each in contract.members if isinstance(each, kinds)]


def _list_named_shared(
    shared: Sequence[decl.Shared],
) -> list[decl.Signature | decl.Record | decl.Enum]:
    kinds = (decl.Signature, decl.Record, decl.Enum)
    return [each for each in shared if isinstance(each, kinds)]


def _choose_name(wanted: str, errors: dict[str, bool], taken: set[str]) -> str:
    for number in range(1, NAMES_MAX):
        name = wanted if number == 1 else f"{wanted}{number}"
        if errors.get(name, name not in taken):
            return name
    return wanted


def _place_clauses(
    source: Source, member: decl.Function, fails: Sequence[str], modifies: Sequence[str]
) -> list[tuple[int, list[str]]]:
    """Rows and the lines to put before them: `fails` behind its kind, `modifies` behind `fails`."""
    first = member.lines[0]
    start = source.locate(first.span)
    indent = " " * (start.column - 1)
    clauses = [each for each in member.lines if isinstance(each, ast.Clause)]
    known = [each for each in clauses if isinstance(each, ast.Fails)]
    row = _end_row(source, known[-1]) if known else start.line - 1
    new = [indent + each for each in (*fails, *modifies)]
    return [(row, new if clauses else [*new, ""])]


def _place_errors(
    source: Source, contract: decl.Contract, fresh: Sequence[str]
) -> tuple[int, list[str]]:
    """Behind the last error, else before the first function."""
    known = [e for e in contract.members if isinstance(e, decl.Signature) and not e.event]
    if known:
        indent = " " * (source.locate(known[-1].span).column - 1)
        return _end_row(source, known[-1]), [indent + each for each in fresh]
    first = next(each for each in contract.members if isinstance(each, decl.Function))
    where = source.locate(first.span)
    row = where.line - 1
    while row > 0 and source.get_line(row).lstrip().startswith("#"):
        row -= 1
    indent = " " * (where.column - 1)
    return row, [*(indent + each for each in fresh), ""]


def _end_row(source: Source, node: ast.Clause | decl.Signature) -> int:
    """The number of lines up to the end of a node."""
    text = source.text[: node.span.end].rstrip()
    return text.count("\n") + 1
