"""The runner imports the standard library only, and runs on Python 3.9 and as one file."""

import ast
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.bundle import build_zipapp
from tests.conformance.runner.samples import make_records, write_client, write_vectors

ROOT = Path(__file__).resolve().parents[3]
RUNNER = ROOT / "conformance" / "runner"
MODULES = sorted(RUNNER.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_of_the_runner_imports_only_the_standard_library_and_its_neighbours(
    path: Path,
) -> None:
    for name in _get_imports(ast.parse(path.read_text(encoding="utf-8"))):
        inside = name.startswith("conformance.runner")
        assert inside or name.split(".")[0] in sys.stdlib_module_names, name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_of_the_runner_parses_as_python_3_9(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def _get_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module is not None
            yield node.module


def _find_old_python() -> str | None:
    candidates = [shutil.which("python3.9")]
    candidates += [str(p) for p in Path.home().glob(".pyenv/versions/3.9.*/bin/python")]
    for candidate in candidates:
        if candidate and subprocess.run([candidate, "-c", ""], check=False).returncode == 0:
            return candidate
    return None


def _run(python: str, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [python, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _prepare(folder: Path) -> list[str]:
    write_vectors(folder, make_records())
    client = shlex.join(write_client(folder))
    return ["run", "--client", client, "--vectors", str(folder), "--out", str(folder / "out")]


def test_the_zipapp_runs_alone(tmp_path: Path) -> None:
    bundle = tmp_path / "qc-conformance.pyz"
    build_zipapp(bundle)
    finished = _run(sys.executable, tmp_path, "-I", str(bundle), *_prepare(tmp_path))
    assert finished.stderr == ""
    assert finished.stdout.splitlines()[-1].startswith("conformant: level 1 of 7")
    assert finished.returncode == 0


def test_the_zipapp_is_the_same_bytes_twice(tmp_path: Path) -> None:
    first, second = tmp_path / "1.pyz", tmp_path / "2.pyz"
    build_zipapp(first)
    build_zipapp(second)
    assert first.read_bytes() == second.read_bytes()


def test_the_zipapp_runs_on_python_3_9(tmp_path: Path) -> None:
    python = _find_old_python()
    if python is None:
        pytest.skip("python3.9: not installed here")
    bundle = tmp_path / "qc-conformance.pyz"
    build_zipapp(bundle)
    finished = _run(python, tmp_path, "-I", "-W", "error", str(bundle), *_prepare(tmp_path))
    assert finished.stderr == ""
    assert finished.returncode == 0
