"""The commands: exit codes, JSON, files that replay, memory that is never a false proof."""

import argparse
import json
from pathlib import Path

import pytest

from dsl.verify import cache, cli
from dsl.verify.report import EXIT_CODES
from dsl.verify.scenario import parse_scenario
from dsl.verify.verify import GoalReport, Report
from spec.lib.result import Err

GOOD = """contract Counter:
    state:
        total: u64
        last: address

    error Full

    invariant small: total <= 1_000

    init():
        last = caller

    action add(amount: u64) by anyone:
        fails Full when total + amount > 1_000
        modifies total, last

        total += amount
        last = caller

    test "adds":
        deploy() as alice
        add(2) as bob
        assert total == 2
"""
BAD = GOOD.replace("> 1_000\n", "> 1_001\n", 1)
FAILING_TEST = GOOD.replace("total == 2", "total == 3")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="contract_command", required=True)
    cli.add_arguments(commands)
    return cli.run(parser.parse_args(words))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("bad", BAD), ("failing", FAILING_TEST), ("typo", "x")):
        (tmp_path / f"{name}.qc").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_proved_contract_exits_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "good.qc") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Counter · ir ")
    assert lines[-1] == "Counter: proved · next: qc contract mutate good.qc"


def test_json_names_every_goal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "good.qc", "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert set(view) >= {
        "contract",
        "code_id",
        "verdict",
        "goals",
        "counterexamples",
        "assumptions",
        "versions",
    }
    assert view["verdict"] == "proved"
    for goal in view["goals"]:
        assert set(goal) >= {"name", "kind", "action", "verdict", "line", "ms"}
        assert goal["verdict"] in EXIT_CODES
    assert view["tests"] == {"passed": 1, "failed": []}


def test_a_broken_contract_exits_1_with_a_file_that_replays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", "bad.qc", "--json") == 1
    view = json.loads(capsys.readouterr().out)
    assert view["verdict"] == "broken"
    [found] = view["counterexamples"]
    assert found["story"][0].strip().startswith("1 alice  deploy()")
    assert run("replay", found["file"], "--json") == 0
    assert json.loads(capsys.readouterr().out)["reproduced"] is True


def test_a_repaired_contract_no_longer_replays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("verify", "bad.qc", "--json")
    file = Path(json.loads(capsys.readouterr().out)["counterexamples"][0]["file"])
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    assert run("replay", str(file)) == 1
    assert "not reproduced" in capsys.readouterr().out


def test_a_failing_test_exits_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "failing.qc") == 1
    assert "a test fails" in capsys.readouterr().out


def test_a_tiny_budget_exits_3(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD.replace("    error Full\n", "    error Full\n" + HARD_PROPERTY)
    (folder / "hard.qc").write_text(text, encoding="utf-8")
    assert run("verify", "hard.qc", "--budget", "2000", "--json") == 3
    view = json.loads(capsys.readouterr().out)
    unknown = [goal for goal in view["goals"] if goal["verdict"] == "unknown"]
    assert {goal["reason"] for goal in unknown} == {"rlimit"}


HARD_PROPERTY = """
    transition cubes: total * total * total != 3 * old(total) * old(total) * old(total) + 4
"""
"""True, by an argument that no solver finds in a few steps."""


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "missing.qc"),
        ("verify", "."),
        ("verify", "good.qc", "--budget", "0"),
        ("verify", "good.qc", "--budget", "99999999999999"),
        ("replay", "missing.jsonl"),
        ("replay", "good.qc"),
    ],
)
def test_bad_usage_exits_2_with_a_code(
    words: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    assert capsys.readouterr().err.startswith("error[")


def test_a_contract_with_errors_exits_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "typo.qc") == 1
    assert "error[QC" in capsys.readouterr().err


def test_mutants_are_listed_with_survivors(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("mutate", "good.qc", "--json")
    view = json.loads(capsys.readouterr().out)
    assert view["killed"] + len(view["survivors"]) == view["tried"] > 3
    assert code == (1 if view["survivors"] else 0)
    assert any("assignment" in each["text"] for each in view["survivors"])


# The memory


def make_report(verdict: str = "proved") -> Report:
    goal = GoalReport("small", "invariant", "add", verdict, 3, 1, "count <= 1", "")
    return Report(
        "Counter", "c.qc", "0x00", verdict, (goal,), (), ("a",), {"z3": "1"}, (("add", 5),), 7, 8, 1
    )


def test_a_report_is_remembered(tmp_path: Path) -> None:
    cache.write_report(tmp_path, "key", make_report())
    assert cache.read_report(tmp_path, "key") == make_report()
    assert cache.read_report(tmp_path, "other") is None


def test_only_proved_reports_are_remembered(tmp_path: Path) -> None:
    cache.write_report(tmp_path, "key", make_report("unknown"))
    assert not list(tmp_path.iterdir())


def test_no_changed_byte_of_the_memory_is_believed(tmp_path: Path) -> None:
    cache.write_report(tmp_path, "key", make_report())
    data = (tmp_path / "key").read_bytes()
    for position in range(0, len(data), 7):
        changed = bytearray(data)
        changed[position] ^= 1
        (tmp_path / "key").write_bytes(bytes(changed))
        assert cache.read_report(tmp_path, "key") is None
    (tmp_path / "key").write_bytes(data[:20])
    assert cache.read_report(tmp_path, "key") is None


def test_a_report_under_another_key_is_not_believed(tmp_path: Path) -> None:
    cache.write_report(tmp_path, "key", make_report())
    (tmp_path / "key").rename(tmp_path / "stolen")
    assert cache.read_report(tmp_path, "stolen") is None


# Counterexample files


def test_no_mutated_file_raises(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("verify", "bad.qc", "--json")
    file = Path(json.loads(capsys.readouterr().out)["counterexamples"][0]["file"])
    data = file.read_bytes()
    refused = 0
    for position in range(0, len(data), 97):
        for changed in (
            data[:position] + b"9" + data[position + 1 :],
            data[:position],
            data[:position] + b'"' + data[position:],
        ):
            refused += isinstance(parse_scenario(changed), Err)
    assert refused > 10
    for text in (b"", b"{}", b"[1]", b"null\n", b"\xff", b"[" * 100_000):
        assert isinstance(parse_scenario(text), Err)


def test_what_is_not_claimed_gives_a_note(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD.replace("        fails Full when total + amount > 1_000\n", "").replace(
        "    error Full\n\n    invariant small: total <= 1_000\n", ""
    )
    (folder / "open.qc").write_text(text, encoding="utf-8")
    assert run("verify", "open.qc") == 0
    assert "note: add may also fail: overflow, line 13" in capsys.readouterr().out


def test_a_replay_tells_the_story_in_the_contracts_own_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("verify", "bad.qc", "--json")
    file = json.loads(capsys.readouterr().out)["counterexamples"][0]["file"]
    assert run("replay", file) == 0
    assert "total 0 -> 1" in capsys.readouterr().out


def test_a_verdict_is_told_though_no_file_can_be_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", "bad.qc", "--out", "good.qc") == 2
    told = capsys.readouterr()
    assert "BROKEN  small by add" in told.out
    assert "error[verify.no_place]: the counterexamples can't be written to good.qc" in told.err
