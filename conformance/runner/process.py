"""A client under test as a child process that answers one line of JSON for each line it is sent.

Three threads stand between: one writes requests, one reads answers, one keeps the end of what the
client complains on its error stream. So a client that reads nothing, writes endlessly or hangs
costs a time-out and a bounded amount of memory, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import IO, Callable, Deque, Optional, Tuple

from conformance.runner.strict_json import JsonObject, JsonRefusedError, parse_object

PROTOCOL = "qcap/1"
LINE_SIZE_BYTES_MAX = (
    4 * 1024 * 1024
)  # of one answer; the largest, a whole state, takes about 100 kB
WAITING_LINES_MAX = 16  # answers read ahead; further output waits in the pipe
ERROR_LINES_MAX = 12  # of the client's error stream, the last ones
ERROR_LINE_SIZE_BYTES_MAX = 400
EXCERPT_LENGTH_MAX = 120  # characters echoed of a line that is no answer
GRACE_S = 2.0  # between asking a client to end and ending it


@dataclass(frozen=True)
class Limits:
    """How long a client may take."""

    hello_s: float = 5.0
    """To answer `hello`, in seconds: an interpreter must start within it."""
    answer_s: float = 10.0
    """To answer anything else, in seconds."""


@dataclass(frozen=True)
class Launch:
    """How a client is started."""

    command: Tuple[str, ...]
    """Program and arguments; no shell takes part."""
    folder: Optional[str] = None
    """Where it runs; None is where the runner runs."""
    limits: Limits = Limits()
    """How long it may take to answer."""
    trace: Optional[Callable[[str, str], None]] = None
    """Told every line, with "->" or "<-" before it; `rerun` prints them."""


class ClientError(Exception):
    """The client gave no usable answer: a crash, a time-out or a breach of the protocol."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code (`crash`, `timeout`, `protocol`) beside the sentence for people."""
        super().__init__(message)
        self.code = code


class Client:
    """One running client process."""

    def __init__(self, launch: Launch) -> None:
        """Start the process.

        Raises:
            OSError: there is no such program, or it may not be run.
        """
        self._limits = launch.limits
        self._trace = launch.trace
        self._sequence = 0
        self._lines_read = 0
        self._process = subprocess.Popen(
            list(launch.command),
            cwd=launch.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
        self._answers: "queue.Queue[Optional[bytes]]" = queue.Queue(WAITING_LINES_MAX)
        self._requests: "queue.Queue[Optional[bytes]]" = queue.Queue()
        self._complaints: Deque[str] = deque(maxlen=ERROR_LINES_MAX)
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._write, self._read, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def hello(self, vectors: str) -> JsonObject:
        """Introduce ourselves; the answer names the client and what it offers.

        Args:
            vectors: format of the vectors, `qcv/1`.

        Raises:
            ClientError: as `ask`, or it speaks another protocol.
        """
        request = {"op": "hello", "protocol": PROTOCOL, "vectors": vectors}
        answer = self._exchange(request, self._limits.hello_s)
        if answer.get("protocol") != PROTOCOL:
            found = str(answer.get("protocol"))[:40]
            raise ClientError("protocol", f"your client speaks {found!r}, expected {PROTOCOL}")
        return answer

    def ask(self, op: str, fields: JsonObject) -> JsonObject:
        """Send one request and wait for its answer.

        Raises:
            ClientError: no answer in time, the process ended, or what came isn't an answer.
        """
        return self._exchange({"op": op, **fields}, self._limits.answer_s)

    def close(self) -> None:
        """Say goodbye, then make sure that the process has ended."""
        try:
            self._exchange({"op": "bye"}, GRACE_S)
            self._process.wait(GRACE_S)
        except (ClientError, subprocess.TimeoutExpired):
            pass  # it is ended below, and a client that can't say goodbye has been judged already
        self.kill()

    def kill(self) -> None:
        """End the process and whatever it started, and take back its threads and pipes."""
        self._closing.set()
        self._requests.put(None)
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + GRACE_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            _close(stream)

    def get_complaints(self) -> str:
        """The end of what the client wrote on its error stream."""
        return "\n".join(self._complaints)

    def _exchange(self, request: JsonObject, timeout_s: float) -> JsonObject:
        self._sequence += 1
        line = json.dumps({"seq": self._sequence, **request}, separators=(",", ":"))
        self._tell("->", line)
        self._requests.put(line.encode("utf-8") + b"\n")
        try:
            answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise ClientError("timeout", self._explain_silence(request, timeout_s)) from None
        if answer is None:
            raise ClientError("crash", self._explain_end())
        self._lines_read += 1
        self._tell("<-", answer.decode("utf-8", "replace").rstrip())
        return self._check(answer)

    def _tell(self, direction: str, line: str) -> None:
        if self._trace is not None:
            self._trace(direction, line)

    def _check(self, line: bytes) -> JsonObject:
        number = self._lines_read
        if len(line) > LINE_SIZE_BYTES_MAX:
            raise ClientError(
                "protocol", f"line {number} is longer than {LINE_SIZE_BYTES_MAX} bytes"
            )
        excerpt = line.decode("utf-8", "replace").strip()[:EXCERPT_LENGTH_MAX]
        try:
            answer = parse_object(line.decode("utf-8"))
        except (JsonRefusedError, UnicodeDecodeError) as error:
            raise ClientError(
                "protocol",
                f"line {number} of your output is not JSON ({error}): {excerpt!r}; "
                "write logs to the error stream",
            ) from error
        if answer.get("seq") != self._sequence:
            raise ClientError(
                "protocol",
                f'line {number} answers "seq" {answer.get("seq")!r}, expected {self._sequence}; '
                f"answer each request once, with its own number: {excerpt!r}",
            )
        if "error" in answer:
            raise ClientError(
                "error", f"your client answered an error: {str(answer['error'])[:400]}"
            )
        return answer

    def _explain_silence(self, request: JsonObject, timeout_s: float) -> str:
        if self._lines_read == 0:
            return f"your client wrote nothing in {timeout_s:g} s: flush stdout after each line"
        return f"no answer to {request['op']!r} within {timeout_s:g} s"

    def _explain_end(self) -> str:
        try:
            code = self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            return "your client closed its output but runs on"
        self._threads[-1].join(GRACE_S)
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"your client {how}"

    def _write(self) -> None:
        stream = self._process.stdin
        assert stream is not None, "Popen was asked for a pipe"
        while True:
            line = self._requests.get()
            if line is None:
                return
            try:
                stream.write(line)
                stream.flush()
            except (OSError, ValueError):
                return  # the process has ended: whoever waits for its answer learns that

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None, "Popen was asked for a pipe"
        while True:
            try:
                line: Optional[bytes] = stream.readline(LINE_SIZE_BYTES_MAX + 1) or None
            except (OSError, ValueError):
                line = None
            if not self._hand_over(line) or line is None or len(line) > LINE_SIZE_BYTES_MAX:
                return

    def _hand_over(self, line: Optional[bytes]) -> bool:
        """Queue a line; False when the client is being ended and nobody waits any more."""
        while not self._closing.is_set():
            try:
                self._answers.put(line, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def _listen(self) -> None:
        stream = self._process.stderr
        assert stream is not None, "Popen was asked for a pipe"
        while True:
            try:
                line = stream.readline(ERROR_LINE_SIZE_BYTES_MAX)
            except (OSError, ValueError):
                return
            if not line:
                return
            self._complaints.append(line.decode("utf-8", "replace").rstrip())


def _close(stream: Optional[IO[bytes]]) -> None:
    if stream is None:
        return
    with contextlib.suppress(OSError):  # the process has ended: nothing is left to flush to
        stream.close()


def get_peak_memory_mb() -> Optional[int]:
    """The largest memory any ended client took, in MB; None where the system doesn't say."""
    try:
        import resource  # noqa: PLC0415 - exists on POSIX only
    except ImportError:
        return None
    usage_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    per_mb = 1024 * 1024 if _is_darwin() else 1024
    return usage_kb // per_mb


def _is_darwin() -> bool:
    return os.uname().sysname == "Darwin"


def split_features(offered: object) -> Tuple[str, ...]:
    """The features of a `hello` answer.

    Raises:
        ClientError: it isn't a list of strings.
    """
    if not isinstance(offered, list) or not all(isinstance(name, str) for name in offered):
        raise ClientError("protocol", 'the answer to "hello" needs "features": a list of strings')
    return tuple(offered)
