"""What every route needs: the node, and answers with the right status, type and tag."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from qcref.api import models, render
from qcref.api.problems import ApiError, ProblemError
from qcref.node import Consensus, Node
from spec.crypto.hashing import sha256
from spec.ledger.codec import TxId

TAG_SIZE_BYTES = 16

PROBLEMS: Final[dict[int | str, dict[str, object]]] = {
    status: {
        "description": description,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, description in (
        ("4XX", "The request can't be served; `code` says why."),
        ("5XX", "The node can't serve; `code` says why."),
    )
}
"""What every route may answer beside its own."""


async def get_node(request: Request) -> Node:
    """The node behind the interface.

    Raises:
        StoreError: it has stopped, and answers nothing any more.
    """
    node = request.app.state.node
    assert isinstance(node, Node), "set when the application is made"
    if node.failure is not None:
        raise node.failure
    return node


NodeDep = Annotated[Node, Depends(get_node)]


async def get_single_node(node: NodeDep) -> Node:
    """The one node of a chain, which may bend time and make blocks at will.

    Raises:
        ProblemError: it is one of several.
    """
    if isinstance(node.mining, Consensus):
        count = len(node.mining.urls)
        detail = f"this chain's {count} nodes agree on what happens; use qc devnet --nodes 1"
        raise ProblemError(HTTPStatus.CONFLICT, ApiError.SINGLE_NODE_ONLY, detail)
    return node


SingleNodeDep = Annotated[Node, Depends(get_single_node)]


def answer(model: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A model as JSON."""
    return Response(model.model_dump_json(by_alias=True), status.value, media_type=models.JSON_TYPE)


def answer_tagged(request: Request, model: BaseModel, *, is_immutable: bool) -> Response:
    """A model as JSON under the hash of its bytes, or 304 if the client has it.

    Args:
        request: perhaps with If-None-Match.
        model: the answer.
        is_immutable: nothing will ever change it, so that caches need not ask again.
    """
    body = model.model_dump_json(by_alias=True).encode()
    tag = f'"{sha256(body)[:TAG_SIZE_BYTES].hex()}"'
    control = "max-age=31536000, immutable" if is_immutable else "no-cache"
    headers = {"ETag": tag, "Cache-Control": control}
    asked = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag in asked or "*" in asked:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, HTTPStatus.OK, headers, models.JSON_TYPE)


def find_transaction(node: Node, tx_id: TxId) -> models.TransactionView | None:
    """A transaction wherever it is: in a block, in the pool, or lately refused."""
    included = node.devnet.get_included(tx_id)
    if included is not None:
        return render.render_included(node, included)
    waiting = node.devnet.runtime.mempool.get(tx_id)
    if waiting is not None:
        return render.render_pending(node, tx_id, waiting.transaction)
    refusal = node.devnet.runtime.mempool.get_refusal(tx_id)
    return None if refusal is None else render.render_refused(tx_id, refusal)


def get_state_status(view: models.TransactionView) -> HTTPStatus:
    """202 for what still waits."""
    return HTTPStatus.ACCEPTED if view.state == "pending" else HTTPStatus.OK
