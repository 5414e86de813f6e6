"""The static gates, side by side: what `make check` runs in under a minute on two cores.

`python -m tools.check` runs all; `python -m tools.check ruff mypy` only those named.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.project import ROOT, get_packages

PYTHON: Final = (sys.executable, "-m")
LINT_IMPORTS: Final = str(Path(sys.executable).with_name("lint-imports"))
WORKERS: Final = max(2, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: a name, and a command that exits 0 when it is passed."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a gate ended."""

    gate: Gate
    passed: bool
    output: str
    seconds: float


def get_gates() -> tuple[Gate, ...]:
    """All gates, the longest first so that the others fill the second core."""
    packages = get_packages()
    return (
        Gate("mypy", (*PYTHON, "mypy", *packages)),
        Gate("tidy", (*PYTHON, "pytest", "-q", "-m", "tidy", "tests/repo")),
        Gate("docs", (*PYTHON, "tools.gen_docs", "--check")),
        Gate("imports", (LINT_IMPORTS, "--no-cache")),
        Gate("dead-code", (*PYTHON, "tools.dead_code")),
        Gate("ruff", (*PYTHON, "ruff", "check", "--quiet", ".")),
        Gate("format", (*PYTHON, "ruff", "format", "--check", "--quiet", ".")),
    )


def main(names: list[str]) -> int:
    """Run the gates named, or all; 0 if every one is passed."""
    gates = get_gates()
    unknown = set(names) - {gate.name for gate in gates}
    if unknown:
        known = ", ".join(gate.name for gate in gates)
        print(f"error[check.unknown_gate]: {sorted(unknown)}; the gates are {known}")
        return 2
    chosen = [gate for gate in gates if not names or gate.name in names]
    started = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        verdicts = []
        for verdict in pool.map(_run, chosen):
            _report(verdict)
            verdicts.append(verdict)
    failed = [verdict.gate.name for verdict in verdicts if not verdict.passed]
    print(
        f"{len(verdicts) - len(failed)} gates passed, {len(failed)} failed"
        f" in {time.monotonic() - started:.0f} s{': ' if failed else ''}{', '.join(failed)}"
    )
    return 1 if failed else 0


def _run(gate: Gate) -> Verdict:
    started = time.monotonic()
    done = subprocess.run(
        gate.command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    return Verdict(gate, done.returncode == 0, done.stdout, seconds)


def _report(verdict: Verdict) -> None:
    word = "passed" if verdict.passed else "FAILED"
    print(f"{verdict.gate.name:<10} {word} {verdict.seconds:5.1f} s", flush=True)
    if not verdict.passed:
        print(verdict.output, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
