"""A theorem: its words, its model, its lemmas, and what shows that the lemmas say something.

    Hypothesis   a named fact that the protocol gives: an axiom of the model, or an invariant
    Lemma        a goal that follows from the hypotheses it `uses`
    Mutant       the model with one rule broken: each lemma it `refutes` must fail, with a model
    Witness      hypotheses that hold together in an interesting way: the lemmas aren't vacuous

A lemma is proved when no model satisfies its hypotheses and not its goal. Every lemma's hypotheses
must be among those of some witness, so no lemma can be proved from a contradiction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from proofs.logic import Term, not_
from proofs.smtlib import render_query


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A fact the theorem rests on."""

    name: str
    says: str
    """One sentence: why the protocol gives it."""
    formula: Term
    proved_by: str = ""
    """If it is the goal of a lemma that stands before its users: the lemma's name."""


@dataclass(frozen=True, slots=True)
class Lemma:
    """What is proved."""

    name: str
    says: str
    uses: tuple[str, ...]
    """Names of the hypotheses it is proved from, and of no others."""
    goal: Term


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken rule."""

    name: str
    says: str
    refutes: tuple[str, ...]
    """Names of the lemmas, each of which must fail."""
    changes: Mapping[str, Term | None] = field(default_factory=dict)
    """Hypotheses put in the place of others; None drops one."""
    goals: Mapping[str, Term] = field(default_factory=dict)
    """Other goals for lemmas whose goal contains the rule."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A case in which the hypotheses hold together."""

    name: str
    says: str
    uses: tuple[str, ...]
    shows: Term
    """What is interesting about the case."""


@dataclass(frozen=True, slots=True)
class Theorem:
    """A page about one property."""

    name: str
    """Also the name of its module."""
    row: int
    """Row of the table of properties in docs/proofs.md."""
    statement: str
    """What is proved, in words."""
    assumes: tuple[str, ...]
    """What the proof takes from outside, each in one sentence."""
    tested: str
    """What stays with tests and simulation."""
    hypotheses: tuple[Hypothesis, ...]
    lemmas: tuple[Lemma, ...]
    mutants: tuple[Mutant, ...]
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One question for the solver, and the answer the theorem needs."""

    theorem: str
    kind: str
    """"lemma", "mutant" or "non_vacuity"."""
    name: str
    """Of the lemma, mutant or witness; a mutant's has the lemma it refutes behind a colon."""
    expected: str
    """"unsat" for a lemma, "sat" for a mutant or a witness."""
    assertions: tuple[Term, ...]

    @property
    def text(self) -> str:
        """The question as SMT-LIB without (check-sat)."""
        return render_query(self.assertions)


def get_flaws(theorem: Theorem) -> tuple[str, ...]:
    """What is missing from a theorem, whatever the solver may say; empty if it is complete."""
    known = {hypothesis.name for hypothesis in theorem.hypotheses}
    lemmas = {lemma.name for lemma in theorem.lemmas}
    flaws = [] if theorem.mutants else ["there is no mutant"]
    flaws += [] if theorem.lemmas else ["there is no lemma"]
    if len(known) < len(theorem.hypotheses) or len(lemmas) < len(theorem.lemmas):
        flaws.append("a name is used twice")
    users: tuple[Lemma | Witness, ...] = (*theorem.lemmas, *theorem.witnesses)
    for user in users:
        flaws += [
            f"{user.name} uses {name}, which is unknown" for name in user.uses if name not in known
        ]
    for mutant in theorem.mutants:
        touched = {*mutant.changes, *mutant.goals}
        flaws += [] if touched else [f"mutant {mutant.name} breaks nothing"]
        flaws += [] if mutant.refutes else [f"mutant {mutant.name} refutes nothing"]
        flaws += [
            f"mutant {mutant.name} names {name}, which is unknown"
            for name in (*mutant.refutes, *touched)
            if name not in known | lemmas
        ]
    flaws += _get_circles(theorem)
    flaws += [
        f"no witness has all hypotheses of lemma {lemma.name}"
        for lemma in theorem.lemmas
        if not any(set(lemma.uses) <= set(witness.uses) for witness in theorem.witnesses)
    ]
    return tuple(flaws)


def _get_circles(theorem: Theorem) -> list[str]:
    """Lemmas that rest on a lemma which is another one, or which does not stand before them."""
    borrowed = {h.name: h for h in theorem.hypotheses if h.proved_by}
    goals: dict[str, Term] = {}
    flaws: list[str] = []
    for lemma in theorem.lemmas:
        flaws += [
            f"lemma {lemma.name} uses {name}, which is not proved before it"
            for name in lemma.uses
            if name in borrowed
            and goals.get(borrowed[name].proved_by) is not borrowed[name].formula
        ]
        goals[lemma.name] = lemma.goal
    return flaws


def get_queries(theorem: Theorem) -> tuple[Query, ...]:
    """All questions of a theorem: its lemmas, its mutants lemma by lemma, its witnesses."""
    facts = {hypothesis.name: hypothesis.formula for hypothesis in theorem.hypotheses}
    lemmas = {lemma.name: lemma for lemma in theorem.lemmas}
    queries = [
        Query(
            theorem.name,
            "lemma",
            lemma.name,
            "unsat",
            (*(facts[name] for name in lemma.uses), not_(lemma.goal)),
        )
        for lemma in theorem.lemmas
    ]
    for mutant in theorem.mutants:
        changed: dict[str, Term | None] = {**facts, **mutant.changes}
        for name in mutant.refutes:
            kept = [changed[fact] for fact in lemmas[name].uses]
            broken = tuple(formula for formula in kept if formula is not None)
            goal = mutant.goals.get(name, lemmas[name].goal)
            queries.append(
                Query(theorem.name, "mutant", f"{mutant.name}:{name}", "sat", (*broken, not_(goal)))
            )
    queries += [
        Query(
            theorem.name,
            "non_vacuity",
            witness.name,
            "sat",
            (*(facts[name] for name in witness.uses), witness.shows),
        )
        for witness in theorem.witnesses
    ]
    return tuple(queries)
