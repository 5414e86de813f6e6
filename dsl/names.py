"""What names mean: declarations, scopes of locals, and the place an expression stands in."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.diagnostics import Diagnostic, Label, Severity, find_nearest
from dsl.foreign import find_habit
from dsl.source import Source, Span
from dsl.types import COINS, U64, AddressType, EnumType, RecordType, Type

BUILTIN_VALUES: dict[str, Type] = {
    "caller": AddressType(),
    "value": COINS,
    "now": U64,
    "height": U64,
    "this": AddressType(),
}
"""Facts of the call and the block."""

BUILTIN_FUNCTIONS = [
    "some",
    "old",
    "changed",
    "authorized",
    "sum",
    "count",
    "min",
    "max",
    "div_up",
    "mul_div",
    "mul_div_up",
    "len",
    "pay",
    "collect",
    "value_or",
    "is_contract",
    "implements",
    "message",
    "send",
    "hash",
    "range",
    "advance_time",
    "advance_height",
    "deploy",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "u256",
]
"""Functions of the language; their names are taken."""

OTHER_TAKEN = [
    "none",
    "result",
    "anyone",
    "nothing",
    "balance",
    "inbox",
    "bool",
    "address",
    "bytes",
    "string",
    "option",
    "list",
    "map",
]
"""Further names that a contract may not declare."""

STANDARD_ERRORS = ("NotPayable", "NotAllowed", "WrongPhase")
"""Errors that every contract shares."""

ACCOUNTS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")
"""Accounts of tests."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is allowed where an expression stands."""

    title: str
    """For messages: "an invariant"."""
    exact: bool = False
    """Arithmetic is on unbounded integers; nothing fails."""
    old: bool = False
    """`old(…)` may be used."""
    spec: bool = False
    """Quantifiers and aggregates may be used."""
    call: bool = True
    """`caller` and `value` mean something."""
    effects: bool = False
    """State may change."""
    runs: bool = False
    """Own functions run here although arithmetic is exact."""
    transition: bool = False
    """`action in (…)` may be used."""
    live: bool = True
    """The live value of a checkpointed cell may be read."""
    calls: bool = False
    """Other contracts may be called."""
    ghosts: bool = False
    """Ghosts may be read."""


BODY = Place("a body", effects=True, live=False, calls=True)
VIEW = Place("a view", calls=True)
GUARD = Place("a guard", exact=True, live=False)
ENSURES = Place("an `ensures` clause", exact=True, old=True, spec=True, ghosts=True)
EMITS = Place("an `emits` clause", old=True)
INVARIANT = Place("an invariant", exact=True, spec=True, call=False, ghosts=True)
GHOST = Place("a ghost's value", exact=True, ghosts=True)
TRANSITION = Place("a transition", exact=True, old=True, spec=True, transition=True, ghosts=True)
PLAN = Place("a `can` or `check`", exact=True, spec=True, call=False, ghosts=True)
TRUST = Place("an `ensures` of an interface", exact=True, spec=True)
TEST = Place("a test", exact=True, call=False, runs=True, calls=True)
CONSTANT = Place("a constant", exact=True, call=False)


@dataclass(slots=True)
class Scope:
    """The locals visible at one point; inner scopes see outer ones."""

    outer: "Scope | None" = None
    locals: dict[str, typed.Local] = field(default_factory=dict)
    bound: dict[str, typed.Expr] = field(default_factory=dict)
    """Names that stand for an expression: accounts of tests."""

    def find(self, name: str) -> typed.Local | None:
        """Return the local of that name, if one is visible."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.locals:
                return scope.locals[name]
            scope = scope.outer
        return None

    def find_bound(self, name: str) -> typed.Expr | None:
        """Return the expression that a name stands for, if it stands for one."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bound:
                return scope.bound[name]
            scope = scope.outer
        return None

    def list_names(self) -> list[str]:
        """Return visible names, innermost first."""
        names: list[str] = []
        scope: Scope | None = self
        while scope is not None:
            names += [*scope.locals, *scope.bound]
            scope = scope.outer
        return names


@dataclass(slots=True)
class Program:
    """The state of one compilation: declarations by name, and what was found."""

    source: Source
    found: list[Diagnostic] = field(default_factory=list)
    types: dict[str, EnumType | RecordType] = field(default_factory=dict)
    measures: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Depth and number of parts of each named type."""
    type_spans: dict[str, Span] = field(default_factory=dict)
    interfaces: dict[str, typed.Interface] = field(default_factory=dict)
    stubs: dict[str, typed.Contract] = field(default_factory=dict)
    """Contracts that only tests deploy."""
    stub_interfaces: dict[str, typed.Interface] = field(default_factory=dict)
    """What those offer."""
    cells: list[typed.Cell] = field(default_factory=list)
    cell_numbers: dict[str, int] = field(default_factory=dict)
    constants: dict[str, typed.Constant] = field(default_factory=dict)
    events: dict[str, typed.Signature] = field(default_factory=dict)
    errors: dict[str, typed.Signature] = field(default_factory=dict)
    checkpointed: set[str] = field(default_factory=set)
    """Names of the cells that remember their past."""
    target: ast.Name | None = None
    """The name that an assignment starts with: the only live use of a checkpointed cell."""
    live: set[str] = field(default_factory=set)
    """Names of views that read the live value of a checkpointed cell."""
    roles: dict[str, bool] = field(default_factory=dict)
    """Role name to "many"."""
    functions: dict[str, decl.Function] = field(default_factory=dict)
    generated: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    """Names of declarations that something uses."""
    used_locals: set[int] = field(default_factory=set)
    lets: list[tuple[typed.Local, Span]] = field(default_factory=list)
    """What `let` and `var` declare, and where."""
    written: set[str] = field(default_factory=set)
    """Names of functions that change state."""
    ghosts: set[str] = field(default_factory=set)
    """Names of ghost cells."""
    required: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Errors that the body of a function may `require`, callees included."""
    next_local: int = 0
    inlined: int = 0

    def report(self, code: str, message: str, span: Span, label: str = "", hint: str = "") -> None:
        """Record an error."""
        self.found.append(Diagnostic(code, Severity.ERROR, message, span, label, hint))

    def warn(self, code: str, message: str, span: Span, label: str = "") -> None:
        """Record a warning."""
        self.found.append(Diagnostic(code, Severity.WARNING, message, span, label))

    def get_interface(self, name: str) -> typed.Interface:
        """Return a declared interface, or that of a contract of the tests."""
        known = self.interfaces.get(name)
        return known if known is not None else self.stub_interfaces[name]

    def make_local(self, name: str, kind: Type, *, mutable: bool = False) -> typed.Local:
        """Return a fresh local."""
        self.next_local += 1
        return typed.Local(self.next_local, name, kind, mutable)

    def declare(
        self, scope: Scope, name: ast.Identifier, kind: Type, *, mutable: bool = False
    ) -> typed.Local:
        """Add a local to a scope; a name that is taken is reported (there is no shadowing)."""
        taken = self.explain_taken(name.text)
        if scope.find(name.text) is not None:
            taken = "a local of that name is visible here"
        if taken:
            self.report("QC0104", f"`{name.text}` is taken already", name.span, taken)
        local = self.make_local(name.text, kind, mutable=mutable)
        scope.locals[name.text] = local
        return local

    def explain_taken(self, name: str) -> str:
        """Say what a name means already at contract level, or nothing."""
        if name in BUILTIN_VALUES or name in BUILTIN_FUNCTIONS or name in OTHER_TAKEN:
            return "the language uses this name"
        for kind, names in self._tables():
            if name in names:
                return f"{kind} of that name is declared"
        return ""

    def _tables(self) -> tuple[tuple[str, Iterable[str]], ...]:
        return (
            ("a state cell", self.cell_numbers),
            ("a constant", self.constants),
            ("a function", self.functions),
            ("a type", self.types),
            ("an interface", self.interfaces),
            ("a contract of the tests", self.stubs),
            ("an event", self.events),
            ("an error", self.errors),
        )

    def text_of(self, span: Span) -> str:
        """Return what the author wrote, on one line."""
        return " ".join(self.source.text[span.start : span.end].split())

    def report_unknown(
        self, name: str, span: Span, known: Iterable[str], kind: str = "name"
    ) -> None:
        """Report an unknown name with the nearest known one, or a hint for a foreign habit."""
        names = list(dict.fromkeys(known))
        near = find_nearest(name, names)
        if self.report_habit(span):
            return
        label = f"did you mean `{near}`?" if near else ""
        shown = tuple(names if near is None else [near, *(e for e in names if e != near)])
        self.found.append(
            Diagnostic(
                "QC0103", Severity.ERROR, f"unknown {kind} `{name}`", span, label, in_scope=shown
            )
        )

    def report_habit(self, span: Span) -> bool:
        """Report a habit of another language if one covers the span."""
        where = self.source.locate(span)
        column = where.column - 1
        habit = find_habit(self.source.get_line_of(where), column, column + where.length)
        if habit is None:
            return False
        written = self.text_of(span)
        found = written if written.isidentifier() and habit.found.isidentifier() else habit.found
        message = f"`{found}` is not part of this language"
        self.found.append(Diagnostic("QC0013", Severity.ERROR, message, span, habit.advice))
        return True

    def report_twice(self, name: ast.Identifier, first: Span) -> None:
        """Report a second declaration of a name."""
        other = (Label(first, "first declared here"),)
        message = f"`{name.text}` is declared twice"
        self.found.append(Diagnostic("QC0101", Severity.ERROR, message, name.span, others=other))
