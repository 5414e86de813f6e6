"""Outcomes for machines and for people."""

from collections.abc import Sequence
from typing import Final

from proofs.runner import Decision, Outcome
from proofs.theorem import Lemma, Theorem, Witness

EXIT_CODES: Final = {"proved": 0, "failed": 1, "unknown": 3}


def get_verdict(outcomes: Sequence[Outcome]) -> str:
    """Either "proved", if all are; "failed" if one has; else "unknown"."""
    verdicts = {outcome.verdict for outcome in outcomes}
    return next((word for word in ("failed", "unknown") if word in verdicts), "proved")


def encode_report(outcomes: Sequence[Outcome], versions: dict[str, str]) -> dict[str, object]:
    """The report as JSON values; its shape is checked by tests/proofs/test_cli.py."""
    return {
        "theorems": [_encode_outcome(outcome) for outcome in outcomes],
        "verdict": get_verdict(outcomes),
        "versions": versions,
    }


def _encode_outcome(outcome: Outcome) -> dict[str, object]:
    theorem = outcome.theorem
    lemmas = {lemma.name: lemma for lemma in theorem.lemmas}
    witnesses = {witness.name: witness for witness in theorem.witnesses}
    mutants = {mutant.name: mutant for mutant in theorem.mutants}
    return {
        "name": theorem.name,
        "statement": theorem.statement,
        "property_row": theorem.row,
        "assumes": list(theorem.assumes),
        "lemmas": [
            _encode(d) | _encode_words(lemmas[d.query.name]) for d in _select(outcome, "lemma")
        ],
        "mutants": [
            _encode(d) | {"says": mutants[d.query.name.partition(":")[0]].says, "model": d.model}
            for d in _select(outcome, "mutant")
        ],
        "non_vacuity": [
            _encode(d) | _encode_words(witnesses[d.query.name])
            for d in _select(outcome, "non_vacuity")
        ],
        "flaws": list(outcome.flaws),
        "verdict": outcome.verdict,
        "ms": outcome.ms,
    }


def _select(outcome: Outcome, kind: str) -> list[Decision]:
    return [decision for decision in outcome.decisions if decision.query.kind == kind]


def _encode_words(part: Lemma | Witness) -> dict[str, object]:
    return {"says": part.says, "uses": list(part.uses)}


def _encode(decision: Decision) -> dict[str, object]:
    encoded: dict[str, object] = {
        "name": decision.query.name,
        "verdict": decision.verdict,
        "ms": decision.ms,
    }
    return encoded | ({"reason": decision.reason} if decision.reason else {})


def render_list(theorems: Sequence[Theorem]) -> list[str]:
    """Names and statements."""
    rows = [f"{theorem.name} (row {theorem.row})\n  {theorem.statement}" for theorem in theorems]
    return [*rows, "qc spec prove NAME proves one, qc spec prove --all proves all"]


def render_table(outcomes: Sequence[Outcome]) -> list[str]:
    """One line a theorem, and below it what is not as it should be."""
    width = max(len(outcome.theorem.name) for outcome in outcomes)
    lines = [f"{'theorem':<{width}}  row  lemmas     mutants    not vacuous     ms"]
    for outcome in outcomes:
        counts = [_count(_select(outcome, kind)) for kind in ("lemma", "mutant", "non_vacuity")]
        lines.append(
            f"{outcome.theorem.name:<{width}}  {outcome.theorem.row:>3}  "
            + "  ".join(f"{count:<9}" for count in counts)
            + f"  {outcome.ms:>6}  {outcome.verdict}"
        )
        lines += [f"  flaw: {flaw}" for flaw in outcome.flaws]
        lines += [_render_failure(d) for d in outcome.decisions if not d.is_good]
    return lines


def _count(decisions: Sequence[Decision]) -> str:
    return f"{sum(d.is_good for d in decisions)} of {len(decisions)}"


def _render_failure(decision: Decision) -> str:
    kind = decision.query.kind.replace("_", "-")
    reason = f" ({decision.reason})" if decision.reason else ""
    model = f"\n    {decision.model}" if decision.model else ""
    return f"  {kind} {decision.query.name}: {decision.verdict}{reason}{model}"


def render_details(outcome: Outcome) -> list[str]:
    """A theorem in full: statement, assumptions, each lemma, mutant and witness."""
    theorem = outcome.theorem
    says = _collect_words(theorem)
    lines = [f"{theorem.name} (row {theorem.row}): {outcome.verdict}", f"  {theorem.statement}"]
    lines += [f"  assumes: {text}" for text in theorem.assumes]
    lines.append(f"  tested, not proved: {theorem.tested}")
    for kind, title in (("lemma", "lemmas"), ("mutant", "mutants"), ("non_vacuity", "witnesses")):
        lines.append(f"  {title}")
        for d in _select(outcome, kind):
            name, _, lemma = (
                d.query.name.partition(":") if kind == "mutant" else (d.query.name, "", "")
            )
            against = f" [{lemma}]" if lemma else ""
            lines.append(f"    {d.verdict:<11} {d.ms:>4} ms  {name}{against}: {says[kind, name]}")
            lines += _render_model(d) if kind == "mutant" else []
    return lines


def _render_model(decision: Decision) -> list[str]:
    values = ", ".join(f"{name} = {value}" for name, value in decision.constants[:12])
    return [f"                         {values}"] if values else []


def _collect_words(theorem: Theorem) -> dict[tuple[str, str], str]:
    words = {("lemma", lemma.name): lemma.says for lemma in theorem.lemmas}
    words |= {("mutant", mutant.name): mutant.says for mutant in theorem.mutants}
    return words | {("non_vacuity", witness.name): witness.says for witness in theorem.witnesses}
