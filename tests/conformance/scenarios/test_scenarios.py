"""Scenarios: enough of them, each whole, deterministic, and as true as its number."""

from collections import Counter
from fractions import Fraction

import pytest

from conformance.clients.spec.answers import Accept, Reject, RequestError
from conformance.clients.spec.client import SpecClient
from conformance.generate.build import GenerationError, build_files
from conformance.generate.case import Case, Suite
from conformance.scenarios.catalogue import ALGORITHMS, build_scenarios, build_stories
from conformance.scenarios.numbers import (
    compute_reversal,
    compute_selfish_revenue,
    measure_reversal,
    measure_selfish_revenue,
)
from conformance.scenarios.script import BROKEN, DEFENDED, Scenario
from conformance.scenarios.work import build as build_work
from tests.conformance.published import load_published
from tests.conformance.schemas import get_validator

NUMBERS = {s.scenario_id: s.story.number for s in build_scenarios()}


@pytest.mark.parametrize("scenario", build_scenarios(), ids=lambda s: s.scenario_id)
def test_the_specification_does_what_the_author_says(scenario: Scenario) -> None:
    answer = SpecClient().apply(scenario.method, scenario.args)
    assert isinstance(answer, Accept)
    assert answer.value == scenario.value


def test_names_are_unique() -> None:
    counts = Counter(scenario.scenario_id for scenario in build_scenarios())
    assert max(counts.values()) == 1


def test_each_algorithm_has_enough_of_them() -> None:
    counts = Counter(scenario.algorithm for scenario in build_scenarios())
    assert set(counts) == set(ALGORITHMS)
    assert min(counts.values()) >= 5
    assert counts.total() >= 30


def test_a_break_has_its_number_and_a_defence_its_rule() -> None:
    for scenario in build_scenarios():
        story = scenario.story
        assert story.verdict in (DEFENDED, BROKEN)
        assert (story.number != "") == (story.verdict == BROKEN), scenario.scenario_id
        assert all((story.title, story.history, story.attack, story.defence, story.rule))


def test_the_published_records_are_these_and_follow_the_schema() -> None:
    published = {r.id: r for r in load_published().records if r.kind == "scenario"}
    assert len(published) == len(build_scenarios())
    for scenario in build_scenarios():
        record = published[f"consensus/{scenario.algorithm}#{scenario.name}"]
        assert record.expect.value == scenario.value
        get_validator("record.schema.json").validate(record.raw)


def test_scenarios_are_the_same_each_time() -> None:
    assert build_work() == build_work()


def test_a_check_that_the_specification_contradicts_is_not_written() -> None:
    suite = build_stories()[0]
    case = suite.cases[0]
    wrong = Case(case.name, case.why, case.bug_class, case.method, case.args, value=[])
    with pytest.raises(GenerationError, match="the case says"):
        build_files([Suite(suite.name, suite.kind, suite.feature, (wrong,))], lambda _: {})


@pytest.mark.parametrize(
    "spoiled",
    [
        {"steps": [{"node": "nobody", "do": "crash"}]},
        {"steps": [{"node": "n", "do": "dance"}]},
        {"steps": [{"node": "n", "do": "block", "bytes": "0x00"}]},
        {"steps": [{"node": "n", "do": "check", "ask": ["weather"]}]},
    ],
)
def test_a_step_that_no_scenario_has_is_an_error_and_no_reject(spoiled: dict[str, object]) -> None:
    scenario = build_work()[0]
    with pytest.raises(RequestError):
        SpecClient().apply("consensus.play", {**scenario.args, **spoiled})


def test_a_genesis_that_is_not_sound_is_refused() -> None:
    args = {**build_work()[0].args, "genesis": "0x00"}
    assert isinstance(SpecClient().apply("consensus.play", args), Reject)


def test_reversal_number_is_measured() -> None:
    exact, counted = compute_reversal(Fraction(3, 10), 6), measure_reversal(0.3, 6, 20_000, 1)
    assert (
        f"probability {float(exact):.4f} (exact); {counted:.4f} of" in NUMBERS["pow/majority_reorg"]
    )
    assert abs(float(exact) - counted) < 0.006
    assert compute_reversal(Fraction(1, 10), 6) < Fraction(1, 1_000)


def test_selfish_number_is_measured() -> None:
    exact = compute_selfish_revenue(Fraction(4, 10))
    counted = measure_selfish_revenue(0.4, 1_000_000, 1)
    assert f"{float(exact):.4f} of the blocks" in NUMBERS["pow/selfish_mining"]
    assert f"{counted:.4f} of 1,000,000 finds" in NUMBERS["pow/selfish_mining"]
    assert abs(float(exact) - counted) < 0.003
    assert compute_selfish_revenue(Fraction(1, 3)) == Fraction(1, 3)
