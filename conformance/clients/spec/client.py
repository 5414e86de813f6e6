"""The client itself: a state, the methods that read or change it, and the lines of `qcap/1`."""

from collections.abc import Callable
from typing import Final

from conformance.clients.spec.answers import Accept, Answer, JsonObject, RequestError
from conformance.clients.spec.methods import METHODS
from conformance.clients.spec.state import State, compute_root, load_state, render_state

FEATURES: Final = (
    "codec",
    "hash",
    "sig.ed25519",
    "sig.secp256k1",
    "sig.ml_dsa_65",
    "ledger",
    "contract.validate",
    "contract.call",
    "contract.compile",
    "consensus.pow",
    "consensus.pos",
    "consensus.dpos",
    "consensus.hybrid",
    "consensus.bft",
)


class SpecClient:
    """The specification behind the protocol; broken clients override one of its methods."""

    name = "quantumchain-spec"
    version = "0.1.0"

    def __init__(self) -> None:
        """Begin without a state."""
        self._start: State | None = None
        self.state: State | None = None

    def init(self, profile: str, pre: JsonObject | None) -> str | None:
        """Take a state as given; its root, or None where there is none.

        Args:
            profile: configuration to run under, `tiny` or `full`.
            pre: state view; None where records without a state follow.
        """
        self._start = None if pre is None else load_state(profile, pre)
        self.state = self._start
        return self.compute_root()

    def reset(self) -> str | None:
        """Go back to the state of the last `init`; its root."""
        self.state = self._start
        return self.compute_root()

    def apply(self, method: str, args: JsonObject) -> Answer:
        """Do what one vector asks; the state changes only on an accept."""
        function = METHODS.get(method)
        if function is None:
            raise RequestError(f"there is no method {method!r}")
        answer, self.state = function(self.state, args)
        return answer

    def compute_root(self) -> str | None:
        """Root of the state; None where there is none."""
        return None if self.state is None else compute_root(self.state)

    def render_state(self) -> JsonObject:
        """The state's view."""
        return {} if self.state is None else render_state(self.state)

    def answer(self, request: JsonObject) -> JsonObject:
        """The answer to one request, `seq` apart."""
        operations: dict[str, Callable[[JsonObject], JsonObject]] = {
            "hello": self._hello,
            "init": self._init,
            "apply": self._apply,
            "get_state": self._get_state,
            "reset": lambda _: _with_root({}, self.reset()),
            "bye": lambda _: {},
        }
        operation = operations.get(str(request.get("op")))
        if operation is None:
            raise RequestError(f"there is no operation {request.get('op')!r}")
        return operation(request)

    def _hello(self, _request: JsonObject) -> JsonObject:
        return {
            "client": self.name,
            "version": self.version,
            "protocol": "qcap/1",
            "features": list(FEATURES),
        }

    def _init(self, request: JsonObject) -> JsonObject:
        pre = request["pre"]
        return _with_root({}, self.init(request["profile"], None if pre is None else pre["state"]))

    def _apply(self, request: JsonObject) -> JsonObject:
        answer = self.apply(request["method"], request["args"])
        if isinstance(answer, Accept):
            shown = {"result": "accept"}
            if answer.value is not None:
                shown["value"] = answer.value
        else:
            shown = {"result": "reject", "rule": answer.rule}
        return _with_root(shown, self.compute_root())

    def _get_state(self, request: JsonObject) -> JsonObject:
        shown = {"state": self.render_state()} if request["full"] else {}
        return _with_root(shown, self.compute_root())


def _with_root(answer: JsonObject, root: str | None) -> JsonObject:
    return answer if root is None else {**answer, "state_root": root}
