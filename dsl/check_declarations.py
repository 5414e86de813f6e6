"""Declarations of a contract: types, state, roles, constants, events, errors, functions."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.ast_walk import walk_syntax
from dsl.check_expressions import Expressions
from dsl.check_foreign import declare_interface
from dsl.check_ghosts import can_be_ghost
from dsl.check_past import can_remember
from dsl.check_signed import declare_signed, find_signed
from dsl.check_types import measure_fields, resolve_type, resolve_value_type
from dsl.names import CONSTANT, Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    BROKEN,
    COINS,
    EnumMember,
    EnumType,
    MapType,
    OptionType,
    RecordType,
    Type,
    render_type,
)

FUNCTIONS_MAX = 96
"""Actions and views of one contract; the core IR has room for 128, of which tests use the rest."""

CELLS_MAX = 256
"""State cells of one contract."""

MEMBERS_MAX = 64
"""Members of one enum, fields of one record, parameters of one function."""

_ROLE_ACTIONS = """contract Generated:
    transition ROLE_changes_by_consent: changed(ROLE) ==>
        (ROLE == none and old(ROLE) == some(caller)) or
        (ROLE == some(caller) and old(ROLE_offer) == some(caller))
    transition ROLE_offer_is_made_or_used: changed(ROLE_offer) ==>
        old(ROLE) == some(caller) or (ROLE_offer == none and ROLE == some(caller))
    action offer_ROLE(to: option[address]) by ROLE:
        modifies ROLE_offer
        ensures ROLE_offer == to

        ROLE_offer = to
    action accept_ROLE() by (ROLE_offer == some(caller)):
        modifies ROLE, ROLE_offer
        ensures ROLE == some(caller) and ROLE_offer == none

        ROLE = some(caller)
        ROLE_offer = none
    action renounce_ROLE() by ROLE:
        modifies ROLE, ROLE_offer
        ensures ROLE == none and ROLE_offer == none

        ROLE = none
        ROLE_offer = none
"""
_ROLES_ACTIONS = """contract Generated:
    transition ROLE_change_by_a_member: forall account: address:
        changed(ROLE[account]) ==> old(ROLE[caller])
    action grant_ROLE(account: address) by ROLE:
        modifies ROLE[account]
        ensures ROLE[account]

        ROLE[account] = true
    action revoke_ROLE(account: address) by ROLE:
        modifies ROLE[account]
        ensures not ROLE[account]

        ROLE[account] = false
    action renounce_ROLE() by ROLE:
        modifies ROLE[caller]
        ensures not ROLE[caller]

        ROLE[caller] = false
"""


def get_role_source(name: str, *, many: bool) -> str:
    """Return the source of the actions that come with a role."""
    return (_ROLES_ACTIONS if many else _ROLE_ACTIONS).replace("ROLE", name)


class Declarations:
    """Fills a program's tables from a contract's members."""

    def __init__(self, program: Program, expressions: Expressions) -> None:
        self._program = program
        self._expressions = expressions
        self._spans: dict[str, Span] = {}

    def run(self, contract: decl.Contract) -> None:
        """Declare everything: types first, then what uses them."""
        self._add_coins(contract.header)
        types = [
            m for m in contract.members if isinstance(m, decl.Enum | decl.Phases | decl.Record)
        ]
        interfaces = [m for m in contract.members if isinstance(m, decl.Interface)]
        for each in types:
            if self._is_free(each.name):
                self._program.type_spans[each.name.text] = each.name.span
        known = [each for each in interfaces if self._is_free(each.name)]
        for interface in known:
            empty = typed.Interface(interface.name.span, interface.name.text, False, ())
            self._program.interfaces[interface.name.text] = empty
        self._resolve_types(types)
        for interface in known:
            declare_interface(self._program, interface)
        signed = find_signed(contract.members)
        if signed:
            declare_signed(self._program, signed[0].signed[0].span)
        for member in contract.members:
            self._declare(member)
        self._declare_ghosts(contract)
        entries = [each for each in self._program.functions.values() if each.kind != "function"]
        if len(entries) > FUNCTIONS_MAX:
            message = f"a contract has at most {FUNCTIONS_MAX} actions and views"
            self._program.report("QC0701", message, contract.header)
        if len(self._program.cells) > CELLS_MAX:
            message = f"a contract has at most {CELLS_MAX} state cells"
            self._program.report("QC0701", message, contract.header)

    def _declare(self, member: decl.Declaration) -> None:
        match member:
            case decl.State():
                for field in member.fields:
                    if not field.ghost:
                        self._declare_field(field)
            case decl.Role():
                self._declare_role(member)
            case decl.Const():
                self._declare_constant(member)
            case decl.Signature():
                self._declare_signature(member)
            case decl.Function():
                self._declare_function(member)
            case _:
                pass

    def _add_coins(self, span: Span) -> None:
        for name in ("balance", "inbox"):
            coins = typed.Cell(span, name, COINS, role=False, checkpointed=False)
            self._program.cell_numbers[name] = len(self._program.cells)
            self._program.cells.append(coins)
            self._program.used.add(name)

    def _is_free(self, name: ast.Identifier) -> bool:
        if name.text in self._spans:
            self._program.report_twice(name, self._spans[name.text])
            return False
        taken = self._program.explain_taken(name.text)
        if taken:
            self._program.report("QC0104", f"`{name.text}` is taken already", name.span, taken)
            return False
        self._spans[name.text] = name.span
        return True

    # Types

    def _resolve_types(self, nodes: list[decl.Enum | decl.Phases | decl.Record]) -> None:
        """Resolve types in an order in which each finds the ones it uses; a cycle is reported."""
        known = {n.name.text: n for n in nodes if n.name.text in self._program.type_spans}
        needs = {name: _used_types(node) & known.keys() for name, node in known.items()}
        users: dict[str, list[str]] = {name: [] for name in known}
        for name, used in needs.items():
            for each in sorted(used):
                users[each].append(name)
        places = {name: place for place, name in enumerate(known)}
        ready = [name for name in known if not needs[name]]
        while ready:
            freed: list[str] = []
            for name in ready:
                self._program.types[name] = self._make_type(known.pop(name))
                for user in users[name]:
                    needs[user].discard(name)
                    freed += [] if needs[user] else [user]
            ready = sorted(freed, key=places.__getitem__)
        for name, node in known.items():
            self._program.report("QC0105", f"`{name}` contains itself", node.name.span)
            self._program.types[name] = RecordType(name, ())

    def _make_type(self, node: decl.Enum | decl.Phases | decl.Record) -> EnumType | RecordType:
        if isinstance(node, decl.Phases):
            return self._make_phases(node)
        if isinstance(node, decl.Record):
            fields = []
            seen: dict[str, Span] = {}
            for field in node.fields:
                self._check_field_name(field.name, seen)
                fields.append((field.name.text, resolve_value_type(self._program, field.type)))
                if field.ghost:
                    self._refuse_ghost(field)
                if field.checkpointed:
                    message = "a field of a record can't be checkpointed"
                    label = "checkpoints are kept of cells of the state"
                    self._program.report("QC0250", message, field.span, label)
            self._program.measures[node.name.text] = measure_fields(self._program, fields)
            return RecordType(node.name.text, tuple(fields))
        members = []
        seen = {}
        for variant in node.variants:
            self._check_field_name(variant.name, seen)
            fields = [
                (p.name.text, resolve_value_type(self._program, p.type)) for p in variant.fields
            ]
            members.append(EnumMember(variant.name.text, tuple(fields)))
        if not members or len(members) > MEMBERS_MAX:
            message = f"an enum has 1 to {MEMBERS_MAX} members"
            self._program.report("QC0701", message, node.name.span)
            members = [EnumMember("broken", ())]
        every = [each for member in members for each in member.fields]
        self._program.measures[node.name.text] = measure_fields(self._program, every)
        return EnumType(node.name.text, tuple(members), None)

    def _check_field_name(self, name: ast.Identifier, seen: dict[str, Span]) -> None:
        if name.text in seen:
            self._program.report_twice(name, seen[name.text])
        seen[name.text] = name.span

    def _make_phases(self, node: decl.Phases) -> EnumType:
        names: list[str] = []
        edges: list[tuple[int, int]] = []
        for chain in node.chains:
            for group in chain:
                names += [each.text for each in group if each.text not in names]
            for before, after in pairwise(chain):
                for source in before:
                    for target in after:
                        edge = (names.index(source.text), names.index(target.text))
                        edges += [] if edge in edges else [edge]
        if len(names) > MEMBERS_MAX:
            message = f"an enum has 1 to {MEMBERS_MAX} members"
            self._program.report("QC0701", message, node.name.span)
        members = tuple(EnumMember(name, ()) for name in names)
        return EnumType(node.name.text, members, tuple(edges))

    # Members

    def _refuse_ghost(self, field: decl.Field) -> None:
        label = "make the whole cell a ghost, in `state`"
        self._program.report("QC0511", "a field can't be a ghost alone", field.span, label)

    def _declare_field(self, field: decl.Field) -> None:
        kind = resolve_type(self._program, field.type)
        if field.checkpointed and not can_remember(kind):
            label = "checkpoints are kept of a number, or of a map from a key to a number"
            message = f"{render_type(kind)} can't be checkpointed"
            self._program.report("QC0250", message, field.type.span, label)
        if self._add_cell(field.name, kind, field.span, role=False) and field.checkpointed:
            self._program.checkpointed.add(field.name.text)
            cell = self._program.cells[-1]
            self._program.cells[-1] = replace(cell, checkpointed=True)

    def _declare_ghosts(self, contract: decl.Contract) -> None:
        """Ghosts stand behind all other cells, so that the others keep their numbers."""
        states = [member for member in contract.members if isinstance(member, decl.State)]
        for field in (each for state in states for each in state.fields if each.ghost):
            kind = resolve_type(self._program, field.type)
            if field.checkpointed or not can_be_ghost(kind):
                label = "a ghost is a number or holds none, has a default, keeps no checkpoints"
                self._program.report("QC0511", "this can't be a ghost", field.span, label)
            elif self._add_cell(field.name, kind, field.span, role=False):
                self._program.ghosts.add(field.name.text)
                self._program.cells[-1] = replace(self._program.cells[-1], ghost=True)

    def _add_cell(self, name: ast.Identifier, kind: Type, span: Span, *, role: bool) -> bool:
        """Declare a cell; False if its name is taken, which is reported."""
        if not self._is_free(name):
            return False
        self._program.cell_numbers[name.text] = len(self._program.cells)
        self._program.cells.append(typed.Cell(span, name.text, kind, role, checkpointed=False))
        return True

    def _declare_role(self, node: decl.Role) -> None:
        kind: Type = MapType(ADDRESS, BOOL) if node.many else OptionType(ADDRESS)
        if not self._add_cell(node.name, kind, node.span, role=True):
            return
        self._program.used.add(node.name.text)
        self._program.roles[node.name.text] = node.many
        if not node.many:
            offer = ast.Identifier(node.name.span, f"{node.name.text}_offer")
            self._add_cell(offer, OptionType(ADDRESS), node.span, role=True)
            self._program.used.add(offer.text)

    def _declare_constant(self, node: decl.Const) -> None:
        kind = resolve_value_type(self._program, node.type)
        value = self._expressions.value(node.value, Scope(), CONSTANT, kind)
        if not isinstance(value, typed.Constant):
            self._program.report("QC0209", "this is no constant", node.value.span)
            value = typed.Constant(node.span, BROKEN, value=False)
        if self._is_free(node.name):
            self._program.constants[node.name.text] = value
            self._program.type_spans.setdefault(f"const {node.name.text}", node.name.span)

    def _declare_signature(self, node: decl.Signature) -> None:
        seen: dict[str, Span] = {}
        params = []
        for param in node.params:
            self._check_field_name(param.name, seen)
            params.append((param.name.text, resolve_value_type(self._program, param.type)))
        signature = typed.Signature(node.name.span, node.name.text, tuple(params))
        table = self._program.events if node.event else self._program.errors
        if self._is_free(node.name):
            table[node.name.text] = signature

    def _declare_function(self, node: decl.Function) -> None:
        if node.kind == "init":
            if "init" in self._program.functions:
                first = self._program.functions["init"].name.span
                self._program.report_twice(node.name, first)
                return
            self._program.functions["init"] = node
            return
        if self._is_free(node.name):
            self._program.functions[node.name.text] = node

    def warn_unused(self, contract: decl.Contract) -> None:
        """Warn of declarations that nothing uses."""
        groups: tuple[tuple[str, Callable[[], list[tuple[str, Span]]]], ...] = (
            ("error", lambda: [(n, s.span) for n, s in self._program.errors.items()]),
            ("event", lambda: [(n, s.span) for n, s in self._program.events.items()]),
            ("function", lambda: _internal(contract)),
            ("type", lambda: [(n, self._program.type_spans[n]) for n in self._program.types]),
        )
        own = self._program.source
        for local, span in self._program.lets:
            if own.find_part(span) is None and local.id not in self._program.used_locals:
                self._program.warn("QC0801", f"`{local.name}` is never used", span)
        for kind, names in groups:
            for name, span in names():
                if name not in self._program.used and own.find_part(span) is None:
                    self._program.warn("QC0801", f"the {kind} `{name}` is never used", span)


def _internal(contract: decl.Contract) -> list[tuple[str, Span]]:
    functions = [m for m in contract.members if isinstance(m, decl.Function)]
    return [(f.name.text, f.name.span) for f in functions if f.kind == "function"]


def _used_types(node: decl.Enum | decl.Phases | decl.Record) -> set[str]:
    return {each.name for each in walk_syntax(node) if isinstance(each, ast.TypeName)}
