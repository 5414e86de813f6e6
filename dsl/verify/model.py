"""The solver's numbers as values of the language, with what it left open filled in."""

from collections.abc import Mapping, Sequence

from dsl.verify.goals import Vc
from dsl.verify.leaves import complete_leaves, decode_leaves
from dsl.verify.signatures import find_scheme, make_signature
from dsl.verify.smtlib import Query, make_query
from dsl.verify.terms import ATOMS, Op, Symbol, Term
from dsl.verify.validity import Decide
from dsl.verify.valuation import evaluate
from spec.crypto.signature_sizes import ED25519
from spec.ir.operators import compute_hash
from spec.ir.syntax import StringType, Type
from spec.ir.values import Value, encode_record, is_utf8

Entry = tuple[int, tuple[int, ...]]
"""(cell, keys)."""


DIGESTS = frozenset({"hash", "packed", "packed_length"})
"""Groups of functions that the machine computes and the solver does not know."""


class Model:
    """The solver's numbers, readable as values; what no assertion mentions is zero."""

    def __init__(self, vc: Vc, query: Query, values: tuple[int, ...]) -> None:
        self._vc = vc
        self._known = {atom.id: value for atom, value in zip(query.atoms, values, strict=True)}
        self._graph: dict[tuple[Symbol, tuple[int, ...]], int] = {}
        self._atoms = query.atoms
        for atom in query.atoms:
            if atom.op is not Op.QUOTIENT:
                self.get(atom)

    def get(self, term: Term) -> int:
        """The value of a term."""
        return evaluate((term,), self._assign)[0]

    def _assign(self, term: Term, args: tuple[int, ...]) -> int:
        assert term.symbol is not None, "an atom has a symbol"
        return self._graph.setdefault((term.symbol, args), self._look_up(term, args))

    def _look_up(self, term: Term, args: tuple[int, ...]) -> int:
        assert term.symbol is not None, "an atom has a symbol"
        default = max(term.low or 0, 0)
        known = self._graph.get((term.symbol, args), self._known.get(term.id))
        if known is None:
            known = self._compute_digest(term.symbol, args)
        return default if known is None else known

    def get_value(self, kind: Type, leaves: Sequence[Term]) -> Value | None:
        """A value of a type, None if its bytes are no text."""
        numbers = (None if self._is_open(leaf) else self.get(leaf) for leaf in leaves)
        return self.make_value(kind, tuple(numbers))

    def _is_open(self, leaf: Term) -> bool:
        """Whether no assertion mentions a leaf that stands for itself."""
        if leaf.op not in ATOMS or leaf.symbol is None or leaf.id in self._known:
            return False
        args = tuple(self.get(arg) for arg in leaf.args)
        return (leaf.symbol, args) not in self._graph

    def list_predicates(self) -> list[tuple[Symbol, tuple[int, ...], int]]:
        """What the model says of the world: each question with its answer."""
        return [
            (symbol, args, value)
            for (symbol, args), value in self._graph.items()
            if symbol.group == "predicate"
        ]

    def make_value(self, kind: Type, leaves: Sequence[int | None]) -> Value | None:
        """A value of a type from its leaves, None where no assertion mentions one."""
        layouts = self._vc.encoder.layouts
        try:
            value = decode_leaves(layouts, kind, complete_leaves(layouts, kind, leaves))
        except OverflowError:
            return None
        if isinstance(kind, StringType) and isinstance(value, bytes) and not is_utf8(value):
            return None
        return value

    def list_entries(self, root: int) -> Mapping[Entry, dict[int, int]]:
        """The leaves of the first state that the query mentions: (cell, keys) to leaf to value."""
        entries: dict[Entry, dict[int, int]] = {}
        for atom in self._atoms:
            symbol = atom.symbol
            if symbol is not None and symbol.group == "cell" and symbol.key[0] == root:
                keys = tuple(self.get(arg) for arg in atom.args)
                leaves = entries.setdefault((symbol.key[1], keys), {})
                leaves[symbol.key[2]] = self.get(atom)
        return entries

    def list_past(self, root: int) -> Mapping[Entry, dict[int, int]]:
        """What entries of checkpointed cells held before: (cell, keys) to height to value."""
        entries: dict[Entry, dict[int, int]] = {}
        for atom in self._atoms:
            symbol = atom.symbol
            if symbol is not None and symbol.group == "past" and symbol.key[0] == root:
                *keys, height = (self.get(arg) for arg in atom.args)
                entries.setdefault((symbol.key[1], tuple(keys)), {})[height] = self.get(atom)
        return entries

    def list_digests(self) -> list[Term]:
        """That each hash is taken of the values of this model, and is what the machine computes.

        So are the bytes of messages; a hash of hashes is taken of real ones. To the solver both
        are any injective function; only with real digests and bytes is a model one that the
        machine confirms.
        """
        pool = self._vc.encoder.pool
        facts: list[Term] = []

        def assign(term: Term, args: tuple[int, ...]) -> int:
            assert term.symbol is not None, "an atom has a symbol"
            digest = self._compute_digest(term.symbol, args)
            if digest is None:
                return self._look_up(term, args)
            facts.append(pool.all_equal(term.args, tuple(map(pool.number, args))))
            facts.append(pool.equal(term, pool.number(digest)))
            return digest

        evaluate(self._atoms, assign)
        return facts

    def sign(self) -> None:
        """Puts real signatures where this model has some that are accepted.

        Once the digests are real; what a signature is made of decides nothing else.
        """
        encoder = self._vc.encoder
        genesis = self.get(self._vc.inputs.genesis)
        for atom in self._atoms:
            is_accepted = find_scheme(encoder.hashes, atom) == ED25519 and self.get(atom) == 1
            if not is_accepted or atom.args[3].symbol is None:
                continue
            address, digest, _, signature = atom.args
            made = make_signature(self.get(address), self.get(digest), genesis)
            if made is not None:
                self._known[signature.id] = made
                self._graph[(atom.args[3].symbol, ())] = made

    def _compute_digest(self, symbol: Symbol, given: tuple[int, ...]) -> int | None:
        """What the machine computes at a hash of some leaves, None at anything else."""
        if symbol.group not in DIGESTS:
            return None
        encoder = self._vc.encoder
        number = symbol.key[0]
        is_hash = symbol.group == "hash"
        domain, kinds = encoder.hashed[number] if is_hash else (0, encoder.packed[number])
        leaves = list(given)
        values: list[Value] = []
        for kind in kinds:
            size = encoder.layouts.size(kind)
            value = self.make_value(kind, leaves[:size])
            if value is None:
                return None
            values.append(value)
            leaves = leaves[size:]
        if is_hash:
            digest = compute_hash(self._vc.linked, domain, kinds, tuple(values))
            return int.from_bytes(digest, "big")
        data = encode_record(self._vc.linked.types, kinds, tuple(values))
        return len(data) if symbol.group == "packed_length" else int.from_bytes(data, "big")


def solve_digests(vc: Vc, query: Query, model: Model, decide: Decide) -> Model:
    """The model with real digests and signatures if there is one, else the model as it is."""
    facts = model.list_digests()
    if not facts:
        return model
    whole = make_query(vc.encoder.pool, (*query.assertions, *facts))
    decision = decide([whole])[0]
    if decision.verdict != "sat":
        return model
    solved = Model(vc, whole, decision.values)
    solved.sign()
    return solved
