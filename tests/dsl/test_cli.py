"""`qc contract`: what it prints, what it writes, and its exit codes."""

import argparse
import json
import re
from pathlib import Path

import pytest

from dsl import cli
from dsl.scaffold import BUGS, TEMPLATES, read_template
from spec.ir.encoding import compute_code_id, decode_module
from spec.lib.result import Ok

GOOD, FAILED, USAGE = 0, 1, 2
SOURCE = read_template("token", "Gold")


def run(*words: object) -> int:
    """Run `qc contract …` in this process."""
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "gold.qc"
    path.write_text(SOURCE, "utf-8")
    return path


def test_check_says_what_there_is(token: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", token) == GOOD
    assert re.match(
        r"Gold · 6 functions, \d+ properties, 2 tests · gas <= ", capsys.readouterr().out
    )


def test_check_fails_on_an_error(token: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token.write_text(SOURCE.replace("balances[to] += amount", "balances[to] += amonut"), "utf-8")
    assert run("check", token) == FAILED
    out = capsys.readouterr().out
    assert "error[QC0103]: unknown name `amonut`" in out
    assert out.rstrip().endswith("qc explain QC0103")
    assert run("check", token, "--json") == FAILED
    view = json.loads(capsys.readouterr().out)
    assert not view["ok"]
    assert view["diagnostics"][0]["label"] == "did you mean `amount`?"


def test_test_runs_the_tests(token: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("test", token) == GOOD
    assert "2 passed, 0 failed" in capsys.readouterr().out
    token.write_text(SOURCE.replace("assert supply == 101", "assert supply == 102"), "utf-8")
    assert run("test", token) == FAILED
    assert "`supply == 102` does not hold: supply is 101" in capsys.readouterr().out
    assert run("test", token, "--json") == FAILED
    assert [each["passed"] for each in json.loads(capsys.readouterr().out)["tests"]] == [
        True,
        False,
    ]


def test_fmt_lays_out_and_checks(token: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token.write_text(SOURCE.replace("    ", "\t").replace(" += ", "+="), "utf-8")
    assert run("fmt", "--check", token) == FAILED
    assert run("fmt", token) == GOOD
    assert token.read_text("utf-8") == SOURCE
    assert run("fmt", "--check", token) == GOOD
    token.write_text("contract A:\n    actoin", "utf-8")
    assert run("fmt", token) == FAILED
    assert "did you mean `action`?" in capsys.readouterr().out


def test_build_writes_what_decodes(token: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("build", token, "--out", out) == GOOD
    decoded = decode_module((out / "Gold.ir").read_bytes())
    assert isinstance(decoded, Ok)
    abi = json.loads((out / "Gold.abi.json").read_text("utf-8"))
    assert abi["code_id"] == "0x" + compute_code_id(decoded.value).hex()
    transfer = next(each for each in abi["functions"] if each["name"] == "transfer")
    assert transfer["signature"] == "transfer(address,u256)"
    assert transfer["errors"] == ["InsufficientBalance"]
    assert transfer["gas_max"] > 0
    mapped = json.loads((out / "Gold.map.json").read_text("utf-8"))
    assert [each["name"] for each in mapped["cells"]][:2] == ["balance", "inbox"]


def test_build_refuses_unused_code(token: Path, tmp_path: Path) -> None:
    token.write_text(
        SOURCE.replace("    role minter\n", "    role minter\n    error Idle\n"), "utf-8"
    )
    assert run("check", token) == GOOD
    assert run("build", token, "--out", tmp_path / "out") == FAILED
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("template", TEMPLATES)
def test_new_writes_a_contract_that_works(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "Mine", "--template", template) == GOOD
    source = Path("Mine/Mine.qc")
    assert run("build", source) == GOOD
    assert run("test", source) == GOOD
    assert run("fmt", "--check", source) == GOOD
    text, bug = source.read_text("utf-8"), BUGS[template]
    assert bug.before in text
    source.write_text(text.replace(bug.before, bug.after), "utf-8")
    assert run("check", source) == GOOD
    assert "2. Plant a bug" in Path("Mine/README.md").read_text("utf-8")
    assert run("new", "Mine") == USAGE


@pytest.mark.parametrize(
    "words",
    [
        ("check", "missing.qc"),
        ("check", "."),
        ("test", "binary.qc"),
        ("fmt", "missing.qc"),
        ("new", "no name"),
        ("new", "../up"),
        ("new", "Mine", "--template", "tokn"),
        ("explain", "QC9999"),
    ],
)
def test_bad_usage_is_an_error_with_a_code(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("binary.qc").write_bytes(b"\xff\xfe\x00")
    assert run(*words) == USAGE
    assert capsys.readouterr().err.startswith("error[contract.")


def test_a_huge_file_is_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "huge.qc"
    path.write_bytes(b"#" * 10_000_000)
    assert run("check", path) == FAILED
    assert "QC0001" in capsys.readouterr().out


def test_explain_shows_wrong_and_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "qc0103") == GOOD
    out = capsys.readouterr().out
    assert out.startswith("QC0103: unknown name")
    assert "wrong:" in out
    assert "right:" in out
    assert run("explain", "QC0103", "--json") == GOOD
    assert json.loads(capsys.readouterr().out)["code"] == "QC0103"
