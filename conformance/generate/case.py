"""One row of a table of cases: what is asked, what must come of it, and why it is asked.

The author of a row states the outcome by hand (`expected`); the specification is run on the same
input and must agree, or nothing is written. So a vector is never just what the code happened to do.
"""

from dataclasses import dataclass
from typing import Any, Final

from conformance.clients.spec.answers import JsonObject

ACCEPT: Final = "accept"
UNSTATED: Final = object()
"""Of `value`: whatever the specification returns."""


@dataclass(frozen=True, slots=True)
class Case:
    """One vector in the making."""

    name: str
    """Unique in its suite: lower-case letters, digits, underscores. Stable once published."""
    why: str
    """The mistake it catches, one sentence."""
    bug_class: str
    """A word for that kind of mistake."""
    method: str
    """What the client is asked to do."""
    args: JsonObject
    """What it is given."""
    expected: str = ACCEPT
    """`accept`, or the code of the rule that refuses first."""
    rules: tuple[str, ...] = ()
    """Codes it exercises besides the one that refuses."""
    view: Any = None  # JSON: the input for people; None where it has no readable form
    pre: JsonObject | None = None
    """The state it starts from, as a view; None where no state takes part."""
    source: str | None = None
    """Where the case comes from, when it isn't ours."""
    outcome: str | None = None
    """Of a contract's run: the code it fails with, `contract.declared` for an error of its own;
    None for success."""
    value: Any = UNSTATED
    """What the method returns, where the row states that too."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases that make one file."""

    name: str
    """Path of the file without its ending: `codec/account`."""
    kind: str
    """Kind of its records."""
    feature: str
    """What a client offers to be asked."""
    cases: tuple[Case, ...]
    profile: str = "tiny"
    """Configuration it runs under."""
    states: str = ""
    """The file of the states that it brings, without folder and ending; empty for one that suites
    share."""
