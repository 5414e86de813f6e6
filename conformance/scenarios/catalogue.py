"""Every scenario, and the suites that they make."""

from functools import cache
from typing import Final

from conformance.generate.case import Case, Suite
from conformance.scenarios import heads, rounds, sets, work
from conformance.scenarios.script import Scenario

ALGORITHMS: Final = ("pow", "pos", "dpos", "hybrid", "bft")


@cache
def build_scenarios() -> tuple[Scenario, ...]:
    """All of them, an algorithm after the other."""
    return (*work.build(), *heads.build(), *sets.build(), *rounds.build())


def build_suites() -> tuple[Suite, ...]:
    """A suite an algorithm: level 6."""
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
        if any(scenario.algorithm == algorithm for scenario in build_scenarios())
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
