"""Running records through one client: start, introduce, set up, ask, compare, restart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, List, Optional, Sequence, Tuple

from conformance.runner.diff import apply_patch, compute_differences
from conformance.runner.process import Client, ClientError, Launch, split_features
from conformance.runner.records import FORMAT, Record, VectorSet
from conformance.runner.verdict import CRASH, FAIL, NOT_OFFERED, PASS, Outcome, judge, judge_root

RESTARTS_MAX = 20  # crashes after which the rest counts as crashed: a broken build ends in time


class ClientUnusableError(Exception):
    """No session could begin: the program is missing or doesn't introduce itself."""

    def __init__(self, code: str, message: str, complaints: str = "") -> None:
        """Keep the code and the end of the client's error stream beside the sentence."""
        super().__init__(message)
        self.code = code
        self.complaints = complaints


@dataclass(frozen=True)
class Introduction:
    """What a client said in `hello`."""

    client: str
    """Its name."""
    version: str
    """Its version."""
    features: Tuple[str, ...]
    """What it offers."""


class Session:
    """One client, alive across records and restarted after a crash."""

    def __init__(self, launch: Launch, vectors: VectorSet) -> None:
        """Start the client and hear its introduction.

        Raises:
            ClientUnusableError: it can't be started, or says nothing, or nonsense.
        """
        self._launch = launch
        self._vectors = vectors
        self._client: Optional[Client] = None
        self._loaded: Optional[Tuple[str, Optional[str]]] = None
        self._crashes = 0
        self.introduction = self._start()

    def run(self, records: Sequence[Record], progress: Callable[[int], None]) -> List[Outcome]:
        """One outcome for each record, in order.

        Args:
            records: what to ask.
            progress: called with the number of records done.
        """
        outcomes = []
        for number, record in enumerate(records, start=1):
            outcomes.append(self._run_one(record))
            progress(number)
        return outcomes

    def close(self) -> None:
        """End the client."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _run_one(self, record: Record) -> Outcome:
        if record.feature not in self.introduction.features:
            return Outcome(record, NOT_OFFERED)
        if self._crashes > RESTARTS_MAX:
            return Outcome(record, CRASH, "not_run", f"not run: {RESTARTS_MAX} crashes before it")
        try:
            if self._client is None:
                self._start()
            return self._ask(record)
        except ClientError as error:
            return self._note_crash(record, error.code, str(error))
        except ClientUnusableError as error:
            return self._note_crash(record, error.code, f"restart failed: {error}")

    def _note_crash(self, record: Record, code: str, message: str) -> Outcome:
        self._crashes += 1
        complaints = ""
        if self._client is not None:
            complaints = self._client.get_complaints()
            self._client.kill()
            self._client = None
        return Outcome(record, CRASH, code, message, complaints=complaints)

    def _start(self) -> Introduction:
        self._loaded = None
        try:
            client = Client(self._launch)
        except OSError as error:
            message = f"cannot start {self._launch.command[0]!r}: {error.strerror}"
            raise ClientUnusableError("client_not_started", message) from error
        try:
            answer = client.hello(FORMAT)
            features = split_features(answer.get("features"))
        except ClientError as error:
            complaints = client.get_complaints()
            client.kill()
            raise ClientUnusableError(error.code, str(error), complaints) from error
        self._client = client
        name, version = str(answer.get("client", "?")), str(answer.get("version", "?"))
        return Introduction(name[:80], version[:80], features)

    def _ask(self, record: Record) -> Outcome:
        client = self._client
        assert client is not None, "started by the caller"
        refusal = self._set_up(client, record)
        if refusal is not None:
            return refusal
        request = {"id": record.id, "kind": record.kind}
        answer = client.ask("apply", {**request, "method": record.method, "args": record.arguments})
        outcome = judge(record, answer)
        if record.pre is None:
            return outcome
        return self._inspect_state(client, record, outcome)

    def _set_up(self, client: Client, record: Record) -> Optional[Outcome]:
        """Bring the client to the state before the record; an outcome when that already fails."""
        wanted = (record.profile, record.pre)
        if self._loaded == wanted:
            if record.pre is not None:
                client.ask("reset", {})
            return None
        self._loaded = None
        if record.pre is None:
            client.ask("init", {"profile": record.profile, "pre": None})
        else:
            state = self._vectors.states[record.pre]
            answer = client.ask("init", {"profile": record.profile, "pre": state})
            if answer.get("state_root") != state["state_root"]:
                message = (
                    f"init: state root {answer.get('state_root')}, expected {state['state_root']}"
                )
                return Outcome(record, FAIL, "pre_state", message, answer)
        self._loaded = wanted
        return None

    def _inspect_state(self, client: Client, record: Record, outcome: Outcome) -> Outcome:
        """Look at the state itself, for an answer may claim a root that the state doesn't have."""
        answer = outcome.answer or {}
        if outcome.verdict not in (FAIL, CRASH):
            shown = client.ask("get_state", {"full": False})
            found = judge_root(record, shown.get("state_root"), answer)
            if found.verdict == PASS:
                return outcome
            outcome = found
        if outcome.detail == "protocol" or record.pre is None:
            return outcome
        shown = client.ask("get_state", {"full": True})
        if not isinstance(shown.get("state"), dict):
            return outcome
        expected = apply_patch(self._vectors.states[record.pre]["state"], list(record.post_diff))
        differences = tuple(compute_differences(expected, shown.get("state")))
        return replace(outcome, differences=differences or outcome.differences)
