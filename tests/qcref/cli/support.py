"""Real processes: `qc` as people run it, and a devnet on a free port."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

QC = (sys.executable, "-m", "quantumchain")
READY_S_MAX = 60
STOP_S_MAX = 30
COMMAND_S_MAX = 120
POLL_S = 0.02


def run_qc(
    folder: Path, *words: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One command; no traceback whatever it says."""
    kept = {name: value for name, value in os.environ.items() if name != "QC_URL"}
    done = subprocess.run(
        [*QC, *words],
        cwd=folder,
        env={**kept, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def run_json(folder: Path, *words: str) -> Any:  # what a test looks into
    done = run_qc(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class DevnetProcess:
    """A devnet in a process of its own."""

    def __init__(self, folder: Path, *words: str, file_blocks_max: int | None = None) -> None:
        """Starts it and waits until it is ready.

        Args:
            folder: where it runs.
            words: further arguments.
            file_blocks_max: how long any of its files may become, in blocks of 512 bytes: as if the
                disk were full.
        """
        self.folder = folder
        limit = "" if file_blocks_max is None else f"ulimit -f {file_blocks_max}; "
        command = [*QC, "devnet", "--port", "0", "--json", *words]
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'{limit}exec "$@"', "sh", *command],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ready: Any = self._read_ready()
        self.url = str(self.ready["address"])

    def _read_ready(self) -> Any:  # JSON
        assert self.process.stdout is not None
        found, _, _ = select.select([self.process.stdout], [], [], READY_S_MAX)
        line = self.process.stdout.readline() if found else ""
        if not line:
            self.kill()
            raise AssertionError(f"no readiness: {self.errors}")
        return json.loads(line)

    @property
    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def request(self, path: str, body: object | None = None) -> Any:  # JSON
        data = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 - our own devnet
            self.url + path, data, {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=READY_S_MAX) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(STOP_S_MAX)
        self.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOP_S_MAX)

    def close(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@contextmanager
def running_devnet(folder: Path, *words: str) -> Iterator[DevnetProcess]:
    devnet = DevnetProcess(folder, *words)
    try:
        yield devnet
    finally:
        if devnet.process.poll() is None:
            devnet.kill()
        devnet.close()


def wait_until(holds: Callable[[], bool], seconds: float = READY_S_MAX) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(POLL_S)


def get_error(done: subprocess.CompletedProcess[str]) -> str:
    """The code of the error that a command printed first."""
    first: Sequence[str] = done.stderr.splitlines()
    assert first, done.stdout
    assert first[0].startswith("error["), done.stderr
    return first[0].removeprefix("error[").partition("]")[0]
