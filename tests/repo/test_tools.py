"""What stands behind `make` does its work, and says so when it can't."""

import ast
import importlib.metadata
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from quantumchain.arguments import Parser
from tests import foreign
from tests.foreign import ROOT
from tests.repo.purity import get_imports
from tests.times import compute_folder
from tools import bootstrap, check, codes, dead_code, gen_docs, lock, project

PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# The lock


def read_lock() -> list[str]:
    """The lock's requirements, each with its hashes on one line."""
    text = lock.LOCK.read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def test_every_locked_package_is_pinned_and_hashed() -> None:
    for requirement in read_lock():
        assert re.match(r"[a-z0-9-]+==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement


def test_the_lock_names_no_registry() -> None:
    text = lock.LOCK.read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


def test_the_lock_holds_every_dependency_of_every_extra() -> None:
    locked = {requirement.split("==")[0] for requirement in read_lock()}
    groups = [PROJECT["project"]["dependencies"]]
    groups += PROJECT["project"]["optional-dependencies"].values()
    wanted = {
        normalize(match[0])
        for group in groups
        for entry in group
        if (match := NAME.match(entry)) and match[0] != "quantumchain"
    }
    assert wanted - locked == set()


# The bootstrap


def write_program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_bootstrap_reads_on_python_3_8() -> None:
    source = Path(bootstrap.__file__).read_text("utf-8")
    assert ast.parse(source, feature_version=(3, 8)).body


def test_the_bootstrap_knows_the_versions_the_package_asks_for() -> None:
    low = ".".join(map(str, bootstrap.VERSION_MIN))
    end = ".".join(map(str, bootstrap.VERSION_END))
    assert PROJECT["project"]["requires-python"] == f">={low},<{end}"


def test_an_old_python_is_passed_over_for_one_that_fits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = sys.executable
    monkeypatch.setattr(sys, "executable", write_program(tmp_path / "old", "echo 3 9"))
    monkeypatch.setattr(bootstrap, "OTHER_PYTHONS", ("no-such-python", real))
    assert bootstrap._find_python() == real


def test_a_launcher_without_its_interpreter_is_no_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = sys.executable
    monkeypatch.setattr(sys, "executable", write_program(tmp_path / "old", "echo 3 9"))
    broken = write_program(tmp_path / "python3.13", "echo not installed >&2; exit 127")
    monkeypatch.setattr(bootstrap, "OTHER_PYTHONS", (broken, real))
    assert bootstrap._find_python() == real


def test_without_a_fitting_python_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", write_program(tmp_path / "old", "echo 3 9"))
    monkeypatch.setattr(bootstrap, "OTHER_PYTHONS", ())
    with pytest.raises(bootstrap.SetupError, match=r"sudo apt-get install python3\.\d+-venv"):
        bootstrap._find_python()


def test_a_python_that_cannot_make_environments_gets_its_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = write_program(
        tmp_path / "python", '[ "$2" = venv ] || [ "$2" = pip ] && exit 1\necho 3 11'
    )
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap, "_find_uv", lambda: None)
    with pytest.raises(bootstrap.SetupError, match=r"sudo apt-get install python3\.11-venv"):
        bootstrap._make_environment(python)


def test_a_python_without_ensurepip_is_filled_from_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refuse = 'case "$*" in *--without-pip*) ;; *-m\\ venv*) exit 1;; esac'
    python = write_program(tmp_path / "python", f'{refuse}\nexec {sys.executable} "$@"')
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    bootstrap._make_environment(python)
    assert (tmp_path / "venv" / "bin" / "python").exists()
    assert not (tmp_path / "venv" / "bin" / "pip").exists()


def test_an_environment_is_current_only_with_its_stamp(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    assert not bootstrap._is_up_to_date()
    bootstrap.STAMP.write_text(bootstrap._compute_stamp(), "utf-8")
    assert bootstrap._is_up_to_date()
    changed = tmp_path / "changed.lock"
    changed.write_text("another", "utf-8")
    monkeypatch.setattr(bootstrap, "LOCK", changed)
    assert not bootstrap._is_up_to_date()


# The Makefile and CI


def read_rules() -> dict[str, str]:
    """The Makefile's rules: target to everything after its colon, recipe included."""
    text = (ROOT / "Makefile").read_text("utf-8")
    return dict(re.findall(r"^([a-z-]+):(.*\n(?:\t.*\n)*)", text, re.MULTILINE))


def test_every_target_is_phony_and_explained() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    rules = read_rules()
    assert set(phony.split()) == set(rules)
    assert [name for name, rule in rules.items() if " ## " not in rule] == []


def test_every_target_that_uses_the_environment_sets_it_up() -> None:
    for name, rule in read_rules().items():
        assert ("$(RUN)" not in rule) or rule.strip().startswith("setup"), name


def test_every_tool_a_target_runs_exists() -> None:
    modules = re.findall(r"\$\(RUN\) (\w+)\.([\w.]+)", (ROOT / "Makefile").read_text("utf-8"))
    assert modules
    for package, module in modules:
        assert (ROOT / package / f"{module.replace('.', '/')}.py").is_file(), module


def test_make_help_lists_every_target() -> None:
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    for name in read_rules():
        assert f"make {name} " in done.stdout


def test_the_ci_script_is_sound_bash() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", str(script)], check=True)


# The gates


def run_gates(monkeypatch: pytest.MonkeyPatch, *outcomes: int) -> int:
    gates = tuple(
        check.Gate(f"gate{number}", (sys.executable, "-c", f"raise SystemExit({code})"))
        for number, code in enumerate(outcomes)
    )
    monkeypatch.setattr(check, "get_gates", lambda: gates)
    return check.main([])


def test_one_failing_gate_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_gates(monkeypatch, 0, 1, 0) == 1
    assert "2 gates passed, 1 failed" in capsys.readouterr().out


def test_the_check_passes_when_every_gate_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_gates(monkeypatch, 0, 0) == 0


def test_an_unknown_gate_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["no-such-gate"]) == 2
    assert "error[check.unknown_gate]" in capsys.readouterr().out


def test_dead_code_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "spec"
    room.mkdir()
    (room / "a.py").write_text("def used(): return 1\ndef forgotten(): return used()\n", "utf-8")
    monkeypatch.setattr(dead_code, "ROOT", tmp_path)
    monkeypatch.setattr(dead_code, "get_packages", lambda: ["spec"])
    assert dead_code.main() == 1
    (room / "b.py").write_text("from spec.a import forgotten\nforgotten()\n", "utf-8")
    assert dead_code.main() == 0


def test_a_time_is_counted_for_the_folder_of_its_test() -> None:
    assert compute_folder("tests/spec/lib/test_x.py::test_y[a/b]") == "spec"
    assert compute_folder("tests/test_x.py::test_y") == "."


def test_the_files_of_the_project_are_those_of_git() -> None:
    files = project.get_files("*.py")
    assert Path(__file__) in files
    assert not [path for path in files if ".venv" in path.parts]


# The generated documents


def test_a_stale_document_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gen_docs, "ROOT", tmp_path)
    monkeypatch.setattr(gen_docs, "DOCUMENTS", {"page.md": lambda: "one\ntwo\n"})
    assert gen_docs.main(["--check"]) == 1
    assert gen_docs.main([]) == 0
    assert gen_docs.main(["--check"]) == 0
    (tmp_path / "page.md").write_text("one\n2\n", "utf-8")
    capsys.readouterr()
    assert gen_docs.main(["--check"]) == 1
    assert capsys.readouterr().out.startswith("page.md:2 is stale")


def test_a_limit_is_read_with_its_section_and_reason() -> None:
    source = (
        '# Chapter ir: code\nA_MAX = 3\n"""Reason\n  one."""\n_B = 2\n# Chapter x: y\nC_MAX = 1\n'
    )
    assert list(gen_docs._read_limits(source)) == [
        ("section", "ir: code", ""),
        ("limit", "A_MAX", "Reason one."),
        ("section", "x: y", ""),
        ("limit", "C_MAX", ""),
    ]


def test_every_limit_has_a_reason() -> None:
    source = (ROOT / "spec" / "limits.py").read_text("utf-8")
    limits = [(name, text) for kind, name, text in gen_docs._read_limits(source) if kind == "limit"]
    assert [name for name, text in limits if not text] == []


def test_codes_are_read_from_classes_and_enums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "ROOT", tmp_path)
    path = tmp_path / "errors.py"
    path.write_text(
        'class A:\n    """It is\n    wrong."""\n\n    code: ClassVar[str] = "tx.a"\n'
        "    found: int\n"
        'class BError(StrEnum):\n    B = "ir.b"\n    """So is this."""\n'
        'class CRule(Enum):\n    C = ("ir.c", "and this")\n'
        'class Part(StrEnum):\n    D = "not.one"\n'
        'raise CliError("cli.e", f"there is no {name} here", ("help",))\n'
        'open("not.one", "r")\n',
        "utf-8",
    )
    found = [(d.code, d.meaning, d.evidence) for d in codes.read_declarations(path)]
    assert found == [
        ("tx.a", "It is wrong.", ("found",)),
        ("ir.b", "So is this.", ()),
        ("ir.c", "and this", ()),
        ("cli.e", "there is no … here", ()),
    ]


def test_the_page_of_commands_shows_arguments_and_sub_commands() -> None:
    parser = Parser(prog="qc try")
    parser.add_argument("--seed", type=int, help="where to | start")
    children = parser.add_subparsers()
    children.add_parser("go", help="go on").add_argument("FILE", help="what to read")
    assert gen_docs._render_parser(parser, "") == [
        "| argument | meaning |\n|---|---|\n| `--seed SEED` | where to \\| start |",
        "### qc try go",
        "go on",
        "| argument | meaning |\n|---|---|\n| `FILE` | what to read |",
    ]


# What a machine may lack


def test_what_is_absent_is_skipped_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QC_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"vectors: there is no folder .*/no-such"):
        foreign.get_vectors("no-such")


def test_what_is_required_fails_where_it_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QC_REQUIRE", "node, vectors")
    with pytest.raises(pytest.fail.Exception, match="QC_REQUIRE names 'vectors'"):
        foreign.get_vectors("no-such")


# Dependencies


def read_foreign_imports(*rooms: str) -> set[str]:
    """The distributions, normalized, whose modules these rooms import."""
    by_module = importlib.metadata.packages_distributions()
    tops = {
        name.partition(".")[0]
        for path in project.get_files(*(f"{room}/*.py" for room in rooms))
        for _, name in get_imports(ast.parse(path.read_text("utf-8")))
    }
    foreign = tops - set(sys.stdlib_module_names) - set(project.PACKAGES)
    return {normalize(by_module[top][0]) for top in foreign}


def read_declared(entries: list[str]) -> set[str]:
    return {normalize(match[0]) for entry in entries if (match := NAME.match(entry))}


CORE: Final = read_declared(PROJECT["project"]["dependencies"])
EXTRAS: Final = {
    extra: read_declared(entries)
    for extra, entries in PROJECT["project"]["optional-dependencies"].items()
}


def test_the_core_imports_what_the_core_installs() -> None:
    rooms = ("spec", "dsl", "stdlib_contracts", "conformance", "quantumchain")
    assert read_foreign_imports(*rooms) <= CORE | EXTRAS["verify"]


def test_the_node_imports_what_its_extra_installs() -> None:
    assert read_foreign_imports("qcref") <= CORE | EXTRAS["node"]


def test_no_dependency_is_unused() -> None:
    used = read_foreign_imports("spec", "dsl", "stdlib_contracts", "conformance", "qcref")
    assert (CORE | EXTRAS["verify"] | EXTRAS["node"]) - used == set()
