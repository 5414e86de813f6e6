"""What gets installed: one top-level package, whole, whatever lies beside it."""

import ast
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.foreign import ROOT
from tests.repo.purity import get_imports
from tools.wheel import PACKAGE, ROOMS, UnsupportedImportError, copy_package, rewrite_imports

# One worker of `pytest -n` builds the wheel for all.
pytestmark = pytest.mark.xdist_group("wheel")

# A module that must never be loaded: it lies beside the user and is called like a room of ours.
HOSTILE = "raise SystemExit('a stranger was imported')\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from spec.lib import uint", "from quantumchain.spec.lib import uint"),
        ("from spec import chain", "from quantumchain.spec import chain"),
        ("import dsl.parse as p", "import quantumchain.dsl.parse as p"),
        ("import os, dsl.cli as c", "import os, quantumchain.dsl.cli as c"),
        ("if x:\n    from qcref.a import (\n        b,\n    )", None),
        ('é = "ü"; from spec.x import y', 'é = "ü"; from quantumchain.spec.x import y'),
        ("import spec", "import quantumchain.spec as spec"),
        ("import spec, os", "import quantumchain.spec as spec, os"),
        ("from specific import a", "from specific import a"),
        ("from quantumchain.cli import main", "from quantumchain.cli import main"),
        ('name = "from spec.x import y"', 'name = "from spec.x import y"'),
    ],
)
def test_imports_of_rooms_go_through_the_package(before: str, after: str | None) -> None:
    expected = before.replace("from qcref", "from quantumchain.qcref") if after is None else after
    assert rewrite_imports(before) == expected


def test_an_import_that_binds_a_rooms_name_is_refused() -> None:
    with pytest.raises(UnsupportedImportError, match=r"line 2: `import spec\.chain`"):
        rewrite_imports("import os\nimport spec.chain\n")


@given(
    st.lists(
        st.sampled_from(
            [
                "from spec.lib.result import Ok",
                "import os",
                "x = 'from spec import y'",
                "def f():\n    from dsl.parse import parse\n    return parse",
                "# from spec import z",
                "import conformance.cli as cli",
            ]
        )
    )
)
def test_nothing_but_imports_changes(parts: list[str]) -> None:
    source = "\n".join(parts)
    rewritten = rewrite_imports(source)
    assert rewritten.count("\n") == source.count("\n")
    tree = ast.parse(rewritten)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            node.module = (node.module or "").removeprefix("quantumchain.")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                alias.name = alias.name.removeprefix("quantumchain.")
    assert ast.dump(tree) == ast.dump(ast.parse(source))


def test_no_module_imports_a_room_past_the_package(tmp_path: Path) -> None:
    copy_package(ROOT, tmp_path / PACKAGE)
    for path in tmp_path.rglob("*.py"):
        named = {name.split(".")[0] for _, name in get_imports(ast.parse(path.read_text("utf-8")))}
        assert named.isdisjoint(ROOMS), path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with what the environment holds."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*build, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-500:]
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_has_one_top_level_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {PACKAGE}
    assert not [name for name in names if "/tests/" in name or "__pycache__" in name]


def test_the_wheel_carries_the_data_of_the_rooms(wheel: Path) -> None:
    """Grammar, contracts, schemas and vectors: every committed file of a room is inside."""
    names = set(zipfile.ZipFile(wheel).namelist())
    command = ["git", "ls-files", *ROOMS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    committed = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    assert [name for name in committed if f"{PACKAGE}/{name}" not in names] == []


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an empty environment that holds the wheel, and the core's dependencies only.

    The dependencies come from this environment through a .pth file, which puts them after the
    wheel; the checkout is not among them.
    """
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--offline"]
    subprocess.run([*command, "--python", str(python), str(wheel)], check=True)
    ours = next(Path(entry) for entry in sys.path if entry.endswith("site-packages"))
    (site,) = folder.glob("lib/python*/site-packages")
    for dependency in ("lark", "Crypto", "sortedcontainers"):
        (site / dependency).symlink_to(ours / dependency)
    return folder / "bin"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A user's folder with packages that are called like our rooms."""
    for room in (*ROOMS, "tests"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text(HOSTILE, "utf-8")
    return tmp_path


def run_in(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        list(map(str, words)), cwd=folder, capture_output=True, text=True, check=False, env=clean
    )


def test_the_installed_command_ignores_a_folder_called_spec(installed: Path, hostile: Path) -> None:
    done = run_in(hostile, installed / "qc", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("quantumchain ")


def test_python_dash_m_ignores_a_folder_called_spec(installed: Path, hostile: Path) -> None:
    done = run_in(hostile, installed / "python", "-m", PACKAGE, "explain", "tx.nonce_mismatch")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_installed_compiler_checks_a_contract(installed: Path, hostile: Path) -> None:
    contract = hostile / "erc20.qc"
    contract.write_text((ROOT / "stdlib_contracts/erc20/erc20.qc").read_text("utf-8"), "utf-8")
    done = run_in(hostile, installed / "qc", "contract", "check", contract)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_installed_prover_names_the_extra_it_needs(installed: Path, hostile: Path) -> None:
    contract = hostile / "erc20.qc"
    contract.write_text((ROOT / "stdlib_contracts/erc20/erc20.qc").read_text("utf-8"), "utf-8")
    done = run_in(hostile, installed / "qc", "contract", "verify", contract)
    assert done.returncode == 2
    assert "pip install 'quantumchain[verify]'" in done.stderr


def test_every_installed_module_loads_or_needs_an_extra(installed: Path, hostile: Path) -> None:
    code = f"""
import importlib, json, pkgutil, quantumchain
from quantumchain.commands import get_extra
bad = []
for found in pkgutil.walk_packages(quantumchain.__path__, "{PACKAGE}."):
    if any(part in found.name for part in (".__main__", ".templates", ".clients.broken.")):
        continue  # scripts: loading one runs it
    try:
        importlib.import_module(found.name)
    except ModuleNotFoundError as error:
        if get_extra(error.name or "") is None:
            bad.append([found.name, str(error)])
print(json.dumps(bad))
"""
    done = run_in(hostile, installed / "python", "-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout.splitlines()[-1]) == []
