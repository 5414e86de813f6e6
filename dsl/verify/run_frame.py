"""What a symbolic run keeps: values, state, guard, failures, and what total operators rest on.

Source: LANGUAGE.md 5.3, IR.md 3.
"""

from dataclasses import dataclass, field

from dsl.verify.encoder import (
    AskAggregate,
    Bind,
    Encoder,
    Failure,
    Inputs,
    Owed,
)
from dsl.verify.leaves import CONTRACTS_LOW, Sym
from dsl.verify.state import Place, State, read_leaf, write
from dsl.verify.terms import Symbol, Term
from spec.ir.syntax import (
    Code,
    NodeIndex,
    PrimOp,
    RecordType,
    UintType,
)

ROUNDS_MAX = 16
"""Loops are unrolled up to this many rounds."""
COINS = UintType(128)
TIME = UintType(64)
COUNTER = UintType(32)
UNIT = Sym(RecordType(()), ())


@dataclass(slots=True)
class Exit:
    """How blocks of a header were left."""

    entry: Term
    """The guard at the header."""
    arms: list[tuple[Term, bool]] = field(default_factory=list)
    """Per arm its condition, and whether it goes on behind the header."""
    leaves: list[tuple[Term, tuple[Sym, ...]]] = field(default_factory=list)
    """Guards and values of the `Leave`s that name this header."""
    results: tuple[Sym, ...] = ()
    """What `Out` reads."""


@dataclass(frozen=True, slots=True)
class Made:
    """A call of another contract, as a run makes it under a condition."""

    guard: Term
    target: Term
    selector: Term
    member: tuple[int, int] | None
    """Interface and member; None for a message."""
    args: tuple[Sym, ...]
    """A message has none: its arguments are bytes."""
    message: Sym | None
    is_view: bool
    result: Sym | None
    gift: Term
    """Coins that come to the own inbox meanwhile."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A call that succeeds, of which a trusted interface may say more."""

    guard: Term
    """The call is made and does not fail."""
    position: int
    """Of the call in `Frame.made`."""
    coins: Term
    before: Term
    """The epoch before the call."""
    after: Term


@dataclass(frozen=True, slots=True)
class Paid:
    """Coins that a run pays under a condition."""

    guard: Term
    target: Term
    amount: Term


class Frame:
    """What a run over a node list keeps, and what it records."""

    def __init__(
        self,
        encoder: Encoder,
        inputs: Inputs,
        old: State,
        now: State,
    ) -> None:
        self.encoder = encoder
        self.pool = encoder.pool
        self.layouts = encoder.layouts
        self.inputs = inputs
        self.old = old
        self.state = now
        self.guard = self.pool.true
        self.is_guard = True
        """Division and list operators are total: in guards and properties."""
        self.values: dict[int, Sym] = {}
        self.variables: dict[int, tuple[Sym, ...]] = {}
        self.exits: dict[int, Exit] = {}
        self.failures: list[Failure] = []
        self.owed: list[Owed] = []
        self.ask: AskAggregate | None = None
        self.bind: Bind | None = None
        self.reads: list[tuple[int, tuple[Term, ...]]] = []
        """Entries read or written: (cell, keys)."""
        self.result: Sym | None = None
        """Of an expression."""
        self.made: list[Made | Paid] = []
        """Calls of other contracts and payments, in order."""
        self.promises: list[Promise] = []
        """Calls that succeed, in order."""
        self.epoch: Term = encoder.make_epoch()
        """What views of other contracts depend on besides their arguments."""
        self.assumed: list[Term] = []
        """Facts about the world during the run."""
        self.nodes: Code = ()
        self.ghosts: frozenset[int] = frozenset()
        """Nodes of a function that only assign ghosts, and so can't fail."""

    def number(self, index: NodeIndex) -> Term:
        """The scalar at a node."""
        return self.values[index].term

    def fail(self, kind: str, condition: Term, node: int) -> None:
        """Records that the call fails where the path and the condition hold."""
        if node in self.ghosts:
            return
        whole = self.pool.and_(self.guard, condition)
        if whole is not self.pool.false:
            self.failures.append(Failure(kind, whole, node, -1, self.is_guard, self.state))

    def owe(self, what: str, condition: Term, node: int) -> None:
        """Records what the meaning of a total operator rests on."""
        whole = self.pool.implies(self.guard, condition)
        if whole is not self.pool.true:
            self.owed.append(Owed(what, whole, node))

    def require(self, kind: str, condition: Term, node: int) -> None:
        """A partial operator: fails in a body, is owed where it is total."""
        if self.is_guard:
            self.owe(kind, condition, node)
        else:
            self.fail(kind, self.pool.not_(condition), node)

    def is_contract(self, address: Term) -> Term:
        """Whether code stands at an address: only at those of contracts, and surely at this one."""
        pool = self.pool
        number = self.encoder.get_function_number(PrimOp.IS_CONTRACT, ())
        known = pool.apply(Symbol("predicate", (number,), 0, 1), (address,))
        is_kind = pool.less_equal(pool.number(CONTRACTS_LOW), address)
        is_this = pool.equal(address, self.inputs.this)
        return pool.and_(is_kind, pool.or_(is_this, pool.equal(known, pool.one)))

    def start_epoch(self, condition: Term) -> None:
        """From here on other contracts may answer otherwise, where path and condition hold."""
        starts = self.pool.and_(self.guard, condition)
        self.epoch = self.pool.choice(starts, self.encoder.make_epoch(), self.epoch)

    def credit(self, cell: int, amount: Term) -> None:
        """Adds to one of the coin cells."""
        place = Place(cell, (), 0)
        total = self.pool.add(read_leaf(self.state, place), amount)
        self.state = write(self.state, self.guard, place, (total,))
