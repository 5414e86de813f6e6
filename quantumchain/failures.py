"""What `qc` says when it cannot start a command, or when the machine refuses it something."""

import sys
from collections.abc import Iterable

from quantumchain import rooms
from quantumchain.arguments import CliError, report_error, suggest


def report_optimised() -> int:
    """Python runs with -O; exit code 2."""
    return report_error(
        CliError.OPTIMISED,
        "Python runs with -O, which switches off the checks that state the impossible",
        "run it without -O and without PYTHONOPTIMIZE",
    )


def report_unknown_command(word: str, known: Iterable[str]) -> int:
    """There is no such group; exit code 2.

    Args:
        word: what stands where a command should.
        known: the names of the groups that exist.
    """
    near = suggest(word, known)
    meant = [f"did you mean `{near}`?"] if near else []
    sentence = f"there is no command `{word}`"
    return report_error(CliError.UNKNOWN_COMMAND, sentence, *meant, "qc --help lists them all")


def report_missing_extra(command: str, module: str, extra: str) -> int:
    """A package of an extra is not installed; exit code 2, with the line that installs it."""
    line = (
        f"{sys.executable} -m pip install 'quantumchain[{extra}]'"
        if rooms.is_installed()
        else f"make -C {rooms.get_root()} setup"
    )
    return report_error(
        CliError.MISSING_EXTRA,
        f"`qc {command}` needs the extra `{extra}`: the module `{module}` is not installed",
        f"install it: {line}",
    )


def report_environment(error: OSError) -> int:
    """The operating system refused something; exit code 2."""
    where = f": {error.filename}" if error.filename else ""
    return report_error(
        CliError.ENVIRONMENT,
        f"{error.strerror or error}{where}",
        "with QC_DEBUG=1 in the environment the traceback is printed",
    )
