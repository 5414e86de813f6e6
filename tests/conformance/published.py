"""The published vectors, read once for all tests."""

from functools import cache
from pathlib import Path

from conformance.runner.records import VectorSet, load

VECTORS = Path(__file__).resolve().parents[2] / "conformance" / "vectors"


@cache
def load_published() -> VectorSet:
    return load(VECTORS)
