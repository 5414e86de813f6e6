"""What makes one node list: its mode, its literals, its scopes."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from spec.ir.linked import IntType, StaticType
from spec.ir.syntax import (
    AddressType,
    BytesType,
    Const,
    ContextKind,
    Literal,
    MapType,
    Node,
    NodeIndex,
    Prim,
    PrimOp,
    RecordType,
    Type,
    TypeIndex,
    UintType,
    When,
)
from spec.ir.values import encode_value
from tests.spec.ir.tables import CELL_TYPES, TYPES, T, make_value


@dataclass
class Pool:
    """Literals made on demand; `base` counts those of an earlier section."""

    base: tuple[Literal, ...]
    own: list[Literal] = field(default_factory=list)

    def get(self, literal: Literal) -> int:
        known = [*self.base, *self.own]
        if literal not in known:
            self.own.append(literal)
            known.append(literal)
        return known.index(literal)


@dataclass(frozen=True)
class Mode:
    """What the list being made may contain."""

    is_spec: bool = False
    is_body: bool = False
    is_view: bool = False
    states: tuple[When, ...] = (When.NOW,)
    facts: tuple[ContextKind, ...] = ()
    has_aggregates: bool = False


BLOCK_FACTS = (ContextKind.NOW, ContextKind.HEIGHT, ContextKind.THIS, ContextKind.GENESIS_ID)
CALL_FACTS = (*BLOCK_FACTS, ContextKind.CALLER, ContextKind.VALUE)
GUARD = Mode(facts=CALL_FACTS)
BODY = Mode(facts=CALL_FACTS, is_body=True)
VIEW = Mode(facts=CALL_FACTS, is_body=True, is_view=True)
INVARIANT = Mode(is_spec=True, facts=BLOCK_FACTS, has_aggregates=True)
BOTH = (When.NOW, When.OLD)
TRANSITION = Mode(
    is_spec=True,
    states=BOTH,
    facts=(*CALL_FACTS, ContextKind.FUNCTION),
    has_aggregates=True,
)
ENSURES = Mode(is_spec=True, states=BOTH, facts=CALL_FACTS, has_aggregates=True)
FRAME = Mode(is_spec=True, states=(When.OLD,), facts=CALL_FACTS)
FACT_TYPES: dict[ContextKind, Type] = {
    ContextKind.CALLER: AddressType(),
    ContextKind.VALUE: UintType(128),
    ContextKind.NOW: UintType(64),
    ContextKind.HEIGHT: UintType(64),
    ContextKind.THIS: AddressType(),
    ContextKind.GENESIS_ID: BytesType(32),
    ContextKind.FUNCTION: UintType(16),
}

Maker = Callable[[int], NodeIndex]


class Emitter(ABC):
    """A node list in the making: what is visible, and what the makers of parts share."""

    def __init__(self, rng: Random, pool: Pool, mode: Mode, params: tuple[TypeIndex, ...]) -> None:
        self.rng = rng
        self.pool = pool
        self.mode = mode
        self.params = params
        self.result: tuple[TypeIndex, ...] = ()
        self.nodes: list[Node] = []
        self.types: list[StaticType | None] = []
        self.visible: list[list[NodeIndex]] = [[]]
        self.variables: list[tuple[int, int, StaticType]] = []
        self.payloads: list[tuple[NodeIndex, int, int, Type]] = []
        self.depth = 0
        self.folds = 0
        self.scopes: list[int] = []
        self.scope_kinds: dict[int, Type] = {}

    def add(self, node: Node, kind: StaticType | None = None) -> NodeIndex:
        self.nodes.append(node)
        self.types.append(kind)
        index = NodeIndex(len(self.nodes) - 1)
        if kind is not None:
            self.visible[-1].append(index)
        return index

    def prim(
        self, op: PrimOp, kind: StaticType, *args: NodeIndex, immediates: tuple[int, ...] = ()
    ) -> NodeIndex:
        return self.add(Prim(op, immediates, args), kind)

    def open(self) -> int:
        self.visible.append([])
        self.depth += 1
        return len(self.nodes)

    def close(self, start: int) -> int:
        self.visible.pop()
        self.depth -= 1
        return len(self.nodes) - start

    def const(self, kind: Type) -> NodeIndex:
        data = encode_value(TYPES, kind, make_value(self.rng, kind))
        literal = Literal(T(TYPES.index(kind)), data)
        return self.add(Const(self.pool.get(literal)), kind)

    def fit(self, kind: Type, fuel: int) -> NodeIndex:
        """A value that fits the type: of it, or a narrower uint."""
        if isinstance(kind, UintType) and kind.bits > 64 and self.rng.random() < 0.3:
            return self.make(UintType(self.rng.choice((8, 64))), fuel)
        return self.make(kind, fuel)

    def fit_all(self, kinds: tuple[TypeIndex, ...], fuel: int) -> tuple[NodeIndex, ...]:
        return tuple(self.fit(TYPES[kind], fuel) for kind in kinds)

    def get_bits(self, index: NodeIndex) -> int:
        kind = self.types[index]
        assert isinstance(kind, UintType | IntType)
        return kind.bits

    def can_affect(self) -> bool:
        return self.mode.is_body and not self.mode.is_view

    def find_paths(self, kind: Type) -> list[tuple[int, tuple[TypeIndex, ...], tuple[int, ...]]]:
        """Cells, key types and fields that lead to a value of the type."""
        paths: list[tuple[int, tuple[TypeIndex, ...], tuple[int, ...]]] = []
        for cell, index in enumerate(CELL_TYPES):
            keys: tuple[TypeIndex, ...] = ()
            leaf = TYPES[index]
            while isinstance(leaf, MapType):
                keys += (leaf.key,)
                leaf = TYPES[leaf.value]
            paths += [(cell, keys, fields) for fields in find_fields(leaf, kind)]
        return paths

    @abstractmethod
    def make(self, kind: Type, fuel: int) -> NodeIndex:
        """A value of exactly this type."""

    @abstractmethod
    def make_number(self, fuel: int) -> NodeIndex:
        """A uint or an int."""

    @abstractmethod
    def make_statement(self, fuel: int) -> None:
        """A node, or a branch, that is there for its effect."""


def find_fields(kind: Type, wanted: Type) -> list[tuple[int, ...]]:
    """Paths through records from one type to another."""
    paths: list[tuple[int, ...]] = [()] if kind == wanted else []
    if isinstance(kind, RecordType):
        for index, part in enumerate(kind.fields):
            paths += [(index, *rest) for rest in find_fields(TYPES[part], wanted)]
    return paths
