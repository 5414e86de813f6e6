"""`qc conformance scenario …`: attacks and incidents, listed, told, and played."""

import argparse
import difflib
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

from conformance.clients.spec.answers import Accept, JsonObject, Reject
from conformance.clients.spec.client import SpecClient
from conformance.runner.cli import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, find_vectors
from conformance.runner.diff import compute_differences
from conformance.runner.records import Record, VectorsError, load

PREFIX: Final = "consensus/"
PARTS: Final = ("history", "attack", "defence", "rule", "verdict", "number")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the sub-commands to a parser."""
    commands = parser.add_subparsers(dest="scenario_command", required=True, metavar="WHAT")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--vectors", metavar="DIR", help="folder of the vectors")
    common.add_argument("--json", action="store_true", help="print JSON")
    listed = commands.add_parser("list", parents=[common], help="all scenarios and their verdicts")
    listed.add_argument("--algorithm", metavar="A", help="only those of one algorithm")
    for name, words in (
        ("show", "the story: what happened, what the attacker does, what stops it"),
        ("play", "the same, played on the specification, each check compared"),
    ):
        told = commands.add_parser(name, parents=[common], help=words)
        told.add_argument("id", metavar="ID", help="such as pow/majority_reorg")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; exit 1 when a check of a played scenario differs."""
    try:
        records = _load(args.vectors)
    except (VectorsError, OSError) as error:
        print(f"error[runner.vectors]: {error}\n  help: --vectors DIR", file=sys.stderr)
        return EXIT_USAGE
    if args.scenario_command == "list":
        return _list(args, records)
    by_name = {get_scenario_id(record): record for record in records}
    record = by_name.get(args.id) or {r.id: r for r in records}.get(args.id)
    if record is None:
        close = difflib.get_close_matches(args.id, list(by_name), n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(close)}?" if close else "`scenario list` shows all"
        message = f"error[runner.unknown_id]: no scenario is called {args.id!r}\n  help: {hint}"
        print(message, file=sys.stderr)
        return EXIT_USAGE
    return _show(args, record) if args.scenario_command == "show" else _play(args, record)


def get_scenario_id(record: Record) -> str:
    """As people name it: the record's id without `consensus/`, a slash before its name."""
    return record.id.removeprefix(PREFIX).replace("#", "/")


def _load(named: str | None) -> tuple[Record, ...]:
    vectors = load(find_vectors(named))
    return tuple(record for record in vectors.records if record.kind == "scenario")


def _list(args: argparse.Namespace, records: Sequence[Record]) -> int:
    rows = [
        {"id": get_scenario_id(record), **record.raw["input"]["view"]["story"]}
        for record in records
        if args.algorithm in (None, record.suite.removeprefix(PREFIX))
    ]
    if args.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return EXIT_GOOD
    for row in rows:
        print(f"{row['id']:<32} {row['verdict']:<17} {row['title']}")
    broken = sum(row["verdict"] != "defended" for row in rows)
    print(f"{len(rows)} scenarios: {len(rows) - broken} defended, {broken} documented breaks")
    return EXIT_GOOD


def _show(args: argparse.Namespace, record: Record) -> int:
    view = record.raw["input"]["view"]
    if args.json:
        print(json.dumps({"id": get_scenario_id(record), **view}, indent=1, ensure_ascii=False))
        return EXIT_GOOD
    print("\n".join([*_tell(record), *(f"  {line}" for line in view["steps"])]))
    print(f"play it: qc conformance scenario play {get_scenario_id(record)}")
    return EXIT_GOOD


def _tell(record: Record) -> list[str]:
    story = record.raw["input"]["view"]["story"]
    told = [(name, story[name]) for name in PARTS if story[name]]
    head = f"{get_scenario_id(record)}: {story['title']}"
    return [head, *(f"  {name:<8} {text}" for name, text in told)]


def _play(args: argparse.Namespace, record: Record) -> int:
    answer = SpecClient().apply(record.method, dict(record.arguments))
    expected = record.expect.value if isinstance(record.expect.value, list) else []
    found = _get_found(answer)
    if args.json:
        report: JsonObject = {"id": get_scenario_id(record), "passed": found == expected}
        report["checks"] = [
            {"expected": said, "found": seen}
            for said, seen in zip(expected, [*found, *[None] * len(expected)], strict=False)
        ]
        print(json.dumps(report, indent=1, ensure_ascii=False))
        return EXIT_GOOD if found == expected else EXIT_FAILED
    print("\n".join(_tell(record)))
    checks = iter(range(len(expected)))
    for line in record.raw["input"]["view"]["steps"]:
        number = next(checks) if "CHECK" in line else None
        print(f"  {line}{'' if number is None else _judge(number, expected, found)}")
    print("plays as the record says" if found == expected else "differs from the record")
    return EXIT_GOOD if found == expected else EXIT_FAILED


def _get_found(answer: Accept | Reject) -> list[Any]:
    return answer.value if isinstance(answer, Accept) else [{"rule": answer.rule}]


def _judge(number: int, expected: list[Any], found: list[Any]) -> str:
    seen = found[number] if number < len(found) else None
    differences = compute_differences(expected[number], seen)
    if not differences:
        return "   ok"
    shown = "; ".join(f"{d.path} expected {d.expected}, found {d.got}" for d in differences)
    return f"\n      DIFFERS {shown}"
