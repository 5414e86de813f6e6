"""Compiles what runs, and leaves the invariants out of the module."""

import sys
from dataclasses import replace

from conformance.clients.spec.answers import Accept, Answer, JsonObject, to_bytes, to_hex
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve
from spec.ir.encoding import compute_code_id, decode_module, encode_module
from spec.lib.result import Ok


class DropsInvariants(SpecClient):
    """Our client, but for the properties of what it compiles."""

    name = "drops-invariants"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """Do what is asked; a compiled module promises less."""
        answer = super().apply(method, args)
        if method != "contract.compile" or not isinstance(answer, Accept):
            return answer
        decoded = decode_module(to_bytes(answer.value["module"]))
        assert isinstance(decoded, Ok), "our compiler makes modules"
        spec = replace(decoded.value.spec, invariants=())
        module = replace(decoded.value, spec=spec)
        return Accept(
            {"module": to_hex(encode_module(module)), "code_id": to_hex(compute_code_id(module))}
        )


sys.exit(serve(DropsInvariants()))
