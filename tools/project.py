"""Where things lie in a checkout: its root, its packages, the files that are committed."""

import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent

# Every folder with Python that the gates judge, in the order of the layers; some may not exist yet.
PACKAGES: Final = (
    "spec",
    "dsl",
    "stdlib_contracts",
    "proofs",
    "conformance",
    "qcref",
    "quantumchain",
    "tools",
    "tests",
    "benchmarks",
)


def get_packages() -> list[str]:
    """The names of the packages that exist."""
    return [name for name in PACKAGES if (ROOT / name).is_dir()]


def get_files(*patterns: str) -> list[Path]:
    """The files that git tracks or would track, by git's own patterns, in order of their paths."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"]
    done = subprocess.run([*command, *patterns], cwd=ROOT, capture_output=True, check=True)
    names = sorted(set(done.stdout.decode().split("\0")) - {""})
    return [ROOT / name for name in names if (ROOT / name).is_file()]
