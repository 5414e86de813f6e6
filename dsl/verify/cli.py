"""`qc contract verify`, `replay` and `mutate`.

Exit codes of `verify`: 0 all proved, 1 something is broken, not inductive, conditional or never
exercised (or a test fails), 2 usage or environment, 3 only undecided is left. `replay`: 0 the
violation is reproduced, 1 it is not, 2 the file can't be read. `mutate`: 0 every mutant is
killed, 1 some survive.
"""

import argparse
import json
import re
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.compile import CompiledUnit
    from dsl.verify.report import Tests
    from dsl.verify.solver import Limits, Solver
    from dsl.verify.verify import Report

GOOD, FAILED, USAGE = 0, 1, 2
BUDGET_DEFAULT = 2_000_000
BUDGET_MAX = 4_000_000_000
OUT_FOLDER = ".qc"


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the commands to `qc contract`."""
    verify = commands.add_parser("verify", help="prove every property, or show an attack")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE", help="contracts, NAME.qc")
    verify.add_argument("--json", action="store_true", help="print as JSON")
    verify.add_argument("--no-cache", action="store_true", help="prove again what is remembered")
    _add_limits(verify)
    replay = commands.add_parser("replay", help="replay a counterexample in the reference machine")
    replay.add_argument("file", type=Path, metavar="FILE", help="a .cex.jsonl file")
    replay.add_argument("--json", action="store_true", help="print as JSON")
    mutate = commands.add_parser("mutate", help="which changes of the code do no property forbid")
    mutate.add_argument("file", type=Path, metavar="FILE", help="a contract, NAME.qc")
    mutate.add_argument("--json", action="store_true", help="print as JSON")
    mutate.add_argument("--limit", type=int, default=200, help="mutants tried at most")
    _add_limits(mutate)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--budget", type=int, default=BUDGET_DEFAULT, metavar="N", help="solver steps for a goal"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(OUT_FOLDER), metavar="DIR", help="where files are written"
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked; the exit code."""
    command: str = args.contract_command
    if command == "replay":
        return run_replay(args)
    if not 1 <= args.budget <= BUDGET_MAX:
        return report_error(
            "verify.budget", f"the budget is {args.budget}", f"a number from 1 to {BUDGET_MAX}"
        )
    if _get_solver_version() is None:
        return _report_missing()
    return run_verify(args) if command == "verify" else run_mutate(args)


def report_error(code: str, sentence: str, *helps: str) -> int:
    """Print an error of usage; the exit code."""
    lines = [f"error[{code}]: {sentence}", *(f"  {text}" for text in helps)]
    print("\n".join(lines), file=sys.stderr)
    return USAGE


def _get_solver_version() -> str | None:
    try:
        return version("z3-solver")
    except PackageNotFoundError:
        return None


def _report_missing() -> int:
    return report_error(
        "verify.no_solver",
        "the solver z3 is not installed or does not start",
        "install it: pip install 'quantumchain[verify]'",
    )


def _compile(path: Path) -> "CompiledUnit | int":
    """The compiled contract of a file, or an exit code after saying what is wrong."""
    from dsl.cli import read_source  # noqa: PLC0415 - `qc --help` must not load the compiler
    from dsl.compile import compile_source  # noqa: PLC0415 - as above
    from dsl.diagnostics import is_error, render_diagnostics  # noqa: PLC0415 - as above

    text = read_source(path)
    if isinstance(text, int):
        return text
    result = compile_source(text, str(path))
    errors = [each for each in result.diagnostics if is_error(each)]
    if result.unit is None or errors:
        print(render_diagnostics(result.source, result.diagnostics), file=sys.stderr)
        return FAILED
    return result.unit


# verify


def run_verify(args: argparse.Namespace) -> int:
    """Prove all files; the worst exit code."""
    from dsl.verify.solver import Limits, Solver, SolverMissingError  # noqa: PLC0415 - as above

    limits = Limits(rlimit=args.budget)
    codes: list[int] = []
    views: list[dict[str, object]] = []
    try:
        with Solver() as solver:
            for path in args.files:
                code = _verify_file(args, path, solver, limits, views)
                if code == USAGE:
                    return USAGE
                codes.append(code)
    except SolverMissingError:
        return _report_missing()
    if args.json:
        view: object = views[0] if len(args.files) == 1 else views
        print(json.dumps(view, ensure_ascii=False, indent=1))
    return FAILED if FAILED in codes else max(codes, default=GOOD)


def _verify_file(
    args: argparse.Namespace,
    path: Path,
    solver: "Solver",
    limits: "Limits",
    views: list[dict[str, object]],
) -> int:
    from dsl.verify import report as reports  # noqa: PLC0415 - as above

    unit = _compile(path)
    if isinstance(unit, int):
        views.append({"file": str(path), "verdict": "not_compiled", "goals": []})
        return unit
    report = _get_report(args, unit, solver, limits)
    refused: OSError | None = None
    try:
        report = write_counterexamples(report, args.out)
    except OSError as error:
        refused = error
    tests = _run_tests(unit)
    if args.json:
        views.append(reports.encode_report(report, tests))
    else:
        print(reports.render_report(report, tests))
    if refused is not None:
        return report_error(
            "verify.no_place",
            f"the counterexamples can't be written to {args.out}: {refused.strerror}",
            "name a folder that can be written: --out DIR",
        )
    return reports.get_exit_code(report, tests)


def _get_report(
    args: argparse.Namespace, unit: "CompiledUnit", solver: "Solver", limits: "Limits"
) -> "Report":
    from dsl.verify import cache  # noqa: PLC0415 - as above
    from dsl.verify.verify import Subject, verify  # noqa: PLC0415 - as above

    subject = Subject(unit.linked, unit.name, unit.source.name, unit.source_map, unit.source)
    folder = args.out / "cache"
    key = cache.compute_key(subject, _get_solver_version() or "", limits.rlimit)
    known = None if args.no_cache else cache.read_report(folder, key)
    if known is not None:
        return known
    report = verify(subject, solver, limits)
    cache.write_report(folder, key, report)
    return report


def _run_tests(unit: "CompiledUnit") -> "Tests":
    from dsl.testing import run_tests  # noqa: PLC0415 - as above
    from dsl.verify.report import Tests  # noqa: PLC0415 - as above

    results = run_tests(unit)
    failed = tuple(f"{each.title}: {each.problem}" for each in results if not each.passed)
    return Tests(len(results) - len(failed), failed)


def write_counterexamples(report: "Report", folder: Path) -> "Report":
    """Writes the files that replay a report's counterexamples, and names them in it."""
    written = []
    used: set[str] = set()
    for each in report.counterexamples:
        parts = (report.contract, each.goal, each.action)
        stem = ".".join(re.sub(r"[^A-Za-z0-9_]+", "_", part) for part in parts if part)
        name, number = stem, 1
        while name in used:
            number += 1
            name = f"{stem}.{number}"
        used.add(name)
        path = folder / f"{name}.cex.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(each.content, encoding="utf-8")
        written.append(replace(each, file=str(path)))
    return replace(report, counterexamples=tuple(written))


# replay


def run_replay(args: argparse.Namespace) -> int:
    """Replay a counterexample; 0 if it still shows the violation."""
    from dsl.verify.names import Names  # noqa: PLC0415 - as above
    from dsl.verify.replay import replay  # noqa: PLC0415 - as above
    from dsl.verify.scenario import (  # noqa: PLC0415 - as above
        FILE_SIZE_BYTES_MAX,
        parse_labels,
        parse_scenario,
    )
    from dsl.verify.story import tell_story  # noqa: PLC0415 - as above
    from spec.lib.result import Err  # noqa: PLC0415 - as above

    if not args.file.is_file():
        return report_error("verify.no_file", f"there is no file {args.file}")
    with args.file.open("rb") as file:
        data = file.read(FILE_SIZE_BYTES_MAX + 1)
    parsed = parse_scenario(data)
    if isinstance(parsed, Err):
        error = parsed.error
        return report_error(error.code, f"{args.file}: {error.message}")
    linked, scenario = parsed.value
    result = replay(linked, scenario)
    contract, functions, cells = parse_labels(data)
    labels = (functions, cells)
    names = Names(linked.module, None, contract or "contract", str(args.file), labels=labels)
    story = tell_story(linked, names, scenario, result)
    if args.json:
        view = {
            "file": str(args.file),
            "goal": scenario.claim.name,
            "kind": scenario.claim.kind,
            "reproduced": result.is_violation,
            "reason": result.reason,
            "story": list(story),
        }
        print(json.dumps(view, ensure_ascii=False, indent=1))
    else:
        print("\n".join(story))
        verdict = "reproduced" if result.is_violation else f"not reproduced: {result.reason}"
        print(f"{scenario.claim.name} ({scenario.claim.kind}): violation {verdict}")
    return GOOD if result.is_violation else FAILED


# mutate


def run_mutate(args: argparse.Namespace) -> int:
    """Try mutants of a contract; 0 if its properties kill all of them."""
    from dsl.verify.mutate import mutate, render_mutation  # noqa: PLC0415 - as above
    from dsl.verify.solver import Limits, Solver, SolverMissingError  # noqa: PLC0415 - as above
    from dsl.verify.verify import Subject  # noqa: PLC0415 - as above

    try:
        with Solver() as solver:
            unit = _compile(args.file)
            if isinstance(unit, int):
                return unit
            subject = Subject(
                unit.linked, unit.name, unit.source.name, unit.source_map, unit.source
            )
            result = mutate(subject, solver, Limits(rlimit=args.budget), args.limit)
    except SolverMissingError:
        return _report_missing()
    if args.json:
        print(json.dumps(result.encode(), ensure_ascii=False, indent=1))
    else:
        print(render_mutation(result))
    return FAILED if result.survivors else GOOD
