"""Terms at concrete worlds: what symbolic execution says of one real call."""

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.verify.cases import Case
from dsl.verify.encoder import Encoder
from dsl.verify.leaves import Sym, decode_leaves, encode_leaves
from dsl.verify.replay import Surroundings, read_entry
from dsl.verify.terms import ATOMS, Symbol, Term, collect
from dsl.verify.valuation import evaluate
from spec.ir.evaluate import evaluate_aggregate
from spec.ir.host import BlockContext
from spec.ir.linked import LinkedModule
from spec.ir.machine import find_function
from spec.ir.memory import MemoryWorld
from spec.ir.operators import compute_hash
from spec.ir.state import find_entry, get_entry_at
from spec.ir.syntax import PrimOp, Type, When
from spec.ir.values import Value, encode_record

ANSWERED = frozenset({"answer", "view", "view_text", "text", "data"})
"""Groups of atoms that other contracts decide."""


@dataclass(frozen=True)
class Call:
    """A call as the machine gets it."""

    contract: bytes
    caller: bytes
    value: int
    arguments: tuple[Value, ...]
    block: BlockContext


def implements(linked: LinkedModule, interface: int) -> bool:
    """Whether a module has every member of one of its own interfaces."""
    members = linked.interfaces[interface]
    return all(find_function(linked, member.selector, member) is not None for member in members)


class Assignment:
    """The numbers that atoms stand for in one call from one world."""

    def __init__(
        self, encoder: Encoder, linked: LinkedModule, world: MemoryWorld, call: Call, case: Case
    ) -> None:
        self.encoder = encoder
        self.linked = linked
        self.world = world
        self.call = call
        self.known: dict[int, int] = {}
        self.around: Surroundings | None = None
        """For the values of aggregates before the call."""
        self.standing: frozenset[bytes] = frozenset()
        """Addresses of other contracts, which are what anybody wants them to be."""
        self.answers: dict[tuple[Symbol, tuple[int, ...]], int] = {}
        """What those answer."""
        self.questions: dict[tuple[Symbol, tuple[int, ...]], int] = {}
        kinds = linked.functions[case.function].params
        for kind, param, value in zip(kinds, case.inputs.params, call.arguments, strict=False):
            numbers = encode_leaves(encoder.layouts, kind, value)
            for leaf, number in zip(param.leaves, numbers, strict=True):
                atoms = [term for term in collect((leaf,)) if term.op in ATOMS]
                self.known.update(dict.fromkeys((atom.id for atom in atoms), number))
        inputs = case.inputs
        facts = (
            (inputs.caller, int.from_bytes(call.caller, "big")),
            (inputs.value, call.value),
            (inputs.now, call.block.now_ms),
            (inputs.height, call.block.height),
            (inputs.this, int.from_bytes(call.contract, "big")),
            (inputs.genesis, int.from_bytes(call.block.genesis_id, "big")),
        )
        self.known.update({term.id: number for term, number in facts})

    def assign(self, term: Term, args: tuple[int, ...]) -> int:
        """The value of an atom."""
        if term.id in self.known:
            return self.known[term.id]
        assert term.symbol is not None
        match term.symbol.group:
            case "cell":
                return self._read(term.symbol, args)
            case "past":
                return self._read_past(term.symbol, args)
            case "last":
                return 3
            case "hash" | "predicate" | "packed" | "packed_length":
                return self._apply(term.symbol, args)
            case "fails" | "gift":
                return 0
            case "answer" | "view" | "view_text" | "text" | "data":
                return self.answers[term.symbol, args]
            case "aggregate":
                return self._sum(term.symbol, args)
            case group:
                raise AssertionError(f"nobody knows {group}")

    def get(self, term: Term) -> int:
        """The value of a term."""
        return evaluate((term,), self.assign)[0]

    def get_value(self, kind: Type, leaves: Sequence[Term]) -> Value:
        """A value from its leaves."""
        numbers = tuple(evaluate(tuple(leaves), self.assign))
        return decode_leaves(self.encoder.layouts, kind, numbers)

    def list_predicates(self) -> list[tuple[Symbol, tuple[int, ...], int]]:
        """What was asked about addresses."""
        return [(symbol, args, answer) for (symbol, args), answer in self.questions.items()]

    def answer(self, value: Sym, numbers: Sequence[int]) -> None:
        """Another contract answers, unless it has answered this before."""
        for leaf, number in zip(value.leaves, numbers, strict=True):
            found = [
                term
                for term in collect((leaf,))
                if term.symbol is not None and term.symbol.group in ANSWERED
            ]
            atom = max(found, key=lambda term: term.id)  # the others are within its arguments
            assert atom.symbol is not None
            args = tuple(self.get(arg) for arg in atom.args)
            self.answers.setdefault((atom.symbol, args), number)

    def _read(self, symbol: Symbol, args: tuple[int, ...]) -> int:
        _, cell, leaf = symbol.key
        kinds, kind = self.encoder.layouts.split_cell(
            self.encoder.layouts.get(self.linked.module.code.cells[cell].type)
        )
        keys: list[Value] = []
        for each, number in zip(kinds, args, strict=True):
            if not 0 <= number <= self.encoder.layouts.leaves(each)[0].high:
                return 0
            keys.append(decode_leaves(self.encoder.layouts, each, (number,)))
        value = read_entry(self.linked, self.call.contract, self.world, (cell, tuple(keys)))
        return encode_leaves(self.encoder.layouts, kind, value)[leaf]

    def _read_past(self, symbol: Symbol, args: tuple[int, ...]) -> int:
        _, cell = symbol.key
        layouts = self.encoder.layouts
        kinds, _ = layouts.split_cell(layouts.get(self.linked.module.code.cells[cell].type))
        *numbers, height = args
        keys: list[Value] = []
        for each, number in zip(kinds, numbers, strict=True):
            if not 0 <= number <= layouts.leaves(each)[0].high:
                return 0
            keys.append(decode_leaves(layouts, each, (number,)))
        entry = find_entry(self.linked, self.call.contract, cell, tuple(keys))
        value = get_entry_at(self.world, self.linked, entry, height)
        assert isinstance(value, int)
        return value

    def _apply(self, symbol: Symbol, args: tuple[int, ...]) -> int:
        names = {number: name for name, number in self.encoder.hashes.items()}
        name = names[symbol.key[0]]
        if symbol.group == "predicate":
            assert name[0] in {PrimOp.IS_CONTRACT, PrimOp.IMPLEMENTS}
            address = args[0].to_bytes(32, "big")
            answer = int(address in self.standing)
            if address == self.call.contract and name[0] is PrimOp.IMPLEMENTS:
                answer = int(implements(self.linked, name[1][0]))  # type: ignore[index]  # as below
            self.questions[symbol, args] = answer
            return answer
        kinds = name[1] if name[0] is PrimOp.MESSAGE else name[2]
        assert isinstance(kinds, tuple)
        values: list[Value] = []
        for kind in kinds:
            size = self.encoder.layouts.size(kind)
            values.append(decode_leaves(self.encoder.layouts, kind, args[:size]))
            args = args[size:]
        if name[0] is PrimOp.MESSAGE:
            data = encode_record(self.linked.types, kinds, tuple(values))
            is_length = symbol.group == "packed_length"
            return len(data) if is_length else int.from_bytes(data, "big")
        immediates = name[1]
        assert isinstance(immediates, tuple)
        digest = compute_hash(self.linked, immediates[0], kinds, tuple(values))
        return int.from_bytes(digest, "big")

    def _sum(self, symbol: Symbol, args: tuple[int, ...]) -> int:
        assert self.around is not None
        number = symbol.key[1]
        values: list[Value] = []
        for kind in self.linked.spec.aggregates[number].params:
            size = self.encoder.layouts.size(kind)
            values.append(decode_leaves(self.encoder.layouts, kind, args[:size]))
            args = args[size:]
        return evaluate_aggregate(self.linked, number, When.OLD, tuple(values), self.around)
