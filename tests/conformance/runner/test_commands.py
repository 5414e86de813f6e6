"""The commands a team types: exit codes, files written, and sentences instead of tracebacks."""

import io
import json
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.runner.cli import main
from conformance.runner.terminal import Progress
from tests.conformance.runner.samples import make_record, make_records, write_client, write_vectors
from tests.conformance.schemas import get_validator

BAD = ("> 5", "> 6")


def run(folder: Path, *words: str, changes: tuple[tuple[str, str], ...] = ()) -> int:
    vectors = write_vectors(folder, make_records())
    client = shlex.join(write_client(folder, *changes))
    out = str(folder / "out")
    return main(["run", "--client", client, "--vectors", str(vectors), "--out", out, *words])


def test_a_client_that_passes_exits_0_and_the_last_line_says_the_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "conformant: level 1 of 7, next: 2 (hash and root)"
    assert lines[0].startswith("counter 1 · qcap/1 · offers codec ledger · qcv 0.0.1 · 4 of 4")
    (row,) = [line for line in lines if line.startswith("3 signatures")]
    assert row.split()[2:] == ["-", "-", "-", "-", "-", "1"]


def test_a_failure_exits_1_and_names_place_and_rerun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, changes=(BAD,)) == 1
    out = capsys.readouterr().out
    assert "FAIL ledger/add#six   you: accept   spec: reject counter.too_much" in out
    assert "/n  spec 7, you 13" in out
    assert "ledger-add-six.jsonl" in out
    assert main(["rerun", str(tmp_path / "out" / "ledger-add-six.jsonl")]) == 1
    again = capsys.readouterr().out
    assert '"op":"apply"' in again
    assert "/n  spec 7, you 13" in again


def test_a_mended_client_passes_the_rerun(tmp_path: Path) -> None:
    assert run(tmp_path, changes=(BAD,)) == 1
    mended = shlex.join(write_client(tmp_path))
    file = str(tmp_path / "out" / "ledger-add-six.jsonl")
    assert main(["rerun", file, "--client", mended]) == 0


@pytest.mark.parametrize("changes", [(), (BAD,), (('["codec', '["wire", "codec'),)])
def test_the_report_follows_its_schema(
    tmp_path: Path, changes: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "--json", changes=changes)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    get_validator("report.schema.json").validate(report)
    assert json.loads(capsys.readouterr().out) == report


def test_the_conversation_follows_its_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, changes=(BAD,))
    capsys.readouterr()
    main(["rerun", str(tmp_path / "out" / "ledger-add-six.jsonl")])
    lines = [line for line in capsys.readouterr().out.splitlines() if line[:2] in ("->", "<-")]
    validator = get_validator("qcap.schema.json")
    assert len(lines) >= 8
    for line in lines:
        message = json.loads(line[3:])
        if message.get("op") != "init":  # the made-up roots are right, the made-up profile too
            validator.validate(message)


def test_a_number_wider_than_32_bits_or_a_fraction_has_no_place_in_a_record() -> None:
    validator = get_validator("record.schema.json")
    args = {"type": "uint32", "value": 2**32 - 1}
    expect = {"result": "accept", "value": "0xffffffff"}
    over = {"kind": "codec", "feature": "codec"}
    record = make_record("codec/made_up#one", "ssz.encode", args, expect, **over)
    validator.validate(record)
    assert not validator.is_valid({**record, "kills": []})
    for wrong in (2**32, 0.5, -(2**31) - 1):
        record["input"]["args"]["value"] = wrong
        assert not validator.is_valid(record)


def test_junit_counts_what_the_report_counts(tmp_path: Path) -> None:
    bad_control = ('"counter.too_much"}', '"\\x00\\x1b"}')
    run(tmp_path, "--junit", changes=(("2 * r", "3 * r"), bad_control))
    root = ET.parse(tmp_path / "out" / "junit.xml").getroot()  # noqa: S314 - we wrote it
    suites = {s.get("name"): s for s in root}
    assert suites["codec/double"].get("failures") == "1"
    assert suites["sig/made_up"].get("skipped") == "1"
    assert suites["ledger/add"].get("failures") == "1"
    assert suites["ledger/add"].get("tests") == "2"


def test_the_page_is_self_contained_and_escapes_what_a_client_wrote(tmp_path: Path) -> None:
    evil = '"<script>alert(1)</script>\\u001b[2J"'
    run(tmp_path, changes=(('"counter.too_much"}', evil + "}"), ('"counter"', '"<b>me</b>"')))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>me" not in page
    assert "&lt;script&gt;" in page
    for word in ("http://", "https://", "src=", "@import", "url("):
        assert word not in page


def test_a_client_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, changes=(('"counter.too_much"}', '"\\x1b[2J"}'),))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "wrong reason" in out


def test_several_reports_make_one_matrix(tmp_path: Path) -> None:
    run(tmp_path)
    report = str(tmp_path / "out" / "report.json")
    page = tmp_path / "matrix.html"
    assert main(["matrix", report, report, "--out", str(page)]) == 0
    assert page.read_text(encoding="utf-8").count("<h2>Findings: counter 1</h2>") == 2


def test_a_selection_cannot_reach_a_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--suite", "ledger/") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("conformant: level 0 of 7")


def test_a_client_that_offers_nothing_does_not_pass(tmp_path: Path) -> None:
    assert run(tmp_path, changes=(('["codec", "ledger"]', "[]"),)) == 1


def write_results(folder: Path, *lines: dict[str, Any]) -> str:
    path = folder / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


DOUBLE = {"id": "codec/double#three", "result": "accept", "value": {"twice": 6}}
FIVE = {"id": "ledger/add#five", "result": "accept", "state_root": "0x" + format(12, "064x")}
SIX = {"id": "ledger/add#six", "result": "reject"}


@pytest.mark.parametrize(
    ("lines", "exit_code"),
    [
        ([DOUBLE], 0),
        ([DOUBLE, FIVE, SIX], 0),
        ([DOUBLE, FIVE], 1),
        ([{"client": "x", "features": ["codec", "ledger"]}, DOUBLE], 1),
        ([{**DOUBLE, "value": {"twice": 7}}], 1),
        ([FIVE, {**SIX, "result": "crash"}], 1),
        ([FIVE, {**SIX, "state_root": "0x" + format(13, "064x")}], 1),
        ([FIVE, {**SIX, "result": 7}], 1),
        ([DOUBLE, DOUBLE], 2),
        ([{"result": "accept"}], 2),
        ([], 1),
    ],
)
def test_answers_in_a_file_are_judged_and_leaving_out_is_not_passing(
    tmp_path: Path, lines: list[dict[str, Any]], exit_code: int
) -> None:
    vectors = str(write_vectors(tmp_path, make_records()))
    results = write_results(tmp_path, *lines)
    words = ["judge", results, "--vectors", vectors, "--out", str(tmp_path / "out")]
    assert main(words) == exit_code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["run", "--client", "no-such-program-anywhere"], "runner.client_not_started"),
        (["run", "--client", "'"], "runner.client_command"),
        (["run", "--client", ""], "runner.client_command"),
        (["run", "--client", "x", "--suite", "nothing/"], "runner.vectors"),
        (["explain", "ledger/ad#six"], "runner.unknown_id"),
        (["judge", "absent.jsonl"], "runner.vectors"),
    ],
)
def test_a_fault_of_the_set_up_is_one_sentence_and_exit_code_2(
    tmp_path: Path, words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    vectors = str(write_vectors(tmp_path, make_records()))
    assert main([*words, "--vectors", vectors]) == 2
    captured = capsys.readouterr().err
    assert captured.startswith(f"error[{code}]: ")
    assert "Traceback" not in captured


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a.jsonl", "Doubler", "x"),
        ("a.jsonl", "tiny", "full"),
        ("index.json", "a.jsonl", "../a.jsonl"),
        ("index.json", "a.jsonl", "absent.jsonl"),
        ("index.json", "qcv/1", "qcv/2"),
        ("index.json", '"files"', '"file"'),
        ("index.json", "{", "[" * 100_000),
    ],
)
def test_a_damaged_set_is_refused(
    tmp_path: Path, name: str, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    vectors = write_vectors(tmp_path, make_records())
    path = vectors / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new) if old in text else text + "x", encoding="utf-8")
    assert main(["list", "--vectors", str(vectors)]) == 2
    assert "error[runner.vectors]" in capsys.readouterr().err


def test_list_and_explain_show_suites_rules_and_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vectors = str(write_vectors(tmp_path, make_records()))
    assert main(["list", "--vectors", vectors]) == 0
    assert "ledger/add" in capsys.readouterr().out
    assert main(["list", "--rules", "--json", "--vectors", vectors]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "counter.too_much"
    assert main(["explain", "ledger/add#six", "--vectors", vectors]) == 0
    assert "forgets its limit" in capsys.readouterr().out
    assert main(["explain", "counter.too_much", "--vectors", vectors]) == 0
    assert "ledger/add#six" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal_and_nowhere_else() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        progress = Progress(400, stream)
        for done in range(1, 401):
            progress(done)
    assert pipe.getvalue() == ""
    assert terminal.getvalue().count("\r[") == 101
    assert terminal.getvalue().endswith("100 %\r\x1b[K")
