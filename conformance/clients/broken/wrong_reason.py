"""Rejects rightly and always names the same rule."""

import sys

from conformance.clients.spec.answers import Accept, Answer, JsonObject, Reject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve


class WrongReason(SpecClient):
    """Our client, but every reject has one reason."""

    name = "wrong-reason"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """As ours, the rule apart."""
        answer = super().apply(method, args)
        return answer if isinstance(answer, Accept) else Reject("client.invalid")


sys.exit(serve(WrongReason()))
