"""Pages, exported goals, watching, gas: each says what the verifier said, and nothing else."""

import argparse
import json
import re
import time
from pathlib import Path

import pytest

from dsl import cli as contract
from dsl.verify.cli import run_watch
from tests.dsl.verify.test_cli import BAD, folder, run

__all__ = ["folder"]


def test_a_page_is_one_file_and_says_the_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", "good.qc", "--html") == 0
    assert "page: .qc/Counter.html" in capsys.readouterr().out
    page = (folder / ".qc/Counter.html").read_text(encoding="utf-8")
    assert '<b class="proved">proved</b>' in page
    assert "total &lt;= 1_000" in page
    assert "action add(u64)" in page
    assert "1 pass, 0 fail" in page
    assert not re.search(r"https?://|<script|src=", page)


def test_a_page_tells_attacks_and_escapes_what_authors_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("doc", "bad.qc") == 0
    page = (folder / ".qc/Counter.html").read_text(encoding="utf-8")
    assert '<b class="broken">broken</b>' in page
    assert "1 alice  deploy()" in page
    assert run("doc", "typo.qc") == 1
    assert run("doc", "missing.qc") != 0


def test_a_page_shows_the_mutants_once_they_were_tried(folder: Path) -> None:
    assert run("doc", "good.qc") == 0
    assert "not tried" in (folder / ".qc/Counter.html").read_text(encoding="utf-8")
    run("mutate", "good.qc")
    assert run("doc", "good.qc") == 0
    assert "killed" in (folder / ".qc/Counter.html").read_text(encoding="utf-8")


def test_proved_goals_are_exported_and_no_others(folder: Path) -> None:
    assert run("verify", "bad.qc", "--smt2", "goals") == 1
    assert not list((folder / "goals").glob("*small_invariant_add*"))
    assert run("verify", "good.qc", "--smt2", "goals") == 0
    [file] = (folder / "goals").glob("*small_invariant_add*")
    text = file.read_text(encoding="ascii")
    assert text.endswith("(check-sat)\n")
    assert text.count("(set-logic ") <= 1
    assert "; unsat: proved" in text


def test_a_file_is_proved_again_when_it_changes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def wait(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            (folder / "good.qc").write_text(BAD, encoding="utf-8")
        if looks == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", wait)
    parser = argparse.ArgumentParser()
    contract.add_arguments(parser)
    args = parser.parse_args(["verify", "good.qc", "--watch"])
    with pytest.raises(KeyboardInterrupt):
        run_watch(args)
    told = capsys.readouterr().out
    assert told.count("Counter: proved") == 1
    assert told.count("BROKEN  small by add") == 1


def test_gas_names_every_function(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    contract.add_arguments(parser)
    assert contract.run(parser.parse_args(["gas", "good.qc", "--json"])) == 0
    view = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in view["functions"]] == ["init", "add"]
    assert all(each["gas_max"] > 0 for each in view["functions"])
    assert contract.run(parser.parse_args(["gas", "typo.qc"])) == 1
