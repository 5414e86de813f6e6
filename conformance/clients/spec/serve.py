"""The loop between standard input and standard output."""

import json
import sys

from conformance.clients.spec.answers import JsonObject, RequestError
from conformance.clients.spec.client import SpecClient


def serve(client: SpecClient) -> int:
    """Answer requests until `bye` or the end of the input; the exit code.

    Args:
        client: who answers.
    """
    for line in sys.stdin:
        request: JsonObject = json.loads(line)
        answer: JsonObject
        try:
            answer = client.answer(request)
        except RequestError as error:
            answer = {"error": str(error)}
        print(json.dumps({"seq": request["seq"], **answer}), flush=True)
        if request.get("op") == "bye":
            break
    return 0
