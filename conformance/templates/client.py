"""A conformance client to start from: Python's standard library alone, one suite done.

Try it:  qc conformance run --client "python3 client.py" --suite codec/basic
Then add a type to `decode` and `encode`, run suite after suite, and name the next feature in
`hello`. This file is in the public domain (CC0); FORMAT.md describes the protocol.
"""

import json
import sys
from typing import Any

NUMBER_BITS_MAX = 32  # of a type whose values are JSON numbers; wider ones are strings
UINTS = {f"uint{bits}": bits for bits in (8, 16, 32, 64, 128, 256)}


class RejectedError(Exception):
    """The input is refused; the message is the rule's code."""


class UnsupportedError(Exception):
    """This client can't do that yet."""


def decode(kind: str, data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON view of the value that bytes encode."""
    if kind in UINTS:
        if len(data) != UINTS[kind] // 8:
            raise RejectedError("ssz.wrong_length")
        number = int.from_bytes(data, "little")
        return number if UINTS[kind] <= NUMBER_BITS_MAX else str(number)
    if kind == "boolean":
        if len(data) != 1:
            raise RejectedError("ssz.wrong_length")
        if data[0] > 1:
            raise RejectedError("ssz.bad_boolean")
        return data[0] == 1
    raise UnsupportedError(kind)


def encode(kind: str, view: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The bytes that encode a value given by its view."""
    if kind in UINTS:
        return int(view).to_bytes(UINTS[kind] // 8, "little")
    if kind == "boolean":
        return b"\x01" if view else b"\x00"
    raise UnsupportedError(kind)


def apply(method: str, args: "dict[str, Any]") -> "dict[str, Any]":
    """The answer to one vector."""
    try:
        if method == "ssz.decode":
            data = bytes.fromhex(args["bytes"][2:])
            return {"result": "accept", "value": decode(args["type"], data)}
        if method == "ssz.encode":
            data = encode(args["type"], args["value"])
            return {"result": "accept", "value": "0x" + data.hex()}
    except RejectedError as error:
        return {"result": "reject", "rule": str(error)}
    except UnsupportedError:
        pass  # answered below, as a method that is unknown
    return {"result": "unsupported"}


def answer(request: "dict[str, Any]") -> "dict[str, Any]":
    """The answer to one request, `seq` apart."""
    if request["op"] == "hello":
        about = {"client": "template", "version": "0.1", "protocol": "qcap/1"}
        return {**about, "features": ["codec"]}
    if request["op"] == "apply":
        return apply(request["method"], request["args"])
    return {}  # init, reset and bye: these suites have no state


def main() -> None:
    """Answer each line by a line, and flush: otherwise the runner hears nothing."""
    for line in sys.stdin:
        request = json.loads(line)
        sys.stdout.write(json.dumps({"seq": request["seq"], **answer(request)}) + "\n")
        sys.stdout.flush()
        if request["op"] == "bye":
            break


main()
