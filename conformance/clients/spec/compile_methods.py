"""Level 5, for clients that have a compiler: a source's module, or what is wrong with it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.clients.spec.answers import (
    Accept,
    Answer,
    JsonObject,
    Reject,
    RequestError,
    to_hex,
)
from spec.ir.encoding import encode_module

LIBRARY = "std/"
"""Paths of imports that begin so mean files of the standard library."""


def compile_text(args: JsonObject) -> Answer:
    """`contract.compile`: the module that a source compiles to, or the codes of its errors."""
    from dsl.compile import compile_source  # noqa: PLC0415 - most runs never compile
    from dsl.diagnostics import is_error  # noqa: PLC0415 - as above
    from dsl.imports import STANDARD  # noqa: PLC0415 - as above

    for path, text in args["files"].items():
        file = STANDARD / path.removeprefix(LIBRARY)
        if not path.startswith(LIBRARY) or not file.is_file() or file.read_text("utf-8") != text:
            raise RequestError(f"{path} is no file of the library that this client has")
    with TemporaryDirectory() as folder:
        result = compile_source(args["source"], str(Path(folder) / "source.qc"))
    if result.unit is None:
        codes = [each.code for each in result.diagnostics if is_error(each)]
        return Reject(codes[0], also=tuple(dict.fromkeys(codes[1:])))
    return Accept(
        {
            "module": to_hex(encode_module(result.unit.module)),
            "code_id": to_hex(result.unit.code_id),
        }
    )
