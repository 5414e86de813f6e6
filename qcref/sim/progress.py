"""How far a campaign is: a line that moves on a terminal, a line now and then in a pipe."""

import sys
import time
from types import TracebackType
from typing import Self

PIPE_EVERY_S = 30.0
"""In a pipe or a file: one line in so many seconds."""
TERMINAL_EVERY_S = 0.1


class Progress:
    """Writes to the standard error stream; what it says is no result."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._started_s = time.monotonic()
        self._last_s = self._started_s

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        """Clears the moving line."""
        if self._is_terminal:
            _write("\r\033[K")

    def __call__(self, what: str, done: int, total: int) -> None:
        """Says how much of something is done, if it is time to.

        Args:
            what: is being done.
            done: of it.
            total: how much there is; 0 if nobody knows.
        """
        now_s = time.monotonic()
        every_s = TERMINAL_EVERY_S if self._is_terminal else PIPE_EVERY_S
        if now_s - self._last_s < every_s:
            return
        self._last_s = now_s
        text = f"{what}: {done:,}" + (f" of {total:,}" if total else "")
        if self._is_terminal:
            _write(f"\r\033[K{text}")
        else:
            elapsed_s = int(now_s - self._started_s)
            _write(f"{text} after {elapsed_s} s\n")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
