"""Reads what it needs and ignores the bytes behind it."""

import sys

from conformance.clients.spec.answers import Accept, Answer, JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve


class IgnoresTrailing(SpecClient):
    """Our client, but its decoder leaves a last byte unread."""

    name = "ignores-trailing"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """As ours, but what is one byte too long is decoded without that byte."""
        answer = super().apply(method, args)
        if method != "ssz.decode" or isinstance(answer, Accept) or len(args["bytes"]) <= len("0x"):
            return answer
        shorter = super().apply(method, {**args, "bytes": args["bytes"][:-2]})
        return shorter if isinstance(shorter, Accept) else answer


sys.exit(serve(IgnoresTrailing()))
