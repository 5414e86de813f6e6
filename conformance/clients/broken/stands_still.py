"""Runs all calls of a row in the block of the first one."""

import sys

from conformance.clients.spec.answers import Answer, JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve


class StandsStill(SpecClient):
    """Our client, but for the time that passes between calls."""

    name = "stands-still"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """Do what is asked, at the first call's height and time."""
        if method == "contract.play":
            block = {key: args["calls"][0][key] for key in ("height", "now_ms")}
            args = {"calls": [{**call, **block} for call in args["calls"]]}
        return super().apply(method, args)


sys.exit(serve(StandsStill()))
