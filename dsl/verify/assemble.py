"""From a goal to a query: hypotheses, instances, lemmas, and the finite mode.

A query for a verdict assumes what holds in every state. A query for a counterexample (the finite
mode) asks for a state that is nothing but the entries it mentions: sums equal the sums over touched
keys, and a few witness keys give them room. Source: LANGUAGE.md 5.5, 5.6 and 6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dsl.verify.aggregates import Asked
from dsl.verify.combinations import find_combination, make_combination
from dsl.verify.comparison import make_lemma
from dsl.verify.goals import Goal, Vc
from dsl.verify.instances import Touched, choose_instances
from dsl.verify.leaves import ADDRESS_LIMIT, ADDRESS_LOW, CONTRACTS_LOW, Sym
from dsl.verify.pairs import Pair, list_pairs, make_pattern
from dsl.verify.past import get_key_types, get_past_state, is_past_cell
from dsl.verify.properties import Entry, Evaluated, Shape, View
from dsl.verify.signatures import list_signable
from dsl.verify.smtlib import Query, make_query
from dsl.verify.state import Place, State, read_leaf
from dsl.verify.terms import ATOMS, Pool, Symbol, Term, collect
from spec.ir.syntax import AddressType, StringType, Type

ANSWERS = frozenset({"answer", "view"})
"""Groups of what other contracts answer."""
ROUNDS = 2
"""Rounds of instantiation: instances touch entries that others are instantiated at."""
FINITE_INSTANCES_MAX = 300
"""Instances after which the search for a state gives up: lists that name one another never end."""
FINITE_ROUNDS = 4
"""The same where a whole state is made up: what the last round touches is not kept to."""
SMALL = 100
"""A small number, for counterexamples that people read."""
BY_TYPE_MAX = 16
"""Terms that a variable without a position is instantiated at."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How a query is put together."""

    invariants: frozenset[int]
    """Which invariants are assumed."""
    is_finite: bool = False
    witnesses: int = 0
    """Further keys for each sum, in finite mode."""
    is_small: bool = False
    """Numbers are small, so that a person can follow; finite mode only."""
    is_comparing: bool = False
    """Use the comparison lemma for the pairs of sums that are known to allow it."""


@dataclass(slots=True)
class Assembly:
    """A query in the making."""

    vc: Vc
    goal: Goal
    mode: Mode
    assertions: list[Term] = field(default_factory=list)
    entries: dict[tuple[int, ...], Entry] = field(default_factory=dict)
    asked: dict[tuple[object, ...], Asked] = field(default_factory=dict)
    done: set[tuple[int, ...]] = field(default_factory=set)
    is_cut: bool = False
    """Instances were left out: a model proves nothing."""
    is_large: bool = False
    """In finite mode: too many entries rest on one another; nothing is asked."""
    witnesses: dict[tuple[Type, ...], list[tuple[Term, ...]]] = field(default_factory=dict)
    """In finite mode further keys, by their types."""
    pairs: list[Pair] = field(default_factory=list)
    """Pairs of sums that the comparison lemma might serve."""

    def touch(self, entries: Iterable[Entry]) -> None:
        """Notes entries of the state."""
        for cell, keys in entries:
            self.entries.setdefault((cell, *(key.id for key in keys)), (cell, keys))

    def note(self, evaluated: Evaluated) -> None:
        """Notes what a property reads and asks."""
        self.touch(evaluated.reads)
        for asked in evaluated.asked:
            ids = tuple(leaf.id for arg in asked.args for leaf in arg.leaves)
            self.asked.setdefault((asked.aggregate, id(asked.state), ids), asked)


def assemble(vc: Vc, goal: Goal, mode: Mode) -> tuple[Query, bool]:
    """The query of a goal, and whether instances were left out."""
    work = gather(vc, goal, mode)
    return make_query(vc.encoder.pool, work.assertions), work.is_cut


def gather(vc: Vc, goal: Goal, mode: Mode) -> Assembly:
    """Everything that a query of a goal states."""
    pool = vc.encoder.pool
    work = Assembly(vc, goal, mode)
    work.assertions += [goal.violated, *goal.extra]
    if goal.case is not None:
        work.assertions += goal.case.assumed
        work.touch(goal.case.execution.reads)
        if goal.assumes_success:
            work.assertions.append(goal.case.succeed(pool))
    for evaluated in goal.evaluated:
        work.note(evaluated)
    _touch_skolems(work)
    is_init = goal.case is not None and goal.case.is_init
    if goal.assumes_invariants and not is_init:
        _add_rounds(work)
    if work.is_large:
        return work
    _add_sums(work)
    if not mode.is_finite:
        _add_single_sums(work)
    work.assertions += list_injective(pool, work.assertions)
    if mode.is_finite:
        work.assertions += list_concrete(vc, work.assertions, mode.is_small)
    return work


def _add_rounds(work: Assembly) -> None:
    """Invariants at what is touched, at what they touch, and so on."""
    mode = work.mode
    for _ in range(FINITE_ROUNDS if mode.is_finite else ROUNDS):
        if mode.is_finite:
            _touch_bodies(work)
        _add_hypotheses(work)
        if mode.is_finite and len(work.done) > FINITE_INSTANCES_MAX:
            work.is_large = True
            return
    if not mode.is_finite:
        _add_combinations(work)


def _touch_skolems(work: Assembly) -> None:
    if work.goal.kind == "frame":
        keys = tuple(work.vc.encoder.pool.to_integer(each.term) for each in work.goal.skolems[0])
        work.touch([(work.goal.index, keys)])


# Hypotheses


def _add_hypotheses(work: Assembly) -> None:
    by_type = _list_terms(work)
    stored = _list_stored(work) if work.mode.is_finite else {}
    entries = [*work.entries.values(), *_list_prefixes(work)]
    for index in sorted(work.mode.invariants):
        shape = work.vc.invariants[index]
        if shape is None:
            continue
        if not shape.variables:
            _assume(work, index, shape, {})
            if index in work.vc.lasting:
                _assume_past(work, index, shape, {})
            continue
        chosen, is_cut = choose_instances(shape, entries, by_type)
        work.is_cut |= is_cut
        for terms in chosen:
            _assume(work, index, shape, terms)
            if index in work.vc.lasting:
                _assume_past(work, index, shape, terms)
        if stored and len(shape.variables) == 1:
            for term in stored.get(shape.kinds[0], ()):
                _assume(work, index, shape, {shape.variables[0]: term})


def _assume(
    work: Assembly, index: int, shape: Shape, terms: Mapping[tuple[int, int], Term]
) -> None:
    key = (index, *(terms[variable].id for variable in shape.variables))
    if key in work.done:
        return
    work.done.add(key)
    vc = work.vc
    _add_instance(work, key, shape, vc.anywhere, terms)


def _assume_past(
    work: Assembly, index: int, shape: Shape, terms: Mapping[tuple[int, int], Term]
) -> None:
    """An invariant over checkpointed cells alone, at the end of every block that is read."""
    heights = {keys[-1].id: keys[-1] for cell, keys in work.entries.values() if is_past_cell(cell)}
    for height in heights.values():
        key = (-1, height.id, index, *(terms[variable].id for variable in shape.variables))
        if key not in work.done:
            work.done.add(key)
            state = get_past_state(work.vc.anywhere.root, height)
            _add_instance(work, key, shape, state, terms)


def _add_instance(
    work: Assembly,
    key: tuple[int, ...],
    shape: Shape,
    state: State,
    terms: Mapping[tuple[int, int], Term],
) -> None:
    vc = work.vc
    known = vc.instances.get(key)
    if known is None:
        view = View(vc.inputs, state, state)
        known = vc.instances[key] = vc.properties.instantiate(shape, view, terms)
    work.assertions.append(known.term)
    work.note(known)


def _list_terms(work: Assembly) -> dict[Type, list[Term]]:
    """Terms of the goal by type, for variables that stand at no key."""
    pool, root = work.vc.encoder.pool, work.vc.anywhere.root
    values = [value for row in work.goal.skolems for value in row]
    if work.goal.case is not None:
        values.append(Sym(AddressType(), (work.goal.case.inputs.caller,)))
        values += work.goal.case.inputs.params
    found = [
        (value.type, pool.to_integer(value.leaves[0]))
        for value in values
        if value.type is not None and len(value.leaves) == 1
    ]
    for cell, keys in work.entries.values():
        found += zip(get_key_types(root, cell), keys, strict=True)
    terms: dict[Type, dict[int, Term]] = {}
    for kind, term in found:
        terms.setdefault(kind, {})[term.id] = term
    work.is_cut |= any(len(each) > BY_TYPE_MAX for each in terms.values())
    return {kind: list(each.values())[:BY_TYPE_MAX] for kind, each in terms.items()}


def _list_stored(work: Assembly) -> dict[Type, list[Term]]:
    """Values stored in touched entries, by type: keys that other entries may be grouped by."""
    root, pool = work.vc.anywhere.root, work.vc.encoder.pool
    stored: dict[Type, list[Term]] = {}
    for cell, keys in work.entries.values():
        if is_past_cell(cell):
            continue
        kind = root.shapes[cell][1]
        if root.layouts.size(kind) == 1:
            leaf = read_leaf(work.vc.anywhere, Place(cell, keys, 0))
            stored.setdefault(kind, []).append(pool.to_integer(leaf))
    return stored


# Sums


def _list_touched(work: Assembly, aggregate: int) -> list[tuple[Term, ...]]:
    """The bound keys at which touched entries concern an aggregate."""
    found: dict[tuple[int, ...], tuple[Term, ...]] = {}
    patterns = {pattern.cell: pattern for pattern in work.vc.aggregates.patterns[aggregate]}
    count = len(work.vc.aggregates.declared[aggregate].keys)
    for cell, keys in work.entries.values():
        pattern = patterns.get(cell)
        if pattern is not None:
            bound = pattern.get_bound(keys, count)
            found[tuple(key.id for key in bound)] = bound
    return list(found.values())


def _add_sums(work: Assembly) -> None:
    """At the root: a sum is at least (in finite mode: exactly) what its touched keys add up to."""
    vc, pool = work.vc, work.vc.encoder.pool
    ghosts: dict[int, Asked] = {}
    for asked in work.asked.values():
        if not asked.state.root.is_default:
            ghost = vc.aggregates.get_ghost(asked.aggregate, asked.state.root, asked.args)
            start = asked.state.root.start
            ghosts.setdefault(ghost.id, Asked(asked.aggregate, start, asked.args))
    for asked in ghosts.values():
        is_positive = vc.aggregates.is_positive[asked.aggregate]
        touched = _list_touched(work, asked.aggregate)
        if work.mode.is_finite:
            touched += _get_witnesses(work, asked.aggregate)
        elif not is_positive:
            continue
        ghost = vc.aggregates.get_value(asked)
        total = vc.aggregates.make_sum(asked, touched)
        compare = pool.equal if work.mode.is_finite else pool.less_equal
        work.assertions.append(compare(total, ghost))
    is_init = work.goal.case is not None and work.goal.case.is_init
    if work.goal.assumes_invariants and not is_init and not work.mode.is_finite:
        work.pairs = list_pairs(vc.aggregates, list(ghosts.values()))
        if work.mode.is_comparing:
            _add_comparisons(work)


def _add_combinations(work: Assembly) -> None:
    """At the root: what an assumed invariant says at each key, added up over all keys."""
    vc, pool = work.vc, work.vc.encoder.pool
    asked = {each.aggregate for each in work.asked.values() if each.state.root is vc.anywhere.root}
    for index in sorted(work.mode.invariants):
        if index not in vc.combinations:
            shape, view = vc.invariants[index], View(vc.inputs, vc.anywhere, vc.anywhere)
            vc.combinations[index] = (
                None
                if shape is None
                else find_combination(vc.properties, vc.aggregates, shape, view)
            )
        found = vc.combinations[index]
        if found is None or not {part.aggregate for part in found.parts} <= asked:
            continue
        touched = {
            tuple(key.id for key in keys): keys
            for part in found.parts
            for keys in _list_touched(work, part.aggregate)
        }
        lemma = make_combination(pool, vc.aggregates, found, vc.anywhere, touched)
        work.assertions.append(lemma)


def _add_comparisons(work: Assembly) -> None:
    """At the root: a sum exceeds another by at least what its body does at touched keys."""
    vc = work.vc
    for pair in work.pairs:
        if not vc.comparisons.holds(make_pattern(pair), work.mode.invariants):
            continue
        touched = _list_touched(work, pair.greater.aggregate)
        if pair.less is not None:
            touched += _list_touched(work, pair.less.aggregate)
        unique = {tuple(key.id for key in keys): keys for keys in touched}
        work.assertions.append(make_lemma(vc, pair, list(unique.values())))


def _get_witnesses(work: Assembly, aggregate: int) -> list[tuple[Term, ...]]:
    """Further keys that give a sum room; the same ones for all sums over such keys."""
    layouts, pool = work.vc.encoder.layouts, work.vc.encoder.pool
    kinds = work.vc.aggregates.get_keys(aggregate)
    if kinds not in work.witnesses:
        work.witnesses[kinds] = [
            tuple(pool.fresh("witness", 0, layouts.leaves(kind)[0].high) for kind in kinds)
            for _ in range(work.mode.witnesses)
        ]
    return work.witnesses[kinds]


def _list_prefixes(work: Assembly) -> list[Touched]:
    """Outer keys of the sums that are asked: what holds at them holds of the sums."""
    found: dict[tuple[int, ...], Touched] = {}
    for asked in work.asked.values():
        for pattern in work.vc.aggregates.patterns[asked.aggregate]:
            cell, keys = pattern.get_place(_get_args(work, asked), None)
            if any(key is not None for key in keys):
                found[(cell, *(-1 if key is None else key.id for key in keys))] = (cell, keys)
    return list(found.values())


def _get_args(work: Assembly, asked: Asked) -> tuple[Term, ...]:
    pool = work.vc.encoder.pool
    return tuple(pool.to_integer(arg.leaves[0]) for arg in asked.args)


def _touch_bodies(work: Assembly) -> None:
    """In finite mode a sum is its touched keys: what it reads there are entries of the state."""
    for asked in list(work.asked.values()):
        touched = _list_touched(work, asked.aggregate) + _get_witnesses(work, asked.aggregate)
        for pattern in work.vc.aggregates.patterns[asked.aggregate]:
            for bound in touched:
                cell, keys = pattern.get_place(_get_args(work, asked), bound)
                whole = tuple(key for key in keys if key is not None)
                if len(whole) == len(keys):
                    work.touch([(cell, whole)])


def _add_single_sums(work: Assembly) -> None:
    """After the writes: a sum is at least its body at any one key, where all checks have passed."""
    vc, goal = work.vc, work.goal
    for asked in list(work.asked.values()):
        if not vc.aggregates.is_positive[asked.aggregate]:
            continue
        if goal.assumes_success and asked.state.last is not None:
            for keys in _list_touched(work, asked.aggregate):
                work.assertions.append(vc.aggregates.make_single(asked, keys))
        if goal.lemma is None:
            continue
        state, cell, keys = goal.lemma
        for pattern in vc.aggregates.patterns[asked.aggregate]:
            if pattern.cell == cell:
                count = len(vc.aggregates.declared[asked.aggregate].keys)
                earlier = Asked(asked.aggregate, state, asked.args)
                bound = pattern.get_bound(keys, count)
                work.assertions.append(vc.aggregates.make_single(earlier, bound))


# Hashes


def _list_packed(pool: Pool, terms: Iterable[Term]) -> list[Term]:
    """Different arguments of messages are different bytes, if the types are the same."""
    found = [term for term in terms if term.symbol is not None and term.symbol.group == "packed"]
    facts: list[Term] = []
    for position, left in enumerate(found):
        for right in found[:position]:
            if left.symbol == right.symbol:
                lengths = [_get_length(pool, each) for each in (left, right)]
                is_other = pool.not_(pool.all_equal((left, lengths[0]), (right, lengths[1])))
                facts.append(pool.or_(is_other, pool.all_equal(left.args, right.args)))
    return facts


def _get_length(pool: Pool, packed: Term) -> Term:
    """The length of the bytes that arguments of a message are."""
    symbol = packed.symbol
    assert symbol is not None, "an application has a symbol"
    assert symbol.high is not None, "bytes have a longest length"
    size = symbol.high.bit_length() // 8
    return pool.apply(Symbol("packed_length", symbol.key, 1, size), packed.args)


def list_injective(pool: Pool, assertions: Iterable[Term]) -> list[Term]:
    """Different inputs of a hash, or different hashes, give different digests; so do messages."""
    terms = collect(assertions)
    digests = [term for term in terms if term.symbol is not None and term.symbol.group == "hash"]
    facts = _list_packed(pool, terms)
    for position, left in enumerate(digests):
        for right in digests[:position]:
            is_same = pool.false
            if left.symbol == right.symbol:
                is_same = pool.all_equal(left.args, right.args)
            facts.append(pool.or_(pool.not_(pool.equal(left, right)), is_same))
    return facts


# Concrete states


def list_concrete(vc: Vc, assertions: Iterable[Term], is_small: bool) -> list[Term]:
    """What a model must keep so that a real call can be made of it.

    Callers are keys, the contract is a contract, strings are literals of the module or short and
    ASCII; small numbers on request.
    """
    pool = vc.encoder.pool
    atoms = list(collect(assertions))
    facts = list_signable(pool, vc.encoder.hashes, atoms)
    texts = [
        int.from_bytes(literal.data, "big")
        for literal in (*vc.linked.module.code.literals, *vc.linked.module.spec.literals)
        if isinstance(vc.encoder.layouts.get(literal.type), StringType)
    ]
    packed = [each for each in atoms if each.symbol and each.symbol.group == "packed"]
    for term in atoms:
        if term.op not in ATOMS or term.symbol is None:
            continue
        group = term.symbol.group
        facts += _bound_ghost(vc, term, is_small=is_small)
        if group == "caller":
            facts.append(pool.less(term, pool.number(CONTRACTS_LOW)))
        elif group == "fails":
            facts.append(pool.equal(term, pool.zero))
        elif group in ANSWERS and term.high == ADDRESS_LIMIT - 1 and term.id not in pool.facts:
            facts.append(pool.less_equal(pool.number(ADDRESS_LOW), term))
        elif _is_data(vc, term):
            known = (pool.equal(term, each) for each in packed)
            facts.append(pool.or_(pool.equal(term, pool.zero), *known))
        elif term.high == ADDRESS_LIMIT - 1:
            is_real = pool.less_equal(pool.number(ADDRESS_LOW), term)
            facts.append(pool.or_(pool.equal(term, pool.zero), is_real))
        elif _is_text(vc, term):
            letter = pool.and_(
                pool.less_equal(pool.number(ord("a")), term),
                pool.less_equal(term, pool.number(ord("z"))),
            )
            known = (pool.equal(term, pool.number(text)) for text in texts)
            facts.append(pool.or_(pool.equal(term, pool.zero), letter, *known))
        elif is_small and term.high is not None and term.high > SMALL:
            facts.append(pool.less_equal(term, pool.number(SMALL)))
    return facts


def _is_data(vc: Vc, term: Term) -> bool:
    """Whether a term is the bytes of a message's arguments."""
    assert term.symbol is not None, "an atom has a symbol"
    if term.symbol.group != "cell":
        return term.symbol.group == "data"
    _, cell, leaf = term.symbol.key
    root = vc.anywhere.root
    return root.layouts.leaves(root.shapes[cell][1])[leaf].is_data


def _bound_ghost(vc: Vc, term: Term, *, is_small: bool) -> list[Term]:
    """A ghost's number has no range in proofs, but the machine that replays gives it one."""
    assert term.symbol is not None, "an atom has a symbol"
    if term.symbol.group != "cell" or term.symbol.key[1] not in vc.encoder.ghosts.cells:
        return []
    _, cell, leaf = term.symbol.key
    root, pool = vc.anywhere.root, vc.encoder.pool
    high = root.layouts.leaves(root.shapes[cell][1])[leaf].high
    limit = pool.number(min(high, SMALL) if is_small else high)
    return [pool.less_equal(pool.zero, term), pool.less_equal(term, limit)]


def _is_text(vc: Vc, term: Term) -> bool:
    assert term.symbol is not None, "an atom has a symbol"
    if term.symbol.group != "cell":
        return term.symbol.group in {"text", "view_text"}
    _, cell, leaf = term.symbol.key
    root = vc.anywhere.root
    return root.layouts.leaves(root.shapes[cell][1])[leaf].is_text
