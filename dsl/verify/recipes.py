"""Results remembered by the texts that they are of, so that nothing need be compiled to find them.

A recipe names what is remembered of a file: its report, its tests, its mutants. It is found by the
file's text, and holds as long as every file that was imported is as it was, and compiler, verifier,
solver and limits are the same. It is only a way to the names: what they lead to is checked as ever.
"""

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from dsl.cli import SIZE_READ_MAX
from dsl.imports import find_root
from dsl.source import Source
from dsl.verify import cache
from dsl.verify.verify import compute_version


@dataclass(frozen=True, slots=True)
class Recipe:
    """Where the results of a contract are remembered."""

    report: str
    """The name of the report, and so on."""
    tests: str
    mutation: str
    signatures: tuple[str, ...]
    """The functions as a caller sees them."""
    imported: tuple[tuple[str, str], ...]
    """Each file that was imported, and the hash of its bytes."""


def compute_key(path: Path, text: str, solver_version: str, rlimit: int) -> str:
    """The name of the recipe of a file with a text of this hash."""
    place = path.resolve()
    return cache.compute_hash(
        _compute_tools().encode(),
        f"{solver_version} {rlimit}".encode(),
        f"{path}\n{place}\n{find_root(place.parent)}".encode(),
        text.encode(),
    )


@lru_cache(maxsize=1)
def _compute_tools() -> str:
    """A fingerprint of everything that turns texts into results."""
    return cache.compute_hash(
        cache.FORMAT.encode(),
        b"recipe",
        compute_version().encode(),
        cache.compute_machine().encode(),
        f"{sys.version} {version('lark')}".encode(),
    )


def hash_file(path: Path) -> str | None:
    """The hash of a file's text; None if it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(SIZE_READ_MAX)).hexdigest()
    except OSError:
        return None


def hash_texts(source: Source) -> list[str]:
    """The hashes of the texts that a source is made of, the compiled one first."""
    starts = [0, *(part.start for part in source.parts)]
    ends = [*starts[1:], len(source.text)]
    texts = (source.text[start:end] for start, end in zip(starts, ends, strict=True))
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def read_recipe(folder: Path, key: str) -> Recipe | None:
    """The recipe remembered under a key, None if there is none that still holds."""
    recipe = cache.read_entry(folder, key, _parse)
    if recipe is None or any(hash_file(Path(path)) != known for path, known in recipe.imported):
        return None
    return recipe


def _parse(body: bytes) -> Recipe:
    view = json.loads(body)
    view["signatures"] = tuple(view["signatures"])
    view["imported"] = tuple((path, known) for path, known in view["imported"])
    return Recipe(**view)


def write_recipe(folder: Path, key: str, recipe: Recipe) -> None:
    """Remembers where results are found."""
    cache.write_entry(folder, key, json.dumps(asdict(recipe)).encode())
