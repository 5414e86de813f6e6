"""Vectors as files: the index, the records `qcv/1`, the shared states they start from."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from conformance.runner.levels import Level, get_level
from conformance.runner.strict_json import (
    Json,
    JsonObject,
    JsonRefusedError,
    compute_hash,
    parse_object,
)

FORMAT = "qcv/1"
FILE_SIZE_BYTES_MAX = 1_000_000  # of one file of records: it stays readable on a code host
INDEX_SIZE_BYTES_MAX = 4_000_000
RECORDS_MAX = 200_000  # of a whole set; the published one has a few thousand
INDEX_NAME = "index.json"
_ID = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*#[a-z0-9_]+\Z")
_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")


class VectorsError(Exception):
    """The vector files are missing or damaged: a fault of the set-up, never of the client."""


@dataclass(frozen=True)
class Expect:
    """What the specification says about one input."""

    result: str
    """`accept` or `reject`."""
    rule: Optional[str]
    """Of a reject: the code of the first rule that refuses."""
    also: Tuple[str, ...]
    """Of a reject: every other rule that would have refused."""
    state_root: Optional[str]
    """The root of the state afterwards; None where no state takes part."""
    value: Json
    """What the method returns; None where it returns nothing."""


@dataclass(frozen=True)
class Record:
    """One vector."""

    id: str
    """`suite#name`."""
    kind: str
    """codec, hash, signature, step, chain, scenario, contract or api."""
    feature: str
    """What a client must offer to be asked."""
    level: Level
    """The level of that feature."""
    profile: str
    """`tiny` or `full`: the configuration it runs under."""
    rules: Tuple[str, ...]
    """The codes it exercises."""
    why: str
    """Which mistake it catches, one sentence."""
    pre: Optional[str]
    """Hash of the shared state it starts from; None where no state takes part."""
    method: str
    """The operation asked for."""
    arguments: JsonObject
    """What the client is given."""
    expect: Expect
    """What the specification says."""
    post_diff: Tuple[JsonObject, ...]
    """How the state view changes, as a JSON patch."""
    raw: JsonObject
    """The record as it stands in the file."""

    @property
    def suite(self) -> str:
        """The file it stands in, without its ending."""
        return self.id.partition("#")[0]

    @property
    def file_name(self) -> str:
        """Its id as the name of a file."""
        return _PLAIN.sub("-", self.id)


@dataclass(frozen=True)
class VectorSet:
    """A whole set, its hashes checked."""

    version: str
    """Of the set, such as "1.0.0"."""
    digest: str
    """SHA-256 of the index: it names this set exactly."""
    records: Tuple[Record, ...]
    """In the order of the index."""
    states: Dict[str, JsonObject]
    """Shared states by their hash."""


def to_record(raw: JsonObject) -> Record:
    """The typed form of one line.

    Raises:
        VectorsError: a field is missing or of the wrong type, or the hash doesn't fit.
    """
    name = str(raw.get("id", "?"))[:100]
    claimed = raw.get("hash")
    body = {key: value for key, value in raw.items() if key != "hash"}
    if not _ID.match(name) or claimed != compute_hash(body):
        raise VectorsError(f"record {name!r}: its hash or its id isn't well-formed; fetch it again")
    try:
        level = get_level(raw["feature"])
        if level is None:
            raise VectorsError(f"record {name}: no level has the feature {raw['feature']!r}")
        expect = raw["expect"]
        return Record(
            id=name,
            kind=raw["kind"],
            feature=raw["feature"],
            level=level,
            profile=raw["profile"],
            rules=tuple(raw["rules"]),
            why=raw["why"],
            pre=raw["pre"],
            method=raw["input"]["method"],
            arguments=raw["input"]["args"],
            expect=Expect(
                result=expect["result"],
                rule=expect.get("rule"),
                also=tuple(expect.get("also", ())),
                state_root=expect.get("state_root"),
                value=expect.get("value"),
            ),
            post_diff=tuple(raw["post_diff"]),
            raw=raw,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise VectorsError(f"record {name}: a field is missing or of a wrong type") from error


def load(folder: Path) -> VectorSet:
    """Every record of a folder of vectors, each file checked against the index.

    Raises:
        VectorsError: no index, a file missing, too large, of another hash, or malformed.
    """
    text = _read(folder / INDEX_NAME, INDEX_SIZE_BYTES_MAX)
    index = _parse(text, INDEX_NAME)
    if index.get("format") != FORMAT:
        raise VectorsError(f"{INDEX_NAME} is of format {index.get('format')!r}, expected {FORMAT}")
    records: List[Record] = []
    states: Dict[str, JsonObject] = {}
    try:
        for entry in index["files"]:
            for number, raw in _iterate_lines(folder, entry["path"], entry["sha256"]):
                if entry["holds"] == "states":
                    states[_check_state(raw, f"{entry['path']}:{number}")] = raw
                else:
                    records.append(to_record(raw))
        version = str(index["version"])
    except (KeyError, TypeError) as error:
        raise VectorsError(f"{INDEX_NAME}: a field is missing or of a wrong type") from error
    if len(records) > RECORDS_MAX:
        raise VectorsError(f"more than {RECORDS_MAX} records")
    for record in records:
        if record.pre is not None and record.pre not in states:
            raise VectorsError(f"record {record.id}: no file holds its state {record.pre}")
    digest = "0x" + hashlib.sha256(text.encode("utf-8")).hexdigest()
    return VectorSet(version, digest, tuple(records), states)


def read_lines(path: Path, size_bytes_max: int) -> List[Tuple[int, JsonObject]]:
    """The objects of a JSON Lines file with their line numbers, blank lines left out.

    Raises:
        VectorsError: it can't be read, is too large or a line is no JSON object.
    """
    lines = _read(path, size_bytes_max).split("\n")
    return [
        (number, _parse(line, f"{path.name}:{number}"))
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _iterate_lines(folder: Path, name: str, sha256: str) -> Iterator[Tuple[int, JsonObject]]:
    if ".." in name.split("/") or name.startswith("/") or "\\" in name:
        raise VectorsError(f"{INDEX_NAME} names a file outside its folder: {name!r}")
    path = folder / name
    text = _read(path, FILE_SIZE_BYTES_MAX)
    found = "0x" + hashlib.sha256(text.encode("utf-8")).hexdigest()
    if found != sha256:
        raise VectorsError(f"{name} has SHA-256 {found}, the index says {sha256}; fetch it again")
    for number, line in enumerate(text.split("\n"), start=1):
        if line:
            yield number, _parse(line, f"{name}:{number}")


def _check_state(raw: JsonObject, where: str) -> str:
    claimed = str(raw.get("hash"))
    body = {key: value for key, value in raw.items() if key != "hash"}
    if claimed != compute_hash(body) or not isinstance(raw.get("state"), dict):
        raise VectorsError(f"{where}: this state's content doesn't have the hash it claims")
    return claimed


def _read(path: Path, size_bytes_max: int) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(size_bytes_max + 1)
        if len(content) > size_bytes_max:
            raise VectorsError(f"{path} is larger than {size_bytes_max} bytes")
        return content.decode("utf-8")
    except OSError as error:
        raise VectorsError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise VectorsError(f"{path} is not UTF-8") from error


def _parse(text: str, where: str) -> JsonObject:
    try:
        return parse_object(text)
    except JsonRefusedError as error:
        raise VectorsError(f"{where}: {error}") from error
