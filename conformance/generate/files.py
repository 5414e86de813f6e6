"""Writing the set, and comparing it with what is there."""

from pathlib import Path

from conformance.generate.build import build_files
from conformance.generate.coverage import build_coverage
from conformance.generate.suites import build_suites


def make_files() -> dict[str, bytes]:
    """Every file of the set by its path inside the folder."""
    return build_files(build_suites(), build_coverage)


def write_files(files: dict[str, bytes], folder: Path) -> None:
    """Write the set; files of an earlier set that it no longer has are deleted."""
    for name in _list_stray(files, folder):
        (folder / name).unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def check_files(files: dict[str, bytes], folder: Path) -> list[str]:
    """Names of files that are missing, differ or shouldn't be there."""
    stale = [name for name, content in files.items() if _read(folder / name) != content]
    return sorted([*stale, *_list_stray(files, folder)])


def _list_stray(files: dict[str, bytes], folder: Path) -> list[str]:
    present = sorted(folder.glob("**/*.json*"))
    names = [path.relative_to(folder).as_posix() for path in present]
    return [name for name in names if name not in files]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
