"""How commands speak: coded errors, amounts, JSON or text. Standard library only.

Exit codes: 0 good, 1 the transaction failed or the thing is not there, 2 usage or environment.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

GOOD, FAILED, USAGE = 0, 1, 2
COIN = 10**9
"""Base units of a coin."""
AMOUNT_HELP = "coins, with up to 9 decimals (a coin has 10^9 base units)"

_AMOUNT = re.compile(r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]{1,9}))?")


@dataclass
class CliError(Exception):
    """A command can't go on."""

    code: str
    sentence: str
    helps: tuple[str, ...] = ()
    exit_code: int = USAGE


def report_error(error: CliError) -> int:
    """Prints an error for people; the exit code."""
    lines = [f"error[{error.code}]: {error.sentence}", *(f"  {text}" for text in error.helps)]
    print("\n".join(lines), file=sys.stderr)
    return error.exit_code


def print_json(view: object) -> None:
    """One JSON document."""
    print(json.dumps(view, ensure_ascii=False, indent=1))


def parse_amount(text: str) -> int:
    """Base units of an amount of coins as people write it: `12`, `1_000`, `0.5`.

    Raises:
        CliError: it is no such amount.
    """
    match = _AMOUNT.fullmatch(text) if len(text) <= 64 else None  # noqa: PLR2004  # above 2^128
    if match is None:
        raise CliError(
            "cli.amount_invalid", f"{text[:64]!r} is no amount", (f"write {AMOUNT_HELP}",)
        )
    return int(match[1]) * COIN + int((match[2] or "").ljust(9, "0"))


def render_amount(units: str | int) -> str:
    """Base units as coins, exactly."""
    whole, part = divmod(int(units), COIN)
    digits = f"{part:09}".rstrip("0")
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"


def render_value(value: object) -> str:
    """A decoded value on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def render_fields(fields: object) -> str:
    """Named values on one line."""
    if not isinstance(fields, Mapping):
        return render_value(fields)
    return ", ".join(f"{name} {render_value(value)}" for name, value in fields.items())


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option that all commands share."""
    parser.add_argument("--json", action="store_true", help="print as JSON; amounts in base units")
