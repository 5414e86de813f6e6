"""The runner's own honesty: clients broken on purpose that it must flag, each for its reason.

`manifest.json` beside the broken clients says of each how it is started, which suites it is given
and which findings are right. A client flagged for another reason, or not at all, is a fault of the
runner or of the vectors.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import FrozenSet, List, Sequence, Tuple

from conformance.runner.process import Launch, Limits
from conformance.runner.records import Record, VectorsError, VectorSet
from conformance.runner.session import ClientUnusableError, Session
from conformance.runner.strict_json import JsonObject, JsonRefusedError, parse_object
from conformance.runner.verdict import GOOD, NOT_OFFERED, Outcome

MANIFEST_SIZE_BYTES_MAX = 100_000


@dataclass(frozen=True)
class BrokenClient:
    """One entry of the manifest."""

    name: str
    """What it is called."""
    mistake: str
    """What it does wrong, one sentence."""
    command: Tuple[str, ...]
    """How it is started; `{python}` is this interpreter."""
    suites: Tuple[str, ...]
    """Prefixes of the suites it is given."""
    must: FrozenSet[str]
    """Details of findings that have to occur; empty for the control, which has no findings."""
    may: FrozenSet[str]
    """Details that may occur besides."""
    rules: FrozenSet[str]
    """When not empty: every finding exercises one of these rules."""
    at: FrozenSet[str]
    """When not empty: the records that are flagged, these and no others."""


def load_manifest(path: Path) -> List[BrokenClient]:
    """The broken clients a manifest lists.

    Raises:
        VectorsError: it can't be read or isn't well-formed.
    """
    try:
        with path.open("rb") as file:
            content = parse_object(file.read(MANIFEST_SIZE_BYTES_MAX).decode("utf-8"))
        return [_to_client(entry) for entry in content["clients"]]
    except (OSError, UnicodeDecodeError, JsonRefusedError, KeyError, TypeError) as error:
        raise VectorsError(f"no usable manifest of broken clients at {path}: {error}") from error


def _to_client(entry: JsonObject) -> BrokenClient:
    return BrokenClient(
        name=entry["name"],
        mistake=entry["mistake"],
        command=tuple(part.replace("{python}", sys.executable) for part in entry["command"]),
        suites=tuple(entry["suites"]),
        must=frozenset(entry["must"]),
        may=frozenset(entry["may"]),
        rules=frozenset(entry["rules"]),
        at=frozenset(entry.get("at", ())),
    )


def select(records: Sequence[Record], suites: Sequence[str]) -> List[Record]:
    """The records of the suites that begin with one of these names; all of them for no name."""
    return [r for r in records if not suites or r.suite.startswith(tuple(suites))]


def try_client(broken: BrokenClient, vectors: VectorSet, folder: str) -> List[Outcome]:
    """The findings about one broken client.

    Args:
        broken: the client.
        vectors: the set.
        folder: where the client runs.

    Raises:
        ClientUnusableError: it can't even be started, so it says nothing of the runner.
    """
    session = Session(Launch(broken.command, folder, Limits(hello_s=30.0, answer_s=30.0)), vectors)
    try:
        outcomes = session.run(select(vectors.records, broken.suites), lambda _: None)
    finally:
        session.close()
    return [outcome for outcome in outcomes if outcome.verdict not in (*GOOD, NOT_OFFERED)]


def explain_fault(broken: BrokenClient, findings: Sequence[Outcome]) -> str:
    """Why these findings are not the right ones for this client; empty when they are."""
    details = {finding.detail for finding in findings}
    missing = broken.must - details
    if missing:
        return f"not flagged for {', '.join(sorted(missing))}"
    surplus = details - broken.must - broken.may
    if surplus:
        example = next(f for f in findings if f.detail in surplus)
        return f"flagged for {', '.join(sorted(surplus))}: {example.record.id}: {example.message}"
    for finding in findings:
        if broken.rules and not broken.rules.intersection(finding.record.rules):
            return f"flagged at {finding.record.id}, which is about {finding.record.rules}"
    found = {finding.record.id for finding in findings}
    if broken.at and found != broken.at:
        return f"flagged at {', '.join(sorted(found))}, expected {', '.join(sorted(broken.at))}"
    return ""


def run_self_test(manifest: Path, vectors: VectorSet, folder: str) -> Tuple[List[str], bool]:
    """Try every broken client; the lines to print and whether all went as it should.

    Args:
        manifest: path of manifest.json.
        vectors: the set.
        folder: where the clients run.
    """
    lines: List[str] = []
    honest = True
    for broken in load_manifest(manifest):
        try:
            findings = try_client(broken, vectors, folder)
            fault = explain_fault(broken, findings)
        except ClientUnusableError as error:
            findings, fault = [], f"could not be started: {error}"
        honest = honest and not fault
        seen = ", ".join(sorted({finding.detail for finding in findings})) or "nothing"
        state = "WRONG" if fault else "ok"
        lines.append(f"{state:<6}{broken.name:<20}{len(findings):>5} findings: {fault or seen}")
        if fault:
            lines.append(f"      its mistake: {broken.mistake}")
    return lines, honest
