"""Other contracts: interfaces, values that stand for contracts, calls, messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.check_types import measure_type, resolve_value_type
from dsl.diagnostics import find_nearest
from dsl.interface import render_shape
from dsl.names import Place, Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    COINS,
    UNIT,
    AddressType,
    BrokenType,
    InterfaceType,
    MessageType,
    Type,
    UnitType,
    render_type,
)
from spec.limits import IR_FUNCTION_GAS_MAX, IR_MEMBERS_MAX

if TYPE_CHECKING:
    from dsl.check_expressions import Expressions

GAS_CAP = 10_000
"""What a call of another contract may use where neither interface nor call says more."""

_NAMED = ("value", "gas")
"""What may be said of a call besides its arguments."""


def declare_interface(program: Program, node: decl.Interface) -> None:
    """Work out the members of an interface whose name is declared."""
    members: list[typed.Member] = []
    spans: dict[str, Span] = {}
    for offer in node.offers:
        if offer.name.text in spans:
            program.report_twice(offer.name, spans[offer.name.text])
        spans[offer.name.text] = offer.name.span
        params = tuple((p.name.text, resolve_value_type(program, p.type)) for p in offer.params)
        result: Type = UNIT
        if offer.result is not None:
            result = resolve_value_type(program, offer.result)
        gas = GAS_CAP if offer.gas is None else offer.gas
        if not 0 < gas <= IR_FUNCTION_GAS_MAX:
            message = f"a cap of gas lies between 1 and {IR_FUNCTION_GAS_MAX:_}"
            program.report("QC0317", message, offer.span)
        if offer.payable and offer.kind == "view":
            program.report("QC0317", "a view takes no coins", offer.span, "leave `payable` out")
        members.append(
            typed.Member(
                offer.span,
                offer.name.text,
                offer.kind == "view",
                params,
                result,
                offer.payable,
                gas,
            )
        )
    if not 1 <= len(members) <= IR_MEMBERS_MAX:
        message = f"an interface has 1 to {IR_MEMBERS_MAX} members"
        program.report("QC0701", message, node.name.span)
    program.interfaces[node.name.text] = typed.Interface(
        node.name.span, node.name.text, node.trusted, tuple(members)
    )


def make_stub_interface(contract: typed.Contract) -> typed.Interface:
    """Return what a contract offers to everybody, as an interface of its name."""
    members = tuple(
        typed.Member(
            each.span,
            each.name,
            each.kind == "view",
            tuple((param.name, param.type) for param in each.params),
            each.result,
            each.payable,
            GAS_CAP,
        )
        for each in contract.functions
        if each.kind in ("action", "view")
    )
    return typed.Interface(contract.header, contract.name, False, members)  # not trusted


def render_member(member: typed.Member) -> str:
    """Return a member as an author declares it."""
    params = ", ".join(f"{name}: {render_type(kind)}" for name, kind in member.params)
    result = "" if isinstance(member.result, UnitType) else f" -> {render_type(member.result)}"
    payable = " payable" if member.payable else ""
    return f"{'view' if member.is_view else 'action'} {member.name}({params}){result}{payable}"


def check_implements(
    program: Program, names: Sequence[ast.Identifier], functions: Sequence[typed.Function]
) -> None:
    """Check that a contract has every member of the interfaces that it says it implements."""
    for name in names:
        interface = program.interfaces.get(name.text)
        if interface is None:
            message = f"no interface `{name.text}` is declared, so it is not checked"
            program.warn("QC0902", message, name.span, "declare `interface …:` in this file")
            continue
        own = {each.name: each for each in functions}
        for member in interface.members:
            problem = _explain_gap(member, own.get(member.name))
            if problem:
                message = f"this contract does not implement `{name.text}`: {problem}"
                program.report("QC0106", message, name.span, f"wanted: `{render_member(member)}`")


def _explain_gap(member: typed.Member, function: typed.Function | None) -> str:
    """Say why a function is not what a member promises, or nothing."""
    name = f"`{member.name}`"
    if function is None or function.kind == "function":
        return f"it has no {'view' if member.is_view else 'action'} {name}"
    if member.is_view and function.kind != "view":
        return f"{name} is no view"
    wanted = tuple(render_shape(kind) for _, kind in member.params)
    if tuple(render_shape(each.type) for each in function.params) != wanted:
        return f"{name} has other parameters"
    if render_shape(function.result) != render_shape(member.result):
        return f"{name} has another result"
    if member.payable and not function.payable:
        return f"{name} takes no coins"
    return ""


@dataclass(frozen=True, slots=True)
class _Options:
    """What is said of a call besides its arguments."""

    value: ast.Expression | None
    gas: ast.Expression | None
    arguments: tuple[ast.Argument, ...]


class Foreign:
    """The part of the expression checker that is about other contracts."""

    def __init__(self, expressions: "Expressions") -> None:
        self._expressions = expressions
        self._program: Program = expressions.program

    def _fail(self, span: Span, code: str, message: str, label: str = "") -> typed.Expr:
        self._program.report(code, message, span, label)
        return typed.make_broken(span)

    def convert(self, node: ast.Call, name: str, scope: Scope, place: Place) -> typed.Expr:
        """Check `Token(address)`."""
        if len(node.arguments) != 1 or node.arguments[0].name is not None:
            message = f"`{name}` takes one address"
            return self._fail(node.span, "QC0303", message)
        self._program.used.add(name)
        inner = self._expressions.check(node.arguments[0].value, scope, place, ADDRESS)
        if not isinstance(inner.type, InterfaceType):
            inner = self._expressions.coerce(inner, ADDRESS, place)
        if isinstance(inner.type, BrokenType):
            return inner
        return typed.retype(inner, InterfaceType(name))

    def get_address(self, base: typed.Expr) -> typed.Expr:
        """Return the address of a value that stands for a contract."""
        return typed.retype(base, ADDRESS)

    def call(
        self, node: ast.Call, base: typed.Expr, name: ast.Identifier, scope: Scope, place: Place
    ) -> typed.Expr:
        """Check a call of a member at a value that stands for a contract."""
        found = self._find_member(base, name)
        if found is None:
            return typed.make_broken(node.span)
        interface, number = found
        member = interface.members[number]
        if not place.calls:
            message = f"`{name.text}` asks another contract, which {place.title} can't"
            return self._fail(node.span, "QC0316", message, "do it in the body, before")
        if not member.is_view and not place.effects:
            message = f"`{name.text}` is an action, which {place.title} can't call"
            return self._fail(node.span, "QC0306", message)
        options = _split_options(node.arguments)
        args = self._expressions.calls.match_arguments(
            node.span, options.arguments, member.params, scope, place
        )
        if len(args) != len(member.params):
            return typed.make_broken(node.span)
        value = self._check_value(member, options.value, scope, place)
        gas = self._check_gas(options.gas, member.gas, scope, place)
        return typed.ExternalCall(
            node.span, member.result, interface.name, number, base, args, value, gas
        )

    def _find_member(
        self, base: typed.Expr, name: ast.Identifier
    ) -> tuple[typed.Interface, int] | None:
        assert isinstance(base.type, InterfaceType), "the caller looked at it"
        interface = self._program.get_interface(base.type.name)
        names = [each.name for each in interface.members]
        if name.text not in names:
            near = find_nearest(name.text, [*names, "address"])
            label = f"did you mean `{near}`?" if near else f"it has {', '.join(names)}"
            message = f"`{interface.name}` has no member `{name.text}`"
            self._program.report("QC0103", message, name.span, label)
            return None
        return interface, names.index(name.text)

    def _check_value(
        self, member: typed.Member, node: ast.Expression | None, scope: Scope, place: Place
    ) -> typed.Expr | None:
        if node is None:
            return None
        if not member.payable:
            message = f"`{member.name}` takes no coins"
            label = "its interface does not say `payable`"
            self._program.report("QC0317", message, node.span, label)
        return self._expressions.value(node, scope, place, COINS)

    def _check_gas(
        self, node: ast.Expression | None, otherwise: int, scope: Scope, place: Place
    ) -> int:
        if node is None:
            return otherwise
        gas = self._expressions.check(node, scope, place)
        if isinstance(gas, typed.Constant) and type(gas.value) is int:
            if 0 < gas.value <= IR_FUNCTION_GAS_MAX:
                return gas.value
            message = f"a cap of gas lies between 1 and {IR_FUNCTION_GAS_MAX:_}"
            self._program.report("QC0317", message, node.span)
        elif not isinstance(gas.type, BrokenType):
            self._program.report("QC0317", "a cap of gas is a constant", node.span)
        return otherwise

    # Messages

    def message(
        self, node: ast.Call, scope: Scope, place: Place, wanted: Type | None
    ) -> typed.Expr:
        """Check `message(Token(t).transfer(to, n))`."""
        inner = node.arguments[0].value if len(node.arguments) == 1 else None
        if not isinstance(inner, ast.Call) or not isinstance(inner.callee, ast.Member):
            message = "`message` takes a call of another contract"
            label = "write `message(Token(t).transfer(to, amount))`"
            return self._fail(node.span, "QC0303", message, label)
        base = self._expressions.check(inner.callee.base, scope, place)
        if not isinstance(base.type, InterfaceType):
            if isinstance(base.type, BrokenType):
                return base
            message = f"{render_type(base.type)} is no contract"
            return self._fail(inner.callee.base.span, "QC0203", message, "write `Token(address)`")
        found = self._find_member(base, inner.callee.name)
        if found is None:
            return typed.make_broken(node.span)
        interface, number = found
        member = interface.members[number]
        options = _split_options(inner.arguments)
        if options.gas is not None:
            label = "a message is sent with `send(message, gas = …)`"
            self._program.report("QC0317", "a message has no gas", options.gas.span, label)
        args = self._expressions.calls.match_arguments(
            inner.span, options.arguments, member.params, scope, place
        )
        if len(args) != len(member.params):
            return typed.make_broken(node.span)
        value = self._check_value(member, options.value, scope, place)
        kind = self._choose_size(member, wanted)
        coins = value if value is not None else typed.Constant(node.span, COINS, 0)
        return typed.MakeMessage(node.span, kind, interface.name, number, base, coins, args)

    def _choose_size(self, member: typed.Member, wanted: Type | None) -> MessageType:
        if isinstance(wanted, MessageType):
            return wanted
        parts = sum(measure_type(self._program, kind)[1] for _, kind in member.params)
        return MessageType(max(1, 64 * parts))

    def send(self, node: ast.Call, scope: Scope, place: Place) -> list[typed.Stmt]:
        """Check `send(message, gas = …)`."""
        options = _split_options(node.arguments)
        if len(options.arguments) != 1 or options.value is not None:
            message = "`send` takes a message and the gas it may use"
            self._program.report("QC0303", message, node.span, "write `send(m, gas = 50_000)`")
            return []
        if not place.effects:
            message = f"`send` calls an action, which {place.title} can't"
            self._program.report("QC0306", message, node.span)
            return []
        sent = self._expressions.check(options.arguments[0].value, scope, place)
        if not isinstance(sent.type, MessageType):
            if not isinstance(sent.type, BrokenType):
                message = f"this is {render_type(sent.type)}, where a message was expected"
                self._program.report("QC0201", message, sent.span, "write `message(…)`")
            return []
        gas = self._check_gas(options.gas, GAS_CAP, scope, place)
        return [typed.Send(node.span, sent, gas)]

    # Questions

    def implements(self, node: ast.Call, scope: Scope, place: Place) -> typed.Expr:
        """Check `implements(address, Interface)`."""
        if len(node.arguments) != 2 or any(each.name for each in node.arguments):  # noqa: PLR2004 - both
            message = "`implements` takes an address and an interface"
            return self._fail(node.span, "QC0303", message)
        named = node.arguments[1].value
        if not isinstance(named, ast.Name) or named.text not in self._program.interfaces:
            name = named.text if isinstance(named, ast.Name) else "this"
            self._program.report_unknown(name, named.span, self._program.interfaces, "interface")
            return typed.make_broken(node.span)
        self._program.used.add(named.text)
        who = self.check_address(node.arguments[0].value, scope, place)
        if not self.may_ask(node.span, "implements", place):
            return typed.make_broken(node.span)
        return typed.Implements(node.span, BOOL, named.text, who)

    def check_address(self, node: ast.Expression, scope: Scope, place: Place) -> typed.Expr:
        """Check an address, or a value that stands for a contract."""
        who = self._expressions.check(node, scope, place, ADDRESS)
        if isinstance(who.type, InterfaceType):
            return self.get_address(who)
        return self._expressions.coerce(who, ADDRESS, place)

    def may_ask(self, span: Span, name: str, place: Place) -> bool:
        """Say whether what stands at an address can be asked here; report it if not."""
        if not place.spec:
            return True
        label = "what others deploy changes without this contract"
        self._program.report("QC0502", f"`{name}` has no place in {place.title}", span, label)
        return False


def is_contract_value(kind: Type) -> bool:
    """Say whether values of the type are addresses on chain."""
    return isinstance(kind, AddressType | InterfaceType)


def _split_options(arguments: tuple[ast.Argument, ...]) -> _Options:
    named = {
        each.name.text: each.value
        for each in arguments
        if each.name is not None and each.name.text in _NAMED
    }
    rest = tuple(each for each in arguments if each.name is None or each.name.text not in named)
    return _Options(named.get("value"), named.get("gas"), rest)
