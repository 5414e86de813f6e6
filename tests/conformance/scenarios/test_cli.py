"""`qc conformance scenario` and `explain` as people and scripts meet them."""

import argparse
import json
from pathlib import Path

import pytest

from conformance import cli
from conformance.runner.records import load
from conformance.scenarios import cli as scenario_cli
from spec.consensus.bft import rounds
from tests.conformance.published import VECTORS, load_published
from tests.conformance.scenarios.planting import plant


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args(list(words)))


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published set is the one all tests have read; a set elsewhere is read as ever."""
    monkeypatch.setattr(
        scenario_cli, "load", lambda where: load_published() if where == VECTORS else load(where)
    )


def test_list_shows_all_and_counts_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("scenario", "list") == 0
    out = capsys.readouterr().out
    count = sum(record.kind == "scenario" for record in load_published().records)
    assert f"{count} scenarios: " in out
    assert "pow/majority_reorg" in out
    assert run("scenario", "list", "--algorithm", "bft", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row["id"].startswith("bft/") for row in rows)


def test_show_tells_the_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("scenario", "show", "bft/lock_holds") == 0
    out = capsys.readouterr().out
    assert "history  " in out
    assert "receives proposal of A for round 0" in out
    assert run("scenario", "show", "consensus/bft#lock_holds", "--json") == 0
    assert json.loads(capsys.readouterr().out)["story"]["verdict"] == "defended"


def test_play_compares_each_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("scenario", "play", "bft/lock_holds") == 0
    assert "plays as the record says" in capsys.readouterr().out
    is_free = "is_free = state.locked is None or state.locked.value == value"
    plant(monkeypatch, rounds._prevote_on_proposal, (is_free, "is_free = True"))
    assert run("scenario", "play", "bft/lock_holds") == 1
    assert "DIFFERS /signed" in capsys.readouterr().out
    assert run("scenario", "play", "bft/lock_holds", "--json") == 1
    assert json.loads(capsys.readouterr().out)["passed"] is False


def test_an_unknown_scenario_is_a_mistake_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("scenario", "play", "pow/majority_reorgs") == 2
    assert "did you mean pow/majority_reorg" in capsys.readouterr().err
    assert run("scenario", "list", "--vectors", "nowhere") == 2


def test_explain_says_what_a_suite_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "consensus/bft") == 0
    out = capsys.readouterr().out
    assert "level 6 consensus" in out
    assert "consensus/bft#lock_holds" in out
    assert run("explain", "consensus/bftt") == 2
    assert "did you mean" in capsys.readouterr().err


def test_a_damaged_set_is_said(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{}", encoding="utf-8")
    assert run("scenario", "list", "--vectors", str(tmp_path)) == 2
