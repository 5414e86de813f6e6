"""Tables repeat and go on; reversals agree with their prediction; runs replay and get smaller."""

import json
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcref.sim.minimise import Minimiser
from qcref.sim.race import (
    GIVE_UP,
    GRID,
    TAIL,
    Race,
    compute_interval,
    compute_probability,
    compute_reversal,
    run_race,
)
from qcref.sim.replay import ReplayError, Run, encode_run, get_law, read_run
from qcref.sim.run import Setup, draw_run, run_plan
from quantumchain.cli import main

BROKEN = Setup("bft", 4, 1, "crashes", is_forgetful=True)
BROKEN_SEED = 0


@given(st.integers(0, 30), st.integers(1, 30))
def test_an_interval_holds_what_was_measured_and_no_more(successes: int, trials: int) -> None:
    successes = min(successes, trials)
    low, high = compute_interval(successes, trials)
    assert low * trials <= successes * GRID <= high * trials
    at_low = Fraction(low, GRID)
    more = sum(
        comb(trials, j) * at_low**j * (1 - at_low) ** (trials - j)
        for j in range(successes, trials + 1)
    )
    assert successes == 0 or more * TAIL <= 1


@given(st.integers(1, 49), st.integers(1, 6))
def test_patience_and_shares_help_the_attacker_and_depth_hinders(share: int, depth: int) -> None:
    chance = compute_probability(Race(share, depth), GIVE_UP)
    assert 0 < chance <= compute_probability(Race(share, depth), None) < 1
    assert compute_probability(Race(share + 1, depth), GIVE_UP) > chance
    assert compute_probability(Race(share, depth + 1), GIVE_UP) < chance


def test_the_prediction_is_the_formula_worked_out_by_hand() -> None:
    """One block deep, q = 1/10: ahead at once, level then ahead, or two to catch up."""
    q, p = Fraction(1, 10), Fraction(9, 10)
    ahead_later = p * (q / p) ** 2 + p * q * (q / p)
    assert compute_probability(Race(10, 1), None) == 1 - p - p * q + ahead_later


def test_raced_reversals_agree_with_their_prediction() -> None:
    race = Race(30, 2)
    won = sum(run_race(race, seed) for seed in range(100))
    assert compute_reversal(race, 100, won).is_predicted


def test_a_half_majority_wins_in_the_end() -> None:
    assert compute_probability(Race(50, 6), None) == 1


def test_a_run_replays_from_its_file(tmp_path: Path) -> None:
    run = Run(BROKEN, BROKEN_SEED, draw_run(BROKEN, BROKEN_SEED))
    outcome = run_plan(run.setup, run.seed, run.plan)
    path = tmp_path / "run.json"
    path.write_text(encode_run(run, outcome), "utf-8")
    assert read_run(path) == run
    assert main(["sim", "--replay", str(path)]) == 1


@pytest.mark.slow
def test_a_broken_run_gets_smaller_and_replays_from_its_file(tmp_path: Path) -> None:
    run = Run(BROKEN, BROKEN_SEED, draw_run(BROKEN, BROKEN_SEED))
    minimiser = Minimiser(run, lambda _tried, _left: None)
    assert minimiser.law is not None
    smaller, outcome = minimiser.minimise()
    assert get_law(outcome) == minimiser.law
    assert len(smaller.plan.faults) < len(run.plan.faults)
    path = tmp_path / "run.json"
    path.write_text(encode_run(smaller, outcome), "utf-8")
    again = read_run(path)
    assert again == smaller
    assert run_plan(again.setup, again.seed, again.plan).trace_sha256 == outcome.trace_sha256


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "nonsense", '{"format": "qc-sim-run-1"}', "[" * 100_000),
        '{"format": "qc-sim-run-1", "setup": {"algorithm": "x"}, "behaviours": []}',
    ],
)
def test_a_file_that_holds_no_run_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ReplayError):
        read_run(path)
    assert main(["sim", "--replay", str(path)]) == 2
    assert "error[sim.run_file_invalid]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--algorithm", "nothing"], "sim.algorithm_invalid"),
        (["--algorithm", "nothing.py:Class"], "cli.extension_invalid"),
        (["--algorithm", "bft", "--adversary", "nothing"], "cli.extension_invalid"),
        (["--algorithm", "bft", "--profile", "nothing"], "sim.profile_invalid"),
        (["--algorithm", "bft", "--network", "nothing.toml"], "sim.profile_invalid"),
        (["--algorithm", "bft", "--byzantine", "9"], "sim.misused"),
        (["--algorithm", "bft", "--minimise", "x.json"], "sim.misused"),
        (["--algorithm", "bft", "--seed", "1", "--report", "x.html"], "sim.misused"),
        (["--algorithm", "bft", "--seed", "1", "--log", "x.jsonl"], "sim.misused"),
    ],
)
def test_bad_arguments_have_a_code(
    words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sim", *words]) == 2
    assert f"error[{code}]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--seeds", "1000000", "--nodes", "31", "--report"], ["--seed", "1", "--minimise"]],
)
def test_a_place_for_the_result_is_tried_before_the_work(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sim", "--algorithm", "bft", *words]
    assert main([*command, str(tmp_path / "no folder" / "file")]) == 2
    assert "error[cli.environment]" in capsys.readouterr().err
    assert main([*command, str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["loss_percent = 31", "delay_ms = [5, 1]", "speed = 1", "= ="])
def test_a_bad_profile_is_refused(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "network.toml"
    path.write_text(line, "utf-8")
    assert main(["sim", "--algorithm", "bft", "--network", str(path), "--seed", "0"]) == 2
    assert "error[sim.profile_invalid]" in capsys.readouterr().err


def test_a_campaign_goes_on_where_it_was_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "outcomes.jsonl"
    command = ["sim", "--algorithm", "bft", "--jobs", "1", "--log", str(log), "--json"]
    assert main([*command, "--seeds", "1"]) == 0
    capsys.readouterr()
    kept = log.read_text("utf-8")
    log.write_text(kept + kept[:20], "utf-8")
    assert main([*command, "--seeds", "2"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["seed"] for line in lines[:-1]] == [0, 1]
    assert lines[-1]["table"]["algorithms"][0]["runs"] == 2
    assert log.read_text("utf-8").startswith(kept)
    assert len(log.read_text("utf-8").splitlines()) == 2


@pytest.mark.slow
def test_the_table_of_all_algorithms_is_good_and_repeats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    command = ["sim", "--all", "--seeds", "4", "--report", str(page)]
    assert main(command) == 0
    table, report = capsys.readouterr().out, page.read_text("utf-8")
    assert main(command) == 0
    assert capsys.readouterr().out == table
    assert page.read_text("utf-8") == report
    assert report.count("<svg") == 4


@pytest.mark.slow
def test_two_thousand_seeds_of_all_algorithms_are_safe_and_heal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The acceptance run of R1 to R3; half an hour on two idle cores."""
    assert main(["sim", "--all", "--seeds", "2000"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("0 of 2000 broken") == 5
    assert shown.count("agrees") == 4
