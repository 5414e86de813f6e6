"""Small vectors and clients made up for the runner's own tests: a counter with one rule."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from conformance.runner.strict_json import JsonObject, canonical, compute_hash

# A complete client for the made-up protocol below; tests replace single lines of it.
CLIENT = """
import json, sys
state = start = {"n": 0}
def root(s):
    return "0x" + format(s["n"], "064x")
def answer(r):
    global state, start
    op = r["op"]
    if op == "hello":
        return {"client": "counter", "version": "1", "protocol": "qcap/1",
                "features": ["codec", "ledger"]}
    if op == "init":
        state = start = r["pre"]["state"] if r["pre"] else {"n": 0}
        return {"state_root": root(state)}
    if op == "reset":
        state = start
    if op == "apply" and r["method"] == "double":
        return {"result": "accept", "value": {"twice": 2 * r["args"]["x"]}}
    if op == "apply":
        if r["args"]["by"] > 5:
            return {"result": "reject", "rule": "counter.too_much"}
        state = {"n": state["n"] + r["args"]["by"]}
        return {"result": "accept", "state_root": root(state)}
    if op == "get_state":
        return {"state_root": root(state), "state": state}
    return {"state_root": root(state)}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"seq": request["seq"], **answer(request)}), flush=True)
    if request["op"] == "bye":
        break
"""


def compute_root(n: int) -> str:
    return "0x" + format(n, "064x")


def make_state(n: int) -> JsonObject:
    body = {"profile": "tiny", "state": {"n": n}, "state_root": compute_root(n)}
    return {**body, "hash": compute_hash(body)}


def make_record(name: str, method: str, args: JsonObject, expect: JsonObject, **over: Any) -> Any:
    body: JsonObject = {
        "id": name,
        "kind": "step",
        "feature": "ledger",
        "profile": "tiny",
        "rules": ["counter.too_much"],
        "why": "A counter that forgets its limit goes on for ever.",
        "bug_class": "boundary",
        "pre": None,
        "input": {"method": method, "args": args, "view": None},
        "expect": expect,
        "post_diff": [],
        "provenance": {"generator": "tests", "case": name},
        **over,
    }
    return {**body, "hash": compute_hash(body)}


def make_records() -> list[JsonObject]:
    pre = make_state(7)["hash"]
    reject = {"result": "reject", "rule": "counter.too_much", "also": ["counter.odd"]}
    added = [{"op": "replace", "path": "/n", "value": 12}]
    return [
        make_record(
            "codec/double#three",
            "double",
            {"x": 3},
            {"result": "accept", "value": {"twice": 6}},
            kind="codec",
            feature="codec",
        ),
        make_record(
            "ledger/add#five",
            "add",
            {"by": 5},
            {"result": "accept", "state_root": compute_root(12)},
            pre=pre,
            post_diff=added,
        ),
        make_record(
            "ledger/add#six", "add", {"by": 6}, {**reject, "state_root": compute_root(7)}, pre=pre
        ),
        make_record("sig/made_up#one", "verify", {}, {"result": "accept"}, feature="sig.ed25519"),
    ]


def write_vectors(folder: Path, records: list[JsonObject]) -> Path:
    states = [make_state(7)]
    files = []
    for name, holds, lines in (("a.jsonl", "records", records), ("s.jsonl", "states", states)):
        text = "".join(canonical(line) + "\n" for line in lines)
        (folder / name).write_text(text, encoding="utf-8")
        digest = "0x" + hashlib.sha256(text.encode()).hexdigest()
        files.append({"path": name, "holds": holds, "sha256": digest})
    index = {"format": "qcv/1", "version": "0.0.1", "files": files}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def write_client(folder: Path, *changes: tuple[str, str]) -> tuple[str, ...]:
    """A client with these replacements in its text; each must occur."""
    text = CLIENT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "client.py"
    path.write_text(text, encoding="utf-8")
    return (sys.executable, str(path))
