"""Lowering's facade: a checked contract to a core IR module with its source map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from dsl import source_map as sm
from dsl import typed
from dsl.erase import count_real_cells
from dsl.lower_body import BodyBuilder, FunctionCode
from dsl.lower_code import Builder, Shared
from dsl.lower_pool import Pool, Tables, compute_selector
from dsl.prune import Pruned, prune
from dsl.source import Location, Source, Span
from dsl.types import EnumType, MapType, OptionType, RecordType, Type, UnitType, render_type
from spec.ir import syntax as ir
from spec.limits import IR_VERSION

_KINDS = {
    "init": ir.FunctionKind.INIT,
    "action": ir.FunctionKind.ACTION,
    "view": ir.FunctionKind.VIEW,
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry point with its pruned code."""

    function: typed.Function
    code: FunctionCode
    pruned: Pruned
    guard_count: int


@dataclass(frozen=True, slots=True)
class _Claim:
    """A property with its pruned code."""

    claim: typed.Claim
    nodes: tuple[ir.Node, ...]
    spans: tuple[Span, ...]
    lets: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Lowered:
    """A module, and its source map, which is drawn when first asked for."""

    module: ir.Module
    names: tuple[Type, ...]
    """The surface type behind each entry of the type tables."""
    ghosts: tuple[frozenset[int], ...]
    """For each function the nodes that only assign ghosts."""
    draw_map: Callable[[], sm.SourceMap]

    @cached_property
    def source_map(self) -> sm.SourceMap:
        """Names and places of everything in the module."""
        return self.draw_map()


def lower_contract(
    source: Source, contract: typed.Contract, probes: Sequence[typed.Function] = ()
) -> Lowered:
    """Return the module; `probes` are views of tests, which stand behind the contract's functions.

    Raises:
        TooLargeError: a function or property needs more nodes than the core IR allows.
    """
    return _Lowering(source, contract, probes).run()


class _Lowering:
    """One lowering: code first, tables last."""

    def __init__(
        self, source: Source, contract: typed.Contract, probes: Sequence[typed.Function]
    ) -> None:
        self._source = source
        self._contract = contract
        entries = [each for each in contract.functions if each.kind != "function"]
        self._entries = (*entries, *probes)
        self._shared = Shared(
            Pool(),
            {each.name: each for each in contract.functions},
            {each.name: number for number, each in enumerate(self._entries)},
            {each.name: number for number, each in enumerate(contract.events)},
            {each.name: number for number, each in enumerate(contract.errors)},
            {each.name: number for number, each in enumerate(contract.interfaces)},
            count_real_cells(contract),
        )

    def run(self) -> Lowered:
        entries = [self._lower_function(each) for each in self._entries]
        claims = [[self._lower_claim(c, e) for c in e.ensures] for e in self._entries]
        modified = [self._lower_modifies(each) for each in self._entries]
        invariants = [self._lower_claim(each, None) for each in self._contract.invariants]
        transitions = [self._lower_claim(each, None) for each in self._contract.transitions]
        tables = Tables(self._shared.pool, self._contract.interfaces)
        code = self._make_code(tables, entries)
        code_types, code_literals = len(tables.types), len(tables.literals)
        aggregates = tuple(
            ir.Aggregate(
                tuple(tables.add(each) for each in aggregate.params),
                tuple(tables.add(each) for each in aggregate.keys),
                tables.finish(aggregate.nodes),
            )
            for aggregate in self._shared.aggregates
        )
        functions = tuple(
            self._make_function_spec(tables, entry, claim, places)
            for entry, claim, places in zip(self._entries, claims, modified, strict=True)
        )
        spec = ir.SpecSection(
            (),
            (),
            aggregates,
            functions,
            tuple(ir.Property(tables.finish(c.nodes), c.claim.lemma) for c in invariants),
            tuple(ir.Property(tables.finish(c.nodes), c.claim.lemma) for c in transitions),
        )
        module = ir.Module(
            ir.CodeSection(
                IR_VERSION,
                tuple(tables.types[:code_types]),
                tuple(tables.literals[:code_literals]),
                tuple(tables.interfaces),
                *code,
            ),
            ir.SpecSection(
                tuple(tables.types[code_types:]),
                tuple(tables.literals[code_literals:]),
                spec.aggregates,
                spec.functions,
                spec.invariants,
                spec.transitions,
            ),
        )
        ghosts = tuple(_map_ghosts(each) for each in entries)
        draw_map = partial(self._map, entries, claims, invariants, transitions, tables)
        return Lowered(module, tuple(tables.names), ghosts, draw_map)

    # Code

    def _lower_function(self, function: typed.Function) -> _Entry:
        code = BodyBuilder(self._shared).build(function)
        pruned = prune(code.nodes, code.guard_count, frozenset())
        guard_count = sum(old < code.guard_count for old in pruned.kept)
        return _Entry(function, code, pruned, guard_count)

    def _make_code(
        self, tables: Tables, entries: Sequence[_Entry]
    ) -> tuple[
        tuple[ir.Cell, ...], tuple[ir.Event, ...], tuple[ir.Error, ...], tuple[ir.Function, ...]
    ]:
        contract = self._contract
        cells = tuple(
            ir.Cell(tables.add(each.type), is_checkpointed=each.checkpointed)
            for each in contract.cells
        )
        events = tuple(
            ir.Event(tuple(tables.add(kind) for _, kind in each.params)) for each in contract.events
        )
        errors = tuple(
            ir.Error(tuple(tables.add(kind) for _, kind in each.params)) for each in contract.errors
        )
        return cells, events, errors, tuple(self._make_function(tables, each) for each in entries)

    def _make_function(self, tables: Tables, entry: _Entry) -> ir.Function:
        function = entry.function
        result = () if isinstance(function.result, UnitType) else (tables.add(function.result),)
        return ir.Function(
            _KINDS[function.kind],
            compute_selector(function.name, [each.type for each in function.params]),
            tuple(tables.add(each.type) for each in function.params),
            result,
            function.payable,
            entry.guard_count,
            tables.finish(entry.pruned.nodes),
        )

    # Properties

    def _start_spec(self, function: typed.Function | None) -> Builder:
        builder = Builder(self._shared, total=True)
        span = self._contract.header if function is None else function.header
        builder.add_contexts(span)
        if function is None:
            return builder
        for position, param in enumerate(function.params):
            builder.values[param.id] = builder.add(ir.Param(position), function.header)
        if function.result_local is not None:
            node = ir.Param(len(function.params))
            builder.values[function.result_local.id] = builder.add(node, function.header)
        return builder

    def _bind_header_lets(self, builder: Builder, function: typed.Function) -> None:
        """Give header `let`s their value: in the state before."""
        builder.reads_old = True
        for statement in function.guard:
            if isinstance(statement, typed.Let):
                builder.bind(statement.local, builder.lower(statement.value))
        builder.reads_old = False

    def _lower_claim(self, claim: typed.Claim, function: typed.Function | None) -> _Claim:
        builder = self._start_spec(function)
        if function is not None:
            self._bind_header_lets(builder, function)
        root = builder.make_last(builder.lower(claim.condition), claim.span)
        pruned = prune(builder.nodes, len(builder.nodes), frozenset({root}))
        spans = tuple(builder.spans[old] for old in pruned.kept)
        return _Claim(claim, pruned.nodes, spans, _move_lets(builder.lets, pruned))

    def _lower_modifies(
        self, function: typed.Function
    ) -> tuple[tuple[typed.Read, tuple[tuple[ir.Node, ...], ...]], ...]:
        out = []
        for place in function.modifies or ():
            keys = []
            for key in place.keys:
                builder = self._start_spec(function)
                self._bind_header_lets(builder, function)
                builder.reads_old = True
                value = builder.lower(key)
                nodes = builder.nodes[: value + 1]
                keys.append(prune(nodes, len(nodes), frozenset({int(value)})).nodes)
            out.append((place, tuple(keys)))
        return tuple(out)

    def _make_function_spec(
        self,
        tables: Tables,
        function: typed.Function,
        claims: Sequence[_Claim],
        modified: Sequence[tuple[typed.Read, tuple[tuple[ir.Node, ...], ...]]],
    ) -> ir.FunctionSpec:
        numbers = self._shared.error_numbers
        places = tuple(
            ir.Modified(place.cell, tuple(tables.finish(key) for key in keys), place.fields)
            for place, keys in modified
        )
        return ir.FunctionSpec(
            function.complete,
            tuple(
                sorted(
                    ir.STANDARD_ERROR_COUNT + numbers[each] for each in set(function.open_errors)
                )
            ),
            function.modifies is not None,
            places,
            tuple(tables.finish(each.nodes) for each in claims),
        )

    # Source map

    def _locate(self, span: Span) -> Location:
        return self._source.locate(span)

    def _map(
        self,
        entries: Sequence[_Entry],
        claims: Sequence[Sequence[_Claim]],
        invariants: Sequence[_Claim],
        transitions: Sequence[_Claim],
        tables: Tables,
    ) -> sm.SourceMap:
        contract = self._contract
        return sm.SourceMap(
            contract.name,
            self._source.name,
            tuple(
                sm.CellMap(c.name, self._locate(c.span), render_type(c.type), c.role)
                for c in contract.cells
            ),
            tuple(_map_type(each) for each in tables.names),
            tuple(
                self._map_function(entry, claim)
                for entry, claim in zip(entries, claims, strict=True)
            ),
            tuple(self._map_signature(each) for each in contract.events),
            tuple(self._map_signature(each) for each in contract.errors),
            tuple(self._map_claim(each) for each in invariants),
            tuple(self._map_claim(each) for each in transitions),
            tuple(
                sm.InterfaceMap(each.name, tuple(m.name for m in each.members), each.trusted)
                for each in tables.interface_names
            ),
            tuple(each.text for each in self._shared.aggregates),
        )

    def _map_signature(self, signature: typed.Signature) -> sm.SignatureMap:
        names = tuple(name for name, _ in signature.params)
        return sm.SignatureMap(signature.name, names, self._locate(signature.span))

    def _map_claim(self, claim: _Claim) -> sm.PropertyMap:
        binders: list[str] = []
        condition = claim.claim.condition
        while isinstance(condition, typed.ForAll):
            binders += [each.name for each in condition.binders]
            condition = condition.body
        return sm.PropertyMap(
            claim.claim.name,
            claim.claim.text,
            self._locate(claim.claim.span),
            claim.claim.lemma,
            tuple(self._locate(each) for each in claim.spans),
            tuple(sm.LetName(name, node) for name, node in claim.lets),
            tuple(binders),
        )

    def _map_function(self, entry: _Entry, claims: Sequence[_Claim]) -> sm.FunctionMap:
        function, code, new = entry.function, entry.code, entry.pruned.new_index
        conditions = tuple(
            sm.ConditionMap(
                new[each.node],
                each.fail.error,
                each.fail.text,
                self._locate(each.fail.span),
                each.fail.declared,
            )
            for each in code.conditions
            if each.node in new
        )
        return sm.FunctionMap(
            function.name,
            function.kind,
            self._locate(function.header),
            function.generated,
            tuple(each.name for each in function.params),
            tuple(self._locate(code.spans[old]) for old in entry.pruned.kept),
            tuple(sm.LetName(name, node) for name, node in _move_lets(code.lets, entry.pruned)),
            tuple(sm.JoinName(new[node], name) for node, name in code.joins if node in new),
            conditions,
            tuple(self._map_claim(each) for each in claims),
            function.modifies_texts if function.modifies is not None else None,
            tuple(self._locate(each.span) for each in function.modifies or ()),
            function.complete,
        )


def _map_ghosts(entry: _Entry) -> frozenset[int]:
    new = entry.pruned.new_index
    return frozenset(new[old] for old in entry.code.ghosts if old in new)


def _move_lets(lets: Sequence[tuple[str, int]], pruned: Pruned) -> tuple[tuple[str, int], ...]:
    moved = ((name, pruned.new_index[node]) for name, node in lets if node in pruned.new_index)
    return tuple(dict.fromkeys(moved))


def _map_type(kind: Type) -> sm.TypeMap | None:
    match kind:
        case RecordType(name, fields):
            return sm.TypeMap(name, tuple(each for each, _ in fields), ())
        case EnumType(name, members):
            named = tuple((m.name, tuple(each for each, _ in m.fields)) for m in members)
            return sm.TypeMap(name, (), named)
        case OptionType():
            return sm.TypeMap(render_type(kind), (), (("none", ()), ("some", ("value",))))
        case MapType():
            return None
        case _:
            return None
