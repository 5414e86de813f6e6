"""`qc contract new`: a contract that works, and a README whose second step plants a bug."""

from dataclasses import dataclass
from pathlib import Path

TEMPLATES = ("token", "escrow", "empty")
"""Templates, the first being the default."""

NAME_LENGTH_MAX = 64
"""Longest name of a new contract."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A change that makes a template wrong in an instructive way."""

    before: str
    after: str
    lesson: str


BUGS = {
    "token": Bug(
        "        balances[caller] -= amount\n        balances[to] += amount\n\n    action mint",
        "        let to_before = balances[to]\n        balances[caller] -= amount\n"
        "        balances[to] = to_before + amount\n\n    action mint",
        "A transfer to oneself now makes coins: the balance is read before the debit"
        " and stored after it.",
    ),
    "escrow": Bug(
        "    action release() by (caller == buyer) in Held",
        "    action release() by anyone in Held",
        "Now anybody can release, and the transition `released_by_the_buyer` says so.",
    ),
    "empty": Bug(
        "        total += amount\n",
        "        total = amount\n",
        "Now `total` may shrink, and `ensures` and the transition `grows` say so.",
    ),
}
"""The bug that the README of each template plants."""

_README = """# {name}

1. Look at it and run its tests:

       qc contract check {file}
       qc contract test {file}
       qc contract verify {file}

2. Plant a bug and see how it is found. In `{file}` replace

{before}
   by

{after}
   and run `qc contract verify {file}` again. {lesson}
   The report shows a transaction that anybody can replay; the tests may well still pass.

3. Put it back. Then change the contract to what you need, one property at a time: `invariant` for
   each state, `transition` for each step, `fails … when` for each way to fail.

`qc explain CODE` explains any message. `qc contract fmt {file}` lays the file out.
"""


def is_name(name: str) -> bool:
    """Say whether a new contract may be called so."""
    return name.isascii() and name.isidentifier() and len(name) <= NAME_LENGTH_MAX


def read_template(template: str, name: str) -> str:
    """Return the source of a template under a name."""
    path = Path(__file__).parent / "templates" / f"{template}.qc"
    return path.read_text(encoding="utf-8").replace("NAME", name)


def render_readme(template: str, name: str) -> str:
    """Return the README that stands beside a new contract."""
    bug = BUGS[template]

    def block(text: str) -> str:
        return "".join(f"       {line}\n" if line else "\n" for line in text.rstrip().split("\n"))

    return _README.format(
        name=name,
        file=f"{name}.qc",
        before=block(_strip_tail(bug.before)),
        after=block(_strip_tail(bug.after)),
        lesson=bug.lesson,
    )


def _strip_tail(text: str) -> str:
    """Return the text without the line that only anchors the place of the change."""
    return text.split("\n\n    action", maxsplit=1)[0]


def write_contract(folder: Path, name: str, template: str) -> tuple[Path, ...]:
    """Write contract and README into a new folder, and return what was written."""
    folder.mkdir(parents=True, exist_ok=False)
    source, readme = folder / f"{name}.qc", folder / "README.md"
    source.write_text(read_template(template, name), encoding="utf-8")
    readme.write_text(render_readme(template, name), encoding="utf-8")
    return source, readme
