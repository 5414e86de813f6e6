"""`qc` lists what exists, loads nothing it need not, and says what went wrong in a sentence."""

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from quantumchain import cli, commands, rooms
from quantumchain.arguments import Parser
from tests.foreign import ROOT

HEAVY = ("lark", "z3", "Crypto", "fastapi", "trio", "spec", "dsl", "qcref", "hypothesis")


@dataclass
class Group:
    """A group of sub-commands that does what a test asks."""

    act: Callable[[], int]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--word", choices=["alpha", "beta"])

    def run(self, args: argparse.Namespace) -> int:
        return self.act() if args.word is None else len(args.word)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], int]], None]:
    """A function that makes `qc try` do something."""

    def put(act: Callable[[], int]) -> None:
        monkeypatch.setitem(sys.modules, "quantumchain.explain", Group(act))
        table = (commands.Command("try", "quantumchain.explain", "try it", None),)
        monkeypatch.setattr(commands, "COMMANDS", table)

    return put


def run_python(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | variables,
    )


def test_help_lists_every_group_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in commands.COMMANDS:
        assert (f"  {command.name} " in text) == rooms.has_module(command.module)


def test_no_word_at_all_is_a_call_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert capsys.readouterr().out.startswith("usage: qc COMMAND")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from quantumchain.cli import main; main(['--help']);"
        f"print(sorted(set(sys.modules) & {set(HEAVY)!r}))"
    )
    assert run_python("-c", code).stdout.splitlines()[-1] == "[]"


def test_version_prints_all_five(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    first_words = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert first_words == ["quantumchain", "qcs/1", "qcir/1", "qcv/1", "qcap/1"]


def test_python_dash_m_is_the_same_command() -> None:
    done = run_python("-m", "quantumchain", "--version")
    assert done.returncode == 0
    assert "qcs/1" in done.stdout


def test_an_unknown_command_is_named_and_a_near_one_suggested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["explian"]) == 2
    error = capsys.readouterr().err
    assert "error[cli.unknown_command]" in error
    assert "`explian`" in error
    assert "did you mean `explain`?" in error


def test_a_wrong_choice_is_a_coded_error_with_a_suggestion(
    install: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    install(lambda: 0)
    with pytest.raises(SystemExit) as stop:
        cli.main(["try", "--word", "alpa"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error[cli.usage]: ")
    assert "did you mean `alpha`?" in error


def test_options_are_not_abbreviated(
    install: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    install(lambda: 0)
    with pytest.raises(SystemExit):
        cli.main(["try", "--wor", "alpha"])
    assert "unrecognized arguments" in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_exit_code_is_the_groups(
    install: Callable[[Callable[[], int]], None], code: int
) -> None:
    install(lambda: code)
    assert cli.main(["try"]) == code


def fail_with(error: BaseException) -> Callable[[], int]:
    def act() -> int:
        raise error

    return act


def test_an_interrupt_ends_with_130(install: Callable[[Callable[[], int]], None]) -> None:
    install(fail_with(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130


def test_what_the_system_refuses_is_a_sentence(
    install: Callable[[Callable[[], int]], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("QC_DEBUG", raising=False)
    install(fail_with(FileNotFoundError(2, "No such file or directory", "gone.qc")))
    assert cli.main(["try"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error[cli.environment]: No such file or directory: gone.qc")


def test_a_debugging_user_sees_the_traceback(
    install: Callable[[Callable[[], int]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QC_DEBUG", "1")
    install(fail_with(PermissionError(13, "Permission denied", "key")))
    with pytest.raises(PermissionError):
        cli.main(["try"])


def test_a_mistake_of_ours_is_not_hidden(install: Callable[[Callable[[], int]], None]) -> None:
    install(fail_with(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["try"])


def test_a_missing_extra_prints_the_line_that_installs_it(
    install: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    install(fail_with(ModuleNotFoundError("No module named 'z3'", name="z3")))
    assert cli.main(["try"]) == 2
    error = capsys.readouterr().err
    assert "error[cli.missing_extra]" in error
    assert "the extra `verify`" in error
    assert f"install it: make -C {ROOT} setup" in error


def test_an_installed_package_names_pip_for_a_missing_extra(
    install: Callable[[Callable[[], int]], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(fail_with(ModuleNotFoundError("No module named 'trio'", name="trio")))
    monkeypatch.setattr(rooms, "is_installed", lambda: True)
    monkeypatch.setattr(rooms, "has_module", lambda _: True)
    assert cli.main(["try"]) == 2
    assert "-m pip install 'quantumchain[node]'" in capsys.readouterr().err


def test_a_missing_module_of_no_extra_is_a_mistake_of_ours(
    install: Callable[[Callable[[], int]], None],
) -> None:
    install(fail_with(ModuleNotFoundError("No module named 'spec.gone'", name="spec.gone")))
    with pytest.raises(ModuleNotFoundError):
        cli.main(["try"])


def test_a_closed_pipe_ends_quietly() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "quantumchain", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    errors = writer.stderr.read()
    writer.stderr.close()
    assert errors == b""
    assert writer.wait() == 141


def test_qc_refuses_to_run_without_assertions() -> None:
    done = run_python("-O", "-m", "quantumchain", "--help")
    assert done.returncode == 2
    assert "error[cli.optimised]" in done.stderr


def test_the_extras_of_the_table_are_those_of_the_package() -> None:
    """Each distribution of an extra is imported by a name in the table."""
    by_module = importlib.metadata.packages_distributions()
    requires = importlib.metadata.requires("quantumchain") or []
    for extra, modules in commands.EXTRA_MODULES.items():
        wanted = {
            requirement.split(">=")[0].split("[")[0].lower()
            for requirement in requires
            if f"extra == '{extra}'" in requirement
        }
        named = {name.lower() for module in modules for name in by_module[module]}
        assert named == wanted


@pytest.mark.parametrize(
    "command",
    [command for command in commands.COMMANDS if rooms.has_module(command.module)],
    ids=lambda command: command.name,
)
def test_every_group_describes_its_arguments(command: commands.Command) -> None:
    module = importlib.import_module(rooms.compute_module_name(command.module))
    parser = Parser(prog=f"qc {command.name}")
    module.add_arguments(parser)
    assert parser.format_help()
    assert callable(module.run)


def test_explain_knows_the_codes_of_the_specification(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "tx.nonce_mismatch", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["code"] == "tx.nonce_mismatch"
    assert entry["meaning"]
    assert (ROOT / entry["where"]).is_file()


def test_explain_suggests_a_near_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "tx.nonce_mismach"]) == 2
    error = capsys.readouterr().err
    assert "error[cli.unknown_code]" in error
    assert "did you mean `tx.nonce_mismatch`?" in error


def test_explain_knows_the_diagnostics_of_the_compiler(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "QC0103"]) == 0
    assert capsys.readouterr().out.startswith("QC0103: unknown name")
    assert cli.main(["explain", "qc0103", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["code"] == "QC0103"


@pytest.mark.parametrize("code", ["0", "1", "2", "3"])
def test_explain_knows_the_exit_codes(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", code]) == 0
    assert capsys.readouterr().out.startswith(f"{code}: ")


def test_the_installed_command_runs_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("qc"), "explain", "2"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
