"""What executions, operators and goals share: inputs, failures, debts, values of many leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dsl.proof_module import NO_GHOSTS, Ghosts
from dsl.verify.leaves import Layouts, Sym
from dsl.verify.state import State
from dsl.verify.terms import Pool, Term
from spec.ir.syntax import ListType, Module, Type
from spec.ir.values import Value


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one call is given, as terms."""

    params: tuple[Sym, ...]
    caller: Term
    value: Term
    now: Term
    height: Term
    this: Term
    genesis: Term
    function: int
    """Index of the function that runs."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A way to fail: `condition` includes the path to it."""

    kind: str
    """"fail", "range", "division", "address", "balance", "index", "full", "empty", "call",
    "checkpoint"."""
    condition: Term
    node: int
    error: int
    """Error number of a `Fail`, else -1."""
    is_guard: bool
    before: State
    """The state in which it is tested."""
    spot: tuple[int, tuple[Term, ...]] | None = None
    """Cell and keys of an `Update`."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a property needs to make sense: `condition` must hold, guards included."""

    what: str
    condition: Term
    node: int


AskAggregate = Callable[[int, State, tuple[Sym, ...]], Term]
"""The value of an aggregate at arguments in a state."""
Bind = Callable[[int, tuple[Type, ...]], tuple[Sym, ...]]
"""The terms for the variables of the `ForAll` at a node."""


@dataclass(slots=True)
class Encoder:
    """What all executions of one module share."""

    pool: Pool
    layouts: Layouts
    module: Module
    literals: Sequence[Value]
    ghosts: Ghosts = NO_GHOSTS
    """Nodes that only assign ghosts: they can't fail."""
    hashes: dict[tuple[object, ...], int] = field(default_factory=dict)
    """Numbers of the uninterpreted functions in use."""
    hashed: dict[int, tuple[int, tuple[Type, ...]]] = field(default_factory=dict)
    """Of those that are hashes the domain and the operands' types."""

    packed: dict[int, tuple[Type, ...]] = field(default_factory=dict)
    """Of those that are arguments of messages the types they are made of."""
    epochs: int = 0

    def make_epoch(self) -> Term:
        """A number that stands for a state of all other contracts, and for no other."""
        self.epochs += 1
        return self.pool.number(self.epochs)

    def get_function_number(self, *key: object) -> int:
        """A number for an uninterpreted function."""
        return self.hashes.setdefault(key, len(self.hashes))


def choose_leaves(
    pool: Pool, condition: Term, yes: tuple[Term, ...], no: tuple[Term, ...]
) -> tuple[Term, ...]:
    """`yes` if the condition holds, else `no`, leaf by leaf."""
    return tuple(pool.choose(condition, a, b) for a, b in zip(yes, no, strict=True))


def choose_value(pool: Pool, condition: Term, yes: Sym, no: Sym) -> Sym:
    """`yes` if the condition holds, else `no`."""
    kind = yes.type if yes.type == no.type else None
    if kind is None and len(yes.leaves) > 1:
        raise AssertionError("only numbers of different widths are joined")
    return Sym(kind, choose_leaves(pool, condition, yes.leaves, no.leaves))


def get_element(layouts: Layouts, value: Sym) -> Type:
    """The element type of a list."""
    assert isinstance(value.type, ListType), "a list is wanted"
    return layouts.get(value.type.element)


def split_list(layouts: Layouts, value: Sym) -> list[tuple[Term, ...]]:
    """The slots of a list."""
    assert isinstance(value.type, ListType), "a list is wanted"
    size = layouts.size(layouts.get(value.type.element))
    slots = value.leaves[1:]
    return [slots[size * n : size * (n + 1)] for n in range(value.type.length_max)]
