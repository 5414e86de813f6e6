"""Shows transactions, receipts and events to people, and waits for blocks."""

import time
from collections.abc import Mapping

from qcref.cli.client import Client, as_list, as_object
from qcref.cli.output import FAILED, GOOD, Json, render_amount, render_fields, render_value

WAIT_S_MAX = 60
"""How long a command waits for its transaction's block."""
POLL_S = 0.1
BY_THEMSELVES = ("interval", "consensus")
"""Policies under which blocks come without being asked for."""


def settle(client: Client, view: dict[str, Json], mining: str | None = None) -> dict[str, Json]:
    """The transaction once it is in a block, or still pending when nobody makes blocks.

    Args:
        client: asks the node.
        view: the node's answer to the submission.
        mining: the node's policy if it is known.
    """
    if view["state"] != "pending":
        return view
    policy = client.get("status")["mining"] if mining is None else mining
    deadline = time.monotonic() + (WAIT_S_MAX if policy in BY_THEMSELVES else 0)
    while view["state"] == "pending" and time.monotonic() < deadline:
        time.sleep(POLL_S)
        view = client.get("transactions", str(view["id"]))
    return view


def get_exit_code(view: Mapping[str, Json]) -> int:
    """Good unless the transaction was refused, or its contract failed."""
    receipt = view["receipt"]
    if view["state"] == "refused":
        return FAILED
    is_good = receipt is None or as_object(receipt)["status"] == "success"
    return GOOD if is_good else FAILED


def render_transaction(view: dict[str, Json]) -> list[str]:
    """What became of a transaction, in lines."""
    if view["state"] == "pending":
        return [f"pending: {view['id']} waits for a block", "  next:  qc block --mine 1"]
    if view["state"] == "refused":
        refusal = as_object(view["refusal"])
        return [f"refused[{refusal['code']}]: {refusal['message']}", f"  transaction {view['id']}"]
    receipt = as_object(view["receipt"])
    lines = [_render_head(view, receipt)]
    if receipt["result"] is not None:
        lines.append(f"  result {render_value(receipt['result'])}")
    if receipt["error"] is not None:
        lines.append(f"  {render_fault(as_object(receipt['error']))}")
    lines += [f"  because: {render_fault(cause)}" for cause in as_list(receipt["causes"])]
    lines += [
        f"  {event['contract']}.{event['name']}  {render_fields(event['fields'])}"
        for event in as_list(receipt["events"])
    ]
    return lines


def _render_head(view: dict[str, Json], receipt: dict[str, Json]) -> str:
    what = "ok" if receipt["status"] == "success" else f"failed ({receipt['status']})"
    fee = render_amount(str(receipt["fee"]))
    final = "final" if view["is_final"] else "not final"
    return (
        f"{what} · block {view['height']} · gas {receipt['gas_used']} · fee {fee} coins · "
        f"tx {view['id']} · {final}"
    )


def render_fault(fault: dict[str, Json]) -> str:
    """A contract's failure on one line."""
    name = fault["name"]
    if name is None:
        return f"{fault['code']} in {fault['contract']}"
    arguments = render_fields(fault["arguments"]) if fault["arguments"] else ""
    return f"{fault['contract']} refused: {name}({arguments})"
