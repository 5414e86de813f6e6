"""The runner as one file: `python3 qc-conformance.pyz run …` needs nothing else but the vectors."""

import zipfile
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent
_MAIN: Final = """import sys

from conformance.runner.cli import main

sys.exit(main(sys.argv[1:]))
"""
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is built


def build_zipapp(path: Path) -> None:
    """Write the runner as a zip file that Python runs.

    Args:
        path: where to; an existing file is replaced.

    Raises:
        OSError: it can't be written.
    """
    sources = [_ROOT / "conformance" / "__init__.py"]
    sources += sorted((_ROOT / "conformance" / "runner").glob("*.py"))
    with path.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for source in sources:
                name = source.relative_to(_ROOT).as_posix()
                archive.writestr(zipfile.ZipInfo(name, _TIME), source.read_bytes())
            archive.writestr(zipfile.ZipInfo("__main__.py", _TIME), _MAIN)
    path.chmod(0o755)
