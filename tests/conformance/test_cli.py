"""`qc conformance`: the runner's commands and the generator's, as the dispatcher calls them."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import cli
from conformance.generate import library
from tests.conformance.published import VECTORS


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args(list(words)))


def test_the_published_set_is_what_the_tables_make(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("generate", "--check") == 0
    assert "as the specification makes them" in capsys.readouterr().out


def test_a_set_that_differs_exits_1_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "vectors"
    shutil.copytree(VECTORS, folder)
    (folder / "codec" / "account.jsonl").write_text("{}\n", encoding="utf-8")
    (folder / "stray.jsonl").write_text("{}\n", encoding="utf-8")
    assert run("generate", "--check", "--out", str(folder)) == 1
    out = capsys.readouterr().out
    assert "differs: codec/account.jsonl\ndiffers: stray.jsonl\n" in out


def test_the_runners_commands_are_there_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert "contract/operators" in capsys.readouterr().out
    assert run("explain", "tx.nonce_gap") == 0
    assert "ledger/validity#nonce_next_outside" in capsys.readouterr().out


def test_the_bundle_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "runner.pyz"
    assert run("zipapp", "--out", str(path)) == 0
    words = [sys.executable, "-I", str(path), "--help"]
    finished = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "self-test" in finished.stdout


def test_a_bundle_that_cannot_be_written_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("zipapp", "--out", str(tmp_path / "absent" / "x.pyz")) == 2
    assert "error[conformance.file]" in capsys.readouterr().err


@pytest.mark.slow
def test_pins_are_what_the_library_and_its_tests_are_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`qc conformance generate --compile` writes them anew."""
    published = {path.name: path.read_bytes() for path in library.PINNED.glob("*.json")}
    own = [library.PINNED / f"{name}.qc" for name in library.OWN]
    for path in own:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(library, "PINNED", tmp_path)
    library.pin_contracts()
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.json")} == published
