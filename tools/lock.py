"""Write the lock: every package of every extra, one version for all platforms, with its hashes.

No registry's address is in it, so that whoever installs decides where packages come from.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements.lock"
HEADER: Final = "# Written by `make lock` from pyproject.toml; install with --require-hashes.\n"


def main() -> int:
    """Resolve anew, keeping locked versions that still fit; the exit code of uv."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml"),
        *("--extra", "all", "--extra", "dev"),
        *("--universal", "--generate-hashes", "--no-header", "--quiet"),
        *("--no-emit-index-url", "--no-emit-find-links"),
        *("--output-file", str(LOCK)),
    ]
    code = subprocess.call(command, cwd=ROOT)
    if code == 0:
        LOCK.write_text(HEADER + LOCK.read_text("utf-8"), "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
