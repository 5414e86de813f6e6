"""Proved reports, remembered by content.

The key is the hash of everything that decides a report: module, source, verifier, solver, limits.
A file is written beside its place and moved there, carries a checksum, and is ignored if anything
about it is wrong. Only reports in which everything is proved are kept: what is not proved is
worth asking again. Mutation scores are kept whatever they are, tests if all of them pass.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from dsl.compile import CompiledUnit
from dsl.verify.mutate import Mutation, Survivor
from dsl.verify.verify import GoalReport, Report, Subject, compute_version
from spec.ir.encoding import encode_module

FORMAT = "qcproof/2"
SIZE_BYTES_MAX = 16 * 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
MACHINE = ("dsl", "spec")
"""Folders whose sources decide what a contract compiles to and how its tests end."""
SUFFIXES = frozenset({".py", ".lark", ".tables", ".toml"})
"""Of such sources."""
Found = TypeVar("Found")


def compute_key(subject: Subject, solver_version: str, rlimit: int, purpose: str) -> str:
    """The name of a report's file."""
    return compute_hash(
        FORMAT.encode(),
        purpose.encode(),
        compute_version().encode(),
        compute_machine().encode(),
        solver_version.encode(),
        str(rlimit).encode(),
        encode_module(subject.linked.module),
        repr(subject.source_map).encode(),
        repr((subject.plans, subject.code_id, subject.ghosts.trusts)).encode(),
        repr(
            (sorted(subject.ghosts.cells), [sorted(each) for each in subject.ghosts.nodes])
        ).encode(),
        subject.file.encode(),
    )


def compute_tests_key(unit: CompiledUnit) -> str:
    """The name of the file that says that all tests of a contract pass."""
    return compute_hash(
        FORMAT.encode(),
        b"tests",
        compute_machine().encode(),
        encode_module(unit.module),
        unit.source.text.encode(),
    )


def compute_hash(*parts: bytes) -> str:
    """One name for all the parts, hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def compute_machine() -> str:
    """A fingerprint of the compiler and the reference machine."""
    digest = hashlib.sha256()
    for folder in MACHINE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES:
                data = path.read_bytes()
                digest.update(f"{path.relative_to(ROOT)} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def read_entry(folder: Path, key: str, parse: Callable[[bytes], Found]) -> Found | None:
    """What is remembered under a key, None if there is nothing that is whole."""
    try:
        with (folder / key).open("rb") as file:
            data = file.read(SIZE_BYTES_MAX)
        checksum, _, body = data.partition(b"\n")
        if checksum.decode("ascii") != hashlib.sha256(key.encode() + body).hexdigest():
            return None
        return parse(body)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_entry(folder: Path, key: str, body: bytes) -> None:
    """Remembers a body; a folder that refuses is left alone."""
    checksum = hashlib.sha256(key.encode() + body).hexdigest().encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(checksum + b"\n" + body)
        Path(name).replace(folder / key)
    except OSError:
        return


def read_report(folder: Path, key: str) -> Report | None:
    """The report remembered under a key, None if there is none that is whole."""
    report = read_entry(folder, key, _parse_report)
    return report if report is not None and report.verdict == "proved" else None


def _parse_report(body: bytes) -> Report:
    view = json.loads(body)
    view["goals"] = tuple(GoalReport(**goal) for goal in view["goals"])
    view["gas_bounds"] = tuple((name, gas) for name, gas in view["gas_bounds"])
    view["assumptions"] = tuple(view["assumptions"])
    view["counterexamples"] = ()
    view["notes"] = tuple(view["notes"])
    return Report(**view)


def write_report(folder: Path, key: str, report: Report) -> None:
    """Remembers a report in which everything is proved."""
    if report.verdict == "proved":
        write_entry(folder, key, json.dumps(asdict(report)).encode())


def read_mutation(folder: Path, key: str) -> Mutation | None:
    """The mutation score remembered under a key."""
    return read_entry(folder, key, _parse_mutation)


def _parse_mutation(body: bytes) -> Mutation:
    view = json.loads(body)
    view["survivors"] = tuple(Survivor(**each) for each in view["survivors"])
    return Mutation(**view)


def write_mutation(folder: Path, key: str, mutation: Mutation) -> None:
    """Remembers a mutation score."""
    write_entry(folder, key, json.dumps(asdict(mutation)).encode())


def read_tests(folder: Path, key: str) -> int | None:
    """How many tests there are, if it is remembered that all of them pass."""
    return read_entry(folder, key, _parse_count)


def _parse_count(body: bytes) -> int:
    return int(json.loads(body)["passed"])


def write_tests(folder: Path, key: str, passed: int) -> None:
    """Remembers that all tests pass."""
    write_entry(folder, key, json.dumps({"passed": passed}).encode())
