"""The node's objects as the API's models: blocks, transactions, receipts, accounts, contracts."""

from typing import cast

from pydantic import JsonValue

from qcref import abi
from qcref.abi import Json
from qcref.accounts import get_account_name
from qcref.api import models
from qcref.api.ssz_view import render_object
from qcref.contracts import Contract
from qcref.devnet import Included
from qcref.node import Node
from spec.crypto.address import is_contract_address
from spec.crypto.signing import validate_signature
from spec.ir.host import DeclaredFailure, Failed, Failure, MachineFailure, Succeeded
from spec.ir.syntax import STANDARD_ERROR_COUNT, StandardError, TypeIndex
from spec.ir.value_view import record_to_json
from spec.ir.values import decode_record, get_fields
from spec.ledger.block import authenticate_transaction
from spec.ledger.codec import BlockId, TxId, compute_block_id, compute_tx_id
from spec.ledger.errors import TxError
from spec.ledger.ops import OP, SEAL
from spec.ledger.types import (
    HEADER,
    TRANSACTION,
    Block,
    Call,
    Event,
    Fault,
    Payload,
    Receipt,
    Refused,
    SignedTransaction,
    Stopped,
    Success,
)
from spec.lib.result import Err
from spec.lib.ssz import encode
from spec.lib.trie_proof import TRIE_PROOF, compute_proof
from spec.limits import CALL_DEPTH_MAX

REFUSED_CODE = "contract.refused"
"""The code of an error that a contract declares."""


def render_bytes(data: bytes) -> str:
    """Lower-case hex behind 0x."""
    return "0x" + data.hex()


def as_json_value(view: object) -> JsonValue:
    """The same view, as pydantic calls its type."""
    return cast("JsonValue", view)  # both are JSON; ours holds no float


def as_json_object(view: object) -> dict[str, Json]:
    """A JSON object of pydantic's, as ours."""
    return cast("dict[str, Json]", view)  # the guard has refused numbers that are not whole


# Blocks


def render_block(node: Node, block: Block) -> models.BlockView:
    """A block."""
    header = render_object(HEADER, block.header)
    assert isinstance(header, dict), "a container is an object"
    return models.BlockView(
        id=render_bytes(compute_block_id(block.header)),
        height=str(block.header.height),
        header={key: as_json_value(value) for key, value in header.items()},
        seal=as_json_value(render_object(SEAL, block.seal)),
        ops=[as_json_value(render_object(OP, op)) for op in block.body.ops],
        transactions=[
            render_bytes(compute_tx_id(signed.transaction)) for signed in block.body.transactions
        ],
        is_final=node.devnet.runtime.is_final(block.header.height),
    )


# Values of contracts


def render_record(
    node: Node, contract: Contract, fields: list[Json], kinds: tuple[TypeIndex, ...], data: bytes
) -> JsonValue:
    """Encoded values by the names that an interface gives them; None if they are none."""
    types = contract.linked.types
    decoded = decode_record(types, get_fields(types, kinds), data)
    if isinstance(decoded, Err):
        return None
    views = record_to_json(types, get_fields(types, kinds), decoded.value)
    return as_json_value(
        abi.render_fields(fields, cast("list[Json]", views), node.directory.render)
    )


def render_result(node: Node, contract: Contract, selector: bytes, data: bytes) -> JsonValue:
    """A function's result; None if it has none."""
    entry = abi.find_entry(contract.interface, "functions", "selector", render_bytes(selector))
    if entry is None or entry["result"] is None:
        return None
    fields: list[Json] = [{"name": "result", "type": entry["result"]}]
    results = [
        f.declared.result for f in contract.linked.functions if f.declared.selector == selector
    ]
    view = render_record(node, contract, fields, results[0], data)
    return view["result"] if isinstance(view, dict) else None


def render_fault(node: Node, fault: Fault) -> models.FaultView:
    """A failure, by the names of the contract that failed."""
    shown = node.directory.render(fault.contract)
    if isinstance(fault, Stopped):
        code = fault.reason.decode("ascii")
        return models.FaultView(code=code, contract=shown, name=None, arguments=None, data="0x")
    data = render_bytes(fault.data)
    if fault.number < STANDARD_ERROR_COUNT:
        standard = StandardError(fault.number).name.title().replace("_", "")
        return models.FaultView(
            code=REFUSED_CODE, contract=shown, name=standard, arguments={}, data=data
        )
    name, arguments = str(fault.number), None
    contract = node.directory.get(fault.contract)
    if contract is not None:
        entry = abi.find_entry(contract.interface, "errors", "number", fault.number)
        assert entry is not None, "an interface has every error of its module"
        name = str(entry["name"])
        kinds = contract.linked.module.code.errors[fault.number - STANDARD_ERROR_COUNT].fields
        arguments = render_record(node, contract, _get_params(entry), kinds, fault.data)
    return models.FaultView(
        code=REFUSED_CODE, contract=shown, name=name, arguments=arguments, data=data
    )


def render_event(node: Node, event: Event) -> models.EventView:
    """An event, by the names of the contract that emitted it."""
    name, fields = str(event.number), cast("JsonValue", None)
    contract = node.directory.get(event.contract)
    if contract is not None:
        entry = abi.find_entry(contract.interface, "events", "number", event.number)
        assert entry is not None, "an interface has every event of its module"
        name = str(entry["name"])
        kinds = contract.linked.module.code.events[event.number].fields
        fields = render_record(node, contract, _get_params(entry), kinds, event.data)
    return models.EventView(
        contract=node.directory.render(event.contract),
        address=render_bytes(event.contract),
        name=name,
        number=event.number,
        fields=fields,
        data=render_bytes(event.data),
    )


def _get_params(entry: dict[str, Json]) -> list[Json]:
    params = entry["params"]
    assert isinstance(params, list), "checked when it was published"
    return params


# Receipts


def render_receipt(node: Node, payload: Payload, receipt: Receipt) -> models.ReceiptView:
    """What became of a transaction."""
    status = receipt.status
    is_good = isinstance(status, Success)
    data = status.data if isinstance(status, Success) else b""
    result: JsonValue = None
    if is_good and isinstance(payload, Call):
        contract = node.directory.get(payload.contract)
        if contract is not None:
            result = render_result(node, contract, payload.selector, data)
    elif is_good and data:
        result = node.directory.render_text(data)
    return models.ReceiptView(
        status=_name_status(status),
        gas_used=str(receipt.gas_used),
        gas_price=str(receipt.gas_price),
        fee=str(receipt.gas_used * receipt.gas_price),
        result=result,
        data=render_bytes(data),
        error=None if isinstance(status, Success) else render_fault(node, status),
        causes=[render_fault(node, cause) for cause in receipt.causes],
        events=[render_event(node, event) for event in receipt.events],
    )


def _name_status(status: Success | Fault) -> models.StatusName:
    match status:
        case Success():
            return "success"
        case Refused():
            return "refused"
        case Stopped():
            return "stopped"


def render_simulation(
    node: Node, call: Call, outcome: Succeeded | Failed, events: tuple[Event, ...]
) -> models.SimulationView:
    """What a call would do."""
    gas_used = str(outcome.gas_used)
    if isinstance(outcome, Succeeded):
        contract = node.directory.get(call.contract)
        assert contract is not None, "it has just run"
        return models.SimulationView(
            status="success",
            gas_used=gas_used,
            result=render_result(node, contract, call.selector, outcome.result_data),
            data=render_bytes(outcome.result_data),
            error=None,
            causes=[],
            events=[render_event(node, event) for event in events],
        )
    faults = list_faults(outcome.failure)
    return models.SimulationView(
        status=_name_status(faults[0]),
        gas_used=gas_used,
        result=None,
        data="0x",
        error=render_fault(node, faults[0]),
        causes=[render_fault(node, fault) for fault in faults[1:]],
        events=[],
    )


def list_faults(failure: Failure) -> list[Fault]:
    """A failure and, behind it, those that caused it."""
    faults: list[Fault] = []
    current: Failure | None = failure
    for _ in range(CALL_DEPTH_MAX + 1):
        match current:
            case DeclaredFailure(contract, number, data):
                faults.append(Refused(contract, number, data))
                current = None
            case MachineFailure(contract, code, cause):
                faults.append(Stopped(contract, code.encode("ascii")))
                current = cause
            case None:
                break
    return faults


# Transactions


def render_included(node: Node, included: Included) -> models.TransactionView:
    """A transaction in a block."""
    stored = node.devnet.runtime.store.get_block(included.height)
    assert stored is not None, "it was found there"
    payload = included.signed.transaction.payload
    return models.TransactionView(
        id=render_bytes(included.tx_id),
        state="included",
        sender=node.directory.render(included.sender),
        transaction=as_json_value(render_object(TRANSACTION, included.signed.transaction)),
        call=render_payload(node, payload),
        signature=render_bytes(included.signed.signature),
        height=str(included.height),
        block_id=render_bytes(compute_block_id(stored.block.header)),
        position=included.position,
        receipt=render_receipt(node, payload, included.receipt),
        refusal=None,
        is_final=node.devnet.runtime.is_final(included.height),
    )


def render_pending(node: Node, tx_id: TxId, signed: SignedTransaction) -> models.TransactionView:
    """A transaction that waits."""
    sender = authenticate_transaction(validate_signature, signed)
    assert not isinstance(sender, Err), "it was authenticated on its way in"
    return models.TransactionView(
        id=render_bytes(tx_id),
        state="pending",
        sender=node.directory.render(sender.value),
        transaction=as_json_value(render_object(TRANSACTION, signed.transaction)),
        call=render_payload(node, signed.transaction.payload),
        signature=render_bytes(signed.signature),
        height=None,
        block_id=None,
        position=None,
        receipt=None,
        refusal=None,
        is_final=False,
    )


def render_refused(tx_id: TxId, error: TxError) -> models.TransactionView:
    """A transaction that left the pool; it is not kept."""
    return models.TransactionView(
        id=render_bytes(tx_id),
        state="refused",
        sender=None,
        transaction=None,
        call=None,
        signature=None,
        height=None,
        block_id=None,
        position=None,
        receipt=None,
        refusal=models.RefusalView(code=error.code, message=error.message),
        is_final=False,
    )


def render_payload(node: Node, payload: Payload) -> JsonValue:
    """A call by the names of its contract; None for other payloads and unknown functions."""
    if not isinstance(payload, Call):
        return None
    contract = node.directory.get(payload.contract)
    selector = render_bytes(payload.selector)
    entry = (
        None
        if contract is None
        else abi.find_entry(contract.interface, "functions", "selector", selector)
    )
    if contract is None or entry is None:
        return None
    declared = next(
        f.declared for f in contract.linked.functions if f.declared.selector == payload.selector
    )
    return {
        "contract": node.directory.render(payload.contract),
        "function": as_json_value(entry["name"]),
        "args": render_record(
            node, contract, _get_params(entry), declared.params, payload.arguments
        ),
        "value": str(payload.value),
    }


# State


def render_proof(node: Node, key: bytes) -> models.ProofView:
    """The proof of what the head's state holds under a key."""
    head = node.devnet.runtime.head
    proof = compute_proof(head.tree, key)
    value = head.tree.get(key)
    return models.ProofView(
        height=str(head.header.height),
        block_id=render_bytes(BlockId(compute_block_id(head.header))),
        state_root=render_bytes(head.header.state_root),
        key=render_bytes(key),
        value=None if value is None else render_bytes(value),
        proof=as_json_value(render_object(TRIE_PROOF, proof)),
        encoded=render_bytes(encode(TRIE_PROOF, proof)),
    )


def render_account(node: Node, address: bytes, *, with_proof: bool) -> models.AccountView:
    """An account; one that never was is all zero."""
    account = node.devnet.get_account(address)
    contract_name = dict(node.directory.list_published()).get(address)
    return models.AccountView(
        address=render_bytes(address),
        text=node.directory.render_text(address),
        name=get_account_name(address) or contract_name,
        kind="contract" if is_contract_address(address) else "key",
        nonce=str(account.nonce),
        balance=str(account.balance),
        inbox=str(account.inbox),
        code_id=render_bytes(account.code_id),
        proof=render_proof(node, address) if with_proof else None,
    )


def render_contract_summary(node: Node, contract: Contract) -> models.ContractSummary:
    """A contract in a list."""
    publication = contract.publication
    verified = None if publication is None else publication.verification
    return models.ContractSummary(
        address=render_bytes(contract.address),
        text=node.directory.render_text(contract.address),
        name=contract.name,
        code_id=render_bytes(contract.code_id),
        verdict=None if verified is None else str(verified["verdict"]),
    )


def render_contract(node: Node, contract: Contract) -> models.ContractView:
    """A contract."""
    publication = contract.publication
    verified = None if publication is None else publication.verification
    account = node.devnet.get_account(contract.address)
    summary = render_contract_summary(node, contract)
    return models.ContractView(
        **summary.model_dump(),
        balance=str(account.balance),
        inbox=str(account.inbox),
        interface={key: as_json_value(value) for key, value in contract.interface.items()},
        is_published=publication is not None,
        source=None if publication is None else publication.source,
        verification=None if verified is None else models.Verification.model_validate(verified),
    )
