"""Every scenario, and the suites that they make."""

from functools import cache
from typing import Final

from conformance.generate.case import Case, Suite
from conformance.scenarios import (
    answers,
    clauses,
    duties,
    edges,
    finality,
    heads,
    locks,
    refusals,
    rounds,
    sets,
    walks_blocks,
    walks_rounds,
    walks_rules,
    work,
)
from conformance.scenarios.script import BROKEN, Scenario

FOLDS: Final = 8
"""Drawn chains of rule G an algorithm."""
ALGORITHMS: Final = ("pow", "pos", "dpos", "hybrid", "bft")


@cache
def build_scenarios() -> tuple[Scenario, ...]:
    """All of them, an algorithm after the other."""
    modules = (
        work,
        heads,
        duties,
        finality,
        sets,
        rounds,
        locks,
        refusals,
        clauses,
        answers,
        edges,
    )
    made = tuple(scenario for module in modules for scenario in module.build())
    return tuple(s for algorithm in ALGORITHMS for s in made if s.algorithm == algorithm)


def render_page(note: str) -> str:
    """docs/scenarios.md: a table of all scenarios, for people.

    Args:
        note: a comment that says where the page comes from.
    """
    scenarios = build_scenarios()
    broken = sum(scenario.story.verdict == BROKEN for scenario in scenarios)
    about = (
        f"{len(scenarios)} attacks and incidents, played on the specification: "
        f"{len(scenarios) - broken} are defended, {broken} are documented breaks, each with its "
        "number. They are the vectors of level 6; `qc conformance scenario show ID` tells a "
        "story, `play ID` plays it. What is measured, tests measure again."
    )
    parts = ["# Scenarios", note, about]
    for algorithm in ALGORITHMS:
        rows = [_render_row(s) for s in scenarios if s.algorithm == algorithm]
        head = ["| scenario | what happens | verdict | number | rule |", "|---|---|---|---|---|"]
        parts += [f"## {algorithm}", "\n".join([*head, *rows])]
    return "\n\n".join(parts) + "\n"


def _render_row(scenario: Scenario) -> str:
    story = scenario.story
    cells = (scenario.scenario_id, story.title, story.verdict, story.number, story.rule)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def build_suites() -> tuple[Suite, ...]:
    """Level 6: scenarios, a suite an algorithm; walks and single rules, a suite a kind."""
    return (*build_stories(), *build_walks())


def build_stories() -> tuple[Suite, ...]:
    """The scenarios, a suite an algorithm."""
    return tuple(
        Suite(
            name=f"consensus/{algorithm}",
            kind="scenario",
            feature=f"consensus.{algorithm}",
            cases=tuple(
                _build_case(scenario)
                for scenario in build_scenarios()
                if scenario.algorithm == algorithm
            ),
        )
        for algorithm in ALGORITHMS
    )


@cache
def build_walks() -> tuple[Suite, ...]:
    """Drawn mixtures of everything, and drawn numbers for single rules."""
    fold = walks_rules.build_folds
    made = (
        ("walks_bft", "bft", walks_rounds.build()),
        *((f"walks_{name}", name, walks_blocks.build(name)) for name in ALGORITHMS[:-1]),
        ("arithmetic", "pow", walks_rules.build_work()),
        ("trees", "pos", walks_rules.build_trees()),
        ("folds_pos", "pos", fold(0, FOLDS)),
        ("folds_dpos", "dpos", fold(FOLDS, FOLDS)),
        ("folds_hybrid", "hybrid", fold(2 * FOLDS, FOLDS)),
    )
    return tuple(
        Suite(f"consensus/{name}", "chain", f"consensus.{algorithm}", cases)
        for name, algorithm, cases in made
    )


def _build_case(scenario: Scenario) -> Case:
    story = scenario.story
    told = {
        "title": story.title,
        "history": story.history,
        "attack": story.attack,
        "defence": story.defence,
        "rule": story.rule,
        "verdict": story.verdict,
        "number": story.number,
    }
    return Case(
        name=scenario.name,
        why=f"{story.title}: {story.defence}"[:400],
        bug_class="attack",
        method=scenario.method,
        args=scenario.args,
        rules=scenario.codes,
        view={"story": told, "steps": list(scenario.steps)},
        value=scenario.value,
    )
