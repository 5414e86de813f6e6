"""What trusted interfaces add: after a call that succeeds, what its `ensures` say of its views.

The views that a clause asks are the same uninterpreted functions as those that bodies ask, before
the call in the epoch that it finds, after it in the one that it starts. What no clause says stays
unknown. Nothing is assumed of a message that is sent, nor where the same contract is called through
an interface that is not trusted. `forall` is used wherever the run asks a view.

Source: decision record 0123.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from dsl.source_map import TrustMap
from dsl.verify.aggregates import make_range
from dsl.verify.encoder import Encoder, Inputs, Owed
from dsl.verify.execute import Execution
from dsl.verify.leaves import Sym, UnsupportedError, as_leaf, make_symbolic
from dsl.verify.properties import get_last, settle_owed
from dsl.verify.run_calls import ask_view
from dsl.verify.run_frame import Made, Paid, Promise
from dsl.verify.state import State
from dsl.verify.terms import Term
from spec.ir.syntax import AddressType, Call, Code, Member, Prim, Type

PLACES_MAX = 128
"""Places at which one `forall` is used after one call."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """A call that a clause is about: who is asked, when, and what the clause's names are."""

    encoder: Encoder
    inputs: Inputs
    """Of the callee: its caller is the contract that calls."""
    call: Made
    promise: Promise
    state: State
    """Of the contract that calls; no clause reads it."""


@dataclass(slots=True)
class _Claimed:
    """A clause at some terms."""

    term: Term
    owed: list[Owed]
    """What its meaning rests on."""
    before: list[Made] = field(default_factory=list)
    """Views asked before the call, as if the caller asked them."""
    after: list[Made] = field(default_factory=list)


def list_facts(encoder: Encoder, execution: Execution) -> list[Term]:
    """What is assumed of the calls of a run; the views concerned join those that it asks.

    Raises:
        UnsupportedError: a clause would have to be used at too many places.
    """
    uses = [
        (trust, _make_setting(encoder, execution, promise, call))
        for promise in execution.promises
        for call in (execution.made[promise.position],)
        for trust in encoder.ghosts.trusts
        if _is_about(trust, call)
    ]
    found: list[tuple[_Setting, _Claimed]] = [
        (setting, _claim(setting, trust, ())) for trust, setting in uses if not trust.binder_count
    ]
    asked = [each for each in execution.made if isinstance(each, Made) and each.is_view]
    for _, claimed in found:
        asked += [*claimed.before, *claimed.after]
    for trust, setting in uses:
        if trust.binder_count:
            found += [(setting, each) for each in _claim_everywhere(setting, trust, asked)]
    _add_asked(execution, found)
    return [encoder.pool.implies(setting.promise.guard, claimed.term) for setting, claimed in found]


def evaluate_alone(encoder: Encoder, trust: TrustMap, inputs: Inputs, state: State) -> list[Owed]:
    """What a clause's meaning rests on, about any call at all."""
    pool, layouts = encoder.pool, encoder.layouts
    member = _get_member(encoder, trust)
    given = tuple(make_symbolic(pool, layouts, layouts.get(k), "param") for k in member.params)
    result = None
    if member.result:
        result = make_symbolic(pool, layouts, layouts.get(member.result[0]), "answer")
    target = pool.fresh("target", 0, inputs.this.high)
    number = (trust.interface, trust.member)
    call = Made(
        pool.true, target, pool.zero, number, given, None, member.is_view, result, pool.zero
    )
    promise = Promise(pool.true, 0, pool.zero, encoder.make_epoch(), encoder.make_epoch())
    kinds = _list_binders(encoder, trust)
    bound = tuple(make_symbolic(pool, layouts, kind, "skolem") for kind in kinds)
    return _claim(_Setting(encoder, inputs, call, promise, state), trust, bound).owed


def list_trusts(code: Code, trusts: Sequence[TrustMap]) -> list[tuple[TrustMap, int]]:
    """Each clause that a function's calls rest on, with the call."""
    return [
        (trust, index)
        for index, node in enumerate(code)
        if isinstance(node, Call)
        for trust in trusts
        if (node.interface, node.member) == (trust.interface, trust.member)
    ]


def _is_about(trust: TrustMap, call: Made | Paid) -> bool:
    """Whether a call goes to the member, through the interface that is trusted."""
    return isinstance(call, Made) and call.member == (trust.interface, trust.member)


def _get_member(encoder: Encoder, trust: TrustMap, number: int | None = None) -> Member:
    members = encoder.module.code.interfaces[trust.interface].members
    return members[trust.member if number is None else number]


def _make_setting(
    encoder: Encoder, execution: Execution, promise: Promise, call: Made | Paid
) -> _Setting:
    assert isinstance(call, Made), "a promise is made by a call"
    inputs = execution.inputs
    seen = Inputs(
        (),
        inputs.this,
        promise.coins,
        inputs.now,
        inputs.height,
        call.target,
        inputs.genesis,
        inputs.function,
    )
    return _Setting(encoder, seen, call, promise, execution.old)


def _list_binders(encoder: Encoder, trust: TrustMap) -> tuple[Type, ...]:
    member = _get_member(encoder, trust)
    first = len(member.params) + len(member.result)
    params = encoder.module.code.functions[trust.view].params[first : first + trust.binder_count]
    return tuple(encoder.layouts.get(each) for each in params)


def _claim_everywhere(setting: _Setting, trust: TrustMap, asked: Sequence[Made]) -> list[_Claimed]:
    """A clause with `forall`, at all terms that anything in the run is asked about."""
    encoder = setting.encoder
    pool, layouts = encoder.pool, encoder.layouts
    kinds = _list_binders(encoder, trust)
    rows = [_list_places(setting, kind, asked) for kind in kinds]
    count = 1
    for row in rows:
        count *= len(row)
    if count > PLACES_MAX:
        raise UnsupportedError(
            f"a `forall` of a trusted interface at more than {PLACES_MAX} places"
        )
    claims: list[_Claimed] = []
    for terms in product(*rows):
        bound = tuple(
            Sym(kind, (as_leaf(pool, term, layouts.leaves(kind)[0]),))
            for kind, term in zip(kinds, terms, strict=True)
        )
        claimed = _claim(setting, trust, bound)
        claimed.term = pool.implies(make_range(encoder, kinds, terms), claimed.term)
        claims.append(claimed)
    return claims


def _list_places(setting: _Setting, kind: Type, asked: Sequence[Made]) -> list[Term]:
    """Terms of a type that views are asked about, that the call is given, or that make it."""
    pool = setting.encoder.pool
    values = [arg for each in (*asked, setting.call) for arg in each.args]
    if setting.call.result is not None:
        values.append(setting.call.result)
    found = [pool.to_integer(each.leaves[0]) for each in values if each.type == kind]
    if isinstance(kind, AddressType):
        found += [setting.inputs.caller, setting.inputs.this]
    return list({term.id: term for term in found}.values())


def _claim(setting: _Setting, trust: TrustMap, bound: tuple[Sym, ...]) -> _Claimed:
    """A clause at the terms of a call and of its bound variables."""
    encoder, call = setting.encoder, setting.call
    result = () if call.result is None else (call.result,)
    names = [*call.args, *result, *bound]
    claim, *arguments = encoder.module.spec.functions[trust.view].ensures
    claimed = _Claimed(encoder.pool.true, [])
    for number, is_old in trust.applications:
        member = _get_member(encoder, trust, number)
        codes, arguments = arguments[: len(member.params)], arguments[len(member.params) :]
        args = tuple(_run_argument(setting, code, names, claimed) for code in codes)
        epoch = setting.promise.before if is_old else setting.promise.after
        answer = ask_view(encoder, member, call.target, args, epoch)
        names.append(answer)
        asked = _make_asked(setting, (trust.interface, number), member, args, answer)
        (claimed.before if is_old else claimed.after).append(asked)
    execution = _run(setting, claim, names, claimed)
    assert execution.result is not None, "an expression has a value"
    claimed.term = execution.result.term
    return claimed


def _run(setting: _Setting, code: Code, names: Sequence[Sym], claimed: _Claimed) -> Execution:
    """Runs an expression of a clause; what it owes is noted."""
    inputs = setting.inputs
    whole = Inputs(
        tuple(names),
        inputs.caller,
        inputs.value,
        inputs.now,
        inputs.height,
        inputs.this,
        inputs.genesis,
        inputs.function,
    )
    execution = Execution(setting.encoder, whole, setting.state, setting.state)
    execution.run_expression(code)
    root = get_last(code, 0, len(code))
    claimed.owed += settle_owed(setting.encoder.pool, code, execution, {root})
    return execution


def _run_argument(setting: _Setting, code: Code, names: Sequence[Sym], claimed: _Claimed) -> Sym:
    """The x of `x == x`."""
    execution = _run(setting, code, names, claimed)
    root = code[get_last(code, 0, len(code))]
    assert isinstance(root, Prim), "arguments are stated as equations"
    return execution.values[root.args[0]]


def _make_asked(
    setting: _Setting,
    number: tuple[int, int],
    member: Member,
    args: tuple[Sym, ...],
    answer: Sym,
) -> Made:
    pool = setting.encoder.pool
    selector = pool.number(int.from_bytes(member.selector, "big"))
    guard, target = setting.promise.guard, setting.call.target
    return Made(guard, target, selector, number, args, None, True, answer, pool.zero)  # a view


def _add_asked(execution: Execution, found: Sequence[tuple[_Setting, _Claimed]]) -> None:
    """Puts the views that clauses ask around their calls: who plays the callee keeps them."""
    around: dict[int, tuple[list[Made], list[Made]]] = {}
    for setting, claimed in found:
        before, after = around.setdefault(setting.promise.position, ([], []))
        before += claimed.before
        after += claimed.after
    whole: list[Made | Paid] = []
    for position, each in enumerate(execution.made):
        before, after = around.get(position, ([], []))
        whole += [*before, each, *after]
    execution.made = whole
