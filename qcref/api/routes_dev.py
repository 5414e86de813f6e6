"""Routes that only a development chain has: it signs for named accounts, and bends time."""

from fastapi import APIRouter
from starlette.responses import Response

from qcref.accounts import FAUCET, NAMES, NamedAccount, get_named_account
from qcref.api import models, render
from qcref.api.context import (
    PROBLEMS,
    NodeDep,
    SingleNodeDep,
    answer,
    find_transaction,
    get_state_status,
)
from qcref.api.problems import ApiError, ProblemError, make_not_found, make_problem
from qcref.api.requests import (
    find_address,
    find_contract,
    find_signer,
    make_call,
    make_deploy,
    make_wish,
    parse_amount,
)
from qcref.contracts import Publication
from qcref.devnet import Wish
from qcref.node import Node
from spec.crypto.address import compute_contract_address
from spec.ledger.codec import compute_block_id
from spec.ledger.types import Transfer
from spec.lib.result import Err

router = APIRouter(
    prefix="/v1/dev",
    tags=["development chain"],
    responses={
        **PROBLEMS,
        202: {"description": "The transaction waits for a block: mining is not instant."},
    },
)


@router.get("/accounts")
async def list_accounts(node: NodeDep) -> models.DevAccounts:
    """The named accounts. Everybody knows their keys: never use them elsewhere."""
    return models.DevAccounts(items=[_render_account(node, name) for name in NAMES])


def _render_account(node: Node, name: str) -> models.DevAccountView:
    account = get_named_account(name)
    assert account is not None, "it is in the table"
    held = node.devnet.get_account(account.address)
    return models.DevAccountView(
        name=name,
        address=render.render_bytes(account.address),
        text=node.directory.render_text(account.address),
        balance=str(held.balance),
        nonce=str(held.nonce),
        scheme=account.key.scheme,
        public_key=render.render_bytes(account.key.public_key),
        secret_seed=render.render_bytes(account.key.seed),
    )


def _send(node: Node, account: NamedAccount, wish: Wish) -> models.TransactionView:
    """Signs and submits for a named account; what became of it at once."""
    added = node.submit(node.devnet.sign(account, wish))
    if isinstance(added, Err):
        raise make_problem(added.error)
    view = find_transaction(node, added.value)
    assert view is not None, "it is in a block, in the pool, or was refused by the block"
    return view


@router.post("/call", response_model=models.TransactionView)
async def call(node: NodeDep, request: models.CallRequest) -> Response:
    """Calls an action of a contract, signed for a named account."""
    account = find_signer(request.from_)
    view = _send(node, account, make_wish(make_call(node, request), request))
    return answer(view, get_state_status(view))


@router.post("/transfer", response_model=models.TransactionView)
async def transfer(node: NodeDep, request: models.TransferRequest) -> Response:
    """Sends coins from a named account."""
    account = find_signer(request.from_)
    payload = Transfer(find_address(node, request.to), parse_amount(request.amount))
    view = _send(node, account, make_wish(payload, request))
    return answer(view, get_state_status(view))


@router.post("/faucet", response_model=models.TransactionView)
async def faucet(node: SingleNodeDep, request: models.FaucetRequest) -> Response:
    """Sends coins from the faucet to anybody."""
    payload = Transfer(find_address(node, request.to), parse_amount(request.amount))
    view = _send(node, FAUCET, Wish(payload))
    return answer(view, get_state_status(view))


@router.post("/deploy", response_model=models.DeployedView)
async def deploy(node: NodeDep, request: models.DeployRequest) -> Response:
    """Deploys a contract for a named account, and publishes its interface."""
    account = find_signer(request.from_)
    signed = node.devnet.sign(account, make_wish(make_deploy(node, request), request))
    address = compute_contract_address(account.address, signed.transaction.nonce)
    added = node.submit(signed)
    if isinstance(added, Err):
        raise make_problem(added.error)
    contract = node.directory.get(address)
    if contract is not None and request.interface is not None:
        publish = models.PublishRequest(
            contract=render.render_bytes(address),
            interface=request.interface,
            source=request.source,
            verification=request.verification,
        )
        _publish(node, publish)
        contract = node.directory.get(address)
    view = find_transaction(node, added.value)
    assert view is not None, "it is in a block, in the pool, or was refused by the block"
    summary = None if contract is None else render.render_contract_summary(node, contract)
    return answer(models.DeployedView(contract=summary, transaction=view), get_state_status(view))


@router.post("/interfaces")
async def publish(node: NodeDep, request: models.PublishRequest) -> models.ContractView:
    """Publishes names, source and verdict of a contract; the interface must be its module's."""
    _publish(node, request)
    return render.render_contract(node, find_contract(node, request.contract))


def _publish(node: Node, request: models.PublishRequest) -> None:
    contract = find_contract(node, request.contract)
    verified = None if request.verification is None else request.verification.model_dump()
    publication = Publication(
        interface=render.as_json_object(request.interface),
        source=request.source,
        verification=None if verified is None else render.as_json_object(verified),
    )
    failure = node.directory.publish(contract, publication)
    if failure is not None:
        raise make_problem(failure)


@router.post("/mine")
async def mine(node: SingleNodeDep, request: models.MineRequest) -> models.Mined:
    """Makes blocks of what waits, perhaps empty ones."""
    for _ in range(request.count):
        node.devnet.mine()
    header = node.devnet.runtime.head.header
    return models.Mined(
        head_height=str(header.height), head_id=render.render_bytes(compute_block_id(header))
    )


@router.post("/snapshot")
async def snapshot(node: SingleNodeDep) -> models.Snapshot:
    """Remembers the present; snapshots last until the devnet stops."""
    number = node.devnet.snapshot()
    if number is None:
        raise ProblemError(*models.SNAPSHOTS_FULL)
    height = str(node.devnet.runtime.head.header.height)
    return models.Snapshot(snapshot=number, head_height=height)


@router.post("/revert")
async def revert(node: SingleNodeDep, request: models.RevertRequest) -> models.Mined:
    """Goes back to a snapshot, which stays valid; later ones and the pool are forgotten."""
    if not node.revert(request.snapshot):
        raise make_not_found(ApiError.SNAPSHOT_NOT_FOUND, str(request.snapshot))
    header = node.devnet.runtime.head.header
    return models.Mined(
        head_height=str(header.height), head_id=render.render_bytes(compute_block_id(header))
    )


@router.post("/time")
async def advance_time(node: SingleNodeDep, request: models.TimeRequest) -> models.DevTime:
    """Moves the clock forward; the next block has the new time."""
    if not node.devnet.advance_time(request.advance_ms):
        raise ProblemError(*models.TIME_LIMIT)
    return models.DevTime(now_ms=str(node.devnet.clock.now_ms()))
