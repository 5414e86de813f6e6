"""The fixed work that benchmarks compare with, and how they take time."""

import time
from collections.abc import Callable

LOOP_STEPS = 200_000
LOOP_MS = 10
"""What the loop takes on the machine where the targets were set."""


def run_loop() -> int:
    """The fixed work: small integers, a branch, a list."""
    total, kept = 0, [0] * 64
    for step in range(LOOP_STEPS):
        total += step & 31
        if total & 1:
            kept[step & 63] = total
    return total + kept[0]


def measure_s(work: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    before = time.process_time()
    work()
    return time.process_time() - before
