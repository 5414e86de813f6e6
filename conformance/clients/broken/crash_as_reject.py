"""Dies on invalid input: a runner that takes a crash for a reject would pass it."""

import sys

from conformance.clients.spec.answers import Accept, Answer, JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve


class CrashAsReject(SpecClient):
    """Our client, but it ends instead of rejecting."""

    name = "crash-as-reject"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """As ours where the input is valid."""
        answer = super().apply(method, args)
        if isinstance(answer, Accept):
            return answer
        print(f"panic: {answer.rule}", file=sys.stderr)
        sys.exit(101)


sys.exit(serve(CrashAsReject()))
