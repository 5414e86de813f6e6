"""Level 0: judging answers that a client wrote to a file, without talking to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from conformance.runner.records import VectorsError, VectorSet, read_lines
from conformance.runner.session import Introduction
from conformance.runner.strict_json import JsonObject
from conformance.runner.verdict import CRASH, FAIL, NOT_OFFERED, Outcome, judge

RESULTS_SIZE_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Results:
    """The content of a file of answers."""

    introduction: Introduction
    """From the first line, when it names a client."""
    answers: Dict[str, JsonObject]
    """Answers by the id of their record."""


def load_results(path: Path, features: Optional[Sequence[str]]) -> Results:
    """Read a file of answers.

    Args:
        path: JSON Lines; the first line may introduce the client (`client`, `version`,
            `features`), every other has an `id` and what `apply` would answer.
        features: what the client offers, when the file doesn't say; None infers it later.

    Raises:
        VectorsError: it can't be read, is no JSON Lines, or answers a record twice.
    """
    introduction = Introduction(path.name, "", tuple(features or ()))
    answers: Dict[str, JsonObject] = {}
    for number, line in read_lines(path, RESULTS_SIZE_BYTES_MAX):
        if "client" in line and "id" not in line:
            found = line.get("features", [])
            offered = tuple(features or [str(name) for name in found])
            introduction = Introduction(
                str(line["client"])[:80], str(line.get("version", ""))[:80], offered
            )
            continue
        name = line.get("id")
        if not isinstance(name, str):
            raise VectorsError(f'{path.name}:{number}: no "id"')
        if name in answers:
            raise VectorsError(f"{path.name}:{number}: {name} is answered twice")
        answers[name] = line
    return Results(introduction, answers)


def judge_results(results: Results, vectors: VectorSet) -> Tuple[Introduction, List[Outcome]]:
    """One outcome for each record of the set.

    Features are those the file declares; when it declares none, those of the records it answers.
    A record of such a feature without an answer fails: leaving out is not passing.
    """
    offered = set(results.introduction.features) or {
        record.feature for record in vectors.records if record.id in results.answers
    }
    outcomes = []
    for record in vectors.records:
        answer = results.answers.get(record.id)
        if record.feature not in offered:
            outcomes.append(Outcome(record, NOT_OFFERED))
        elif answer is None:
            message = f"the file has no answer, though it offers {record.feature}"
            outcomes.append(Outcome(record, FAIL, "no_answer", message))
        elif answer.get("result") == "crash":
            outcomes.append(Outcome(record, CRASH, "crash", "the file says crash", answer))
        else:
            outcomes.append(judge(record, answer))
    who = results.introduction
    return Introduction(who.client, who.version, tuple(sorted(offered))), outcomes
