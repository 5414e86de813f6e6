"""Execution: one call from outside, with all calls that it makes.

`execute` is total on validated modules: it never raises, never charges more than the gas limit, and
never recurses. Running functions stand on a stack of activations; the topmost runs one node at a
time.

A call is refused, in this order, and before any gas is charged:

    contract.no_code               nothing is deployed at the address
    contract.reentered             the contract is active already, whatever is called
    contract.call_depth            `CALL_DEPTH_MAX` contracts are active
    contract.unknown_function      no function with that selector; of a `Call`, none with the
    member's
                                   parameter and result types, or no view where the member is one;
                                   init is found from outside only
    contract.not_a_view            from outside: the call may run only a view
    (declared) NOT_PAYABLE         value > 0 and the function is not payable
    contract.arguments_malformed   the arguments are not canonical
    contract.gas_below_bound       from outside: the gas limit is below the function's static bound

Then the guard runs, then the value is credited, then the body runs. The first failure ends
everything: whoever called the contract that failed fails with contract.call_failed, the failure
being its cause, up to the contract called from outside, whose failure is the outcome. The caller
drops the working state.

Init is the function with the selector of zeros, and only the deployment may call it: a ledger
refuses that selector in any other transaction. A module without init has an empty one without
parameters.

Source: LANGUAGE.md 2 (Failures, Calls, Coins) and 4; README.md 2.
"""

from dataclasses import dataclass, field

from spec.crypto.address import is_address
from spec.ir.errors import MachineError
from spec.ir.frame import (
    Frame,
    get_value,
    get_values,
    make_frame,
    settle,
)
from spec.ir.host import (
    BlockContext,
    CallInput,
    DeclaredFailure,
    Failed,
    Failure,
    MachineFailure,
    Outcome,
    Succeeded,
    World,
)
from spec.ir.linked import LinkedFunction, LinkedMember, LinkedModule
from spec.ir.operators import Answer, get_bytes, get_number
from spec.ir.state import (
    find_entry,
    get_entry,
    get_entry_at,
    get_field_type,
    replace_field,
    set_entry,
)
from spec.ir.step import get_field, is_in_range, step
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    INIT_SELECTOR,
    NO_VALUE,
    STANDARD_ERROR_COUNT,
    Agg,
    Call,
    Collect,
    ContextKind,
    Emit,
    Fail,
    ForAll,
    FunctionKind,
    NodeIndex,
    Pay,
    Send,
    Set,
    Sign,
    StandardError,
    Type,
    TypeIndex,
    UintType,
    Update,
    When,
)
from spec.ir.values import (
    UNIT,
    MessageValue,
    Value,
    compute_default,
    decode_record,
    encode_record,
    get_fields,
)
from spec.lib.result import Err
from spec.limits import CALL_DEPTH_MAX

Stop = DeclaredFailure | MachineFailure | MachineError
"""Why an activation stops: an error of the contract, a call that failed, or an error of the
machine, which becomes a failure of the contract that runs."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call, from outside or from a contract."""

    target: bytes
    selector: bytes
    caller: bytes
    value: int
    arguments: bytes
    member: LinkedMember | None
    """Of a `Call`: what the caller expects to find."""


@dataclass(slots=True)
class Activation:
    """A function that is running, as working state: the surroundings of its nodes."""

    world: World
    block: BlockContext
    linked: LinkedModule
    function: LinkedFunction
    request: Request
    params: tuple[Value, ...]
    frame: Frame
    gas_end: int
    """The run's gas counter may not pass this while the activation runs."""
    is_credited: bool = False
    """Whether the guard has passed and the value been credited."""

    @property
    def contract(self) -> bytes:
        """The address whose code runs."""
        return self.request.target

    def get_fact(self, which: ContextKind) -> Value:
        """What `Context` reads."""
        match which:
            case ContextKind.CALLER:
                return self.request.caller
            case ContextKind.VALUE:
                return self.request.value
            case ContextKind.NOW:
                return self.block.now_ms
            case ContextKind.HEIGHT:
                return self.block.height
            case ContextKind.THIS:
                return self.contract
            case ContextKind.GENESIS_ID:
                return self.block.genesis_id
            case ContextKind.FUNCTION:
                raise AssertionError("validated: only properties know which function ran")

    def get_entry(self, cell: int, when: When, keys: tuple[Value, ...]) -> Answer:
        """The whole value of a cell's entry."""
        if cell == CELL_BALANCE:
            return self.world.get_balance(self.contract)
        if cell == CELL_INBOX:
            return self.world.get_inbox(self.contract)
        if when is not When.AT:
            entry = find_entry(self.linked, self.contract, cell, keys)
            return get_entry(self.world, self.linked, entry)
        entry = find_entry(self.linked, self.contract, cell, keys[:-1])
        height = get_number(keys[-1])
        if height < self.block.height:
            return get_entry_at(self.world, self.linked, entry, height)
        if self.is_credited:
            return MachineError.CHECKPOINT_NOT_PAST
        return compute_default(self.linked.types, entry.kind)

    def is_contract(self, address: bytes) -> bool:
        """Whether code is deployed at the address."""
        return get_module(self.world, address) is not None

    def has_interface(self, address: bytes, interface: int) -> bool:
        """Whether the code at the address has every member of the interface."""
        linked = get_module(self.world, address)
        if linked is None:
            return False
        members = self.linked.interfaces[interface]
        return all(find_function(linked, member.selector, member) is not None for member in members)


@dataclass(slots=True)
class Run:
    """All that one call from outside has set going, as working state."""

    world: World
    block: BlockContext
    gas_used: int = 0
    activations: list[Activation] = field(default_factory=list)
    """Callers first; the last one runs."""


# Finding what to run


def get_module(world: World, address: bytes) -> LinkedModule | None:
    """The code deployed at an address."""
    code = world.get_code(address)
    if code is None:
        return None
    assert isinstance(code, LinkedModule), "a world holds linked modules"
    return code


def find_function(
    linked: LinkedModule, selector: bytes, member: LinkedMember | None
) -> LinkedFunction | None:
    """The function with the selector, if it has what a member promises.

    That is: equal parameter and result types, and a view if the member is one.
    """
    for function in linked.functions:
        if function.declared.selector != selector:
            continue
        if member is None:
            return function
        is_view = function.declared.kind is FunctionKind.VIEW
        is_match = function.signature == member.signature and (is_view or not member.is_view)
        return function if is_match else None
    return None


def _enter(run: Run, request: Request, gas_end: int, call: CallInput | None) -> Stop | None:
    """Puts the function called on the stack, or says why the call is refused.

    `call` is the call from outside, None for one that a contract makes.
    """
    linked = get_module(run.world, request.target)
    if linked is None:
        return MachineError.NO_CODE
    if any(active.contract == request.target for active in run.activations):
        return MachineError.REENTERED
    if len(run.activations) >= CALL_DEPTH_MAX:
        return MachineError.CALL_DEPTH
    function = find_function(linked, request.selector, request.member)
    if function is None or (call is None and function.declared.kind is FunctionKind.INIT):
        return MachineError.UNKNOWN_FUNCTION
    if call is not None and call.is_view and function.declared.kind is not FunctionKind.VIEW:
        return MachineError.NOT_A_VIEW
    if request.value > 0 and not function.declared.is_payable:
        return DeclaredFailure(request.target, StandardError.NOT_PAYABLE, b"")
    params = decode_record(linked.types, function.params, request.arguments)
    if isinstance(params, Err):
        return MachineError.ARGUMENTS_MALFORMED
    if call is not None and call.gas_limit < function.gas_bound:
        return MachineError.GAS_BELOW_BOUND
    run.activations.append(
        Activation(
            world=run.world,
            block=run.block,
            linked=linked,
            function=function,
            request=request,
            params=params.value,
            frame=make_frame(function.code, ()),
            gas_end=gas_end,
        )
    )
    return None


# Running


def execute(world: World, block: BlockContext, call: CallInput) -> Outcome:
    """Runs one call from outside.

    `world` is the transaction's working state; on `Failed` its maker drops it. `call.gas_limit`
    bounds the gas of everything that the call sets going. Every node that runs has been paid for,
    so the loop ends after at most as many rounds as there is gas.
    """
    if call.selector == INIT_SELECTOR and _has_no_init(world, call.contract):
        return _execute_empty_init(call)
    run = Run(world, block)
    request = Request(
        call.contract, call.selector, call.caller, call.value, call.arguments, member=None
    )
    stop = _enter(run, request, call.gas_limit, call)
    if stop is not None:
        return Failed(_make_failure(call.contract, stop), 0)
    while True:
        active = run.activations[-1]
        stop = _advance(run, active)
        if stop is not None:
            return Failed(_unwind(run, stop), run.gas_used)
        if active.frame.result is not None:
            if len(run.activations) == 1:
                return _succeed(run, active)
            _return(run, active)


def _has_no_init(world: World, contract: bytes) -> bool:
    linked = get_module(world, contract)
    return linked is not None and find_function(linked, INIT_SELECTOR, None) is None


def _execute_empty_init(call: CallInput) -> Outcome:
    """What a module without init does on deployment: nothing, if the call asks for nothing."""
    if call.is_view:
        return Failed(_make_failure(call.contract, MachineError.NOT_A_VIEW), 0)
    if call.value > 0:
        return Failed(DeclaredFailure(call.contract, StandardError.NOT_PAYABLE, b""), 0)
    if call.arguments:
        return Failed(_make_failure(call.contract, MachineError.ARGUMENTS_MALFORMED), 0)
    return Succeeded((), b"", 0)


def _make_failure(contract: bytes, stop: Stop) -> Failure:
    if isinstance(stop, MachineError):
        return MachineFailure(contract, stop.value, None)
    return stop


def _unwind(run: Run, stop: Stop) -> Failure:
    """The failure of the contract called from outside: whoever has called fails in turn."""
    failure = _make_failure(run.activations[-1].contract, stop)
    for caller in reversed(run.activations[:-1]):
        failure = _fail_call(caller.contract, failure)
    return failure


def _fail_call(caller: bytes, cause: Failure) -> MachineFailure:
    return MachineFailure(caller, MachineError.CALL_FAILED.value, cause)


def _succeed(run: Run, active: Activation) -> Succeeded:
    result = active.frame.result or ()
    data = encode_record(active.linked.types, active.function.result, result)
    return Succeeded(result, data, run.gas_used)


def _return(run: Run, active: Activation) -> None:
    """Ends a called function; a `Call` takes its result as value, a `Send` drops it."""
    result = active.frame.result or ()
    run.activations.pop()
    frame = run.activations[-1].frame
    if active.request.member is not None and result:
        frame.values[frame.counter] = result[0]
    frame.counter += 1


def _advance(run: Run, active: Activation) -> Stop | None:
    """Runs the next node of the topmost activation; None, or why it stops."""
    frame = active.frame
    settle(frame)
    guard_count = active.function.declared.guard_count
    if frame.counter == guard_count and not active.is_credited:
        active.is_credited = True
        _credit(active)
    charge = frame.code.charges[frame.counter]
    if run.gas_used + charge > active.gas_end:
        return MachineError.OUT_OF_GAS
    run.gas_used += charge
    node = frame.code.nodes[frame.counter]
    match node:
        case Set() | Update():
            return _step_state(active, node)
        case Fail():
            return _step_fail(active, node)
        case Pay() | Collect() | Emit():
            return _step_effect(active, node)
        case Call() | Send():
            return _step_call(run, active, node)
        case ForAll() | Agg():
            raise AssertionError("validated: only properties quantify and sum up")
        case _:
            return step(active, frame, node, is_total=frame.counter < guard_count)


def _credit(active: Activation) -> None:
    request = active.request
    if request.value > 0:
        active.world.receive_value(request.caller, request.target, request.value)


# Nodes with effects


def _step_state(active: Activation, node: Set | Update) -> MachineError | None:
    frame = active.frame
    entry = find_entry(active.linked, active.contract, node.cell, get_values(frame, node.keys))
    old = get_entry(active.world, active.linked, entry)
    new: Answer
    if isinstance(node, Set):
        new = get_value(frame, node.value)
    else:
        kind = get_field_type(active.linked, entry.kind, node.fields)
        amount = get_number(get_value(frame, node.amount))
        new = _update(kind, get_number(get_field(old, node.fields)), node.sign, amount)
    if isinstance(new, MachineError):
        return new
    whole = replace_field(old, node.fields, new)
    set_entry(active.world, active.linked, entry, whole, active.block.height)
    frame.counter += 1
    return None


def _update(kind: Type, old: int, sign: Sign, amount: int) -> Answer:
    assert isinstance(kind, UintType), "validated: only uints are updated"
    new = old + amount if sign is Sign.PLUS else old - amount
    return new if is_in_range(new, kind.bits) else MachineError.OVERFLOW


def _step_fail(active: Activation, node: Fail) -> DeclaredFailure | None:
    if not get_value(active.frame, node.condition):
        active.frame.counter += 1
        return None
    fields: tuple[TypeIndex, ...] = ()
    if node.error >= STANDARD_ERROR_COUNT:
        fields = active.linked.module.code.errors[node.error - STANDARD_ERROR_COUNT].fields
    data = _encode_args(active, fields, node.args)
    return DeclaredFailure(active.contract, node.error, data)


def _encode_args(
    active: Activation, fields: tuple[TypeIndex, ...], args: tuple[NodeIndex, ...]
) -> bytes:
    types = active.linked.types
    return encode_record(types, get_fields(types, fields), get_values(active.frame, args))


def _step_effect(active: Activation, node: Pay | Collect | Emit) -> MachineError | None:
    frame = active.frame
    match node:
        case Pay(to, amount):
            value = get_number(get_value(frame, amount))
            stop = _pay(active, get_bytes(get_value(frame, to)), value)
            if stop is not None:
                return stop
            frame.values[frame.counter] = UNIT
        case Collect():
            frame.values[frame.counter] = active.world.get_inbox(active.contract)
            active.world.collect(active.contract)
        case Emit(event, args):
            fields = active.linked.module.code.events[event].fields
            active.world.emit(active.contract, event, _encode_args(active, fields, args))
    frame.counter += 1
    return None


def _pay(active: Activation, to: bytes, amount: int) -> MachineError | None:
    if not is_address(to):
        return MachineError.NO_ADDRESS
    if amount > active.world.get_balance(active.contract):
        return MachineError.BALANCE_SHORT
    active.world.pay(active.contract, to, amount)
    return None


# Calls


def _step_call(run: Run, active: Activation, node: Call | Send) -> Stop | None:
    """Sets a called function going; the caller's node gets its value when that returns."""
    request = _make_request(active, node)
    if request.value > active.world.get_balance(active.contract):
        return MachineError.BALANCE_SHORT
    gas_end = min(active.gas_end, run.gas_used + node.gas)
    stop = _enter(run, request, gas_end, None)
    if stop is None:
        return None
    return _fail_call(active.contract, _make_failure(request.target, stop))


def _make_request(active: Activation, node: Call | Send) -> Request:
    frame = active.frame
    if isinstance(node, Call):
        member = active.linked.interfaces[node.interface][node.member]
        arguments = encode_record(active.linked.types, member.params, get_values(frame, node.args))
        target = get_bytes(get_value(frame, node.target))
        value = 0
        if node.value != NO_VALUE:
            value = get_number(get_value(frame, NodeIndex(node.value)))
        return Request(target, member.selector, active.contract, value, arguments, member)
    message = get_value(frame, node.message)
    assert isinstance(message, MessageValue), "validated: a message is sent"
    return Request(
        message.target,
        message.selector,
        active.contract,
        message.value,
        message.arguments,
        member=None,
    )
