"""Everything with parentheses: builtins, constructors, own functions, quantifiers, aggregates."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from dsl import ast, typed
from dsl.check_aggregates import Aggregates
from dsl.check_foreign import Foreign
from dsl.check_inline import inline_pure
from dsl.check_past import check_at, check_live_view, is_past_read
from dsl.check_signed import make_authorized
from dsl.check_types import resolve_value_type
from dsl.names import BUILTIN_FUNCTIONS, Place, Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    COINS,
    INT,
    U32,
    UINTS,
    UNIT,
    BrokenType,
    BytesType,
    EnumType,
    InterfaceType,
    IntType,
    ListType,
    LiteralType,
    OptionType,
    RecordType,
    StringType,
    Type,
    UintType,
    compute_max,
    is_number,
    render_type,
)

if TYPE_CHECKING:
    from dsl.check_expressions import Expressions

HASH_DOMAIN_SOURCE = 0
"""Domain of `hash(…)` in source: contracts of this language share it."""


class Calls:
    """The half of the expression checker that handles calls."""

    def __init__(self, expressions: "Expressions") -> None:
        self._expressions = expressions
        self._program: Program = expressions.program
        self.aggregates = Aggregates(expressions)
        self.foreign = Foreign(expressions)
        self._builtins: dict[str, Callable[[ast.Call, Scope, Place, Type | None], typed.Expr]] = {
            "some": self._some,
            "old": self._old,
            "changed": self._changed,
            "authorized": self._authorized,
            "sum": self.aggregates.sum,
            "min": self._min_max,
            "max": self._min_max,
            "div_up": self._div_up,
            "mul_div": self._mul_div,
            "mul_div_up": self._mul_div,
            "len": self._len,
            "collect": self._collect,
            "value_or": self._value_or,
            "is_contract": self._is_contract,
            "implements": self._implements,
            "message": self.foreign.message,
            "hash": self._hash,
            **dict.fromkeys(UINTS, self._narrow),
        }

    # Calls

    def call(self, node: ast.Call, scope: Scope, place: Place, expected: Type | None) -> typed.Expr:
        """Check a call of anything."""
        if isinstance(node.callee, ast.Name):
            return self._named(node, node.callee, scope, place, expected)
        if isinstance(node.callee, ast.Member):
            variant = self.find_variant(node.callee)
            if variant is not None:
                return self.make_variant(node, variant, node.arguments, scope, place)
            if is_past_read(self._program, node) and isinstance(node.callee.base, ast.Name):
                return check_at(self._expressions, node, node.callee.base, scope, place)
            return self._method(node, node.callee, scope, place)
        return self._fail(node.span, "QC0301", "this can't be called")

    def _fail(self, span: Span, code: str, message: str, label: str = "") -> typed.Expr:
        self._program.report(code, message, span, label)
        return typed.make_broken(span)

    def _named(
        self, node: ast.Call, callee: ast.Name, scope: Scope, place: Place, expected: Type | None
    ) -> typed.Expr:
        name = callee.text
        if name in self._builtins:
            return self._builtins[name](node, scope, place, expected)
        if name in self._program.functions:
            return self._own(node, name, scope, place)
        if name in self._program.interfaces:
            return self.foreign.convert(node, name, scope, place)
        record = self._program.types.get(name)
        if isinstance(record, RecordType):
            self._program.used.add(name)
            args = self._arguments(node.span, node.arguments, record.fields, scope, place)
            return typed.MakeRecord(node.span, record, args)
        if name in BUILTIN_FUNCTIONS:
            return self._fail(node.span, "QC0302", f"`{name}` can't stand here", "")
        for table, what in ((self._program.events, "event"), (self._program.errors, "error")):
            if name in table:
                label = "events stand in `emits`, errors in `fails` and `require`"
                return self._fail(node.span, "QC0302", f"the {what} `{name}` is no value", label)
        known = [*self._program.functions, *BUILTIN_FUNCTIONS, *self._program.types]
        self._program.report_unknown(name, callee.span, known, "function")
        for argument in node.arguments:
            self._expressions.check(argument.value, scope, place)
        return typed.make_broken(node.span)

    def _own(self, node: ast.Call, name: str, scope: Scope, place: Place) -> typed.Expr:
        function = self._program.functions[name]
        self._program.used.add(name)
        if function.kind in ("action", "init"):
            label = "move what they share into a `function`"
            return self._fail(node.span, "QC0304", f"`{name}` is no function to call here", label)
        if name in self._program.written and not place.effects:
            message = f"`{name}` changes the state, which {place.title} can't"
            return self._fail(node.span, "QC0306", message)
        if not check_live_view(self._program, name, node.span, place):
            return typed.make_broken(node.span)
        fields = tuple(
            (p.name.text, resolve_value_type(self._program, p.type)) for p in function.params
        )
        args = self._arguments(node.span, node.arguments, fields, scope, place)
        result = (
            UNIT if function.result is None else resolve_value_type(self._program, function.result)
        )
        if len(args) != len(fields):
            return typed.make_broken(node.span)
        if place.exact and not place.runs:
            return inline_pure(self._expressions, function, args, node.span, place)
        return typed.Inline(node.span, result, name, args)

    def _method(self, node: ast.Call, callee: ast.Member, scope: Scope, place: Place) -> typed.Expr:
        base = self._expressions.check(callee.base, scope, place)
        if isinstance(base.type, InterfaceType):
            return self.foreign.call(node, base, callee.name, scope, place)
        if isinstance(base.type, ListType) and callee.name.text in ("append", "pop"):
            label = "it is a statement of its own"
            return self._fail(node.span, "QC0302", f"`{callee.name.text}` has no value", label)
        self._program.report_unknown(
            callee.name.text, callee.name.span, ["append", "pop"], "method"
        )
        return typed.make_broken(node.span)

    def _arguments(
        self,
        span: Span,
        arguments: tuple[ast.Argument, ...],
        fields: tuple[tuple[str, Type], ...],
        scope: Scope,
        place: Place,
    ) -> tuple[typed.Expr, ...]:
        """Match arguments with fields, by position or all by name."""
        names = [name for name, _ in fields]
        if len(arguments) != len(fields):
            wanted = f"({', '.join(f'{name}: {render_type(kind)}' for name, kind in fields)})"
            message = f"{len(arguments)} arguments, where {len(fields)} were expected"
            self._program.report("QC0303", message, span, wanted)
            for argument in arguments:
                self._expressions.check(argument.value, scope, place)
            return ()
        ordered: dict[int, typed.Expr] = {}
        for position, argument in enumerate(arguments):
            place_at = position
            if argument.name is not None:
                if argument.name.text not in names:
                    self._program.report_unknown(
                        argument.name.text, argument.name.span, names, "field"
                    )
                    return ()
                place_at = names.index(argument.name.text)
            if place_at in ordered:
                self._program.report("QC0303", f"`{names[place_at]}` is given twice", argument.span)
                return ()
            ordered[place_at] = self._expressions.value(
                argument.value, scope, place, fields[place_at][1]
            )
        return tuple(ordered[position] for position in range(len(fields)))

    def match_arguments(
        self,
        span: Span,
        arguments: tuple[ast.Argument, ...],
        fields: tuple[tuple[str, Type], ...],
        scope: Scope,
        place: Place,
    ) -> tuple[typed.Expr, ...]:
        """Check arguments against a signature; shorter than it if they are wrong."""
        return self._arguments(span, arguments, fields, scope, place)

    # Enums

    def find_variant(self, node: ast.Member) -> tuple[EnumType, int] | None:
        """Return the enum and tag that `Enum.Member` names; an unknown member counts as tag -1."""
        if not isinstance(node.base, ast.Name):
            return None
        kind = self._program.types.get(node.base.text)
        if not isinstance(kind, EnumType):
            return None
        self._program.used.add(node.base.text)
        names = [member.name for member in kind.members]
        return kind, names.index(node.name.text) if node.name.text in names else -1

    def make_variant(
        self,
        node: ast.Member | ast.Call,
        variant: tuple[EnumType, int],
        arguments: tuple[ast.Argument, ...],
        scope: Scope,
        place: Place,
    ) -> typed.Expr:
        """Build an enum's member with its fields."""
        kind, tag = variant
        callee = node.callee if isinstance(node, ast.Call) else node
        assert isinstance(callee, ast.Member), "find_variant looked at it"
        if tag < 0:
            names = [member.name for member in kind.members]
            self._program.report_unknown(callee.name.text, callee.name.span, names, "member")
            return typed.make_broken(node.span)
        fields = kind.members[tag].fields
        args = self._arguments(node.span, arguments, fields, scope, place)
        if len(args) != len(fields):
            return typed.make_broken(node.span)
        return typed.MakeVariant(node.span, kind, tag, args)

    # Builtins

    def _has_count(self, node: ast.Call, *counts: int) -> bool:
        if len(node.arguments) in counts and all(each.name is None for each in node.arguments):
            return True
        name = node.callee.text if isinstance(node.callee, ast.Name) else "this"
        wanted = " or ".join(str(each) for each in counts)
        message = f"`{name}` takes {wanted} arguments, not {len(node.arguments)}"
        self._program.report("QC0303", message, node.span)
        return False

    def _some(
        self, node: ast.Call, scope: Scope, place: Place, expected: Type | None
    ) -> typed.Expr:
        if not self._has_count(node, 1):
            return typed.make_broken(node.span)
        wanted = expected.value if isinstance(expected, OptionType) else None
        inner = self._expressions.check(node.arguments[0].value, scope, place, wanted)
        if wanted is not None:
            inner = self._expressions.coerce(inner, wanted, place)
        inner = self._expressions.settle(inner)
        if isinstance(inner.type, BrokenType):
            return inner
        kind = OptionType(wanted if wanted is not None else inner.type)
        return typed.MakeVariant(node.span, kind, 1, (inner,))

    def _old(self, node: ast.Call, scope: Scope, place: Place, expected: Type | None) -> typed.Expr:
        if not self._has_count(node, 1):
            return typed.make_broken(node.span)
        if not place.old:
            message = f"`old` has no place in {place.title}"
            return self._fail(node.span, "QC0502", message, "there is one state only")
        if self._expressions.inside_old:
            return self._fail(node.span, "QC0502", "`old` inside `old` says nothing more")
        self._expressions.inside_old = True
        inner = self._expressions.check(node.arguments[0].value, scope, place, expected)
        self._expressions.inside_old = False
        return inner

    def _changed(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 1):
            return typed.make_broken(node.span)
        if not place.old:
            return self._fail(node.span, "QC0502", f"`changed` has no place in {place.title}")
        now = self._expressions.settled(node.arguments[0].value, scope, place)
        self._expressions.inside_old = True
        before = self._expressions.settled(node.arguments[0].value, scope, place)
        self._expressions.inside_old = False
        equal = self._expressions.equal(node.span, now, before, place)
        return typed.Prim(node.span, BOOL, "not", (equal,))

    def _authorized(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 1):
            return typed.make_broken(node.span)
        if not place.call:
            message = f"`authorized` has no meaning in {place.title}"
            return self._fail(node.span, "QC0501", message, "it belongs to a call")
        who = self._expressions.value(node.arguments[0].value, scope, place, ADDRESS)
        caller = typed.Context(node.span, ADDRESS, "caller")
        called = self._expressions.equal(node.span, who, caller, place)
        signer = self._expressions.signer
        signed = make_authorized(self._program, node.span, who, has_old=place.old, signer=signer)
        return called if signed is None else typed.Logic(node.span, BOOL, False, called, signed)

    def _min_max(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 2):
            return typed.make_broken(node.span)
        left, right = self._numbers(node, scope, place)
        left, right = self._expressions.meet_numbers(left, right)
        kind: Type = INT
        if isinstance(left.type, UintType) and isinstance(right.type, UintType):
            kind = left.type if left.type.bits >= right.type.bits else right.type
        op = node.callee.text if isinstance(node.callee, ast.Name) else "min"
        return typed.Prim(node.span, kind, op, (left, right))

    def _numbers(self, node: ast.Call, scope: Scope, place: Place) -> tuple[typed.Expr, ...]:
        found = []
        for argument in node.arguments:
            expr = self._expressions.check(argument.value, scope, place)
            if not is_number(expr.type) and not isinstance(expr.type, BrokenType):
                message = f"this is {render_type(expr.type)}, where a number was expected"
                self._program.report("QC0201", message, argument.span, "a number expected")
                expr = typed.make_broken(argument.span)
            found.append(expr)
        return tuple(found)

    def _div_up(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 2):
            return typed.make_broken(node.span)
        left, right = self._expressions.meet_numbers(*self._numbers(node, scope, place))
        return self._divide_up(node.span, left, right, left.type, place)

    def _divide_up(
        self, span: Span, left: typed.Expr, right: typed.Expr, kind: Type, place: Place
    ) -> typed.Expr:
        """Return ceil(left / right) as (left + right - 1) // right over exact integers."""
        one = typed.Constant(span, UINTS["u8"], 1)
        more = typed.Prim(span, INT, "add", (left, right))
        less = typed.Prim(span, INT, "sub", (more, one))
        exact = typed.Prim(span, INT, "div", (less, right))
        if isinstance(kind, UintType) and not place.exact:
            return typed.Check(span, kind, exact)
        return exact

    def _mul_div(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 3):
            return typed.make_broken(node.span)
        first, second, divisor = self._numbers(node, scope, place)
        first, second = self._expressions.meet_numbers(first, second)
        divisor, _first = self._expressions.meet_numbers(divisor, first)
        if any(isinstance(each.type, BrokenType) for each in (first, second, divisor)):
            return typed.make_broken(node.span)
        kind: Type = INT
        if isinstance(first.type, UintType) and isinstance(second.type, UintType):
            kind = first.type if first.type.bits >= second.type.bits else second.type
        product = typed.Prim(node.span, INT, "mul", (first, second))
        if isinstance(node.callee, ast.Name) and node.callee.text == "mul_div_up":
            return self._divide_up(node.span, product, divisor, kind, place)
        exact = typed.Prim(node.span, INT, "div", (product, divisor))
        if isinstance(kind, UintType) and not place.exact:
            return typed.Check(node.span, kind, exact)
        return exact

    def _len(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 1):
            return typed.make_broken(node.span)
        inner = self._expressions.settled(node.arguments[0].value, scope, place)
        if not isinstance(inner.type, ListType | StringType | BrokenType):
            return self._fail(node.span, "QC0204", f"{render_type(inner.type)} has no length")
        return typed.Prim(node.span, U32, "length", (inner,))

    def _collect(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:  # noqa: ARG002  # one shape for all builtins
        if not self._has_count(node, 0):
            return typed.make_broken(node.span)
        if not place.effects:
            return self._fail(
                node.span, "QC0306", f"`collect` changes the state, which {place.title} can't"
            )
        return typed.Collect(node.span, COINS)

    def _value_or(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 2):
            return typed.make_broken(node.span)
        subject = self._expressions.settled(node.arguments[0].value, scope, place)
        if not isinstance(subject.type, OptionType):
            if isinstance(subject.type, BrokenType):
                return subject
            return self._fail(
                node.span, "QC0201", f"this is {render_type(subject.type)}, not an option"
            )
        inner = subject.type.value
        default = self._expressions.value(node.arguments[1].value, scope, place, inner)
        local = self._program.make_local("value", inner)
        use = typed.Use(node.span, inner, local)
        arms = (((), default), ((local,), use))
        return typed.MatchValue(node.span, inner, subject, arms)

    def _is_contract(
        self, node: ast.Call, scope: Scope, place: Place, _: Type | None
    ) -> typed.Expr:
        if not self._has_count(node, 1):
            return typed.make_broken(node.span)
        who = self.foreign.check_address(node.arguments[0].value, scope, place)
        if not self.foreign.may_ask(node.span, "is_contract", place):
            return typed.make_broken(node.span)
        return typed.Prim(node.span, BOOL, "is_contract", (who,))

    def _implements(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        return self.foreign.implements(node, scope, place)

    def _hash(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not node.arguments:
            return self._fail(node.span, "QC0303", "`hash` takes at least one value")
        args = tuple(self._hashed(each.value, scope, place) for each in node.arguments)
        for arg in args:
            if isinstance(arg.type, IntType):
                message = "an exact integer has no encoding to hash"
                self._program.report("QC0206", message, arg.span, "hash its operands")
        return typed.Prim(node.span, BytesType(32), "hash", args)

    def _hashed(self, node: ast.Expression, scope: Scope, place: Place) -> typed.Expr:
        """A value to hash; digits written out in pairs, `0x00ff`, are the bytes they show."""
        if isinstance(node, ast.Integer) and node.bytes_length:
            return self._expressions.value(node, scope, place, BytesType(node.bytes_length))
        return self._expressions.settled(node, scope, place)

    def _narrow(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        if not self._has_count(node, 1):
            return typed.make_broken(node.span)
        assert isinstance(node.callee, ast.Name), "looked up by name"
        wanted = UINTS[node.callee.text]
        inner = self._expressions.check(node.arguments[0].value, scope, place, wanted)
        if isinstance(inner.type, BrokenType):
            return inner
        if isinstance(inner.type, LiteralType):
            return self._expressions.coerce(inner, wanted, place)
        if not is_number(inner.type):
            message = f"{render_type(inner.type)} can't become {node.callee.text}"
            return self._fail(node.span, "QC0201", message)
        if not place.exact:
            return inner if inner.type == wanted else typed.Check(node.span, wanted, inner)
        if isinstance(inner.type, UintType) and compute_max(inner.type) <= compute_max(wanted):
            return inner
        message = f"{place.title} is exact: a number can't be narrowed there"
        return self._fail(node.span, "QC0206", message, "leave the conversion out")
