"""`qc contract verify`, `replay` and `mutate`.

Exit codes of `verify`: 0 all proved, 1 something is broken, not inductive, conditional or never
exercised (or a test fails, or a file does not compile), 2 usage, environment or a fault of the
verifier, 3 only undecided is left. `replay`: 0 the violation is reproduced, 1 it is not, 2 the
file can't be read. `mutate`: 0 at least 90 % of the mutants that are not equivalent are killed and
each survivor has a reason in `NAME.mutants.toml`, 1 else.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.verify.cli_mend import add_fix, infer_files, run_fix

if TYPE_CHECKING:
    from dsl.verify.jobs import Mutated, Problem, Settings, Verified

GOOD, FAILED, USAGE = 0, 1, 2
BUDGET_DEFAULT = 2_000_000
BUDGET_MAX = 4_000_000_000
OUT_FOLDER = ".qc"
WATCH_EVERY_S = 0.5
"""How often `--watch` looks at the files."""
MUTANTS_DEFAULT = 1_000
WORKERS = 2
"""Solving children for files that are named; `--all` has as many workers."""


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the commands to `qc contract`."""
    verify = commands.add_parser("verify", help="prove every property, or show an attack")
    _add_files(verify)
    _add_limits(verify)
    verify.add_argument("--html", action="store_true", help="write a page for each: OUT/NAME.html")
    verify.add_argument("--smt2", type=Path, metavar="DIR", help="write proved goals as SMT-LIB")
    verify.add_argument("--watch", action="store_true", help="again whenever a file changes")
    add_fix(commands)
    doc = commands.add_parser("doc", help="write a page of a contract and what is proved of it")
    _add_files(doc)
    _add_limits(doc)
    replay = commands.add_parser("replay", help="replay a counterexample in the reference machine")
    replay.add_argument("file", type=Path, metavar="FILE", help="a .cex.jsonl file")
    replay.add_argument("--json", action="store_true", help="print as JSON")
    mutate = commands.add_parser("mutate", help="which changes of the code do no property forbid")
    _add_files(mutate)
    mutate.add_argument("--limit", type=int, default=MUTANTS_DEFAULT, help="mutants tried at most")
    _add_limits(mutate)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="contracts, NAME.qc")
    parser.add_argument(
        "--all", type=Path, metavar="DIR", help="all contracts below a folder, over both cores"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("--no-cache", action="store_true", help="prove again what is remembered")


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
    if command == "mutate":
        return run_mutate(args)
    if command == "doc":
        return run_doc(args)
    if command == "fix":
        return run_fix(args)
    return run_watch(args) if args.watch else run_verify(args)


def run_infer(args: argparse.Namespace) -> int:
    """Write missing clauses into files; the worst exit code."""
    if _get_solver_version() is None:
        return _report_missing()
    return infer_files(args.files, is_writing=not args.check)


def report_error(code: str, sentence: str, *helps: str) -> int:
    """Print an error of usage; the exit code."""
    lines = [f"error[{code}]: {sentence}", *(f"  {text}" for text in helps)]
    print("\n".join(lines), file=sys.stderr)
    return USAGE


def _get_solver_version() -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load

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


def _make_settings(args: argparse.Namespace) -> "Settings":
    from dsl.verify.jobs import Settings  # noqa: PLC0415 - `qc --help` must not load the compiler

    return Settings(
        args.out,
        args.budget,
        _get_solver_version() or "",
        not args.no_cache,
        getattr(args, "limit", 0),
    )


def _find_files(args: argparse.Namespace) -> "list[Path] | int":
    """The files that `--all DIR` or the command line names, or an exit code."""
    from dsl.verify.library import FILES_MAX, find_contracts  # noqa: PLC0415 - as above

    if args.all is None:
        return list(args.files) or report_error(
            "verify.nothing_named", "no contract is named", "name files, or a folder: --all DIR"
        )
    if args.files:
        return report_error("verify.both_named", "either files or --all DIR, not both")
    if not args.all.is_dir():
        return report_error("verify.no_folder", f"there is no folder {args.all}")
    found = find_contracts(args.all)
    if not found or len(found) > FILES_MAX:
        sentence = f"there are {len(found)} contracts below {args.all}"
        return report_error("verify.files_count", sentence, f"1 to {FILES_MAX} were expected")
    return found


def _tell_progress(done: int, count: int, what: str = "contracts") -> None:
    """On a terminal, how far a long run is."""
    if sys.stderr.isatty():
        end = "\n" if done == count else ""
        print(f"\r{done} of {count} {what}", end=end, file=sys.stderr, flush=True)


def _report_problem(problem: "Problem") -> int:
    return report_error(problem.code, problem.sentence, problem.help)


# verify


def run_verify(args: argparse.Namespace) -> int:
    """Prove all files; the worst exit code."""
    files = _find_files(args)
    if isinstance(files, int):
        return files
    code = _verify_all(args, files) if args.all is not None else _verify_each(args, files)
    if args.smt2 is not None and code != USAGE:
        return _export(args, files) or code
    return code


def run_watch(args: argparse.Namespace) -> int:
    """Prove again whenever a file changes, until interrupted."""
    stamps: list[float] | None = None
    while True:
        files = _find_files(args)
        if isinstance(files, int):
            return files
        found = [path.stat().st_mtime if path.is_file() else 0.0 for path in files]
        if found != stamps:
            stamps = found
            run_verify(args)
            sys.stdout.flush()
        time.sleep(WATCH_EVERY_S)


def _export(args: argparse.Namespace, files: "list[Path]") -> int:
    """Write the proved goals of each file as SMT-LIB; 2 if the folder refuses."""
    from dsl.compile import CompiledUnit  # noqa: PLC0415 - as above
    from dsl.verify.export import export_goals  # noqa: PLC0415 - as above
    from dsl.verify.jobs import Solvers, compile_file, make_subject  # noqa: PLC0415 - as above
    from dsl.verify.solver import Limits  # noqa: PLC0415 - as above

    solvers, count = Solvers(WORKERS), 0
    try:
        for path in files:
            unit = compile_file(path)
            if isinstance(unit, CompiledUnit):
                limits = Limits(rlimit=args.budget)
                count += export_goals(make_subject(unit), solvers.get(), limits, args.smt2)
    except OSError as error:
        return report_error("verify.no_place", f"no goals can be written: {error.strerror}")
    finally:
        solvers.close()
    print(f"wrote {count} goals to {args.smt2}", file=sys.stderr)
    return GOOD


def run_doc(args: argparse.Namespace) -> int:
    """Write a page for each contract; 0 if all compile."""
    from dsl.verify.jobs import Solvers, verify_file  # noqa: PLC0415 - as above

    files = _find_files(args)
    if isinstance(files, int):
        return files
    settings, solvers = _make_settings(args), Solvers(WORKERS)
    try:
        results = [verify_file(path, settings, solvers) for path in files]
    finally:
        solvers.close()
    problems = [each.problem for each in results if each.problem is not None]
    if problems:
        return _report_problem(problems[0])
    for each in results:
        if each.report is None:
            print(each.diagnostics or f"{each.path} is not read", file=sys.stderr)
    if _write_pages(args, results) == USAGE:
        return USAGE
    return FAILED if any(each.report is None for each in results) else GOOD


def _write_pages(args: argparse.Namespace, results: "list[Verified]") -> int:
    """Write OUT/NAME.html for each contract and say where; 2 if the folder refuses."""
    from dsl.verify.page import render_page  # noqa: PLC0415 - as above

    paths: list[str] = []
    try:
        for each in results:
            if each.report is not None:
                args.out.mkdir(parents=True, exist_ok=True)
                path = args.out / f"{each.report.contract}.html"
                page = render_page(each.report, each.tests, each.mutation, each.signatures)
                path.write_text(page, encoding="utf-8")
                paths.append(str(path))
    except OSError as error:
        return report_error("verify.no_place", f"no page can be written: {error.strerror}")
    if args.json:
        print(json.dumps({"pages": paths}) if args.contract_command == "doc" else "", end="")
    else:
        print("\n".join(f"page: {path}" for path in paths))
    return GOOD


def _verify_all(args: argparse.Namespace, files: "list[Path]") -> int:
    """All contracts of a folder, in one table."""
    from dsl.verify import library  # noqa: PLC0415 - as above

    results = library.verify_files(files, _make_settings(args), _tell_progress)
    if args.json:
        view = library.summarise(_encode, results)
        print(json.dumps(view, ensure_ascii=False, indent=1))
    else:
        print(library.render_table(results))
    if args.html and _write_pages(args, results) == USAGE:
        return USAGE
    problems = [each.problem for each in results if each.problem is not None]
    for problem in problems:
        _report_problem(problem)
    return USAGE if problems else library.get_code(results)


def _encode(result: "Verified") -> dict[str, object]:
    from dsl.verify import report as reports  # noqa: PLC0415 - as above

    if result.report is None:
        return {"file": result.path, "verdict": "not_compiled", "goals": []}
    return reports.encode_report(result.report, result.tests)


def _verify_each(args: argparse.Namespace, files: "list[Path]") -> int:
    """The files that are named, each with its own report."""
    from dsl.verify import report as reports  # noqa: PLC0415 - as above
    from dsl.verify.jobs import Solvers, Verified, verify_file  # noqa: PLC0415 - as above
    from dsl.verify.library import get_code  # noqa: PLC0415 - as above

    settings = _make_settings(args)
    results: list[Verified] = []
    solvers = Solvers(WORKERS)
    try:
        for path in files:
            result = verify_file(path, settings, solvers)
            if result.report is not None and not args.json:
                print(reports.render_report(result.report, result.tests))
            if result.problem is not None:
                if result.report is not None and args.json:
                    print(json.dumps(_encode(result), ensure_ascii=False, indent=1))
                return _report_problem(result.problem)
            if result.report is None:
                if not result.diagnostics:
                    return USAGE
                print(result.diagnostics, file=sys.stderr)
            results.append(result)
    finally:
        solvers.close()
    if args.json:
        views = [_encode(each) for each in results]
        view: object = views[0] if len(files) == 1 else views
        print(json.dumps(view, ensure_ascii=False, indent=1))
    if args.html and _write_pages(args, results) == USAGE:
        return USAGE
    return get_code(results)


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
    """Try mutants of contracts; 0 if enough are killed and each survivor has its reason."""
    from dsl.verify.shares import mutate_files  # noqa: PLC0415 - as above

    files = _find_files(args)
    if isinstance(files, int):
        return files
    tell = partial(_tell_progress, what="mutants")
    return _tell_mutations(args, mutate_files(files, _make_settings(args), tell))


def _tell_mutations(args: argparse.Namespace, results: "Iterable[Mutated]") -> int:
    from dsl.verify import survivors  # noqa: PLC0415 - as above

    views: list[dict[str, object]] = []
    codes: list[int] = []
    count = 0
    for each in results:
        count += 1
        if each.problem is not None:
            return _report_problem(each.problem)
        if each.mutation is None:
            if not each.diagnostics:
                return USAGE
            print(each.diagnostics, file=sys.stderr)
            codes.append(FAILED)
            continue
        reasons = survivors.read_reasons(Path(each.path))
        if isinstance(reasons, str):
            return report_error("verify.reasons_malformed", reasons)
        judged = survivors.judge(each.mutation, reasons)
        views.append(judged.encode())
        codes.append(GOOD if judged.is_good else FAILED)
        if not args.json:
            print(survivors.render_judged(judged), flush=True)
    if args.json:
        view: object = views[0] if count == 1 and views else views
        print(json.dumps(view, ensure_ascii=False, indent=1))
    return max(codes, default=GOOD)
