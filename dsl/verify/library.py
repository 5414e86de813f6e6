"""All contracts of a folder at once, over the cores that there are.

Workers are forked while this process has no threads, one per core, each with one solving child;
the largest files go first, so that none is left alone at the end. Results come in the order of the
paths, whichever worker was faster.
"""

import gc
import multiprocessing
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dsl.cli import SIZE_READ_MAX
from dsl.verify.jobs import Settings, Solvers, Verified, verify_file
from dsl.verify.report import (
    EXIT_CODES,
    FAILED,
    GOOD,
    Tests,
    count_verdicts,
    get_exit_code,
    render_findings,
)
from dsl.verify.verify import Report

FILES_MAX = 512
"""Contracts of one folder."""
WORKERS_MAX = 2
"""Workers at a time; the reference machine has two cores."""
NAME_WIDTH = 24
_CONTRACT = re.compile(rb"^(?:strict\s+)?contract\b", re.MULTILINE)
_PART = re.compile(rb"^(?:component|interface|function|record|enum|phases|const)\b", re.MULTILINE)
Tell = Callable[[int, int], None]
"""Is told how many files (or mutants) of how many are done."""
Task = TypeVar("Task")
Found = TypeVar("Found")


def find_contracts(folder: Path) -> list[Path]:
    """The contracts below a folder, in order, without those in hidden folders.

    A file of parts alone, which contracts import, is no contract: it is proved where it is used.
    """
    found = [
        path
        for path in folder.rglob("*.qc")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(path for path in found if not _holds_parts_alone(path))


def _holds_parts_alone(path: Path) -> bool:
    with path.open("rb") as file:
        data = file.read(SIZE_READ_MAX)
    return _CONTRACT.search(data) is None and _PART.search(data) is not None


OBJECTS_MIN = 100_000
"""New objects between two searches for garbage: terms are kept to the end, searches find little."""


def _start_worker() -> None:
    gc.set_threshold(OBJECTS_MIN)


_OWN: list[Solvers] = []
"""The children of a worker, which live as long as it does."""


def _work(task: tuple[Path, Settings]) -> Verified:
    if not _OWN:
        _OWN.append(Solvers(1))
    path, settings = task
    return verify_file(path, settings, _OWN[0])


def spread(work: Callable[[Task], Found], tasks: Sequence[Task]) -> Iterator[Found]:
    """Results of tasks, over the cores, in the order in which they are done."""
    workers = max(1, min(WORKERS_MAX, len(tasks), os.cpu_count() or 1))
    context = multiprocessing.get_context("fork")
    with context.Pool(workers, _start_worker) as pool:
        yield from pool.imap_unordered(work, tasks, chunksize=1)
        pool.close()
        pool.join()


def place_all(paths: Sequence[Path], settings: Settings) -> list[Settings]:
    """Settings of each file: two of the same name do not write over each other's files."""
    stems = [path.stem for path in paths]
    return [
        settings
        if stems.count(path.stem) == 1
        else replace(settings, out=settings.out / "_".join(path.parent.parts[-2:]))
        for path in paths
    ]


def verify_files(paths: Sequence[Path], settings: Settings, tell: Tell) -> list[Verified]:
    """What became of each file."""
    tasks = sorted(
        zip(paths, place_all(paths, settings), strict=True),
        key=lambda task: (-task[0].stat().st_size, str(task[0])),
    )
    done: dict[str, Verified] = {}
    for result in spread(_work, tasks):
        done[result.path] = result
        tell(len(done), len(tasks))
    return [done[str(path)] for path in paths]


# Telling it


def get_code(results: Sequence[Verified]) -> int:
    """The exit code of several files: 1 wins over 3, 3 over 0."""
    codes = [
        FAILED if each.report is None else get_exit_code(each.report, each.tests)
        for each in results
    ]
    return FAILED if FAILED in codes else max(codes, default=GOOD)


def render_table(results: Sequence[Verified]) -> str:
    """One table of all files, then what is not proved, then the result."""
    named = [(each, _name(each)) for each in results]
    width = max([NAME_WIDTH, *(len(name) for _, name in named)])
    head = f"{'contract':<{width}} {'verdict':<15} {'proved':>6} {'broken':>6} {'open':>5}"
    lines = [f"{head}  {'calls':>7} {'tests':>7} {'gas':>7} {'time':>8}"]
    lines += [_render_line(each, name, width) for each, name in named]
    for each in results:
        if each.report is None:
            lines += ["", each.diagnostics or f"{each.path} is not read"]
        elif get_exit_code(each.report, each.tests) != GOOD:
            lines += ["", *render_findings(each.report, each.tests)]
    assumptions = dict.fromkeys(
        text for each in results if each.report for text in each.report.assumptions
    )
    if assumptions:
        lines.append(f"assumes: {'; '.join(assumptions)}")
    good = sum(
        each.report is not None and get_exit_code(each.report, each.tests) == GOOD
        for each in results
    )
    goals = sum(count_verdicts(each.report)["proved"] for each in results if each.report)
    lines.append(f"{good} of {len(results)} contracts proved, {goals:,} goals")
    return "\n".join(lines)


def _name(result: Verified) -> str:
    return Path(result.path).name if result.report is None else result.report.contract


def _render_line(result: Verified, name: str, width: int) -> str:
    report = result.report
    if report is None:
        return f"{name:<{width}} not compiled"
    counts = count_verdicts(report)
    rest = len(report.goals) - counts["proved"] - counts["broken"]
    return (
        f"{name:<{width}} {report.verdict.replace('_', ' '):<15} {counts['proved']:>6} "
        f"{counts['broken']:>6} {rest:>5}  {_count_calls(report):>7} "
        f"{_count_tests(result.tests):>7} "
        f"{max((gas for _, gas in report.gas_bounds), default=0):>7} {report.ms:>5} ms"
    )


def _count_calls(report: Report) -> str:
    actions = sum(goal.kind == "can_succeed" for goal in report.goals)
    return f"{report.replayed}/{actions}"


def _count_tests(tests: Tests | None) -> str:
    if tests is None:
        return "-"
    return f"{tests.passed}/{tests.passed + len(tests.failed)}"


def summarise(encode: Callable[[Verified], object], results: Sequence[Verified]) -> object:
    """The JSON view of all files."""
    worst = [each.report.verdict if each.report else "not_compiled" for each in results]
    order = ("not_compiled", *sorted(EXIT_CODES, key=lambda word: EXIT_CODES[word] != FAILED))
    verdict = min(worst, key=order.index, default="proved")
    return {
        "verdict": verdict,
        "exit_code": get_code(results),
        "contracts": [encode(each) for each in results],
    }
