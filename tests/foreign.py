"""What tests need and a machine may lack, such as the test vectors written by others.

A test that lacks its part is skipped with a sentence that says so. Where the variable QC_REQUIRE
names the part (`QC_REQUIRE=vectors`), the skip is a failure: CI sets what it installed.
"""

import os
from pathlib import Path
from typing import Final, NoReturn

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
VECTORS: Final = ROOT.parent / "shared" / "vectors"


def is_required(part: str) -> bool:
    """Whether QC_REQUIRE names this part, so that its absence is a failure."""
    return part in os.environ.get("QC_REQUIRE", "").replace(" ", "").split(",")


def report_missing(part: str, sentence: str) -> NoReturn:
    """Skip the running test, or the module being collected; fail where the part is required."""
    if is_required(part):
        pytest.fail(f"QC_REQUIRE names {part!r}, but {sentence}", pytrace=False)
    pytest.skip(f"{part}: {sentence}", allow_module_level=True)


def get_vectors(suite: str) -> Path:
    """The folder of a foreign suite, such as "wycheproof"; may be called while collecting."""
    folder = VECTORS / suite
    if not folder.is_dir():
        report_missing("vectors", f"there is no folder ../shared/vectors/{suite}")
    return folder
