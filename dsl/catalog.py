"""The catalogue of diagnostics: what `qc explain QC0103` prints."""

from dataclasses import dataclass

from dsl.catalog_entries import ENTRIES, FILE, LINE, MEMBER


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


CATALOG: dict[str, Entry] = {row[0]: Entry(*row) for row in ENTRIES}
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


def make_example(entry: Entry, part: str) -> str:
    """Return a whole source around an example of an entry."""
    if entry.frame == FILE:
        return part + "\n"
    if entry.frame == MEMBER:
        member = _indent(part, 1) if part else ""
        return _HEAD + member + _ACTION + _AFTER
    if entry.frame == LINE:
        late = "Late when amount == 77"
        action = _ACTION.replace(f"        fails {late}\n", "") if "Late" in part else _ACTION
        return _HEAD + action + _indent(part, 2) + _AFTER
    return _HEAD + _ACTION + _AFTER + _PLAIN_TEST + _indent(part, 2)


def render_entry(entry: Entry) -> str:
    """Return an entry for people."""
    lines = [f"{entry.code}: {entry.title}", "", entry.explanation]
    if entry.wrong and len(entry.wrong) < 300:  # noqa: PLR2004  # examples made of repetition say nothing
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
