"""All contracts of a folder: one table, one exit code, nothing proved twice, nothing hidden."""

import json
from pathlib import Path

import pytest

from dsl.verify import jobs, survivors
from dsl.verify.library import find_contracts
from dsl.verify.mutate import Mutation, Survivor
from tests.dsl.verify.test_cli import BAD, GOOD, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("lib/a", "lib/b", "lib/.hidden"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "counter.qc").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_a_folder_is_proved_in_one_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--all", "lib") == 0
    first = capsys.readouterr().out
    assert first.splitlines()[-1].startswith("2 of 2 contracts proved")
    assert run("verify", "--all", "lib") == 0
    assert capsys.readouterr().out == first


def test_one_broken_contract_is_told_whole(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "lib/b/counter.qc").write_text(BAD, encoding="utf-8")
    (folder / "lib/b/typo.qc").write_text("contract", encoding="utf-8")
    assert run("verify", "--all", "lib") == 1
    told = capsys.readouterr().out
    assert "BROKEN  small by add" in told
    assert "error[QC" in told
    assert told.splitlines()[-1].startswith("1 of 3 contracts proved")
    assert run("verify", "--all", "lib", "--json") == 1
    view = json.loads(capsys.readouterr().out)
    assert [each["verdict"] for each in view["contracts"]] == ["proved", "broken", "not_compiled"]
    assert view["verdict"] == "not_compiled"
    [found] = view["contracts"][1]["counterexamples"]
    assert run("replay", found["file"]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("mutate",),
        ("verify", "--all", "missing"),
        ("verify", "--all", "lib/.hidden/none"),
        ("verify", "--all", "lib", "lib/a/counter.qc"),
    ],
)
def test_bad_usage_exits_2(
    words: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    assert capsys.readouterr().err.startswith("error[verify.")


def test_hidden_folders_are_left_out(folder: Path) -> None:
    assert [path.parent.name for path in find_contracts(folder / "lib")] == ["a", "b"]


def test_files_of_parts_alone_are_proved_where_they_are_used(folder: Path) -> None:
    (folder / "lib/a/part.qc").write_text("component Part:\n    state:\n        x: u64\n", "utf-8")
    (folder / "lib/a/empty.qc").write_text("", "utf-8")
    assert [path.name for path in find_contracts(folder / "lib/a")] == ["counter.qc", "empty.qc"]


def test_a_fault_of_the_verifier_is_a_coded_error(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise ValueError("planted")

    monkeypatch.setattr(jobs, "verify", fail)
    assert run("verify", "lib/a/counter.qc", "--no-cache") == 2
    told = capsys.readouterr()
    assert told.err.startswith("error[verify.internal]: lib/a/counter.qc: the verifier has failed")
    assert "Traceback" not in told.err
    assert run("verify", "--all", "lib", "--no-cache") == 2


# Mutants that survive

SURVIVOR = Survivor("add", 14, "`<` becomes `<=`", "fails Full when x > 1")


def make_mutation(killed: int, *survived: Survivor) -> Mutation:
    return Mutation("C", "c.qc", killed + len(survived), killed, survived, is_cut=False)


def make_reason(*, equivalent: bool, change: str = SURVIVOR.text) -> survivors.Reason:
    return survivors.Reason("add", change, SURVIVOR.code, "why not", equivalent)


def test_a_survivor_without_a_reason_fails() -> None:
    judged = survivors.judge(make_mutation(99, SURVIVOR), ())
    assert not judged.is_good
    assert "SURVIVES  add, c.qc:14" in survivors.render_judged(judged)


def test_an_equivalent_mutant_does_not_count() -> None:
    judged = survivors.judge(make_mutation(9, SURVIVOR), (make_reason(equivalent=True),))
    assert (judged.score, judged.is_good) == (100, True)


def test_an_explained_mutant_counts_as_not_killed() -> None:
    few = survivors.judge(make_mutation(8, SURVIVOR), (make_reason(equivalent=False),))
    assert (few.score, few.is_good) == (88, False)
    many = survivors.judge(make_mutation(9, SURVIVOR), (make_reason(equivalent=False),))
    assert (many.score, many.is_good) == (90, True)


def test_a_reason_for_what_does_not_survive_is_told() -> None:
    reason = make_reason(equivalent=True, change="`+` becomes `-`")
    judged = survivors.judge(make_mutation(9, SURVIVOR), (reason,))
    assert judged.unused == (reason,)
    assert not judged.is_good


@pytest.mark.parametrize("text", ["[", "survivor = 3", "[[survivor]]\naction = 1", "\ud800"])
def test_malformed_reasons_exit_2(
    text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "lib/a/counter.mutants.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert run("mutate", "lib/a/counter.qc", "--limit", "1") == 2
    assert "error[verify.reasons_malformed]" in capsys.readouterr().err


def test_reasons_beside_a_contract_are_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("mutate", "lib/a/counter.qc", "--json")
    view = json.loads(capsys.readouterr().out)
    lines = (folder / "lib/a/counter.qc").read_text(encoding="utf-8").splitlines()
    entries = [
        f'[[survivor]]\naction = "{each["action"]}"\nchange = {json.dumps(each["text"])}\n'
        f"code = {json.dumps(lines[each['line'] - 1].strip())}\nequivalent = true\n"
        'reason = "nothing says who was last"\n'
        for each in view["survivors"]
    ]
    assert entries
    (folder / "lib/a/counter.mutants.toml").write_text("\n".join(entries), encoding="utf-8")
    assert run("mutate", "--all", "lib/a", "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["score"] == 100
    assert all(each["reason"] for each in again["survivors"])


# What reports assume


def test_an_ordinary_deadline_needs_no_clause_and_says_what_is_assumed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """strict contract Sale:
    state:
        deadline: u64

    action start() by anyone:
        modifies deadline

        deadline = now + 7d
"""
    (folder / "sale.qc").write_text(text, encoding="utf-8")
    assert run("verify", "sale.qc") == 0
    assert "now < 2^63 and height < 2^63" in capsys.readouterr().out
    longer = text.replace("start()", "start(length: u64)").replace("7d", "length")
    (folder / "sale.qc").write_text(longer, encoding="utf-8")
    assert run("verify", "sale.qc") == 1
    assert "BROKEN  complete 1 by start" in capsys.readouterr().out


# Results that are found without compiling


IMPORTING = 'import "parts.qc": LIMIT\n\n' + GOOD.replace("> 1_000\n", "> LIMIT\n")


@pytest.fixture
def importing(folder: Path) -> Path:
    (folder / "lib/b/counter.qc").write_text(IMPORTING, encoding="utf-8")
    parts = folder / "lib/b/parts.qc"
    parts.write_text("const LIMIT: u64 = 1_000\n", encoding="utf-8")
    assert run("verify", "lib/b/counter.qc") == 0
    return parts


def test_what_is_remembered_is_not_compiled(
    importing: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("verify", "lib/b/counter.qc") == 0
    first = capsys.readouterr().out
    monkeypatch.setattr(jobs, "compile_file", None)
    assert run("verify", "lib/b/counter.qc") == 0
    assert capsys.readouterr().out == first
    importing.write_text(importing.read_text("utf-8") + "\n", encoding="utf-8")
    assert run("verify", "lib/b/counter.qc") == 2


@pytest.mark.parametrize("text", ["const LIMIT: u64 = 1_001\n", "const LIMITS: u64 = 1_000\n", ""])
def test_a_change_of_an_imported_file_is_noticed(importing: Path, text: str) -> None:
    importing.write_text(text, encoding="utf-8")
    assert run("verify", "lib/b/counter.qc") == 1


def test_a_contract_whose_imported_file_is_gone_is_not_remembered(importing: Path) -> None:
    importing.unlink()
    assert run("verify", "lib/b/counter.qc") == 1


def test_another_budget_is_another_memory(importing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert importing.is_file()
    monkeypatch.setattr(jobs, "compile_file", None)
    assert run("verify", "lib/b/counter.qc", "--budget", "1999999") == 2


def test_a_recipe_that_is_damaged_is_ignored(importing: Path) -> None:
    assert importing.is_file()
    for path in Path(".qc/cache").iterdir():
        path.write_bytes(path.read_bytes().replace(b"signatures", b"signatureS"))
    assert run("verify", "lib/b/counter.qc") == 0
