"""Why mutants of a contract may survive: `NAME.mutants.toml` beside `NAME.qc`.

Each entry names a change by action, change and the source line it is on, so that it stays true
while lines move, and says why no property need forbid it. An *equivalent* mutant does what the
contract does; it does not count. Any other reason only explains: it counts as not killed.

```toml
[[survivor]]
action = "transfer"
change = "`+` becomes `-`"
code = "let half = amount // 2"
equivalent = true
reason = "amount is 0 there"
```
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from dsl.verify.mutate import Mutation, Survivor

SUFFIX = ".mutants.toml"
SCORE_LEAST = 90
"""Per cent of a contract's mutants, the equivalent ones apart, that its properties must kill."""
SIZE_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one mutant may survive."""

    action: str
    change: str
    code: str
    reason: str
    is_equivalent: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutation score with the reasons that are written down."""

    mutation: Mutation
    explained: tuple[tuple[Survivor, Reason], ...]
    unexplained: tuple[Survivor, ...]
    unused: tuple[Reason, ...]
    """Reasons for what does not survive."""

    @property
    def counted(self) -> int:
        """Mutants that are not equivalent."""
        equivalent = sum(reason.is_equivalent for _, reason in self.explained)
        return self.mutation.tried - equivalent

    @property
    def score(self) -> int:
        """Per cent of them that are killed, rounded down."""
        return 100 * self.mutation.killed // self.counted if self.counted else 100

    @property
    def is_good(self) -> bool:
        """Whether enough are killed and every survivor has its reason."""
        return not self.unexplained and self.score >= SCORE_LEAST

    def encode(self) -> dict[str, object]:
        """The JSON view."""
        view = self.mutation.encode()
        view["survivors"] = [
            {
                "action": each.action,
                "line": each.line,
                "text": each.text,
                "reason": reason.reason if reason else "",
                "equivalent": bool(reason and reason.is_equivalent),
            }
            for each, reason in (
                *self.explained,
                *((survivor, None) for survivor in self.unexplained),
            )
        ]
        view["score"] = self.score
        return view


def read_reasons(path: Path) -> tuple[Reason, ...] | str:
    """The reasons beside a contract, none if there is no such file; a text if it is malformed."""
    file = path.with_name(path.stem + SUFFIX)
    if not file.is_file():
        return ()
    with file.open("rb") as stream:
        data = stream.read(SIZE_BYTES_MAX)
    try:
        view = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        return f"{file} is no TOML: {error}"
    found: list[Reason] = []
    entries = view.get("survivor", [])
    for entry in entries if isinstance(entries, list) else [None]:
        words = (
            [entry.get(name) for name in ("action", "change", "code", "reason")]
            if isinstance(entry, dict)
            else [None]
        )
        texts = [word for word in words if isinstance(word, str) and word]
        if len(texts) != 4:  # noqa: PLR2004 - the four names above
            return f"{file}: each [[survivor]] has texts action, change, code and reason"
        equivalent = isinstance(entry, dict) and entry.get("equivalent") is True
        found.append(Reason(texts[0], texts[1], texts[2], texts[3], equivalent))
    return tuple(found)


def judge(mutation: Mutation, reasons: tuple[Reason, ...]) -> Judged:
    """Finds each survivor its reason."""
    explained: list[tuple[Survivor, Reason]] = []
    unexplained: list[Survivor] = []
    for each in mutation.survivors:
        found = [
            reason
            for reason in reasons
            if (reason.action, reason.change, reason.code) == (each.action, each.text, each.code)
        ]
        if found:
            explained.append((each, found[0]))
        else:
            unexplained.append(each)
    used = {reason for _, reason in explained}
    unused = tuple(reason for reason in reasons if reason not in used)
    return Judged(mutation, tuple(explained), tuple(unexplained), unused)


def render_judged(judged: Judged) -> str:
    """What an author reads: the survivors, their reasons, and the score."""
    file = judged.mutation.file
    lines = [
        f"explained {each.action}, {each.origin or file}:{each.line}: {each.text}: {reason.reason}"
        for each, reason in judged.explained
    ]
    lines += [
        f"SURVIVES  {each.action}, {each.origin or file}:{each.line}: {each.text}"
        for each in judged.unexplained
    ]
    lines += [
        f"a reason is not needed: {each.action}, {each.change}, `{each.code}`"
        for each in judged.unused
    ]
    if judged.unexplained:
        lines.append("nothing you stated forbids these: state what does, or let them be")
    cut = " (there are more: --limit)" if judged.mutation.is_cut else ""
    lines.append(
        f"{judged.mutation.contract} · mutants {judged.mutation.killed}/{judged.counted} killed, "
        f"{judged.score} %{cut}"
    )
    return "\n".join(lines)
