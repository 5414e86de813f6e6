"""The interface's documentation as one page, rendered from its OpenAPI document."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from qcref.api.explorer import render_page

router = APIRouter(include_in_schema=False)

Document = dict[str, dict[str, dict[str, dict[str, object]]]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A route, as people read it."""

    method: str
    path: str
    tag: str
    text: str
    parameters: tuple[str, ...]
    body: str | None


@router.get("/docs")
async def show_docs(request: Request) -> Response:
    """Every route with its parameters, every model with its members."""
    document = request.app.openapi()
    operations = [
        _read_operation(method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return render_page(
        "docs.html", operations=operations, schemas=document["components"]["schemas"]
    )


def _read_operation(method: str, path: str, operation: dict[str, object]) -> Operation:
    parameters = operation.get("parameters", [])
    tags = operation.get("tags", [])
    assert isinstance(parameters, list), "OpenAPI's form"
    assert isinstance(tags, list), "OpenAPI's form"
    return Operation(
        method=method,
        path=path,
        tag=str(tags[0]) if tags else "",
        text=str(operation.get("description", "")),
        parameters=tuple(f"{each['name']} ({each['in']})" for each in parameters),
        body=_find_model(operation.get("requestBody")),
    )


def _find_model(body: object) -> str | None:
    """The name of the model of a JSON body."""
    match body:
        case {"content": {"application/json": {"schema": {"$ref": str(reference)}}}}:
            return reference.rpartition("/")[2]
        case _:
            return None
