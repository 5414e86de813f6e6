"""Properties over concrete states."""

from dataclasses import dataclass, field, replace
from itertools import product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from spec.ir.evaluate import evaluate_aggregate, evaluate_expression, evaluate_property
from spec.ir.syntax import (
    AddressType,
    Agg,
    Aggregate,
    BoolType,
    BytesType,
    Context,
    ContextKind,
    EnumType,
    ForAll,
    Get,
    Item,
    MapType,
    Modified,
    Module,
    Node,
    Param,
    PrimOp,
    Property,
    Type,
    UintType,
    Var,
    When,
)
from spec.ir.values import EnumValue, Value, compute_default
from tests.spec.ir.modules import make_module
from tests.spec.ir.small import (
    NO_CLAIMS,
    P_ADDRESS,
    P_LIST,
    P_U64,
    PARAMS,
    RETURN,
    body,
    n,
    prim,
    with_ensures,
    with_spec,
)
from tests.spec.ir.tables import (
    ADDRESS,
    AGGREGATES,
    BALANCES,
    BOOL,
    CELL_TYPES,
    KEYS,
    NESTED_BALANCES,
    TYPES,
    U64,
    U256,
    make_value,
)
from tests.spec.ir.worlds import GENESIS_ID, link_valid

Cells = dict[tuple[int, tuple[Value, ...]], Value]


@dataclass
class States:
    """An environment over two tables of entries."""

    now: Cells = field(default_factory=dict)
    old: Cells = field(default_factory=dict)
    params: tuple[Value, ...] = ()
    function: int = 0
    is_empty: bool = False
    """Whether no type has any value."""

    def get_fact(self, which: ContextKind) -> Value:
        facts: dict[ContextKind, Value] = {
            ContextKind.CALLER: KEYS[0],
            ContextKind.THIS: KEYS[1],
            ContextKind.GENESIS_ID: GENESIS_ID,
            ContextKind.FUNCTION: self.function,
        }
        return facts.get(which, 5)

    def get_params(self) -> tuple[Value, ...]:
        return self.params

    def get_entry(self, cell: int, when: When, keys: tuple[Value, ...]) -> Value:
        kind = TYPES[CELL_TYPES[cell]]
        default = compute_default(TYPES, kind)
        if when is When.AT:
            return default
        table = self.now if when is When.NOW else self.old
        return table.get((cell, keys), default)

    def get_universe(self, kind: Type) -> tuple[Value, ...]:
        return () if self.is_empty else self.list_values(kind)

    def list_values(self, kind: Type) -> tuple[Value, ...]:
        match kind:
            case AddressType():
                return KEYS
            case BoolType():
                return (False, True)
            case UintType():
                return (0, 1, 2)
            case EnumType(members):
                return tuple(EnumValue(tag, ()) for tag in range(len(members)))
            case BytesType(size):
                return (bytes(size),)
            case _:
                raise AssertionError("no key type")


def holds(module: Module, states: States, number: int = 0) -> bool:
    linked = link_valid(module)
    return evaluate_property(linked, linked.spec.functions[0].ensures[number], states)


def invariant(*nodes: Node, aggregates: tuple[Aggregate, ...] = AGGREGATES) -> Module:
    entry = Property(nodes, is_lemma=False)
    return with_spec(body(RETURN), aggregates=aggregates, invariants=(entry,))


def holds_always(module: Module, states: States) -> bool:
    linked = link_valid(module)
    return evaluate_property(linked, linked.spec.invariants[0], states)


balances = st.fixed_dictionaries({key: st.integers(0, 9) for key in KEYS})


@given(balances, balances)
def test_a_sum_adds_its_body_once_per_key(now: dict[bytes, int], old: dict[bytes, int]) -> None:
    states = States(
        now={(BALANCES, (key,)): value for key, value in now.items()},
        old={(BALANCES, (key,)): value for key, value in old.items()},
    )
    linked = link_valid(invariant(Agg(0, When.NOW, ()), prim(PrimOp.EQ, 0, 0)))
    assert evaluate_aggregate(linked, 0, When.NOW, (), states) == sum(now.values())
    assert evaluate_aggregate(linked, 0, When.OLD, (), states) == sum(old.values())


@given(balances)
def test_an_invariant_compares_a_sum_with_a_cell(now: dict[bytes, int]) -> None:
    """sum(balances) == supply, for the right supply and for one that is off by one."""
    supply = CELL_TYPES.index(U256)
    module = invariant(Agg(0, When.NOW, ()), Get(supply, When.NOW, (), ()), prim(PrimOp.EQ, 0, 1))
    entries: Cells = {(BALANCES, (key,)): value for key, value in now.items()}
    total = sum(now.values())
    assert holds_always(module, States({**entries, (supply, ()): total})) is True
    assert holds_always(module, States({**entries, (supply, ()): total + 1})) is False


@given(balances, balances)
def test_a_sum_may_be_negative_and_take_parameters(
    inner: dict[bytes, int], outer: dict[bytes, int]
) -> None:
    """Aggregate 1: sum over a of m[p][a] - b[a]."""
    now: Cells = {(BALANCES, (key,)): value for key, value in outer.items()}
    now.update({(NESTED_BALANCES, (2, key)): value for key, value in inner.items()})
    states = States(now)
    linked = link_valid(invariant(Agg(0, When.NOW, ()), prim(PrimOp.EQ, 0, 0)))
    expected = sum(inner.values()) - sum(outer.values())
    assert evaluate_aggregate(linked, 1, When.NOW, (2,), states) == expected
    assert evaluate_aggregate(linked, 1, When.NOW, (1,), states) == -sum(outer.values())


@given(balances, balances)
def test_for_all_means_every_assignment(now: dict[bytes, int], old: dict[bytes, int]) -> None:
    """forall a, b: now[a] <= old[b]."""
    module = with_ensures(
        ForAll((ADDRESS, ADDRESS), 5),
        Var(0, 0),
        Get(BALANCES, When.NOW, n(1), ()),
        Var(0, 1),
        Get(BALANCES, When.OLD, n(3), ()),
        prim(PrimOp.LE, 2, 4),
    )
    states = States(
        now={(BALANCES, (key,)): value for key, value in now.items()},
        old={(BALANCES, (key,)): value for key, value in old.items()},
    )
    expected = all(now[a] <= old[b] for a, b in product(KEYS, KEYS))
    assert holds(module, states) is expected


def test_quantifiers_nest_and_their_values_are_values() -> None:
    """forall x: not (forall y: x == y): true of more than one value."""
    module = with_ensures(
        ForAll((BOOL,), 5),
        ForAll((BOOL,), 3),
        Var(0, 0),
        Var(1, 0),
        prim(PrimOp.EQ, 2, 3),
        prim(PrimOp.NOT, 1),
    )
    assert holds(module, States()) is True
    inner_last = with_ensures(
        ForAll((BOOL,), 4), ForAll((BOOL,), 3), Var(0, 0), Var(1, 0), prim(PrimOp.EQ, 2, 3)
    )
    assert holds(inner_last, States()) is False


def test_a_quantifier_over_nothing_is_true() -> None:
    module = with_ensures(ForAll((BOOL,), 1), Var(0, 0))
    assert holds(module, States(is_empty=True)) is True
    assert holds(module, States()) is False


def test_nothing_fails_in_a_property() -> None:
    """5 // 0 == 0, 5 % 0 == 5 and an item that is not there is zero."""
    zero = prim(PrimOp.SUB, 0, 0)
    args: tuple[Value, ...] = (5, 0, True, KEYS[0], (1,), 0, 0, 0, 0)
    states = States(params=args)
    assert holds(with_ensures(P_U64, zero, prim(PrimOp.DIV, 0, 1), prim(PrimOp.EQ, 2, 1)), states)
    assert holds(with_ensures(P_U64, zero, prim(PrimOp.MOD, 0, 1), prim(PrimOp.EQ, 2, 0)), states)
    item = with_ensures(P_LIST, P_U64, Item(n(0)[0], n(1)[0]), prim(PrimOp.LT, 2, 1))
    assert holds(item, states)


def test_ensures_see_the_result_behind_the_parameters() -> None:
    """The parameter is below the result of a function that returns a u64."""
    module = body(P_U64, replace(RETURN, values=n(0)), result=(U64,))
    one = prim(PrimOp.LT, 1, 0)
    claimed = replace(NO_CLAIMS, ensures=((Param(len(PARAMS)), P_U64, one),))
    module = with_spec(module, functions=(claimed,))
    padding: tuple[Value, ...] = (0,) * (len(PARAMS) - 1)
    assert holds(module, States(params=(4, *padding, 5))) is True
    assert holds(module, States(params=(4, *padding, 4))) is False


def test_transitions_know_which_function_ran() -> None:
    entry = Property((Context(ContextKind.FUNCTION), prim(PrimOp.LT, 0, 0)), is_lemma=False)
    linked = link_valid(with_spec(body(RETURN), transitions=(entry,)))
    assert evaluate_property(linked, linked.spec.transitions[0], States()) is False


def test_the_keys_of_a_frame_are_values() -> None:
    place = Modified(BALANCES, ((P_ADDRESS,),), ())
    claimed = replace(NO_CLAIMS, has_frame=True, modifies=(place,))
    linked = link_valid(with_spec(body(RETURN), functions=(claimed,)))
    key = linked.spec.functions[0].modifies[0].keys[0]
    args: tuple[Value, ...] = (0, 0, True, KEYS[2], (), 0, 0, 0, 0)
    assert evaluate_expression(linked, key, States(params=args)) == KEYS[2]


@settings(max_examples=60)
@given(st.integers(0, (1 << 32) - 1))
def test_generated_properties_have_values_in_every_state(seed: int) -> None:
    rng = Random(seed)
    linked = link_valid(make_module(seed))
    now, old = make_states(rng), make_states(rng)
    states = States(now, old)
    for code in linked.spec.invariants + linked.spec.transitions:
        assert evaluate_property(linked, code, states) in {False, True}
    for function, claimed in zip(linked.functions, linked.spec.functions, strict=True):
        kinds = function.params + function.result
        states.params = tuple(make_value(rng, kind) for kind in kinds)
        for code in claimed.ensures:
            assert evaluate_property(linked, code, states) in {False, True}
        for place in claimed.modifies:
            for key in place.keys:
                assert evaluate_expression(linked, key, states) is not None


def make_states(rng: Random) -> Cells:
    cells: Cells = {}
    for cell, index in enumerate(CELL_TYPES):
        kind = TYPES[index]
        keys: tuple[Value, ...] = ()
        while isinstance(kind, MapType):
            keys += (make_value(rng, TYPES[kind.key]),)
            kind = TYPES[kind.value]
        cells[cell, keys] = make_value(rng, kind)
    return cells
