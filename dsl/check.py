"""The type checker's facade: a syntax tree to a typed contract, or to what is wrong with it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.ast_rewrite import move_to
from dsl.check_declarations import Declarations, get_role_source
from dsl.check_expressions import Expressions
from dsl.check_foreign import check_implements, make_stub_interface
from dsl.check_functions import Functions
from dsl.check_inline import analyse_functions
from dsl.check_plans import Plans
from dsl.check_signed import find_signed, get_signed_source, make_step_claim
from dsl.check_tests import Tests
from dsl.check_trusts import check_trusts
from dsl.diagnostics import is_error
from dsl.names import INVARIANT, TRANSITION, Program, Scope
from dsl.parse import parse_source
from dsl.source import Source, Span, make_source
from dsl.types import BOOL, EnumType, MapType, RecordType, Type


def check_contract(
    source: Source,
    contract: decl.Contract,
    stubs: Sequence[typed.Contract] = (),
    generated_before: frozenset[str] = frozenset(),
) -> tuple[typed.Contract, Program]:
    """Return the typed contract and the program that holds what was found.

    `stubs` are the contracts that its tests may deploy; `generated_before` are the functions that
    roles of its components brought along.

    The contract is meaningful only if the program holds no error. Errors of `test` blocks are
    marked in `Program.found` like all others, but leave everything else usable.
    """
    program = Program(source)
    for stub in stubs:
        program.stubs[stub.name] = stub
        program.stub_interfaces[stub.name] = make_stub_interface(stub)
    expressions = Expressions(program)
    generated = _make_generated(program, contract)
    members = (*contract.members, *generated)
    whole = replace(contract, members=members)
    declarations = Declarations(program, expressions)
    declarations.run(whole)
    names = {each.name.text for each in generated if isinstance(each, decl.Function)}
    names |= generated_before
    program.generated |= names
    functions = _check_functions(program, expressions, whole, names)
    check_implements(program, contract.implements, functions)
    expressions.signer = None
    invariants = _check_claims(program, expressions, contract.members, transition=False)
    transitions = _check_claims(program, expressions, members, transition=True)
    edges = _make_edge_claims(program)
    signed = find_signed(contract.members)
    if signed:
        actions = tuple(each.name.text for each in signed)
        edges = (*edges, make_step_claim(program, actions, signed[0].signed[0].span))
    nodes = [each for each in contract.members if isinstance(each, decl.Plan)]
    plans = Plans(program, expressions, functions).check(nodes)
    interfaces = [each for each in contract.members if isinstance(each, decl.Interface)]
    trusts = check_trusts(program, expressions, interfaces)
    tests: tuple[typed.Test, ...] = ()
    errors = any(is_error(each) for each in program.found)
    if not errors:
        declarations.warn_unused(contract)
    tester = Tests(program, expressions, functions)
    tests = tuple(tester.check(each) for each in contract.members if isinstance(each, decl.Test))
    checked = typed.Contract(
        contract.span,
        contract.header,
        contract.name.text,
        contract.doc or "",
        contract.strict,
        tuple(program.types.values()),
        (*program.interfaces.values(), *program.stub_interfaces.values()),
        tuple(program.cells),
        tuple(program.events.values()),
        tuple(program.errors.values()),
        functions,
        invariants,
        (*transitions, *edges),
        tests,
        plans,
        trusts,
    )
    return checked, program


def _check_functions(
    program: Program, expressions: Expressions, contract: decl.Contract, generated: set[str]
) -> tuple[typed.Function, ...]:
    functions = Functions(program, expressions, strict=contract.strict)
    nodes = [each for each in contract.members if isinstance(each, decl.Function)]
    analyse_functions(program)
    ordered = sorted(nodes, key=lambda each: each.kind != "init")
    kept = [each for each in ordered if program.functions.get(each.name.text) is each]
    return tuple(functions.check(each, generated=each.name.text in generated) for each in kept)


def _make_generated(program: Program, contract: decl.Contract) -> tuple[decl.Declaration, ...]:
    """Return the members that roles bring along, standing where the role does."""
    out: list[decl.Declaration] = []
    roles = [each for each in contract.members if isinstance(each, decl.Role)]
    for role in roles:
        out += () if role.bare else expand_role(role)
    signed = find_signed(contract.members)
    if signed:
        source = make_source("generated", get_signed_source())
        found = parse_source(source).contracts[0].members
        out += [move_to(each, signed[0].signed[0].span) for each in found]
    has_init = any(isinstance(m, decl.Function) and m.kind == "init" for m in contract.members)
    if roles and not has_init:
        name = ast.Identifier(contract.name.span, "init")
        span = contract.name.span
        out.append(
            decl.Function(span, span, "init", name, (), None, False, (), (), None, ())
        )  # not payable
        program.generated.add("init")
    return tuple(out)


def expand_role(role: decl.Role) -> tuple[decl.Declaration, ...]:
    """Return the members that a role brings along, standing where the role does."""
    return move_to(_parse_role(role.name.text, many=role.many), role.name.span)


@lru_cache(maxsize=64)
def _parse_role(name: str, *, many: bool) -> tuple[decl.Declaration, ...]:
    """Return the members that a role brings along, with the places of their own source."""
    parsed = parse_source(make_source("generated", get_role_source(name, many=many)))
    return parsed.contracts[0].members if parsed.contracts else ()


def _check_claims(
    program: Program,
    expressions: Expressions,
    members: Sequence[decl.Declaration],
    *,
    transition: bool,
) -> tuple[typed.Claim, ...]:
    out: list[typed.Claim] = []
    seen: dict[str, Span] = {}
    word = "transition" if transition else "invariant"
    for member in members:
        if not isinstance(member, decl.Property) or member.transition is not transition:
            continue
        place = TRANSITION if transition else INVARIANT
        condition = expressions.value(member.condition, Scope(), place, BOOL)
        name = member.label.text if member.label else f"{word} {len(out) + 1}"
        if member.label is not None:
            if name in seen:
                program.report_twice(member.label, seen[name])
            seen[name] = member.label.span
        text = program.text_of(member.condition.span)
        if member.condition.span == member.span:
            text = f"generated with the role `{text}`"
        out.append(typed.Claim(member.span, name, text, condition, member.lemma))
    return tuple(out)


def _make_edge_claims(program: Program) -> tuple[typed.Claim, ...]:
    """Return a transition for each place that holds phases: it moves along an edge or stays."""
    out = []
    for number, cell in enumerate(program.cells):
        keys: list[typed.Local] = []
        kind: Type = cell.type
        while isinstance(kind, MapType):
            keys.append(program.make_local(f"k{len(keys)}", kind.key))
            kind = kind.value
        for names, path, phases in _find_phases(kind, (), ()):
            claim = _make_edge_claim(cell, number, phases, tuple(keys), path)
            text = f"{'.'.join((cell.name, *names))} moves as {phases.name} says"
            name = f"{'_'.join((cell.name, *names))}_moves"
            out.append(typed.Claim(cell.span, name, text, claim, lemma=False))
    return tuple(out)


def _find_phases(
    kind: Type, names: tuple[str, ...], fields: tuple[int, ...]
) -> list[tuple[tuple[str, ...], tuple[int, ...], EnumType]]:
    """Return the paths through records to fields that hold phases."""
    if isinstance(kind, EnumType) and kind.edges is not None:
        return [(names, fields, kind)]
    if not isinstance(kind, RecordType):
        return []
    found = []
    for position, (name, inner) in enumerate(kind.fields):
        found += _find_phases(inner, (*names, name), (*fields, position))
    return found


def _make_edge_claim(
    cell: typed.Cell,
    number: int,
    kind: EnumType,
    keys: tuple[typed.Local, ...],
    fields: tuple[int, ...],
) -> typed.Expr:
    span = cell.span
    uses = tuple(typed.Use(span, key.type, key) for key in keys)
    now = typed.Read(span, kind, number, uses, fields, old=False)
    before = typed.Read(span, kind, number, uses, fields, old=True)
    claim: typed.Expr = typed.Prim(span, BOOL, "eq", (now, before))
    for source, target in kind.edges or ():
        was = typed.Prim(span, BOOL, "eq", (before, typed.MakeVariant(span, kind, source, ())))
        becomes = typed.Prim(span, BOOL, "eq", (now, typed.MakeVariant(span, kind, target, ())))
        step = typed.Logic(span, BOOL, True, was, becomes)
        claim = typed.Logic(span, BOOL, False, claim, step)
    return typed.ForAll(span, BOOL, keys, claim) if keys else claim
