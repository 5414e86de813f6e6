"""The argument parser of every `qc` command: errors as the house writes them, with a suggestion."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NoReturn

EXIT_USAGE: Final = 2


class CliError(StrEnum):
    """What `qc` itself may object to, before or after a command does its work."""

    USAGE = "cli.usage"
    """The command does not take these arguments."""
    UNKNOWN_COMMAND = "cli.unknown_command"
    """There is no such group of sub-commands in this installation."""
    MISSING_EXTRA = "cli.missing_extra"
    """The command needs packages of an extra that is not installed."""
    ENVIRONMENT = "cli.environment"
    """The operating system refused something: a file, a directory, a port."""
    OPTIMISED = "cli.optimised"
    """Python runs with -O, which switches the assertions off that state the impossible."""
    UNKNOWN_CODE = "cli.unknown_code"
    """No error, limit or exit code of that name is known to this version."""


def render_error(code: str, sentence: str, *helps: str) -> str:
    """An error for people: code and sentence on one line, each piece of help on its own."""
    return "\n".join([f"error[{code}]: {sentence}", *(f"  {text}" for text in helps)])


def report_error(code: str, sentence: str, *helps: str) -> int:
    """Print an error to the standard error stream; the exit code of usage and environment."""
    print(render_error(code, sentence, *helps), file=sys.stderr)
    return EXIT_USAGE


def suggest(found: str, known: Iterable[str]) -> str | None:
    """The known word nearest to the one found, or None where none is near."""
    near = difflib.get_close_matches(found, list(known), n=1, cutoff=0.6)
    return near[0] if near else None


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` whose sub-parsers, errors and abbreviations follow the house's rules."""

    def __init__(
        self, prog: str | None = None, description: str | None = None, **rest: object
    ) -> None:
        """No abbreviations: a script must not break when an option is added."""
        options = {"allow_abbrev": False, "prog": prog, "description": description} | rest
        super().__init__(**options)  # type: ignore[arg-type] # argparse passes its own keywords through

    def error(self, message: str) -> NoReturn:
        """Print the coded error and how to go on, and exit with 2."""
        helps = [f"usage: {self.format_usage().removeprefix('usage: ').strip()}"]
        choice = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if choice is not None:
            near = suggest(choice[1], re.findall(r"[\w.-]+", choice[2]))
            helps = [f"did you mean `{near}`?", *helps] if near else helps
        print(
            render_error(CliError.USAGE, message, *helps, f"{self.prog} --help says more"),
            file=sys.stderr,
        )
        sys.exit(EXIT_USAGE)
