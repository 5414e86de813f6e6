"""Tendermint's votes and locks as relations: states, and the actions that change them.

A state is a handful of relations given as Python callables, an action a function from a state to
its guard and the state after. "The invariant holds after the action" is then a formula about the
state before: substitution, no frame axioms, no copies of relations.

Only honest nodes are modelled; the others may have sent anything at any time. An action is one
honest node's step in one round; a node's round is known by what lies behind it (`past`). That a
node votes in a round it has not left is all that safety needs, so nothing is said of proposals,
timeouts or when a node moves on: the model allows whatever those do.

    action                  the code (spec/consensus/bft/rounds.py)
    prevote_new             _prevote_on_proposal, L22-27, L28-33: no lock, or one on the value
    prevote_unlocked        _prevote_on_proposal, L28-33: a polka as late as the lock
    prevote_nil             _prevote_on_proposal (L26, L32), apply_timeout (L57-60)
    precommit               _lock, L36-43: a polka of the node's own round
    precommit_nil           _precommit_nil (L44-46), apply_timeout (L61-64)
    enter                   _start_round: a later round, by timeout or by skipping

A polka is a quorum all of whose honest members prevoted. `polka_quorum(r, v)` is the quorum behind
the latest precommit for (r, v): a witness carried along by hand, so that no formula has to say
"there is a quorum" under "for all nodes". Sorts are ordered (Round, Value) < Quorum < Node and
functions only go up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from proofs.logic import (
    BOOL,
    Function,
    Sort,
    Term,
    and_,
    choose,
    constant,
    equal,
    for_all,
    implies,
    not_,
    or_,
)

ROUND, VALUE, QUORUM, NODE = Sort("Round"), Sort("Value"), Sort("Quorum"), Sort("Node")
Relation = Callable[..., Term]

is_earlier_or_same = Function("is_earlier_or_same", (ROUND, ROUND), BOOL)
is_honest = Function("is_honest", (NODE,), BOOL)
is_member = Function("is_member", (NODE, QUORUM), BOOL)
meet = Function("meet", (QUORUM, QUORUM), NODE)


def is_before(r: Term, s: Term) -> Term:
    """Whether round r is strictly before s."""
    return and_(is_earlier_or_same(r, s), not_(equal(r, s)))


ROUNDS_ARE_ORDERED = and_(
    for_all([ROUND], lambda r: is_earlier_or_same(r, r)),
    for_all([ROUND, ROUND], lambda r, s: or_(is_earlier_or_same(r, s), is_earlier_or_same(s, r))),
    for_all(
        [ROUND, ROUND],
        lambda r, s: implies(and_(is_earlier_or_same(r, s), is_earlier_or_same(s, r)), equal(r, s)),
    ),
    for_all(
        [ROUND, ROUND, ROUND],
        lambda r, s, t: implies(
            and_(is_earlier_or_same(r, s), is_earlier_or_same(s, t)), is_earlier_or_same(r, t)
        ),
    ),
)

QUORUMS_MEET = for_all(
    [QUORUM, QUORUM],
    lambda p, q: and_(is_member(meet(p, q), p), is_member(meet(p, q), q), is_honest(meet(p, q))),
)
"""Proved for any weights in `quorum_intersection`; `meet` names the honest node that two share."""


@dataclass(frozen=True, slots=True)
class State:
    """What the honest nodes have done at one height."""

    prevote: Relation
    """(node, round, value): it prevoted the value."""
    has_prevoted: Relation
    """(node, round): it prevoted a value or nil."""
    precommit: Relation
    """(node, round, value)."""
    has_precommitted: Relation
    """(node, round)."""
    past: Relation
    """(node, round): it has left the round for a later one."""
    lock: Relation
    """(node, round, value): its lock."""
    has_lock: Relation
    """(node)."""
    polka_quorum: Relation
    """(round, value): the quorum behind the latest precommit."""
    prevote_nil: Relation
    """(node, round)."""
    precommit_nil: Relation
    """(node, round)."""
    unlocks: Relation
    """(rounds t and r, value): an honest node saw a polka for it in some round from t to r - 1."""


STATE = State(
    prevote=Function("prevote", (NODE, ROUND, VALUE), BOOL),
    has_prevoted=Function("has_prevoted", (NODE, ROUND), BOOL),
    precommit=Function("precommit", (NODE, ROUND, VALUE), BOOL),
    has_precommitted=Function("has_precommitted", (NODE, ROUND), BOOL),
    past=Function("past", (NODE, ROUND), BOOL),
    lock=Function("lock", (NODE, ROUND, VALUE), BOOL),
    has_lock=Function("has_lock", (NODE,), BOOL),
    polka_quorum=Function("polka_quorum", (ROUND, VALUE), QUORUM),
    prevote_nil=Function("prevote_nil", (NODE, ROUND), BOOL),
    precommit_nil=Function("precommit_nil", (NODE, ROUND), BOOL),
    unlocks=Function("unlocks", (ROUND, ROUND, VALUE), BOOL),
)


def _never(*_: Term) -> Term:
    return or_()


INITIAL = State(
    prevote=_never,
    has_prevoted=_never,
    precommit=_never,
    has_precommitted=_never,
    past=_never,
    lock=_never,
    has_lock=_never,
    polka_quorum=Function("any_quorum", (ROUND, VALUE), QUORUM),
    prevote_nil=_never,
    precommit_nil=_never,
    unlocks=_never,
)

# The parameters of an action: who, in which round, for which value; the lock and the polka it has.
n0, r0, v0 = constant("n0", NODE), constant("r0", ROUND), constant("v0", VALUE)
lock_r, lock_v = constant("lock_round", ROUND), constant("lock_value", VALUE)
polka_r, q0 = constant("polka_round", ROUND), constant("q0", QUORUM)


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of step of an honest node."""

    name: str
    guard: Term
    """When the node may take it, over `STATE`."""
    after: State


def add(relation: Relation, *point: Term) -> Relation:
    """The relation with one more point."""
    return lambda *args: or_(
        relation(*args), and_(*(equal(a, p) for a, p in zip(args, point, strict=True)))
    )


def has_polka(state: State, quorum: Term, round_: Term, value: Term) -> Term:
    """Whether all honest members of a quorum prevoted the value."""
    return for_all(
        [NODE],
        lambda m: implies(
            and_(is_member(m, quorum), is_honest(m)), state.prevote(m, round_, value)
        ),
    )


def is_locked_on(round_: Term, value: Term) -> Term:
    """The lock of the acting node."""
    return and_(STATE.has_lock(n0), STATE.lock(n0, round_, value))


IN_ROUND = and_(is_honest(n0), not_(STATE.past(n0, r0)))
FIRST_PREVOTE = and_(
    IN_ROUND, not_(STATE.has_prevoted(n0, r0)), not_(STATE.has_precommitted(n0, r0))
)
FIRST_PRECOMMIT = and_(IN_ROUND, not_(STATE.has_precommitted(n0, r0)))
LOCK_ALLOWS = or_(not_(STATE.has_lock(n0)), and_(is_locked_on(lock_r, lock_v), equal(lock_v, v0)))
POLKA_UNLOCKS = and_(
    is_locked_on(lock_r, lock_v),
    has_polka(STATE, q0, polka_r, v0),
    is_earlier_or_same(lock_r, polka_r),
    is_before(polka_r, r0),
)


def _leave_earlier(state: State) -> State:
    """Acting in a round leaves the rounds before it."""
    return replace(
        state,
        past=lambda n, r: or_(state.past(n, r), and_(equal(n, n0), is_before(r, r0))),
    )


def _see_polka(state: State, round_: Term) -> State:
    """An honest node saw a polka for v0: it unlocks who was locked up to then, from then on."""
    return replace(
        state,
        unlocks=lambda t, r, v: or_(
            state.unlocks(t, r, v),
            and_(is_earlier_or_same(t, round_), is_before(round_, r), equal(v, v0)),
        ),
    )


def _cast_prevote(state: State) -> State:
    return replace(
        _leave_earlier(state),
        prevote=add(state.prevote, n0, r0, v0),
        has_prevoted=add(state.has_prevoted, n0, r0),
    )


def _cast_precommit(state: State) -> State:
    """Precommits and locks; the lock before is forgotten."""
    return replace(
        _see_polka(_leave_earlier(state), r0),
        precommit=add(state.precommit, n0, r0, v0),
        has_precommitted=add(state.has_precommitted, n0, r0),
        has_lock=add(state.has_lock, n0),
        lock=lambda n, r, v: choose(
            equal(n, n0), and_(equal(r, r0), equal(v, v0)), state.lock(n, r, v)
        ),
        polka_quorum=lambda r, v: choose(
            and_(equal(r, r0), equal(v, v0)), q0, state.polka_quorum(r, v)
        ),
    )


ACTIONS = (
    Action("prevote_new", and_(FIRST_PREVOTE, LOCK_ALLOWS), _cast_prevote(STATE)),
    Action(
        "prevote_unlocked",
        and_(FIRST_PREVOTE, POLKA_UNLOCKS),
        _see_polka(_cast_prevote(STATE), polka_r),
    ),
    Action(
        "prevote_nil",
        FIRST_PREVOTE,
        replace(
            _leave_earlier(STATE),
            has_prevoted=add(STATE.has_prevoted, n0, r0),
            prevote_nil=add(STATE.prevote_nil, n0, r0),
        ),
    ),
    Action(
        "precommit",
        and_(FIRST_PRECOMMIT, STATE.has_prevoted(n0, r0), has_polka(STATE, q0, r0, v0)),
        _cast_precommit(STATE),
    ),
    Action(
        "precommit_nil",
        and_(FIRST_PRECOMMIT, STATE.has_prevoted(n0, r0)),
        replace(
            _leave_earlier(STATE),
            has_precommitted=add(STATE.has_precommitted, n0, r0),
            precommit_nil=add(STATE.precommit_nil, n0, r0),
        ),
    ),
    Action("enter", IN_ROUND, _leave_earlier(STATE)),
)


def replace_guard(name: str, guard: Term) -> Action:
    """An action with another guard: a broken rule."""
    action = next(action for action in ACTIONS if action.name == name)
    return Action(name, guard, action.after)
