"""The explorer: a few pages rendered here, without scripts and without anything from elsewhere.

Whatever a contract, its source or its name contains is text to these pages: templates escape by
themselves, and the content policy would run no script that got through.
"""

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from qcref.api import models, render
from qcref.api.consensus_view import render_finality, render_validators
from qcref.api.context import NodeDep, find_transaction
from qcref.api.problems import ApiError, ProblemError, make_not_found
from qcref.api.requests import find_address, find_contract, parse_hash
from qcref.api.routes_chain import PageQuery, find_block, get_status, list_blocks
from qcref.devnet import COIN
from qcref.node import Node
from spec.ledger.codec import TxId

FOLDER: Final = Path(__file__).resolve().parent / "templates"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
HASH_LENGTH: Final = 66
PROVED: Final = ("proved",)
PREFIXES: Final = ("/block/", "/tx/", "/account/", "/contract/", "/search")

router = APIRouter(include_in_schema=False)


def _render_coins(units: str) -> str:
    """Base units as coins, exactly."""
    whole, part = divmod(int(units), COIN)
    digits = f"{part:09}".rstrip("0")
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"


def _shorten(text: str) -> str:
    """The two ends of a long name."""
    return text if len(text) <= 20 else f"{text[:12]}…{text[-6:]}"  # noqa: PLR2004  # looks good


def _make_templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["coins"] = _render_coins
    environment.filters["short"] = _shorten
    return environment


TEMPLATES: Final = _make_templates()


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A transaction in a list."""

    id: str
    what: str
    sender: str
    status: str


def render_page(template: str, **values: object) -> Response:
    """A page.

    Args:
        template: the file's name.
        values: what the template shows.
    """
    text = TEMPLATES.get_template(template).render(**values)
    return Response(text, HTTPStatus.OK, HEADERS, "text/html; charset=utf-8")


def is_page(request: Request) -> bool:
    """Whether the request is for a page, not for the API."""
    return request.url.path == "/" or request.url.path.startswith(PREFIXES)


def render_problem_page(problem: ProblemError) -> Response:
    """What a person sees of a problem."""
    page = render_page("problem.html", problem=problem)
    page.status_code = problem.status.value
    return page


@router.get("/")
async def show_home(node: NodeDep) -> Response:
    """Status, finality, validators, latest blocks, contracts."""
    page = await list_blocks(node, PageQuery(limit=12))
    contracts = [node.directory.get(address) for address, _ in node.directory.list_published()]
    return render_page(
        "home.html",
        status=await get_status(node),
        finality=render_finality(node),
        validators=render_validators(node).items,
        blocks=page.items,
        contracts=[render.render_contract_summary(node, each) for each in contracts if each],
    )


@router.get("/block/{block}")
async def show_block(node: NodeDep, block: str) -> Response:
    """A block and its transactions."""
    view = render.render_block(node, find_block(node, block).block)
    rows = [_make_row(node, tx_id) for tx_id in view.transactions]
    return render_page("block.html", block=view, rows=rows)


def _make_row(node: Node, tx_id: str) -> TransactionRow:
    view = find_transaction(node, TxId(parse_hash("a transaction's id", tx_id)))
    assert view is not None, "it stands in a block"
    status = view.receipt.status if view.receipt is not None else view.state
    return TransactionRow(tx_id, describe_transaction(view), view.sender or "", status)


def describe_transaction(view: models.TransactionView) -> str:
    """What a transaction asks for, in a few words."""
    call, tx = view.call, view.transaction
    if isinstance(call, dict):
        return f"{call['contract']}.{call['function']}"
    payload = tx["payload"] if isinstance(tx, dict) else None
    return str(payload["kind"]) if isinstance(payload, dict) else view.state


@router.get("/tx/{tx_id}")
async def show_transaction(node: NodeDep, tx_id: str) -> Response:
    """A transaction with its receipt."""
    view = find_transaction(node, TxId(parse_hash("a transaction's id", tx_id)))
    if view is None:
        raise make_not_found(ApiError.TRANSACTION_NOT_FOUND, tx_id)
    return render_page("transaction.html", tx=view, what=describe_transaction(view))


@router.get("/account/{account}")
async def show_account(node: NodeDep, account: str) -> Response:
    """An account."""
    view = render.render_account(node, find_address(node, account), with_proof=True)
    return render_page("account.html", account=view)


@router.get("/contract/{contract}")
async def show_contract(node: NodeDep, contract: str) -> Response:
    """A contract: its properties with their status and assumptions, functions, source."""
    view = render.render_contract(node, find_contract(node, contract))
    return render_page("contract.html", contract=view)


@router.get("/search")
async def search(node: NodeDep, q: Annotated[str, Query(max_length=128)] = "") -> Response:
    """Finds a block, transaction, account or contract by what is typed."""
    text = q.strip()
    where = _find_page(node, text)
    if where is None:
        detail = f"no block, transaction, account or contract is called {text!r}"
        raise ProblemError(HTTPStatus.NOT_FOUND, ApiError.NOTHING_FOUND, detail)
    return Response(status_code=303, headers={"Location": where, **HEADERS})


def _find_page(node: Node, text: str) -> str | None:
    store = node.devnet.runtime.store
    if text.isascii() and text.isdigit():
        return f"/block/{text}"
    address = node.directory.resolve(text)
    if address is not None:
        kind = "account" if node.directory.get(address) is None else "contract"
        return f"/{kind}/{render.render_bytes(address)}"
    if len(text) == HASH_LENGTH and text.startswith("0x"):
        found = parse_hash("what is searched", text)
        kind = "tx" if store.get_place(TxId(found)) is not None else "block"
        return f"/{kind}/{text}"
    return None


@router.get("/style.css")
async def get_style() -> Response:
    """How the pages look."""
    text = (FOLDER / "style.css").read_text("utf-8")
    return Response(text, 200, {"Cache-Control": "max-age=3600"}, "text/css; charset=utf-8")
