"""`qc contract fix`, and `qc contract fmt --infer`.

Exit codes of `fix`: 0 nothing is missing (any more), 1 the file does not compile or something can't
be said in a clause, 2 usage or environment, 3 what was put in is not shown to be all.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.verify.mend import Mended
    from dsl.verify.validity import Decide

GOOD, FAILED, USAGE, UNDECIDED = 0, 1, 2, 3
WORKERS = 2
BUDGET_DEFAULT = 2_000_000


def add_fix(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe `fix`."""
    fix = commands.add_parser("fix", help="write missing `fails … when …` and `modifies`")
    fix.add_argument("file", type=Path, metavar="FILE", help="a contract, NAME.qc")
    way = fix.add_mutually_exclusive_group()
    way.add_argument("--write", action="store_true", help="change the file")
    way.add_argument("--diff", action="store_true", help="show the change only (the default)")
    fix.add_argument("--json", action="store_true", help="print as JSON")
    fix.add_argument(
        "--budget", type=int, default=BUDGET_DEFAULT, metavar="N", help="solver steps for a goal"
    )


def run_fix(args: argparse.Namespace) -> int:
    """Mend one file, or show how; the exit code."""
    return _with_solver(args.budget, lambda decide: _fix(args, decide))


def infer_files(files: Sequence[Path], *, is_writing: bool) -> int:
    """Mend files before they are laid out; the worst exit code."""

    def work(decide: "Decide") -> int:
        codes = []
        for path in files:
            mended, before = _mend(path, decide)
            if mended is None:
                codes.append(USAGE if before is None else FAILED)
                continue
            print("\n".join((*mended.added, *(f"left: {each}" for each in mended.left))))
            if is_writing and mended.text != before:
                path.write_text(mended.text, encoding="utf-8")
            would = not is_writing and mended.text != before
            codes.append(FAILED if would else _judge(mended))
        return max(codes, default=GOOD)

    return _with_solver(BUDGET_DEFAULT, work)


def _with_solver(budget: int, work: Callable[["Decide"], int]) -> int:
    from dsl.verify.solver import Limits, Solver, SolverMissingError  # noqa: PLC0415 - z3 is slow
    from dsl.verify.verify import Remembering  # noqa: PLC0415 - as above

    try:
        with Solver(WORKERS) as solver:
            return work(Remembering(solver, Limits(rlimit=budget)))
    except SolverMissingError:
        print("error[verify.no_solver]: the solver z3 does not start", file=sys.stderr)
        return USAGE


def _mend(path: Path, decide: "Decide") -> "tuple[Mended | None, str | None]":
    """What became of a file and its text; without the first it does not compile or is not read."""
    from dsl.cli import read_source  # noqa: PLC0415 - it imports the commands
    from dsl.compile import CompiledUnit  # noqa: PLC0415 - `qc --help` must not load the compiler
    from dsl.verify.jobs import compile_file  # noqa: PLC0415 - as above
    from dsl.verify.mend import mend  # noqa: PLC0415 - as above

    text = read_source(path)
    if isinstance(text, int):
        return None, None
    unit = compile_file(path)
    if not isinstance(unit, CompiledUnit):
        print(unit or "", file=sys.stderr)
        return None, text
    return mend(unit, text, decide), text


def _judge(mended: "Mended") -> int:
    if mended.left:
        return FAILED
    return UNDECIDED if mended.open_count else GOOD


def _fix(args: argparse.Namespace, decide: "Decide") -> int:
    mended, before = _mend(args.file, decide)
    if mended is None or before is None:
        return USAGE if before is None else FAILED
    if args.write and mended.text != before:
        try:
            args.file.write_text(mended.text, encoding="utf-8")
        except OSError as error:
            print(f"error[verify.no_place]: {args.file}: {error.strerror}", file=sys.stderr)
            return USAGE
    if args.json:
        view = {
            "file": str(args.file),
            "added": list(mended.added),
            "left": list(mended.left),
            "open": mended.open_count,
            "written": args.write and mended.text != before,
        }
        print(json.dumps(view, ensure_ascii=False, indent=1))
        return _judge(mended)
    _tell(args, mended, before)
    return _judge(mended)


def _tell(args: argparse.Namespace, mended: "Mended", before: str) -> None:
    if not args.write:
        parts = (before.splitlines(), mended.text.splitlines())
        name = str(args.file)
        print("\n".join(difflib.unified_diff(*parts, name, name, lineterm="")))
    lines = [f"added: {each}" for each in mended.added]
    lines += [f"can't be said: {each}" for each in mended.left]
    if mended.open_count:
        lines.append(f"{mended.open_count} checks are still not shown to hold")
    more = "" if args.write or not mended.added else " --write"
    command = f"fix {args.file}{more}" if more else f"verify {args.file}"
    lines.append(f"{len(mended.added)} lines · next: qc contract {command}")
    print("\n".join(lines))
