"""Building modules by hand: tables that fill themselves, node lists that number themselves."""

from dataclasses import dataclass, field
from typing import Final

from spec.crypto.hashing import sha256
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    AddressType,
    BoolType,
    BytesType,
    Cell,
    CodeSection,
    Const,
    Error,
    Event,
    Function,
    FunctionKind,
    FunctionSpec,
    Interface,
    Leave,
    Literal,
    Module,
    Node,
    NodeIndex,
    Param,
    Prim,
    PrimOp,
    SpecSection,
    Type,
    TypeIndex,
    UintType,
)
from spec.limits import IR_VERSION

U8: Final = UintType(8)
U32: Final = UintType(32)
U64: Final = UintType(64)
U128: Final = UintType(128)
U256: Final = UintType(256)
BOOL: Final = BoolType()
ADDRESS: Final = AddressType()
HASH: Final = BytesType(32)
NO_CLAIMS: Final = FunctionSpec(
    is_complete=False, open_errors=(), has_frame=False, modifies=(), ensures=()
)


def compute_selector(name: str) -> bytes:
    """The selector of a name here: how names are spelled is no matter of the machine."""
    return sha256(name.encode("ascii"))[:8]


@dataclass(slots=True)
class Body:
    """A node list in the making."""

    nodes: list[Node] = field(default_factory=list)

    def add(self, node: Node) -> NodeIndex:
        """Append a node; its index."""
        self.nodes.append(node)
        return NodeIndex(len(self.nodes) - 1)

    def params(self, count: int) -> tuple[NodeIndex, ...]:
        """The first parameters."""
        return tuple(self.add(Param(index)) for index in range(count))

    def prim(self, op: PrimOp, *args: NodeIndex, immediates: tuple[int, ...] = ()) -> NodeIndex:
        """An operator."""
        return self.add(Prim(op, immediates, args))

    def leave(self, *values: NodeIndex) -> None:
        """The end of the function."""
        self.add(Leave(FUNCTION_SCOPE, values))


@dataclass(slots=True)
class Draft:
    """A module in the making; it begins with the two cells that every module has."""

    types: list[Type] = field(default_factory=lambda: [U128])
    literals: list[Literal] = field(default_factory=list)
    interfaces: list[Interface] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cells = [Cell(TypeIndex(0), is_checkpointed=False)] * 2

    def type(self, kind: Type) -> TypeIndex:
        """The index of a type, which enters the table when it is new."""
        if kind not in self.types:
            self.types.append(kind)
        return TypeIndex(self.types.index(kind))

    def const(self, kind: Type, data: bytes) -> Const:
        """A constant, whose literal enters the pool when it is new."""
        literal = Literal(self.type(kind), data)
        if literal not in self.literals:
            self.literals.append(literal)
        return Const(self.literals.index(literal))

    def number(self, kind: UintType, value: int) -> Const:
        """A constant number."""
        return self.const(kind, value.to_bytes(kind.bits // 8, "little"))

    def cell(self, kind: Type, *, is_checkpointed: bool = False) -> int:
        """A new cell; its index."""
        self.cells.append(Cell(self.type(kind), is_checkpointed))
        return len(self.cells) - 1

    def fields(self, kinds: tuple[Type, ...]) -> tuple[TypeIndex, ...]:
        """The indices of several types."""
        return tuple(self.type(kind) for kind in kinds)

    def function(  # noqa: PLR0913 - a function has as many parts
        self,
        name: str,
        params: tuple[Type, ...],
        result: Type | None,
        body: Body,
        *,
        kind: FunctionKind = FunctionKind.ACTION,
        guard_count: int = 0,
        is_payable: bool = False,
    ) -> None:
        """A new function."""
        is_init = kind is FunctionKind.INIT
        self.functions.append(
            Function(
                kind=kind,
                selector=bytes(8) if is_init else compute_selector(name),
                params=self.fields(params),
                result=() if result is None else (self.type(result),),
                is_payable=is_payable,
                guard_count=guard_count,
                code=tuple(body.nodes),
            )
        )

    def build(self, spec: SpecSection | None = None) -> Module:
        """The module; without properties unless some are given."""
        code = CodeSection(
            version=IR_VERSION,
            types=tuple(self.types),
            literals=tuple(self.literals),
            interfaces=tuple(self.interfaces),
            cells=tuple(self.cells),
            events=tuple(self.events),
            errors=tuple(self.errors),
            functions=tuple(self.functions),
        )
        claims = (NO_CLAIMS,) * len(self.functions)
        return Module(code, spec or SpecSection((), (), (), claims, (), ()))
