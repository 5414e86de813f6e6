"""Routes of the chain: status, blocks, transactions, accounts."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from qcref.api import models, render
from qcref.api.consensus_view import get_algorithm
from qcref.api.context import (
    PROBLEMS,
    NodeDep,
    answer,
    answer_tagged,
    find_transaction,
    get_state_status,
)
from qcref.api.guard import OCTETS
from qcref.api.problems import ApiError, make_not_found, make_problem
from qcref.api.requests import find_address, make_invalid, parse_hash
from qcref.core.mempool import PoolKnown
from qcref.node import Consensus, Node
from qcref.store.chain_store import StoredBlock
from spec.ledger.codec import (
    BlockId,
    TxId,
    compute_block_id,
    compute_tx_id,
    decode_signed_transaction,
)
from spec.ledger.types import SignedTransaction
from spec.lib.result import Err

PAGE_MAX = 100
HEIGHT_DIGITS_MAX = 18
"""Heights of more digits are above every head."""

router = APIRouter(prefix="/v1", responses=PROBLEMS)


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 20
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,18}$")] = None


class ProofQuery(BaseModel):
    """Whether a Merkle proof is wanted."""

    model_config = ConfigDict(extra="forbid")
    proof: bool = False


@router.get("/status", tags=["chain"])
async def get_status(node: NodeDep) -> models.Status:
    """The chain and its head."""
    runtime = node.devnet.runtime
    header = runtime.head.header
    config = node.devnet.genesis.config
    network = node.mining if isinstance(node.mining, Consensus) else None
    return models.Status(
        chain=config.name.decode("ascii"),
        genesis_id=render.render_bytes(runtime.chain.genesis_id),
        head_height=str(header.height),
        head_id=render.render_bytes(compute_block_id(header)),
        final_id=None if runtime.final_height is None else render.render_bytes(runtime.final_id),
        state_root=render.render_bytes(header.state_root),
        time_ms=str(header.time_ms),
        now_ms=str(node.devnet.clock.now_ms()),
        base_fee=str(header.base_fee),
        algorithm=get_algorithm(node),
        mining=node.mining.name,
        node=1 if network is None else network.number,
        nodes=1 if network is None else len(network.urls),
        mempool_count=len(runtime.mempool),
        is_devnet=True,
        address_prefix=config.hrp.decode("ascii"),
    )


@router.get("/health", tags=["chain"])
async def get_health() -> models.Health:
    """The process answers."""
    return models.Health(status="ok")


@router.get("/ready", tags=["chain"])
async def get_ready(_node: NodeDep) -> models.Health:
    """The chain is open and takes transactions."""
    return models.Health(status="ok")


@router.get("/blocks", tags=["blocks"])
async def list_blocks(node: NodeDep, query: Annotated[PageQuery, Query()]) -> models.BlockPage:
    """Blocks, the latest first; the cursor is the height below which the next page begins."""
    head = node.devnet.runtime.head.header.height
    top = head if query.cursor is None else min(head, int(query.cursor) - 1)
    bottom = max(-1, top - query.limit)
    blocks = [_get_block(node, height) for height in range(top, bottom, -1)]
    return models.BlockPage(
        items=[render.render_block(node, stored.block) for stored in blocks],
        next_cursor=str(bottom + 1) if bottom >= 0 else None,
    )


@router.get("/blocks/{block}", tags=["blocks"], response_model=models.BlockView)
async def get_block(request: Request, node: NodeDep, block: str) -> Response:
    """A block by height, by id (0x…), or `latest`."""
    stored = find_block(node, block)
    view = render.render_block(node, stored.block)
    is_immutable = block.startswith("0x") and view.is_final
    return answer_tagged(request, view, is_immutable=is_immutable)


def find_block(node: Node, name: str) -> StoredBlock:
    """The block that a path names.

    Raises:
        ProblemError: there is none.
    """
    store = node.devnet.runtime.store
    if name.startswith("0x"):
        stored = store.get_block_by_id(BlockId(parse_hash("a block's id", name)))
    elif name == "latest":
        stored = store.get_head()
    elif name.isascii() and name.isdigit() and (name == "0" or name[0] != "0"):
        is_near = len(name) <= HEIGHT_DIGITS_MAX
        stored = store.get_block(int(name)) if is_near else None
    else:
        raise make_invalid("a block is named by its height, its id (0x…), or `latest`")
    if stored is None:
        raise make_not_found(ApiError.BLOCK_NOT_FOUND, name[: models.TEXT_LENGTH_MAX])
    return stored


def _get_block(node: Node, height: int) -> StoredBlock:
    stored = node.devnet.runtime.store.get_block(height)
    assert stored is not None, "every height up to the head is stored"
    return stored


@router.post(
    "/transactions",
    tags=["transactions"],
    response_model=models.TransactionView,
    responses={202: {"model": models.TransactionView, "description": "It waits for a block."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/SubmitRequest"}},
                OCTETS: {"schema": {"type": "string", "contentMediaType": OCTETS}},
            },
        }
    },
)
async def submit_transaction(request: Request, node: NodeDep) -> Response:
    """Takes in a signed transaction: the SSZ encoding as bytes, or as hex in JSON.

    Where blocks are instant the answer comes when the transaction's block is on disk. One that
    is known already is answered with what became of it, so that a client may ask again.
    """
    signed = _decode_transaction(node, await _read_transaction(request))
    tx_id = compute_tx_id(signed.transaction)
    if node.devnet.get_included(tx_id) is None:
        added = node.submit(signed)
        if isinstance(added, Err) and not isinstance(added.error, PoolKnown):
            raise make_problem(added.error)
    view = find_transaction(node, tx_id)
    assert view is not None, "it is in a block, in the pool, or was refused by the block"
    return answer(view, get_state_status(view))


async def _read_transaction(request: Request) -> bytes:
    body = await request.body()
    if request.headers.get("content-type", "").startswith(OCTETS):
        return body
    try:
        submitted = models.SubmitRequest.model_validate_json(body)
    except ValidationError as error:
        raise make_invalid(models.describe_errors(error.errors())) from None
    return bytes.fromhex(submitted.transaction[2:])


def _decode_transaction(node: Node, data: bytes) -> SignedTransaction:
    decoded = decode_signed_transaction(node.devnet.genesis.config, data)
    if isinstance(decoded, Err):
        raise make_problem(decoded.error)
    return decoded.value


@router.get("/transactions/{tx_id}", tags=["transactions"], response_model=models.TransactionView)
async def get_transaction(request: Request, node: NodeDep, tx_id: str) -> Response:
    """A transaction with its receipt and events, or that it waits, or why it was refused."""
    view = find_transaction(node, TxId(parse_hash("a transaction's id", tx_id)))
    if view is None:
        raise make_not_found(ApiError.TRANSACTION_NOT_FOUND, tx_id)
    if view.state != "included":
        return answer(view, HTTPStatus.OK)
    return answer_tagged(request, view, is_immutable=False)


@router.get("/accounts/{account}", tags=["accounts"])
async def get_account(
    node: NodeDep, account: str, query: Annotated[ProofQuery, Query()]
) -> models.AccountView:
    """An account after the head, by name or address; one that never was is all zero."""
    return render.render_account(node, find_address(node, account), with_proof=query.proof)
