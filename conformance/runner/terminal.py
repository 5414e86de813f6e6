"""The summary people read, and the progress line they see on a terminal."""

from __future__ import annotations

import sys
from typing import List, Optional, Sequence, TextIO

from conformance.runner.diff import Difference
from conformance.runner.process import PROTOCOL
from conformance.runner.report import (
    Run,
    build_report,
    get_findings,
    get_repro_name,
    render_conclusion,
)
from conformance.runner.strict_json import JsonObject
from conformance.runner.verdict import CRASH, FAIL, WRONG_REASON, Outcome

SHOWN_MAX = 10  # findings on the terminal; the report has all
DIFFERENCES_SHOWN_MAX = 5
VALUE_LENGTH_MAX = 60  # characters of a value in a difference
PROGRESS_WIDTH = 30
_LABELS = {FAIL: "FAIL", CRASH: "CRASH", WRONG_REASON: "ORANGE"}
_COLUMNS = ("pass", "no reason", "wrong reason", "fail", "crash", "not offered")
_KEYS = ("pass", "no_reason", "wrong_reason", "fail", "crash", "not_offered")


class Progress:
    """A bar that redraws itself; silent unless the stream is a terminal."""

    def __init__(self, total: int, stream: Optional[TextIO] = None) -> None:
        """Begin at zero.

        Args:
            total: records to be done.
            stream: where to draw; the error stream when not given.
        """
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._shown = -1

    def __call__(self, done: int) -> None:
        """Draw the state after `done` records, at most a hundred times in all."""
        percent = 100 * done // max(1, self._total)
        if not self._stream.isatty() or percent == self._shown:
            return
        self._shown = percent
        filled = PROGRESS_WIDTH * percent // 100
        bar = "#" * filled + "." * (PROGRESS_WIDTH - filled)
        end = "\r\x1b[K" if done >= self._total else ""
        self._stream.write(f"\r[{bar}] {percent:3d} %{end}")
        self._stream.flush()


def render_summary(run: Run, folder: str, name: str) -> str:
    """The whole summary.

    Args:
        run: what happened.
        folder: where the report and the reproductions lie.
        name: how the user called this command, for the lines that say what to run next.
    """
    report = build_report(run, folder)
    lines = [_render_head(run), *_render_table(report["levels"])]
    findings = get_findings(run)
    for outcome in findings[:SHOWN_MAX]:
        lines += _render_finding(outcome, folder, name)
    if len(findings) > SHOWN_MAX:
        lines.append(f"… {len(findings) - SHOWN_MAX} more in the report")
    cost = f"{run.seconds:.1f} s"
    if run.memory_mb is not None:
        cost += f" · {run.memory_mb} MB"
    failures = "1 failure" if len(findings) == 1 else f"{len(findings)} failures"
    lines.append(f"{failures} · {cost} · report {folder}/report.html")
    lines.append(render_conclusion(run))
    return "\n".join(lines)


def render_differences(differences: Sequence[Difference]) -> List[str]:
    """The first few differences, one a line."""
    lines = [
        f"     {d.path or '(whole)'}  spec {_shorten(d.expected)}, you {_shorten(d.got)}"
        for d in differences[:DIFFERENCES_SHOWN_MAX]
    ]
    if len(differences) > DIFFERENCES_SHOWN_MAX:
        lines.append(f"     … {len(differences) - DIFFERENCES_SHOWN_MAX} more places")
    return lines


def render_outcome(outcome: Outcome) -> List[str]:
    """One finding with its differences and the end of the client's error stream."""
    label = _LABELS.get(outcome.verdict, outcome.verdict)
    lines = [f"{label} {outcome.record.id}   {outcome.message}"]
    lines += render_differences(outcome.differences)
    if outcome.complaints:
        lines.append("     the end of its error stream:")
        lines += [f"     | {line}" for line in outcome.complaints.splitlines()]
    return [_make_printable(line) for line in lines]


def _render_head(run: Run) -> str:
    who = run.introduction
    offers = " ".join(sorted(who.features)) or "nothing"
    asked = f"{len(run.outcomes):,} of {len(run.vectors.records):,} records"
    head = f"{who.client} {who.version} · {PROTOCOL} · offers {offers}"
    return _make_printable(f"{head} · qcv {run.vectors.version} · {asked}")


def _render_table(levels: List[JsonObject]) -> List[str]:
    width = max([len("level"), *[len(row["name"]) + 2 for row in levels]]) + 2
    lines = ["level".ljust(width) + "".join([f"{name:>14}" for name in _COLUMNS])]
    for row in levels:
        counts = row["counts"]
        asked = sum(counts.values()) > counts["not_offered"]
        cells = [f"{counts[key]:,}" if asked or key == "not_offered" else "-" for key in _KEYS]
        label = f"{row['level']} {row['name']}".ljust(width)
        lines.append(label + "".join([f"{cell:>14}" for cell in cells]))
    return lines


def _render_finding(outcome: Outcome, folder: str, name: str) -> List[str]:
    rerun = f"     rerun: {name} rerun {folder}/{get_repro_name(outcome.record)}"
    return [*render_outcome(outcome), rerun]


def _shorten(text: str) -> str:
    return text if len(text) <= VALUE_LENGTH_MAX else text[:VALUE_LENGTH_MAX] + "…"


def _make_printable(text: str) -> str:
    """Without control characters: a client's words must not move the cursor of a terminal."""
    return "".join([c if c.isprintable() else f"\\x{ord(c):02x}" for c in text])
