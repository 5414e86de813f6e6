"""A pytest plugin: how long the tests of each folder took, beside the folder's budget.

`pytest --folder-times` prints the table. The budgets are for two cores and `pytest -n 2`; the
times are summed over workers, so a folder may take twice its budget in processor time.
"""

from collections import defaultdict
from typing import Final

import pytest

# Wall-clock seconds on two cores.
BUDGETS_S: Final = {
    "spec": 90,
    "dsl": 120,
    "conformance": 75,
    "qcref": 105,
    "sim": 60,
    "repo": 30,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--folder-times", action="store_true", help="print the time of each folder")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not terminalreporter.config.getoption("--folder-times"):
        return
    times: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                folder = compute_folder(report.nodeid)
                times[folder] += report.duration
                counts[folder] += report.when == "call"
    workers = int(terminalreporter.config.getoption("numprocesses", default=None) or 1)
    terminalreporter.section("time per folder")
    for folder in sorted(times):
        budget = f"of {BUDGETS_S[folder]} s" if folder in BUDGETS_S else ""
        seconds = times[folder] / workers
        terminalreporter.write_line(
            f"{folder:<18} {counts[folder]:6d} tests {seconds:7.1f} s {budget}"
        )


def compute_folder(nodeid: str) -> str:
    """The folder under tests/ that a test lies in, or "." for one that lies in tests/ itself."""
    parts = nodeid.partition("::")[0].split("/")
    return parts[1] if len(parts) > 2 else "."
