"""Proved reports, remembered by content.

The key is the hash of everything that decides a report: module, source, verifier, solver, limits.
A file is written beside its place and moved there, carries a checksum, and is ignored if anything
about it is wrong. Only reports in which everything is proved are kept: what is not proved is
worth asking again.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

from dsl.verify.verify import GoalReport, Report, Subject, compute_version
from spec.ir.encoding import encode_module

FORMAT = "qcproof/1"
SIZE_BYTES_MAX = 16 * 1024 * 1024


def compute_key(subject: Subject, solver_version: str, rlimit: int) -> str:
    """The name of a report's file."""
    digest = hashlib.sha256()
    parts = (
        FORMAT.encode(),
        compute_version().encode(),
        solver_version.encode(),
        str(rlimit).encode(),
        encode_module(subject.linked.module),
        repr(subject.source_map).encode(),
        subject.file.encode(),
    )
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def read_report(folder: Path, key: str) -> Report | None:
    """The report remembered under a key, None if there is none that is whole."""
    try:
        with (folder / key).open("rb") as file:
            data = file.read(SIZE_BYTES_MAX)
        checksum, _, body = data.partition(b"\n")
        if checksum.decode("ascii") != hashlib.sha256(key.encode() + body).hexdigest():
            return None
        view = json.loads(body)
        view["goals"] = tuple(GoalReport(**goal) for goal in view["goals"])
        view["gas_bounds"] = tuple((name, gas) for name, gas in view["gas_bounds"])
        view["assumptions"] = tuple(view["assumptions"])
        view["counterexamples"] = ()
        view["notes"] = tuple(view["notes"])
        report = Report(**view)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return report if report.verdict == "proved" else None


def write_report(folder: Path, key: str, report: Report) -> None:
    """Remembers a report in which everything is proved; a folder that refuses is left alone."""
    if report.verdict != "proved":
        return
    body = json.dumps(asdict(report)).encode()
    checksum = hashlib.sha256(key.encode() + body).hexdigest().encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(checksum + b"\n" + body)
        Path(name).replace(folder / key)
    except OSError:
        return
