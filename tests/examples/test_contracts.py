"""Examples are proved, their pages run, and bugs planted in them and the library have attacks."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dsl.verify.conftest import Verify, decide, solver, verify_text
from tests.dsl.verify.support import replays
from tests.examples.planted import BUGS, Bug

__all__ = ["decide", "solver", "verify_text"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "contracts"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/README.md"))
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
CHANGE = re.compile(r"```diff\n-(.*)\n\+(.*)\n```")
COMMAND_S_MAX = 60


def read_source(name: str) -> str:
    """The source of an example, else of a library contract."""
    example = EXAMPLES / name / f"{name}.qc"
    path = example if example.exists() else ROOT / "stdlib_contracts" / name / f"{name}.qc"
    return path.read_text("utf-8")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command as the pages write it, with its files under a folder of its own."""
    words = shlex.split(command)
    assert words[0] == "qc"
    return subprocess.run(
        [sys.executable, "-m", "quantumchain", *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        check=False,
    )


def test_there_are_five_examples() -> None:
    assert len(NAMES) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_proved(name: str, tmp_path: Path) -> None:
    done = run(f"qc contract verify {EXAMPLES / name / name}.qc --json", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    goals = json.loads(done.stdout)["goals"]
    assert {goal["verdict"] for goal in goals} == {"proved"}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_prints_what_it_says(name: str, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(EXAMPLES.parent)
    page = (EXAMPLES / name / "README.md").read_text("utf-8")
    found = BLOCK.findall(page)
    assert found
    for step in "".join(found).split("$ ")[1:]:
        command, *lines = step.splitlines()
        done = run(command, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        for line in lines:
            pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
            assert any(map(pattern.fullmatch, done.stdout.splitlines())), (line, done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_the_change_that_a_page_plants_has_an_attack(name: str, verify_text: Verify) -> None:
    page = (EXAMPLES / name / "README.md").read_text("utf-8")
    ((right, wrong),) = CHANGE.findall(page)
    assert_attacked(verify_text, read_source(name), right, wrong)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.contract}: {bug.name}")
def test_a_planted_bug_has_an_attack(bug: Bug, verify_text: Verify) -> None:
    assert_attacked(verify_text, read_source(bug.contract), bug.right, bug.wrong)


def assert_attacked(verify_text: Verify, text: str, right: str, wrong: str) -> None:
    """The change is refused, and every counterexample of it replays."""
    assert right in text
    report = verify_text(text.replace(right, wrong, 1))
    assert report.counterexamples, [goal for goal in report.goals if goal.verdict != "proved"]
    assert all(replays(each.content) for each in report.counterexamples)
