"""`qc`: one command line that loads each group of sub-commands only when it is asked for.

Exit codes: 0 good, 1 the thing under test failed, 2 usage or environment, 3 only undecided is left;
130 interrupted, 141 the reader of a pipe has gone.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from quantumchain import commands, failures, rooms
from quantumchain.arguments import Parser
from quantumchain.versions import render_versions

EXIT_GOOD: Final = 0
EXIT_INTERRUPTED: Final = 130
EXIT_PIPE_CLOSED: Final = 141


class Group(Protocol):
    """What the module of a group of sub-commands offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Describe the group's arguments and sub-commands to a parser."""

    def run(self, args: argparse.Namespace) -> int:
        """Do what was asked; the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `qc` with these arguments; the exit code.

    Args:
        argv: the words after `qc`; None reads those of the process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return _run_guarded(lambda: _dispatch(words))


def render_help() -> str:
    """The text of `qc --help`: the groups that exist in this installation."""
    present = _get_present()
    width = max((len(name) for name in present), default=0)
    rows = [f"  {command.name:<{width}}  {command.summary}" for command in present.values()]
    return "\n".join(
        [
            "usage: qc COMMAND …",
            "",
            "QuantumChain: a blockchain whose specification runs, and contracts that are proved.",
            "",
            *rows,
            "",
            "qc COMMAND --help says more · qc --version prints the five versions",
        ]
    )


def _get_present() -> dict[str, commands.Command]:
    return {
        command.name: command for command in commands.COMMANDS if rooms.has_module(command.module)
    }


def _dispatch(words: list[str]) -> int:
    if not __debug__:
        return failures.report_optimised()
    if not words or words[0] in ("-h", "--help", "help"):
        print(render_help())
        return EXIT_GOOD
    if words[0] in ("-V", "--version"):
        print(render_versions())
        return EXIT_GOOD
    present = _get_present()
    command = present.get(words[0])
    if command is None:
        return failures.report_unknown_command(words[0], present)
    return _run_command(command, words[1:])


def _run_command(command: commands.Command, words: list[str]) -> int:
    try:
        module = importlib.import_module(rooms.compute_module_name(command.module))
        group = cast("Group", module)  # a module can't be checked against a protocol
        parser = Parser(prog=f"qc {command.name}", description=command.summary)
        group.add_arguments(parser)
        return group.run(parser.parse_args(words))
    except ModuleNotFoundError as missing:
        extra = commands.get_extra(missing.name or "")
        if extra is None:
            raise
        return failures.report_missing_extra(command.name, missing.name or "", extra)


def _run_guarded(work: Callable[[], int]) -> int:
    """Run to an exit code; what the environment did wrong is a sentence, not a traceback."""
    try:
        code = work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Python flushes the standard output once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    except OSError as error:
        if os.environ.get("QC_DEBUG"):
            raise
        return failures.report_environment(error)
    return code
