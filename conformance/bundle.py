"""The runner as one file: `python3 qc-conformance.pyz run …` needs nothing else but the vectors."""

import zipfile
from pathlib import Path
from typing import Final

from conformance.runner import cli

_MODULE: Final = cli.__name__  # it is another in the wheel, which moves this package
_MAIN: Final = f"import sys\n\nfrom {_MODULE} import main\n\nsys.exit(main(sys.argv[1:]))\n"
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is built


def build_zipapp(path: Path) -> None:
    """Write the runner as a zip file that Python runs.

    Args:
        path: where to; an existing file is replaced.

    Raises:
        OSError: it can't be written.
    """
    *packages, _ = _MODULE.split(".")
    runner = "/".join(packages)
    above = ["/".join(packages[:depth]) for depth in range(1, len(packages))]
    content = {f"{name}/__init__.py": b"" for name in above}
    for source in sorted(Path(cli.__file__).parent.glob("*.py")):
        content[f"{runner}/{source.name}"] = source.read_bytes()
    content["__main__.py"] = _MAIN.encode("utf-8")
    with path.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(zipfile.ZipInfo(name, _TIME), data)
    path.chmod(0o755)
