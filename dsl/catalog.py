"""The catalogue of diagnostics: what `qc explain QC0103` prints."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One diagnostic, explained."""

    code: str
    title: str
    explanation: str
    frame: str
    """What the examples are a part of: "file", "member", "line" or "test"."""
    wrong: str
    """An example that gives this code; empty for limits that need a large one."""
    right: str
    """The same, mended."""


FILE, MEMBER, LINE, TEST = "file", "member", "line", "test"
"""What an example is a part of."""


def _read_catalog() -> dict[str, Entry]:
    text = (Path(__file__).parent / "catalog.toml").read_text("utf-8")
    return {
        code: Entry(
            code,
            row["title"],
            " ".join(row["explanation"].split()),
            row["frame"],
            row["wrong"],
            row["right"],
        )
        for code, row in tomllib.loads(text).items()
    }


CATALOG: dict[str, Entry] = _read_catalog()
"""All diagnostics by code, in the order of codes."""

_HEAD = """contract Example:
    state:
        total: u64
        balances: map[address, u64]
    error Refused
    error Late
"""
_ACTION = """    action act(to: address, amount: u64) by anyone:
        fails Refused
        fails Late when amount == 77
        modifies total, balances[to]

"""
_AFTER = """        balances[to] = amount
        require total < 1_000, Refused
"""
_PLAIN_TEST = """    test "plain":
        deploy() as alice
"""


def _indent(text: str, depth: int) -> str:
    return "".join(f"{'    ' * depth}{line}\n" for line in text.split("\n"))


def wrap_example(frame: str, part: str) -> str:
    """Return a whole source around a part: a file, a member, lines of an action, or of a test."""
    if frame == FILE:
        return part + "\n"
    if frame == MEMBER:
        member = _indent(part, 1) if part else ""
        return _HEAD + member + _ACTION + _AFTER
    if frame == LINE:
        late = "Late when amount == 77"
        action = _ACTION.replace(f"        fails {late}\n", "") if "Late" in part else _ACTION
        return _HEAD + action + _indent(part, 2) + _AFTER
    return _HEAD + _ACTION + _AFTER + _PLAIN_TEST + _indent(part, 2)


def make_example(entry: Entry, part: str) -> str:
    """Return a whole source around an example of an entry."""
    return wrap_example(entry.frame, part)


def render_entry(entry: Entry) -> str:
    """Return an entry for people."""
    lines = [f"{entry.code}: {entry.title}", "", entry.explanation]
    if entry.wrong:
        lines += ["", "wrong:", _indent(entry.wrong, 1).rstrip()]
        if entry.right:
            lines += ["", "right:", _indent(entry.right, 1).rstrip()]
    return "\n".join(lines)


def encode_entry(entry: Entry) -> dict[str, str]:
    """Return an entry as JSON."""
    return {
        "code": entry.code,
        "title": entry.title,
        "explanation": entry.explanation,
        "wrong": entry.wrong,
        "right": entry.right,
    }
