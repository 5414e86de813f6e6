"""Rejects whatever it is given and gives no reason: a test that only expects errors passes it."""

import sys

from conformance.clients.spec.answers import JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve


class AnyErrorPasses(SpecClient):
    """Our client, but it rejects everything."""

    name = "any-error-passes"

    def answer(self, request: JsonObject) -> JsonObject:
        """As ours but for `apply`."""
        if request.get("op") == "apply":
            return {"result": "reject"}
        return super().answer(request)


sys.exit(serve(AnyErrorPasses()))
