"""What a compiled contract says about its source: the seam between compiler, verifier and reports.

The core IR has no names. Everything a report needs to speak the author's words travels here, beside
the module, and is never part of a code id. Indices are those of `spec.ir.syntax.Module`.
"""

from dataclasses import dataclass

from dsl.source import Location


@dataclass(frozen=True, slots=True)
class LetName:
    """A `let` or `var` of the source and the node that holds its value."""

    name: str
    node: int
    """Index in the function's own region of the code table."""


@dataclass(frozen=True, slots=True)
class JoinName:
    """A `join` node and the variable it merges."""

    node: int
    name: str


@dataclass(frozen=True, slots=True)
class ConditionMap:
    """One `fails` clause, `by` clause, `require` or other failure of a function."""

    node: int
    """The `fail` node."""
    error: str
    """Name of the error it raises."""
    text: str
    """The condition as the author wrote it, on one line; "by minter" for access."""
    location: Location
    declared: bool
    """True for `fails … when`, `by`, phases and payability; False for an open failure."""


@dataclass(frozen=True, slots=True)
class PropertyMap:
    """One invariant, transition or `ensures` clause."""

    name: str
    """Its label, or "ensures 1", "ensures 2"… within its function."""
    text: str
    """The expression as the author wrote it, on one line."""
    location: Location
    lemma: bool
    """True if it only serves other properties."""
    locations: tuple[Location, ...]
    """One per node of the property's region, in order."""
    lets: tuple[LetName, ...] = ()
    """Named nodes inside the region (bound variables have their names in `binders`)."""
    binders: tuple[str, ...] = ()
    """Names of the variables of the outermost `forall`s, in order."""


@dataclass(frozen=True, slots=True)
class FunctionMap:
    """Names and places of one function of the module."""

    name: str
    kind: str
    """init, action or view."""
    location: Location
    """Of its header."""
    generated: bool
    """True if the compiler wrote it (role actions, the implied `init`)."""
    params: tuple[str, ...]
    locations: tuple[Location, ...]
    """One per node of the function's region, in order."""
    lets: tuple[LetName, ...]
    joins: tuple[JoinName, ...]
    conditions: tuple[ConditionMap, ...]
    ensures: tuple[PropertyMap, ...]
    modifies: tuple[str, ...] | None
    """The places of `modifies` as written; None if the function has no such clause."""
    modifies_locations: tuple[Location, ...]
    strict: bool
    """True if completeness of its failures is owed (a `fails` clause, or a strict contract)."""


@dataclass(frozen=True, slots=True)
class TypeMap:
    """Names of a record's fields, or of an enum's members and their fields."""

    name: str
    """The type's name; "option[u64]" and the like for structural types."""
    fields: tuple[str, ...]
    """A record's fields; empty for an enum."""
    members: tuple[tuple[str, tuple[str, ...]], ...]
    """An enum's members with their field names; empty for a record."""


@dataclass(frozen=True, slots=True)
class CellMap:
    """Name and place of one state cell."""

    name: str
    location: Location
    type_text: str
    """The type as the author wrote it."""
    role: bool
    """True for the cells of `role` and `roles`."""


@dataclass(frozen=True, slots=True)
class SignatureMap:
    """Name and parameter names of an event or an error."""

    name: str
    params: tuple[str, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class InterfaceMap:
    """Names of an interface and its members."""

    name: str
    members: tuple[str, ...]
    trusted: bool


@dataclass(frozen=True, slots=True)
class PlanMap:
    """One `can` or `check`: a view of the proved module that says which calls are meant.

    The view's parameters are the bound variables and then, for each call, its arguments, its
    caller and its coins; its one `ensures` relates them.
    """

    name: str
    text: str
    location: Location
    view: int
    """Index of the view among the module's functions."""
    left: tuple[int, ...]
    """Indices of the actions, in order."""
    right: tuple[int, ...]
    """Of the other side of a `check`; empty for `can`."""
    is_check: bool


@dataclass(frozen=True, slots=True)
class TrustMap:
    """One `ensures` of a trusted interface: a view of the proved module that states it.

    The view's parameters are the member's, its result if it has one, the bound variables, and an
    answer for each application. Its first `ensures` is the claim; the others are `x == x` for each
    argument x of each application.
    """

    interface: int
    """Index in the module's interface table, -1 if nothing of it is called."""
    name: str
    """`Interface.member`."""
    member: int
    text: str
    location: Location
    view: int
    """Index of the view among the module's functions."""
    binder_count: int
    applications: tuple[tuple[int, bool], ...]
    """For each view that is asked its member, and whether it is asked before the call."""


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Everything the module leaves out, in the module's own order."""

    contract: str
    file: str
    cells: tuple[CellMap, ...]
    types: tuple[TypeMap | None, ...]
    """One per entry of the module's type table; None where there is nothing to name."""
    functions: tuple[FunctionMap, ...]
    events: tuple[SignatureMap, ...]
    errors: tuple[SignatureMap, ...]
    """The module's error table; the names of machine failures are the specification's."""
    invariants: tuple[PropertyMap, ...]
    transitions: tuple[PropertyMap, ...]
    interfaces: tuple[InterfaceMap, ...]
    aggregates: tuple[str, ...]
    """Text of each entry of the aggregate table, for reports."""
