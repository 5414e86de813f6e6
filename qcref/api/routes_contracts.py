"""Routes of contracts: what they are, what they hold, what a call would do."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from qcref import abi
from qcref.abi import Json
from qcref.api import models, render
from qcref.api.context import PROBLEMS, NodeDep, answer_tagged
from qcref.api.problems import ApiError, make_not_found, make_problem
from qcref.api.requests import (
    encode_arguments,
    find_address,
    find_contract,
    find_function,
    make_invalid,
    parse_amount,
)
from qcref.api.routes_chain import PageQuery
from qcref.contracts import Contract
from qcref.node import Node
from spec.ir.module_view import module_to_json
from spec.ir.state import Entry, find_entry, get_entry
from spec.ir.storage import compute_storage_key
from spec.ir.syntax import CELL_BALANCE, CELL_INBOX, FunctionKind, MapType
from spec.ir.value_view import value_from_json, value_to_json
from spec.ir.values import Value
from spec.ledger.errors import TxInsufficientBalance
from spec.ledger.state import compute_layer, compute_storage_leaf_key
from spec.ledger.types import Call
from spec.ledger.world import LedgerWorld
from spec.lib.result import Err

KEYS_MAX = 16
"""Above the deepest map."""

router = APIRouter(prefix="/v1", responses=PROBLEMS)


class CellQuery(BaseModel):
    """Which entry of a cell."""

    model_config = ConfigDict(extra="forbid")
    key: Annotated[list[str], Field(max_length=KEYS_MAX)] = []
    proof: bool = False


@router.get("/contracts", tags=["contracts"])
async def list_contracts(
    node: NodeDep, query: Annotated[PageQuery, Query()]
) -> models.ContractPage:
    """Contracts of which something is published, the oldest first; others go by their address."""
    published = node.directory.list_published()
    start = min(len(published), int(query.cursor or 0))
    end = start + query.limit
    contracts = [node.directory.get(address) for address, _ in published[start:end]]
    return models.ContractPage(
        items=[render.render_contract_summary(node, each) for each in contracts if each],
        next_cursor=str(end) if end < len(published) else None,
    )


@router.get("/contracts/{contract}", tags=["contracts"])
async def get_contract(node: NodeDep, contract: str) -> models.ContractView:
    """A contract by name or address: code id, and interface, source, verdict if published."""
    return render.render_contract(node, find_contract(node, contract))


@router.get("/contracts/{contract}/ir", tags=["contracts"], response_model=models.ModuleView)
async def get_module(request: Request, node: NodeDep, contract: str) -> Response:
    """A contract's core IR as JSON."""
    found = find_contract(node, contract)
    view = models.ModuleView(
        code_id=render.render_bytes(found.code_id),
        module=render.as_json_value(module_to_json(found.linked.module)),
    )
    return answer_tagged(request, view, is_immutable=False)


@router.get("/contracts/{contract}/cells/{cell}", tags=["contracts"])
async def get_cell(
    node: NodeDep, contract: str, cell: str, query: Annotated[CellQuery, Query()]
) -> models.CellView:
    """A value of a contract's state after the head: a cell by name, one key for each map level."""
    found = find_contract(node, contract)
    described = abi.find_entry(found.interface, "cells", "name", cell)
    if described is None:
        raise make_not_found(ApiError.CELL_NOT_FOUND, repr(cell[: models.TEXT_LENGTH_MAX]))
    number = cast("int", described["number"])
    keys, kind = _parse_keys(node, described["type"], query.key)
    entry = find_entry(found.linked, found.address, number, _decode_keys(found, number, keys))
    return models.CellView(
        contract=node.directory.render(found.address),
        cell=str(described["name"]),
        number=number,
        keys=[render.as_json_value(key) for key in keys],
        value=render.as_json_value(
            abi.render_value(kind, _read_entry(node, found, entry), node.directory.render)
        ),
        proof=render.render_proof(node, _compute_leaf_key(found, entry)) if query.proof else None,
    )


def _parse_keys(node: Node, kind: Json, written: list[str]) -> tuple[list[Json], abi.AbiType]:
    """The exact views of keys, and the type of what lies under them."""
    views: list[Json] = []
    for index, text in enumerate(written):
        if not isinstance(kind, dict) or kind["kind"] != "map":
            raise make_invalid(f"the cell takes {index} keys, found {len(written)}")
        field: dict[str, Json] = {"name": f"key {index}", "type": kind["key"]}
        key_type = cast("abi.AbiType", kind["key"])
        parsed = abi.parse_arguments(
            [field], [abi.parse_text(key_type, text)], node.directory.resolve
        )
        if isinstance(parsed, Err):
            raise make_problem(parsed.error)
        views += parsed.value
        kind = kind["value"]
    if isinstance(kind, dict) and kind["kind"] == "map":
        raise make_invalid(f"the cell is a map: after {len(written)} keys one more is needed")
    return views, cast("abi.AbiType", kind)


def _decode_keys(contract: Contract, number: int, views: list[Json]) -> tuple[Value, ...]:
    linked = contract.linked
    kind = linked.types[linked.module.code.cells[number].type]
    keys: list[Value] = []
    for view in views:
        assert isinstance(kind, MapType), "the interface was held against the module"
        decoded = value_from_json(linked.types, linked.types[kind.key], view)
        if isinstance(decoded, Err):
            raise make_problem(decoded.error)
        keys.append(decoded.value)
        kind = linked.types[kind.value]
    return tuple(keys)


def _read_entry(node: Node, contract: Contract, entry: Entry) -> Json:
    devnet = node.devnet
    account = devnet.get_account(contract.address)
    if entry.place.cell == CELL_BALANCE:
        return str(account.balance)
    if entry.place.cell == CELL_INBOX:
        return str(account.inbox)
    world = LedgerWorld(compute_layer(devnet.reader), devnet.engine, [])
    value = get_entry(world, contract.linked, entry)
    return cast("Json", value_to_json(contract.linked.types, entry.kind, value))


def _compute_leaf_key(contract: Contract, entry: Entry) -> bytes:
    """The leaf in the state tree: coins stand in the account's."""
    place = entry.place
    if place.cell in (CELL_BALANCE, CELL_INBOX):
        return contract.address
    return compute_storage_leaf_key(compute_storage_key(place.contract, place.cell, place.keys))


@router.post("/calls", tags=["contracts"])
async def simulate_call(node: NodeDep, request: models.SimulateRequest) -> models.SimulationView:
    """What a view returns or an action would do in the next block; nothing is kept."""
    contract = find_contract(node, request.contract)
    entry, function = find_function(contract, request.function)
    caller, value = find_address(node, request.caller), parse_amount(request.value)
    balance = node.devnet.get_account(caller).balance
    if value > balance:
        raise make_problem(TxInsufficientBalance(balance, value))
    call = Call(
        contract=contract.address,
        selector=function.declared.selector,
        arguments=encode_arguments(node, entry, contract.linked, request.args),
        value=value,
    )
    is_view = function.declared.kind == FunctionKind.VIEW
    simulated = node.devnet.simulate(call, caller, is_view=is_view)
    return render.render_simulation(node, call, simulated.outcome, simulated.events)
