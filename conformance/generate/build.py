"""From tables of cases to the files of `vectors/`, byte for byte the same each time."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.clients.spec.answers import Accept, Answer, JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.generate.case import ACCEPT, UNSTATED, Case, Suite
from conformance.runner.diff import compute_differences, escape, is_equal
from conformance.runner.levels import get_level
from conformance.runner.records import FILE_SIZE_BYTES_MAX, FORMAT
from conformance.runner.strict_json import canonical, compute_hash

DECLARED: Final = "contract.declared"  # in outcomes: an error that the contract declares itself
VERSION: Final = "0.1.0"  # of the set; raised when a published record changes
SET_SIZE_BYTES_MAX: Final = 20_000_000  # a repository of vectors stays quick to clone


class GenerationError(Exception):
    """A case and the specification disagree, or a limit of the format is exceeded."""


@dataclass(slots=True)
class _States:
    """States, each once, with the file that they belong to."""

    by_hash: dict[str, JsonObject] = field(default_factory=dict)
    files: dict[str, list[JsonObject]] = field(default_factory=lambda: {"": []})

    def add(self, suite: Suite, view: JsonObject, root: str) -> str:
        """The hash under which a record refers to this state."""
        body = {"profile": suite.profile, "state": view, "state_root": root}
        digest = compute_hash(body)
        if digest not in self.by_hash:
            self.by_hash[digest] = {**body, "hash": digest}
            self.files.setdefault(suite.states, []).append(self.by_hash[digest])
        return digest


def build_files(
    suites: Sequence[Suite], build_coverage: Callable[[JsonObject], JsonObject]
) -> dict[str, bytes]:
    """Every file of the set by its path, the index included.

    Args:
        suites: in the order of the index.
        build_coverage: from the index's `rules` to its `coverage`.

    Raises:
        GenerationError: the specification doesn't do what a case says, or a limit is exceeded.
    """
    client = SpecClient()
    states = _States()
    files: dict[str, bytes] = {}
    entries: list[JsonObject] = []
    records: list[JsonObject] = []
    for suite in suites:
        made = [_build_record(client, states, suite, case) for case in suite.cases]
        _check_unique(suite)
        records += made
        path = f"{suite.name}.jsonl"
        files[path] = _join(made)
        entries.append(_build_entry(suite, path, files[path], made))
    own = [(f"states/{name}.jsonl", rows) for name, rows in states.files.items() if name]
    for path, chunk in (*_split(states.files[""]), *own):
        files[path] = _join(chunk)
        entries.append(
            {"path": path, "holds": "states", "records": len(chunk), **_measure(files[path])}
        )
    rules = _count_rules(records)
    index = {
        "format": FORMAT,
        "version": VERSION,
        "files": entries,
        "counts": {
            "records": len(records),
            "states": len(states.by_hash),
            "bytes": sum(len(content) for content in files.values()),
            "by_level": _count_levels(records),
        },
        "rules": rules,
        "coverage": build_coverage(rules),
    }
    files["index.json"] = _render_index(index)
    _check_sizes(files)
    return files


def build_patch(before: Any, after: Any) -> list[JsonObject]:  # noqa: ANN401 - two views, JSON
    """The operations that lead from one state view to another, ascending by path."""
    patch: list[JsonObject] = []
    pending: list[tuple[str, Any, Any]] = [("", before, after)]
    while pending:
        path, left, right = pending.pop()
        for key in sorted({*left, *right}):
            place = f"{path}/{escape(key)}"
            if key not in right:
                patch.append({"op": "remove", "path": place})
            elif key not in left:
                patch.append({"op": "add", "path": place, "value": right[key]})
            elif isinstance(left[key], dict) and isinstance(right[key], dict):
                pending.append((place, left[key], right[key]))
            elif not is_equal(left[key], right[key]):
                patch.append({"op": "replace", "path": place, "value": right[key]})
    return sorted(patch, key=lambda step: str(step["path"]))


def _build_record(client: SpecClient, states: _States, suite: Suite, case: Case) -> JsonObject:
    name = f"{suite.name}#{case.name}"
    pre = None
    post_diff: list[JsonObject] = []
    root_before = client.init(suite.profile, case.pre)
    if case.pre is not None and root_before is not None:
        pre = states.add(suite, case.pre, root_before)
    answer = client.apply(case.method, case.args)
    found = ACCEPT if isinstance(answer, Accept) else answer.rule
    if found != case.expected:
        raise GenerationError(f"{name}: the case says {case.expected}, the specification {found}")
    _check_outcome(name, case, answer)
    _check_value(name, case, answer)
    expect: JsonObject
    rules = list(case.rules)
    if case.outcome not in (None, DECLARED):
        rules = [str(case.outcome), *rules]
    if isinstance(answer, Accept):
        expect = {"result": "accept"}
        if answer.value is not None:
            expect["value"] = answer.value
    else:
        expect = {"result": "reject", "rule": answer.rule, "also": list(answer.also)}
        rules = [answer.rule, *[rule for rule in rules if rule != answer.rule]]
    if case.pre is not None:
        expect["state_root"] = client.compute_root()
        post_diff = build_patch(case.pre, client.render_state())
    provenance = {"generator": "conformance.generate", "case": name}
    if case.source is not None:
        provenance["source"] = case.source
    body: JsonObject = {
        "id": name,
        "kind": suite.kind,
        "feature": suite.feature,
        "profile": suite.profile,
        "rules": rules,
        "why": case.why,
        "bug_class": case.bug_class,
        "pre": pre,
        "input": {"method": case.method, "args": case.args, "view": case.view},
        "expect": expect,
        "post_diff": post_diff,
        "provenance": provenance,
    }
    return {**body, "hash": compute_hash(body)}


def _check_outcome(name: str, case: Case, answer: Answer) -> None:
    """A contract's run must end as the case says."""
    value = answer.value if isinstance(answer, Accept) else None
    found = _get_outcome(value) if isinstance(value, dict) else None
    if found != case.outcome:
        raise GenerationError(f"{name}: the case says {case.outcome}, the machine {found}")


def _check_value(name: str, case: Case, answer: Answer) -> None:
    """What a method returns must be what the case says, if it says so."""
    if case.value is UNSTATED or not isinstance(answer, Accept):
        return
    differences = compute_differences(case.value, answer.value)
    if differences:
        first = differences[0]
        raise GenerationError(
            f"{name}: at {first.path} the case says {first.expected}, the specification {first.got}"
        )


def _get_outcome(value: JsonObject) -> str | None:
    """The code a run failed with, of a call or of a transaction's receipt; None for success."""
    if "failure" in value:
        return str(value["failure"]["code"])
    status = value.get("receipt", {}).get("status", {})
    if "refused" in status:
        return DECLARED
    return bytes.fromhex(status["stopped"]["reason"][2:]).decode() if "stopped" in status else None


def _get_refusals(record: JsonObject) -> list[str | None]:
    """The codes that a record expects: of the rule that refuses, or of the run's failures."""
    expect = record["expect"]
    if "rule" in expect:
        return [expect["rule"]]
    value = expect.get("value")
    if record["input"]["method"] == "contract.play":
        return [code for outcome in value for code in _list_failures(outcome)]
    if record["kind"] == "scenario":
        checks = value if isinstance(value, list) else []
        return [
            row["rule"] for found in checks for row in found.get("refused", ()) if "rule" in row
        ]
    return _list_failures(value) if isinstance(value, dict) else []


def _list_failures(outcome: JsonObject) -> list[str | None]:
    """The codes that a run failed with, inwards, but for errors that contracts declare."""
    causes = [cause["code"] for cause in outcome.get("failure", {}).get("causes", ())]
    return [code for code in (_get_outcome(outcome), *causes) if code not in (None, DECLARED)]


def _build_entry(suite: Suite, path: str, content: bytes, made: list[JsonObject]) -> JsonObject:
    level = get_level(suite.feature)
    assert level is not None, "suites name features of a level"
    accepts = sum(record["expect"]["result"] == "accept" for record in made)
    return {
        "path": path,
        "holds": "records",
        "suite": suite.name,
        "feature": suite.feature,
        "kind": suite.kind,
        "level": level.number,
        "records": len(made),
        "accept": accepts,
        "reject": len(made) - accepts,
        **_measure(content),
    }


def _measure(content: bytes) -> JsonObject:
    return {"bytes": len(content), "sha256": "0x" + hashlib.sha256(content).hexdigest()}


def _join(lines: Iterable[JsonObject]) -> bytes:
    return "".join([canonical(line) + "\n" for line in lines]).encode("utf-8")


def _split(states: Iterable[JsonObject]) -> list[tuple[str, list[JsonObject]]]:
    """States in as few files as their limit allows, in the order in which they were first used."""
    chunks: list[list[JsonObject]] = []
    size = FILE_SIZE_BYTES_MAX
    for state in states:
        length = len(_join([state]))
        if size + length > FILE_SIZE_BYTES_MAX:
            chunks.append([])
            size = 0
        chunks[-1].append(state)
        size += length
    return [(f"states/{number}.jsonl", chunk) for number, chunk in enumerate(chunks)]


def _count_rules(records: list[JsonObject]) -> JsonObject:
    negative = Counter(code for record in records for code in dict.fromkeys(_get_refusals(record)))
    positive = Counter(
        rule for record in records for rule in record["rules"] if rule not in _get_refusals(record)
    )
    return {
        rule: {"negative": negative[rule], "positive": positive[rule]}
        for rule in sorted({*negative, *positive})
    }


def _count_levels(records: list[JsonObject]) -> JsonObject:
    levels = [get_level(record["feature"]) for record in records]
    counted = Counter(level.number for level in levels if level is not None)
    return {str(number): counted[number] for number in sorted(counted)}


def _render_index(index: JsonObject) -> bytes:
    """One entry a line, so that a change of one suite is a change of one line."""
    files = ",\n".join([canonical(entry) for entry in index["files"]])
    rest = ",\n".join(
        [f"{canonical(key)}:{canonical(index[key])}" for key in sorted(index) if key != "files"]
    )
    return f'{{\n{rest},\n"files":[\n{files}\n]\n}}\n'.encode()


def _check_unique(suite: Suite) -> None:
    repeated = [name for name, n in Counter(case.name for case in suite.cases).items() if n > 1]
    if repeated:
        raise GenerationError(f"{suite.name}: the name {repeated[0]!r} stands twice")


def _check_sizes(files: dict[str, bytes]) -> None:
    for path, content in files.items():
        if len(content) > FILE_SIZE_BYTES_MAX:
            raise GenerationError(f"{path} has {len(content)} bytes: split the suite")
    if sum(len(content) for content in files.values()) > SET_SIZE_BYTES_MAX:
        raise GenerationError("the set is larger than it may be")
