"""Says accept and forgets what it did: a test that compares results only passes it."""

import sys

from conformance.clients.spec.answers import Answer, JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve


class IgnoresPostState(SpecClient):
    """Our client, but every step leaves the state as it was."""

    name = "ignores-post-state"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """As ours, the state apart."""
        before = self.state
        answer = super().apply(method, args)
        self.state = before
        return answer


sys.exit(serve(IgnoresPostState()))
