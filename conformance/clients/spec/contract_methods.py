"""Level 5: modules judged, functions of deployed contracts run, one by one or in a row."""

from dataclasses import replace
from typing import Any

from conformance.clients.spec.answers import (
    Accept,
    Answer,
    JsonObject,
    Reject,
    RequestError,
    to_bytes,
    to_hex,
)
from conformance.clients.spec.engine import ENGINE
from conformance.clients.spec.ledger_methods import require
from conformance.clients.spec.state import State
from conformance.clients.spec.views import render_view
from spec.ir.encoding import compute_code_id, compute_exec_root, compute_spec_root, decode_module
from spec.ir.host import BlockContext, CallInput, DeclaredFailure, Failed, Failure, Outcome
from spec.ir.machine import execute
from spec.ir.validate import link
from spec.ledger.state import TreeReader, compute_changes, compute_layer
from spec.ledger.types import EVENT, Event
from spec.ledger.world import LedgerWorld
from spec.lib.result import Err


def validate_module(args: JsonObject) -> Answer:
    """`contract.validate`: whether bytes are a module that may be deployed, and its names."""
    decoded = decode_module(to_bytes(args["module"]))
    if isinstance(decoded, Err):
        return Reject(decoded.error.code)
    module = decoded.value
    linked = link(module)
    if isinstance(linked, Err):
        return Reject(linked.error.code)
    return Accept(
        {
            "code_id": to_hex(compute_code_id(module)),
            "exec_root": to_hex(compute_exec_root(module)),
            "spec_root": to_hex(compute_spec_root(module)),
            "gas_bounds": [str(function.gas_bound) for function in linked.value.functions],
        }
    )


def call_contract(state: State | None, args: JsonObject) -> tuple[Accept, State | None]:
    """`contract.call`: one call from outside; the state changes only if it succeeds."""
    known = require(state)
    call = CallInput(
        contract=to_bytes(args["contract"]),
        selector=to_bytes(args["selector"]),
        caller=to_bytes(args["caller"]),
        value=int(args["value"]),
        arguments=to_bytes(args["arguments"]),
        gas_limit=int(args["gas_limit"]),
        is_view=args["is_view"],
    )
    layer = compute_layer(TreeReader(known.tree))
    if layer.get_account(call.caller).balance < call.value:
        raise RequestError("the caller can't afford the value: no ledger makes such a call")
    world = LedgerWorld(layer=layer, engine=ENGINE, events=[])
    block = BlockContext(known.genesis_id, int(args["height"]), int(args["now_ms"]))
    outcome = execute(world, block, call)
    answer = Accept(_render_outcome(outcome, world.events))
    if isinstance(outcome, Failed):
        return answer, state
    return answer, replace(known, tree=known.tree.apply_batch(compute_changes(layer)))


def play_calls(state: State | None, args: JsonObject) -> tuple[Accept, State | None]:
    """`contract.play`: calls one after the other; one that fails leaves no trace but its answer."""
    found: list[JsonObject] = []
    for call in args["calls"]:
        answer, state = call_contract(state, call)
        found.append(answer.value)
    return Accept(found), state


def _render_outcome(outcome: Outcome, events: list[Event]) -> JsonObject:
    if isinstance(outcome, Failed):
        failure = render_failure(outcome.failure)
        return {"status": "failed", "gas_used": str(outcome.gas_used), "failure": failure}
    return {
        "status": "succeeded",
        "gas_used": str(outcome.gas_used),
        "result": to_hex(outcome.result_data),
        "events": [render_view(EVENT, event) for event in events],
    }


def render_failure(failure: Failure) -> JsonObject:
    """A failure and, for calls of contracts, its causes inwards, nearest first.

    `contract.declared` stands for an error that the contract declares itself.
    """
    shown: list[dict[str, Any]] = []
    current: Failure | None = failure
    while current is not None:
        if isinstance(current, DeclaredFailure):
            entry = {"code": "contract.declared", "error": current.error}
            shown.append(
                {**entry, "data": to_hex(current.data), "contract": to_hex(current.contract)}
            )
            current = None
        else:
            shown.append({"code": current.code, "contract": to_hex(current.contract)})
            current = current.cause
    return {**shown[0], "causes": shown[1:]}
