"""Make `.venv` hold what the lock says, and the checkout itself; quick when it already does.

Runs on any Python from 3.8 on, with the standard library alone, since it comes before everything.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "stamp.json"

VERSION_MIN = (3, 11)  # as `requires-python` in pyproject.toml
VERSION_END = (3, 14)
PACKAGES = ("spec", "dsl", "stdlib_contracts", "proofs", "conformance", "qcref", "quantumchain")
OTHER_PYTHONS = ("python3.13", "python3.12", "python3.11")


class SetupError(Exception):
    """What a person must do before the set-up can go on: one sentence."""


def main() -> int:
    """Set up, saying what is done; 2 where the machine lacks something."""
    try:
        with _one_at_a_time():
            if not _is_up_to_date():
                _set_up()
    except SetupError as error:
        print(f"error[setup.environment]: {error}", file=sys.stderr)
        return 2
    return 0


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second `make` wait until the first has set up."""
    try:
        import fcntl  # noqa: PLC0415 - Unix has it, Windows does not
    except ImportError:
        yield
        return
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compute_stamp() -> str:
    """The hash of everything that decides what lies in the environment."""
    inputs = (LOCK, ROOT / "pyproject.toml", Path(__file__))
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs]
    return json.dumps({"root": str(ROOT), "inputs": digests})


def _is_up_to_date() -> bool:
    try:
        return STAMP.read_text("utf-8") == _compute_stamp() and PYTHON.exists()
    except OSError:
        return False


def _set_up() -> None:
    if not _is_usable(str(PYTHON)):
        _make_environment(_find_python())
    installer = _find_installer()
    print(f"setup: installing the locked packages into {VENV.name} …", flush=True)
    _install(installer, ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)])
    _install(installer, ["--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    # Commands start a quarter quicker, also where Python may not write byte code beside the source.
    _run([str(PYTHON), "-m", "compileall", "-q", *PACKAGES])
    STAMP.write_text(_compute_stamp(), "utf-8")
    print("setup: done", flush=True)


def _find_python() -> str:
    """An interpreter of a version this project runs on: the current one, or one on the PATH."""
    found = [sys.executable, *filter(None, map(shutil.which, OTHER_PYTHONS))]
    for python in found:
        if _is_usable(python):
            return python
    raise SetupError(
        "no Python from {}.{} to 3.{} was found, this one is {}.{}; install one, for example: "
        "sudo apt-get install python3.11-venv".format(
            *VERSION_MIN, VERSION_END[1] - 1, *sys.version_info[:2]
        )
    )


def _is_usable(python: str) -> bool:
    """Whether this interpreter starts and has a fitting version."""
    version = _ask_version(python)
    return version is not None and VERSION_MIN <= version < VERSION_END


def _ask_version(python: str) -> Optional[Tuple[int, int]]:
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, check=True, timeout=60
        )
        major, minor = done.stdout.split()
    except (OSError, subprocess.SubprocessError, ValueError):
        return None  # a launcher without its interpreter is no Python
    return int(major), int(minor)


def _make_environment(python: str) -> None:
    print(f"setup: making {VENV.name} with {python}", flush=True)
    if _run([python, "-m", "venv", "--clear", str(VENV)], quiet=True):
        return
    # Debian's python3 without python3-venv has no ensurepip; another pip can still fill the folder.
    can_fill = _find_uv() is not None or _has_host_pip(python)
    if can_fill and _run([python, "-m", "venv", "--clear", "--without-pip", str(VENV)], quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    version = "{}.{}".format(*(_ask_version(python) or VERSION_MIN))
    raise SetupError(
        f"{python} cannot make environments; cure: sudo apt-get install python{version}-venv"
    )


def _find_installer() -> List[List[str]]:
    """The commands that can install into the environment, the quickest first."""
    commands = []
    uv = _find_uv()
    if uv is not None:
        commands.append([uv, "pip", "install", "--quiet", "--python", str(PYTHON)])
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if _run([str(PYTHON), "-m", "pip", "--version"], quiet=True):
        commands.append([str(PYTHON), *pip])
    elif _has_host_pip(sys.executable):
        commands.append([sys.executable, "-m", "pip", "--python", str(PYTHON), *pip[2:]])
    if not commands:
        raise SetupError(f"neither uv nor pip can install into {VENV}; remove it and try again")
    return commands


def _find_uv() -> Optional[str]:
    own = VENV / "bin" / "uv"
    return str(own) if own.exists() else shutil.which("uv")


def _has_host_pip(python: str) -> bool:
    """Whether an interpreter's pip can install into another environment (pip 22.3 and later)."""
    return _run([python, "-m", "pip", "--python", python, "--version"], quiet=True)


def _install(commands: List[List[str]], arguments: List[str]) -> None:
    for command in commands:
        if _run([*command, *arguments]):
            return
        print(f"setup: {Path(command[0]).name} did not succeed", file=sys.stderr, flush=True)
    raise SetupError("the packages could not be installed; the lines above say why")


def _run(command: List[str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    try:
        return not subprocess.call(command, stdout=output, stderr=output, env=environment, cwd=ROOT)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
