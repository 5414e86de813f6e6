"""Accepts whatever it is given: checks of input were forgotten."""

import sys

from conformance.clients.spec.answers import Accept, Answer, JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve


class AlwaysAccepts(SpecClient):
    """Our client, but a reject becomes an accept."""

    name = "always-accepts"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """As ours where the input is valid."""
        answer = super().apply(method, args)
        return answer if isinstance(answer, Accept) else Accept()


sys.exit(serve(AlwaysAccepts()))
