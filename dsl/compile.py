"""The compiler's facade: text in, module or diagnostics out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dsl import ast_members as decl
from dsl import typed
from dsl.check import check_contract, expand_role
from dsl.components import expand_components
from dsl.diagnostics import Diagnostic, Label, Severity, clamp, is_error
from dsl.erase import erase_ghosts
from dsl.imports import Deployable, Imports, Table, list_needed, resolve_imports
from dsl.interface import Json, make_abi
from dsl.lower import Lowered, lower_contract
from dsl.lower_code import TooLargeError
from dsl.names import Program
from dsl.parse import Parsed, parse_source
from dsl.proof_module import Ghosts, Proof, list_ghosts, list_views, map_plans, map_trusts
from dsl.source import ERRORS_MAX, Source, Span, make_source
from dsl.source_map import SourceMap
from spec.ir.encoding import compute_code_id
from spec.ir.errors import IrError, Part
from spec.ir.linked import LinkedModule
from spec.ir.syntax import Module
from spec.ir.validate import link
from spec.lib.result import Err

_WORD = re.compile(r"[A-Za-z_]\w*")

_TEST_CODES = "QC06"
"""Prefix of the codes that concern `test` blocks only: they leave the contract itself usable."""
_MISPLACED = "QC0601"
"""Of these the one that is found outside of them."""


@dataclass(frozen=True)
class CompiledUnit:
    """A contract, compiled; its name on chain and its ABI are worked out when first asked for."""

    name: str
    module: Module
    linked: LinkedModule
    """The module as validated: types, charges, bounds."""
    lowered: Lowered
    checked: typed.Contract
    """The typed tree, for `dsl.testing`."""
    source: Source
    stubs: tuple["CompiledUnit", ...]
    """The contracts that its tests deploy."""
    whole: typed.Contract
    """`checked` with its ghosts, which are not deployed."""

    @property
    def source_map(self) -> SourceMap:
        """Names and places of everything in the module."""
        return self.lowered.source_map

    @property
    def proof(self) -> Proof:
        """What the verifier proves; the module itself unless properties need more."""
        proof, _ = self.proved
        assert proof is not None, "`complete` was asked whether there is one"
        return proof

    @cached_property
    def proved(self) -> tuple[Proof | None, tuple[Diagnostic, ...]]:
        """That, made when first asked for, or None and why the core IR refuses it."""
        found: list[Diagnostic] = []
        return _make_proof(self, found), tuple(found)

    @cached_property
    def code_id(self) -> bytes:
        """Hash tree root of the module."""
        return compute_code_id(self.module)

    @cached_property
    def abi(self) -> dict[str, Json]:
        """What a caller needs: functions, events, errors, roles, gas bounds."""
        bounds = tuple(each.gas_bound for each in self.linked.functions)
        return make_abi(self.checked, self.module, bounds, "0x" + self.code_id.hex())

    @property
    def tests(self) -> tuple[typed.Test, ...]:
        """The contract's `test` blocks."""
        return self.checked.tests


@dataclass(frozen=True, slots=True)
class CompileResult:
    """What compiling gave."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    """In the order of the text."""
    unit: CompiledUnit | None
    """None if an error concerns the contract itself; errors of tests alone leave it."""


def compile_source(text: str, file: str) -> CompileResult:
    """Compile the one contract of a source text.

    Args:
        text: the source; any text at all is answered.
        file: its name, for messages.
    """
    source = make_source(file, text)
    parsed = parse_source(source)
    found = list(parsed.diagnostics)
    imports = resolve_imports(source, parsed)
    source = imports.source
    found += imports.found
    contract = parsed.contracts[0] if parsed.contracts else None
    if contract is None:
        if not found:
            message = "there is no contract in this file"
            found.append(_error("QC0018", message, Span(0, 0), "write `contract Name:`"))
        return _finish(imports, found, None)
    others = parsed.contracts[1:]
    found += [_error("QC0017", "a file holds one contract", each.header) for each in others]
    stubs = (
        *(_check_stub(imports, parsed, each, found) for each in parsed.stubs),
        *(_check_imported(imports, each, found) for each in imports.contracts.values()),
    )
    checked, program = _check(imports, imports.table, contract, found, stubs)
    found += _without_echoes(source, parsed.diagnostics, program.found)
    if any(_concerns_contract(each) for each in found):
        return _finish(imports, found, None)
    return _finish(imports, found, _build(source, checked, stubs, found))


def _check(
    imports: Imports,
    table: Table,
    contract: decl.Contract,
    found: list[Diagnostic],
    stubs: Sequence[typed.Contract],
) -> tuple[typed.Contract, Program]:
    """Check a contract with what it uses of the file, its components taken in."""
    needed = list_needed(table, (contract,))
    components = {each.name.text: each for each in needed if isinstance(each, decl.Component)}
    shared = tuple(each for each in needed if not isinstance(each, decl.Component))
    whole = replace(contract, members=(*shared, *contract.members))
    expanded = expand_components(whole, components, expand_role)
    found += expanded.found
    return check_contract(imports.source, expanded.contract, stubs, expanded.generated)


def _check_stub(
    imports: Imports, parsed: Parsed, contract: decl.Contract, found: list[Diagnostic]
) -> typed.Contract:
    """Check a contract that serves tests; what is wrong with it is found."""
    checked, program = _check(imports, imports.table, contract, found, ())
    found += _without_echoes(imports.source, parsed.diagnostics, program.found)
    return checked


def _check_imported(imports: Imports, each: Deployable, found: list[Diagnostic]) -> typed.Contract:
    """Check a contract of another file, with what that file holds and without its tests."""
    members = tuple(part for part in each.contract.members if not isinstance(part, decl.Test))
    contract = replace(each.contract, members=members)
    checked, program = _check(imports, each.table, contract, found, ())
    found += [part for part in program.found if is_error(part)]
    return checked


def _without_echoes(
    source: Source, first: Sequence[Diagnostic], later: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Leave out what follows from lines that the parser dropped: unknown names, unused code."""
    lines = [source.locate(each.span) for each in first if is_error(each)]
    dropped = {word for line in lines for word in _WORD.findall(source.get_line_of(line))}
    return [
        each
        for each in later
        if not (lines and each.code == "QC0801")
        and (each.code != "QC0103" or source.text[each.span.start : each.span.end] not in dropped)
    ]


def _concerns_contract(found: Diagnostic) -> bool:
    """Say whether it is an error of more than tests."""
    is_of_test = found.code.startswith(_TEST_CODES) and found.code != _MISPLACED
    return is_error(found) and not is_of_test


def _error(code: str, message: str, span: Span, label: str = "") -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, span, label)


def _finish(
    imports: Imports, found: Sequence[Diagnostic], unit: CompiledUnit | None
) -> CompileResult:
    told = _order(imports.source, [_tell_use(imports, each) for each in found])
    return CompileResult(imports.source, told, unit)


def _order(source: Source, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each once, errors first, in the order of the text, not too many."""
    unique = dict.fromkeys(found)
    ordered = sorted(unique, key=lambda each: (not is_error(each), each.span.start, each.code))
    return tuple(clamp(each, len(source.text)) for each in ordered[: 2 * ERRORS_MAX])


def _tell_use(imports: Imports, each: Diagnostic) -> Diagnostic:
    """Return what is wrong in an imported file with the import that led there."""
    part = imports.source.find_part(each.span)
    use = None if part is None else imports.uses.get(part.name)
    if use is None:
        return each
    return replace(each, others=(*each.others, Label(use, "imported here")))


def _build(
    source: Source,
    checked: typed.Contract,
    stubs: Sequence[typed.Contract],
    found: list[Diagnostic],
) -> CompiledUnit | None:
    whole, checked = checked, erase_ghosts(checked)
    lowered = try_lower(source, checked, (), found)
    if lowered is None:
        return None
    linked = try_link(lowered, checked, found)
    if linked is None:
        return None
    built = [_build(source, each, (), found) for each in stubs]
    return CompiledUnit(
        checked.name,
        lowered.module,
        linked,
        lowered,
        checked,
        source,
        tuple(each for each in built if each is not None),
        whole,
    )


def _make_proof(unit: CompiledUnit, found: list[Diagnostic]) -> Proof | None:
    whole, source = unit.whole, unit.source
    views = list_views(whole)
    if not views and whole is unit.checked:
        return Proof(unit.linked, unit.source_map)
    lowered = try_lower(source, whole, views, found)
    linked = None if lowered is None else try_link(lowered, whole, found)
    if lowered is None or linked is None:
        return None
    trusts = map_trusts(source, whole, lowered.source_map)
    ghosts = Ghosts(list_ghosts(whole), lowered.ghosts, trusts)
    return Proof(linked, lowered.source_map, map_plans(source, whole), ghosts)


def complete(result: CompileResult) -> CompileResult:
    """Return the result with what is wrong with the module that is proved, which has no unit then.

    That module is lowered only now: whoever deploys or calls a contract has no need of it.
    """
    found = () if result.unit is None else result.unit.proved[1]
    if not found:
        return result
    diagnostics = _order(result.source, (*result.diagnostics, *found))
    return CompileResult(result.source, diagnostics, None)


def try_lower(
    source: Source,
    checked: typed.Contract,
    probes: Sequence[typed.Function],
    found: list[Diagnostic],
) -> Lowered | None:
    """Lower a checked contract; a function that is too large is reported."""
    try:
        return lower_contract(source, checked, probes)
    except TooLargeError as large:
        message = "this needs more instructions than a function may have"
        found.append(
            _error("QC0702", message, large.span, "loops and inlined functions are copied")
        )
        return None


def try_link(
    lowered: Lowered, checked: typed.Contract, found: list[Diagnostic]
) -> LinkedModule | None:
    """Validate a module; a limit of the core IR that it exceeds is reported."""
    linked = link(lowered.module)
    if isinstance(linked, Err):
        message = f"the core IR refuses this contract: {linked.error.rule.text}"
        span = _find_place(lowered.source_map, checked, linked.error)
        found.append(_error("QC0703", message, span, linked.error.code))
        return None
    return linked.value


def _find_place(source_map: SourceMap, checked: typed.Contract, error: IrError) -> Span:
    """Return the source of the function, invariant or transition that a rule of the IR refuses."""
    tables: dict[Part, Sequence[str]] = {
        Part.FUNCTIONS: [each.name for each in source_map.functions],
        Part.SPEC_FUNCTIONS: [each.name for each in source_map.functions],
    }
    spans: dict[str, Span] = {each.name: each.header for each in checked.functions}
    claims = {Part.INVARIANTS: checked.invariants, Part.TRANSITIONS: checked.transitions}
    names = tables.get(error.part, ())
    if error.index < len(names):
        return spans.get(names[error.index], checked.header)
    properties = claims.get(error.part, ())
    return properties[error.index].span if error.index < len(properties) else checked.header
