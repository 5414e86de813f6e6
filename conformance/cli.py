"""`qc conformance …`: the runner's commands, and those that need the specification."""

import argparse
import sys
from pathlib import Path
from typing import Final

from conformance.bundle import build_zipapp
from conformance.runner import cli as runner_cli
from conformance.scenarios import cli as scenarios_cli

_VECTORS: Final = Path(__file__).resolve().parent / "vectors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the sub-commands to a parser."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    runner_cli.add_commands(commands)
    generate = commands.add_parser("generate", help="write the vectors from their tables of cases")
    generate.add_argument(
        "--check", action="store_true", help="compare only; exit 1 if they differ"
    )
    generate.add_argument("--out", default=str(_VECTORS), metavar="DIR", help="folder to write")
    generate.add_argument("--compile", action="store_true", help="pin all contracts anew first")
    told = commands.add_parser("scenario", help="attacks on consensus: listed, told, played")
    scenarios_cli.add_arguments(told)
    bundle = commands.add_parser("zipapp", help="write the runner as one file")
    bundle.add_argument("--out", default="qc-conformance.pyz", metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; exit codes as in `conformance.runner.cli`."""
    args.program = "qc conformance"
    if args.command == "generate":
        return _generate(args)
    if args.command == "scenario":
        return scenarios_cli.run(args)
    if args.command == "zipapp":
        return _zipapp(args)
    return runner_cli.run(args)


def _generate(args: argparse.Namespace) -> int:
    from conformance.generate.build import GenerationError  # noqa: PLC0415 - loads the whole spec
    from conformance.generate.files import (  # noqa: PLC0415 - as above
        check_files,
        make_files,
        write_files,
    )

    if not args.check:
        from conformance.generate.library import (  # noqa: PLC0415 - as above
            list_stale,
            pin_contracts,
        )

        pin_contracts(None if args.compile else list_stale())
    try:
        files = make_files()
    except GenerationError as error:
        print(f"error[conformance.generate]: {error}", file=sys.stderr)
        return runner_cli.EXIT_FAILED
    folder = Path(args.out)
    if not args.check:
        write_files(files, folder)
        print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes · {folder}")
        return runner_cli.EXIT_GOOD
    stale = check_files(files, folder)
    for name in stale:
        print(f"differs: {name}")
    if stale:
        print(f"{len(stale)} files differ · next: qc conformance generate")
        return runner_cli.EXIT_FAILED
    print(f"{len(files)} files are as the specification makes them")
    return runner_cli.EXIT_GOOD


def _zipapp(args: argparse.Namespace) -> int:
    try:
        build_zipapp(Path(args.out))
    except OSError as error:
        print(f"error[conformance.file]: {args.out}: {error.strerror}", file=sys.stderr)
        return runner_cli.EXIT_USAGE
    print(f"{args.out} · next: python3 {args.out} run --client CMD --vectors DIR")
    return runner_cli.EXIT_GOOD
