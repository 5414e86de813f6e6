"""Types of expressions: names, paths into state, operators, and how values meet expected types."""

from dsl import ast, typed
from dsl.check_advice import check_caller, explain_index, explain_mismatch
from dsl.check_calls import Calls
from dsl.check_foreign import is_contract_value
from dsl.check_past import check_live
from dsl.folding import fold_numbers
from dsl.names import BUILTIN_VALUES, Place, Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    INT,
    UINTS,
    AddressType,
    BrokenType,
    BytesType,
    InterfaceType,
    IntType,
    ListType,
    LiteralType,
    MapType,
    NoneType,
    OptionType,
    RecordType,
    StringType,
    TextType,
    Type,
    UintType,
    compute_max,
    get_smallest_uint,
    is_number,
    join_types,
    render_type,
    widen,
)

ADDRESS_SIZE_BYTES = 32
"""An address is 32 bytes."""

_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "//": "div", "%": "mod"}
_ORDER = {"<": ("lt", False), "<=": ("le", False), ">": ("lt", True), ">=": ("le", True)}


class Expressions:
    """Checks expressions of one contract; `calls` handles everything with parentheses."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.inside_old = False
        self.signer: typed.Local | None = None
        """Of the signed action that is checked."""
        self.calls = Calls(self)

    # Entry points

    def check(  # noqa: C901, PLR0912  # one case for each kind of expression
        self, node: ast.Expression, scope: Scope, place: Place, expected: Type | None = None
    ) -> typed.Expr:
        """Return the typed expression; what is wrong is reported and has the broken type."""
        match node:
            case ast.Integer():
                return self._integer(node, expected)
            case ast.Boolean(span, value):
                return typed.Constant(span, BOOL, value)
            case ast.Text(span, value):
                data = value.encode("utf-8", "replace")
                return typed.Constant(span, TextType(len(data)), data)
            case ast.Name():
                return self._name(node, scope, place)
            case ast.ListLiteral():
                return self._list(node, scope, place, expected)
            case ast.Index():
                return self._index(node, scope, place)
            case ast.Member():
                return self._member(node, scope, place)
            case ast.Unary():
                return self._unary(node, scope, place)
            case ast.Binary():
                return self._binary(node, scope, place)
            case ast.Choice():
                return self._choice(node, scope, place, expected)
            case ast.Membership():
                return self._membership(node, scope, place)
            case ast.Forall():
                return self.calls.aggregates.forall(node, scope, place)
            case ast.ActionIn():
                return self.calls.aggregates.action_in(node, place)
            case ast.Comprehension():
                return self.calls.aggregates.comprehension(node, scope, place)
            case ast.Deploy():
                label = "only a `let` or step of a test can be one"
                self.program.report("QC0601", "a deployment belongs to a test", node.span, label)
                return typed.make_broken(node.span)
            case ast.Call():
                return self.calls.call(node, scope, place, expected)

    def value(self, node: ast.Expression, scope: Scope, place: Place, wanted: Type) -> typed.Expr:
        """Return the expression as a value of the wanted type."""
        return self.coerce(self.check(node, scope, place, wanted), wanted, place)

    def settled(self, node: ast.Expression, scope: Scope, place: Place) -> typed.Expr:
        """Return the expression with a type of its own: literals get the narrowest."""
        return self.settle(self.check(node, scope, place))

    def settle(self, expr: typed.Expr) -> typed.Expr:
        """Give a bare literal a type, and refuse maps as values."""
        kind = expr.type
        if isinstance(kind, LiteralType):
            return self._settle_literal(expr, kind.value)
        if isinstance(kind, TextType) and isinstance(expr, typed.Constant):
            return typed.Constant(expr.span, StringType(max(1, kind.size_bytes)), expr.value)
        if isinstance(kind, MapType):
            label = f"index it with a key of type {render_type(kind.key)}"
            self.program.report("QC0207", "a map is no value", expr.span, label)
            return typed.make_broken(expr.span)
        return expr

    def _settle_literal(self, expr: typed.Expr, value: int) -> typed.Expr:
        if value < 0:
            inner = typed.Constant(expr.span, get_smallest_uint(-value), -value)
            return typed.Prim(expr.span, INT, "neg", (inner,))
        if value > compute_max(UintType(256)):
            self.program.report("QC0205", "this number is larger than u256", expr.span)
            return typed.make_broken(expr.span)
        return typed.Constant(expr.span, get_smallest_uint(value), value)

    # Meeting an expected type

    def coerce(
        self, expr: typed.Expr, wanted: Type, place: Place, *, same: bool = False
    ) -> typed.Expr:
        """Return the expression as the wanted type, or report that it isn't.

        With `same` a narrower number is brought to exactly the wanted width (where two values
        meet).
        """
        kind = expr.type
        if isinstance(kind, BrokenType) or isinstance(wanted, BrokenType) or kind == wanted:
            return expr
        if isinstance(kind, LiteralType):
            return self._coerce_literal(expr, kind.value, wanted)
        if isinstance(wanted, UintType) and isinstance(kind, UintType) and kind.bits < wanted.bits:
            return typed.Check(expr.span, wanted, expr) if same and not place.exact else expr
        if isinstance(wanted, UintType) and isinstance(kind, IntType) and not place.exact:
            return typed.Check(expr.span, wanted, expr)
        if isinstance(wanted, IntType) and is_number(kind):
            return expr
        if place.runs and is_contract_value(kind) and is_contract_value(wanted):
            return typed.retype(expr, wanted)
        if isinstance(wanted, StringType) and isinstance(kind, TextType):
            return self._coerce_text(expr, kind, wanted)
        if isinstance(wanted, OptionType) and isinstance(kind, NoneType):
            return typed.MakeVariant(expr.span, wanted, 0, ())
        if isinstance(wanted, OptionType) and isinstance(expr, typed.MakeVariant):
            return self._coerce_some(expr, wanted, place)
        self._report_mismatch(expr, wanted, place)
        return typed.make_broken(expr.span)

    def _coerce_some(self, expr: typed.MakeVariant, wanted: OptionType, place: Place) -> typed.Expr:
        if isinstance(expr.type, OptionType) and expr.tag == 1:
            inner = self.coerce(expr.args[0], wanted.value, place)
            return typed.MakeVariant(expr.span, wanted, 1, (inner,))
        self._report_mismatch(expr, wanted, place)
        return typed.make_broken(expr.span)

    def _coerce_literal(self, expr: typed.Expr, value: int, wanted: Type) -> typed.Expr:
        if isinstance(wanted, IntType):
            return self._settle_literal(expr, value)
        if not isinstance(wanted, UintType):
            self._mismatch(expr.span, "a number", render_type(wanted))
            return typed.make_broken(expr.span)
        if not 0 <= value <= compute_max(wanted):
            message = f"{value} is not in the range of {render_type(wanted)}"
            label = f"0 to {compute_max(wanted)}"
            self.program.report("QC0205", message, expr.span, label)
            return typed.make_broken(expr.span)
        return typed.Constant(expr.span, wanted, value)

    def _coerce_text(self, expr: typed.Expr, kind: TextType, wanted: StringType) -> typed.Expr:
        assert isinstance(expr, typed.Constant), "only literals have the text type"
        if kind.size_bytes > wanted.size_bytes_max:
            message = f"this text has {kind.size_bytes} bytes"
            label = f"{render_type(wanted)} holds {wanted.size_bytes_max}"
            self.program.report("QC0205", message, expr.span, label)
            return typed.make_broken(expr.span)
        return typed.Constant(expr.span, wanted, expr.value)

    def _report_mismatch(self, expr: typed.Expr, wanted: Type, place: Place) -> None:
        kind = expr.type
        hint = explain_mismatch(kind, wanted, place)
        self._mismatch(expr.span, render_type(kind), render_type(wanted), hint)

    def _mismatch(self, span: Span, found: str, wanted: str, hint: str = "") -> None:
        message = f"this is {found}, where {wanted} was expected"
        self.program.report("QC0201", message, span, f"{wanted} expected", hint)

    # Leaves

    def _integer(self, node: ast.Integer, expected: Type | None) -> typed.Expr:
        if isinstance(expected, OptionType):
            expected = expected.value
        if isinstance(expected, BytesType) and node.bytes_length == expected.size_bytes:
            data = node.value.to_bytes(expected.size_bytes, "big")
            return typed.Constant(node.span, expected, data)
        if isinstance(expected, AddressType) and node.bytes_length == ADDRESS_SIZE_BYTES:
            return typed.Constant(
                node.span, ADDRESS, node.value.to_bytes(ADDRESS_SIZE_BYTES, "big")
            )
        return typed.Constant(node.span, LiteralType(node.value), node.value)

    def _name(self, node: ast.Name, scope: Scope, place: Place) -> typed.Expr:
        local = scope.find(node.text)
        if local is not None:
            self.program.used_locals.add(local.id)
            return typed.Use(node.span, local.type, local)
        bound = scope.find_bound(node.text)
        if bound is not None:
            return bound
        number = self.program.cell_numbers.get(node.text)
        if number is not None:
            return self._cell(node, number, place)
        constant = self.program.constants.get(node.text)
        if constant is not None:
            self.program.used.add(node.text)
            return typed.Constant(node.span, constant.type, constant.value)
        if node.text in BUILTIN_VALUES:
            return self._builtin(node, place)
        if node.text == "none":
            return typed.Constant(node.span, NoneType(), value=False)
        own = [name for name in self.program.cell_numbers if name not in ("balance", "inbox")]
        known = [*scope.list_names(), "caller", *own, *self.program.constants, *BUILTIN_VALUES]
        known += ["balance", "inbox"]
        self.program.report_unknown(node.text, node.span, known)
        return typed.make_broken(node.span)

    def _cell(self, node: ast.Name, number: int, place: Place) -> typed.Expr:
        self.program.used.add(node.text)
        if place.title == "a constant":
            self.program.report("QC0209", "a constant can't depend on the state", node.span)
            return typed.make_broken(node.span)
        if not check_live(self.program, node, place):
            return typed.make_broken(node.span)
        cell = self.program.cells[number]
        return typed.Read(node.span, cell.type, number, (), (), self.inside_old)

    def _builtin(self, node: ast.Name, place: Place) -> typed.Expr:
        if node.text in ("caller", "value") and not place.call:
            message = f"`{node.text}` has no meaning in {place.title}"
            self.program.report("QC0501", message, node.span, "it belongs to a call")
            return typed.make_broken(node.span)
        return typed.Context(node.span, BUILTIN_VALUES[node.text], node.text)

    def _list(
        self, node: ast.ListLiteral, scope: Scope, place: Place, expected: Type | None
    ) -> typed.Expr:
        if not isinstance(expected, ListType):
            self.program.report("QC0208", "the type of this list is not known here", node.span)
            return typed.make_broken(node.span)
        if len(node.items) > expected.length_max:
            message = f"{len(node.items)} items do not fit {render_type(expected)}"
            self.program.report("QC0205", message, node.span)
            return typed.make_broken(node.span)
        items = tuple(self.value(each, scope, place, expected.element) for each in node.items)
        return typed.MakeList(node.span, expected, items)

    # Paths

    def _index(self, node: ast.Index, scope: Scope, place: Place) -> typed.Expr:
        base = self.check(node.base, scope, place)
        kind = base.type
        if isinstance(kind, MapType) and isinstance(base, typed.Read):
            key = self.value(node.key, scope, place, kind.key)
            return typed.Read(node.span, kind.value, base.cell, (*base.keys, key), (), base.old)
        if isinstance(kind, ListType):
            index = self.settled(node.key, scope, place)
            if not is_number(index.type) and not isinstance(index.type, BrokenType):
                self._mismatch(index.span, render_type(index.type), "a number")
            return typed.ItemOf(node.span, kind.element, base, index)
        self.settled(node.key, scope, place)
        if not isinstance(kind, BrokenType):
            message = f"{render_type(kind)} can't be indexed"
            label = explain_index(self.program, node.base)
            self.program.report("QC0204", message, node.base.span, label)
        return typed.make_broken(node.span)

    def _member(self, node: ast.Member, scope: Scope, place: Place) -> typed.Expr:
        variant = self.calls.find_variant(node)
        if variant is not None:
            return self.calls.make_variant(node, variant, (), scope, place)
        if isinstance(node.base, ast.Name) and node.base.text in UINTS:
            if node.name.text != "max":
                self.program.report_unknown(node.name.text, node.name.span, ["max"], "member")
                return typed.make_broken(node.span)
            uint = UINTS[node.base.text]
            return typed.Constant(node.span, uint, compute_max(uint))
        base = self.check(node.base, scope, place)
        kind = base.type
        if isinstance(kind, BrokenType):
            return base
        if isinstance(kind, InterfaceType) and node.name.text == "address":
            return self.calls.foreign.get_address(base)
        if not isinstance(kind, RecordType):
            message = f"{render_type(kind)} has no fields"
            if self.program.report_habit(node.span):
                return typed.make_broken(node.span)
            self.program.report("QC0203", message, node.name.span, "only records have")
            return typed.make_broken(node.span)
        names = [name for name, _ in kind.fields]
        if node.name.text not in names:
            self.program.report_unknown(node.name.text, node.name.span, names, "field")
            return typed.make_broken(node.span)
        position = names.index(node.name.text)
        inner = kind.fields[position][1]
        if isinstance(base, typed.Read):
            fields = (*base.fields, position)
            return typed.Read(node.span, inner, base.cell, base.keys, fields, base.old)
        return typed.FieldOf(node.span, inner, base, position)

    # Operators

    def _unary(self, node: ast.Unary, scope: Scope, place: Place) -> typed.Expr:
        if node.operator == "not":
            inner = self.value(node.operand, scope, place, BOOL)
            return typed.Prim(node.span, BOOL, "not", (inner,))
        operand = self.check(node.operand, scope, place)
        if isinstance(operand.type, LiteralType):
            value = -operand.type.value
            return typed.Constant(node.span, LiteralType(value), value)
        if not place.exact:
            self.program.report("QC0210", "there are no negative numbers in a body", node.span)
            return typed.make_broken(node.span)
        return typed.Prim(node.span, INT, "neg", (self._number(operand),))

    def _number(self, expr: typed.Expr) -> typed.Expr:
        if is_number(expr.type) or isinstance(expr.type, BrokenType):
            return expr
        self._mismatch(expr.span, render_type(expr.type), "a number")
        return typed.make_broken(expr.span)

    def _binary(self, node: ast.Binary, scope: Scope, place: Place) -> typed.Expr:
        if node.operator in _ARITHMETIC:
            left = self._number(self.check(node.left, scope, place))
            right = self._number(self.check(node.right, scope, place))
            return self.arithmetic(node.span, node.operator, left, right, place)
        if node.operator in ("and", "or"):
            left = self.value(node.left, scope, place, BOOL)
            right = self.value(node.right, scope, place, BOOL)
            return typed.Logic(node.span, BOOL, node.operator == "and", left, right)
        if node.operator == "==>":
            left = self.value(node.left, scope, place, BOOL)
            right = self.value(node.right, scope, place, BOOL)
            negated = typed.Prim(left.span, BOOL, "not", (left,))
            return typed.Logic(node.span, BOOL, False, negated, right)  # "or"
        if node.operator in _ORDER:
            op, swapped = _ORDER[node.operator]
            left = self._number(self.check(node.left, scope, place))
            right = self._number(self.check(node.right, scope, place))
            left, right = self.meet_numbers(left, right)
            pair = (right, left) if swapped else (left, right)
            return typed.Prim(node.span, BOOL, op, pair)
        return self._equality(node, scope, place)

    def arithmetic(
        self, span: Span, operator: str, left: typed.Expr, right: typed.Expr, place: Place
    ) -> typed.Expr:
        """Return `left operator right`, range-checked in bodies, exact elsewhere."""
        if isinstance(left.type, BrokenType) or isinstance(right.type, BrokenType):
            return typed.make_broken(span)
        if isinstance(left.type, LiteralType) and isinstance(right.type, LiteralType):
            return self._fold(span, operator, left.type.value, right.type.value)
        left, right = self.meet_numbers(left, right, keep=not place.exact)
        if isinstance(left.type, BrokenType) or isinstance(right.type, BrokenType):
            return typed.make_broken(span)
        op = _ARITHMETIC[operator]
        if op in ("div", "mod"):
            return typed.Prim(span, left.type, op, (left, right))
        exact = typed.Prim(span, INT, op, (left, right))
        if place.exact:
            return exact
        sides = [each.type for each in (left, right) if isinstance(each.type, UintType)]
        if not sides:
            return exact
        return typed.Check(span, sides[0] if len(sides) == 1 else widen(*sides), exact)

    def _fold(self, span: Span, operator: str, left: int, right: int) -> typed.Expr:
        value = fold_numbers(operator, left, right)
        if isinstance(value, int):
            return typed.Constant(span, LiteralType(value), value)
        self.program.report(value.code, value.message, span)
        return typed.make_broken(span)

    def meet_numbers(
        self, left: typed.Expr, right: typed.Expr, *, keep: bool = False
    ) -> tuple[typed.Expr, typed.Expr]:
        """Give literals the other side's type; with `keep` one that does not fit is an error."""
        if isinstance(left.type, LiteralType) and not isinstance(right.type, LiteralType):
            return self._meet(left, left.type.value, right.type, keep=keep), right
        if isinstance(right.type, LiteralType) and not isinstance(left.type, LiteralType):
            return left, self._meet(right, right.type.value, left.type, keep=keep)
        return self.settle(left), self.settle(right)

    def _meet(self, expr: typed.Expr, value: int, other: Type, *, keep: bool) -> typed.Expr:
        if isinstance(other, UintType) and (keep or 0 <= value <= compute_max(other)):
            return self._coerce_literal(expr, value, other)
        return self._settle_literal(expr, value)

    def _equality(self, node: ast.Binary, scope: Scope, place: Place) -> typed.Expr:
        if isinstance(node.left, ast.Integer | ast.ListLiteral):
            right = self.check(node.right, scope, place)
            left = self.check(node.left, scope, place, right.type)
        else:
            left = self.check(node.left, scope, place)
            right = self.check(node.right, scope, place, left.type)
        equal = self.equal(node.span, left, right, place)
        if node.operator == "==" or isinstance(equal.type, BrokenType):
            return equal
        return typed.Prim(node.span, BOOL, "not", (equal,))

    def equal(self, span: Span, left: typed.Expr, right: typed.Expr, place: Place) -> typed.Expr:
        """Return `left == right`; a plain value is lifted to meet an option."""
        if isinstance(left.type, BrokenType) or isinstance(right.type, BrokenType):
            return typed.make_broken(span)
        if place.transition:
            check_caller(self.program, left, right)
            check_caller(self.program, right, left)
        if is_number(left.type) and is_number(right.type):
            left, right = self.meet_numbers(left, right)
            return typed.Prim(span, BOOL, "eq", (left, right))
        left, right = self._lift(left, right.type, place), self._lift(right, left.type, place)
        if isinstance(left.type, TextType | NoneType):
            left = self.coerce(left, right.type, place)
        right = self.coerce(
            self.settle(right)
            if left.type != right.type
            and not isinstance(right.type, TextType | NoneType | LiteralType)
            else right,
            self.settle(left).type,
            place,
        )
        return typed.Prim(span, BOOL, "eq", (self.settle(left), right))

    def _lift(self, expr: typed.Expr, other: Type, place: Place) -> typed.Expr:
        if not isinstance(other, OptionType) or isinstance(expr.type, OptionType | NoneType):
            return expr
        inner = self.coerce(expr, other.value, place)
        if isinstance(inner.type, BrokenType):
            return inner
        return typed.MakeVariant(expr.span, other, 1, (inner,))

    def _choice(
        self, node: ast.Choice, scope: Scope, place: Place, expected: Type | None
    ) -> typed.Expr:
        condition = self.value(node.condition, scope, place, BOOL)
        if expected is None and isinstance(node.yes, ast.Integer):
            no = self.check(node.no, scope, place)
            yes = self.check(node.yes, scope, place, no.type)
        else:
            yes = self.check(node.yes, scope, place, expected)
            no = self.check(node.no, scope, place, expected or yes.type)
        yes, no = self.unify(yes, no, place, expected)
        return typed.Choice(node.span, join_types(yes.type, no.type), condition, yes, no)

    def unify(
        self, first: typed.Expr, second: typed.Expr, place: Place, expected: Type | None
    ) -> tuple[typed.Expr, typed.Expr]:
        """Bring two values that meet to one type."""
        if isinstance(expected, UintType) and not place.exact:
            return (
                self.coerce(first, expected, place, same=True),
                self.coerce(second, expected, place, same=True),
            )
        if isinstance(first.type, NoneType | TextType) and expected is not None:
            first = self.coerce(first, expected, place)
        if is_number(first.type) and is_number(second.type):
            first, second = self.meet_numbers(first, second)
            if isinstance(first.type, UintType) and isinstance(second.type, UintType):
                both = widen(first.type, second.type)
                return (
                    self.coerce(first, both, place, same=True),
                    self.coerce(second, both, place, same=True),
                )
            return first, second
        if isinstance(first.type, NoneType):
            return self.coerce(first, second.type, place), second
        first = self.settle(first)
        return first, self.coerce(second, first.type, place, same=True)

    def _membership(self, node: ast.Membership, scope: Scope, place: Place) -> typed.Expr:
        value = self.settled(node.value, scope, place)
        found: typed.Expr | None = None
        for option in node.options:
            right = self.check(option, scope, place, value.type)
            equal = self.equal(option.span, value, right, place)
            found = (
                equal if found is None else typed.Logic(node.span, BOOL, False, found, equal)
            )  # "or"
        assert found is not None, "the grammar has at least one option"
        return found
