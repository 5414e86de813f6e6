"""`qc spec`: the specification's theorems."""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from dsl.extension import ExtensionError, is_extension
from proofs import smt
from proofs.explore import cli as explore_cli
from proofs.export import write_files
from proofs.own import load_theorems
from proofs.registry import THEOREMS, get_theorem
from proofs.report import (
    EXIT_CODES,
    encode_report,
    get_verdict,
    render_details,
    render_list,
    render_table,
)
from proofs.runner import RLIMIT_DEFAULT, Outcome, prove
from proofs.show import ALGORITHMS, compute_sheet, encode_sheet, render_sheet
from proofs.theorem import Theorem

EXIT_GOOD: Final = 0
EXIT_USAGE: Final = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the sub-commands of `qc spec` to a parser."""
    commands = parser.add_subparsers(dest="spec_command", required=True, metavar="COMMAND")
    _add_prove(commands.add_parser("prove", help="prove theorems about the specification"))
    explore = commands.add_parser("explore", help="search a small world whole")
    explore_cli.add_arguments(explore)
    show = commands.add_parser("show", help="show an algorithm's parameters, rules and proofs")
    show.add_argument("algorithms", nargs="*", metavar="ALG", help=f"{', '.join(ALGORITHMS)} (all)")
    show.add_argument("--json", action="store_true", help="print them as JSON")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 0 proved, 1 something is false or missing, 3 only undecided is left."""
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "prove": _run_prove,
        "explore": _run_explore,
        "show": _run_show,
    }
    return commands[args.spec_command](args)


def _run_show(args: argparse.Namespace) -> int:
    for name in args.algorithms:
        if name not in ALGORITHMS:
            return _report_error(
                "spec.unknown_algorithm",
                f"there is no algorithm `{name:.80}`",
                f"there are {', '.join(ALGORITHMS)}",
            )
    sheets = [compute_sheet(name) for name in args.algorithms or ALGORITHMS]
    if args.json:
        print(json.dumps([encode_sheet(sheet) for sheet in sheets], indent=1, ensure_ascii=False))
    else:
        print("\n\n".join("\n".join(render_sheet(sheet)) for sheet in sheets))
    return EXIT_GOOD


def _run_explore(args: argparse.Namespace) -> int:
    misuse = explore_cli.find_misuse(args)
    if misuse is not None:
        return _report_error("spec.explore_misused", misuse, "`qc spec explore --help` says more")
    try:
        return explore_cli.run(args)
    except ExtensionError as error:
        return _report_extension(error)


def _report_extension(error: ExtensionError) -> int:
    return _report_error("cli.extension_invalid", str(error), "write path.py:Class")


def _add_prove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="theorems, or path.py:Class; without any, list all"
    )
    parser.add_argument("--all", action="store_true", help="prove every theorem")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--smt2", metavar="DIR", type=Path, help="also write goals, mutants, witnesses as SMT-LIB 2"
    )
    parser.add_argument(
        "--rlimit",
        metavar="N",
        type=_read_rlimit,
        default=RLIMIT_DEFAULT,
        help="solver steps allowed for one goal, 10 million by default",
    )


def _read_rlimit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of steps, which is at least 1")
    return int(text)


def _report_error(code: str, sentence: str, *helps: str) -> int:
    lines = [f"error[{code}]: {sentence}", *(f"  {text}" for text in helps)]
    print("\n".join(lines), file=sys.stderr)
    return EXIT_USAGE


def _run_prove(args: argparse.Namespace) -> int:
    if not args.all and not args.names:
        print("\n".join(render_list(THEOREMS)))
        return EXIT_GOOD
    if args.all and args.names:
        return _report_error("spec.misused", "`--all` proves every theorem; leave the names out")
    chosen: list[Theorem] = list(THEOREMS) if args.all else []
    for name in dict.fromkeys(args.names):
        if is_extension(name):
            try:
                chosen += load_theorems(name)
            except ExtensionError as error:
                return _report_extension(error)
            continue
        theorem = get_theorem(name)
        if theorem is None:
            return _report_unknown(name)
        chosen.append(theorem)
    return _prove(chosen, args)


def _report_unknown(name: str) -> int:
    near = get_close_matches(name, [theorem.name for theorem in THEOREMS], n=1)
    return _report_error(
        "spec.unknown_theorem",
        f"there is no theorem `{name}`",
        *(f"did you mean `{match}`?" for match in near),
        "`qc spec prove` lists them all",
    )


def _prove(theorems: Sequence[Theorem], args: argparse.Namespace) -> int:
    started_s = time.monotonic()
    if args.smt2 is not None:
        count = write_files(theorems, args.smt2)
        print(f"{count} files below {args.smt2}", file=sys.stderr)
    outcomes = prove(theorems, args.rlimit)
    if args.json:
        versions = {"z3": smt.get_version(), "python": platform.python_version()}
        print(json.dumps(encode_report(outcomes, versions), indent=1, ensure_ascii=False))
    else:
        _print_outcomes(outcomes, time.monotonic() - started_s, args.rlimit)
    return EXIT_CODES[get_verdict(outcomes)]


def _print_outcomes(outcomes: Sequence[Outcome], elapsed_s: float, rlimit: int) -> None:
    lines = render_details(outcomes[0]) if len(outcomes) == 1 else render_table(outcomes)
    decisions = [decision for outcome in outcomes for decision in outcome.decisions]
    good = sum(decision.is_good for decision in decisions)
    lines.append(
        f"{get_verdict(outcomes)}: {good} of {len(decisions)} queries as they should be"
        f" · z3 {smt.get_version()} · budget {rlimit:,} steps a query · {elapsed_s:.1f} s"
    )
    print("\n".join(lines))
