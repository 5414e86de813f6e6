"""The runner's commands: run, judge, rerun, explain, list, matrix, self-test.

Exit codes: 0 every declared feature passes whole; 1 the client fails somewhere, or the self-test
finds the runner dishonest; 2 usage or environment (no vectors, no such client, damaged file).
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from conformance.runner.html_report import render_html
from conformance.runner.junit import render_junit
from conformance.runner.offline import judge_results, load_results
from conformance.runner.process import Launch, Limits, get_peak_memory_mb
from conformance.runner.records import (
    FILE_SIZE_BYTES_MAX,
    Record,
    VectorsError,
    VectorSet,
    load,
    read_lines,
    to_record,
)
from conformance.runner.report import (
    REPORT_FORMAT,
    REPRO_FORMAT,
    Run,
    build_report,
    has_passed,
    write_json,
    write_reproductions,
)
from conformance.runner.selftest import run_self_test, select
from conformance.runner.session import ClientUnusableError, Session
from conformance.runner.strict_json import JsonObject, JsonRefusedError, parse_object
from conformance.runner.terminal import Progress, render_outcome, render_summary
from conformance.runner.verdict import GOOD, describe_expect

EXIT_GOOD = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PIPE_CLOSED = 141
REPORT_SIZE_BYTES_MAX = 64 * 1024 * 1024
_PACKAGE = Path(__file__).resolve().parent.parent
_PROGRAM = "python -m conformance.runner"


def main(argv: Sequence[str]) -> int:
    """Run the runner by itself, without `qc`.

    Args:
        argv: the words after the program's name.
    """
    parser = argparse.ArgumentParser(prog=_PROGRAM, description=__doc__.splitlines()[0])
    add_arguments(parser)
    args = parser.parse_args(list(argv))
    args.program = _PROGRAM
    return run(args)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe every command of the runner to a parser."""
    add_commands(parser.add_subparsers(dest="command", required=True, metavar="COMMAND"))


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the runner's commands to sub-parsers that may hold others."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--vectors", metavar="DIR", help="folder of the vectors")
    report = argparse.ArgumentParser(add_help=False)
    report.add_argument("--out", default="out", metavar="DIR", help="where reports go (out)")
    report.add_argument("--json", action="store_true", help="print the report as JSON")
    report.add_argument("--junit", action="store_true", help="also write DIR/junit.xml")
    pace = argparse.ArgumentParser(add_help=False)
    pace.add_argument("--timeout", type=_to_seconds, default=10.0, metavar="S", help="per answer")
    tested = commands.add_parser("run", parents=[common, report, pace], help="test a client")
    tested.add_argument("--client", required=True, metavar="CMD", help="how it is started")
    tested.add_argument("--level", type=int, choices=range(1, 8), help="only levels up to this")
    tested.add_argument("--suite", action="append", default=[], help="only suites of this prefix")
    judged = commands.add_parser("judge", parents=[common, report], help="judge answers in a file")
    judged.add_argument("results", metavar="results.jsonl")
    judged.add_argument("--features", metavar="A,B", help="what the client offers")
    again = commands.add_parser("rerun", parents=[pace], help="ask one recorded failure again")
    again.add_argument("file", metavar="FILE", help="a file that `run` wrote for a finding")
    again.add_argument("--client", metavar="CMD", help="another client than the recorded one")
    explained = commands.add_parser("explain", parents=[common], help="what a vector is about")
    explained.add_argument("id", metavar="ID", help="id of a vector, a suite, or a rule")
    listed = commands.add_parser("list", parents=[common], help="suites and rules of the vectors")
    listed.add_argument("--rules", action="store_true", help="rules instead of suites")
    listed.add_argument("--json", action="store_true", help="one object a line")
    matrix = commands.add_parser("matrix", help="one page from several report.json")
    matrix.add_argument("reports", nargs="+", metavar="report.json")
    matrix.add_argument("--out", default="matrix.html", metavar="FILE")
    commands.add_parser("self-test", parents=[common], help="does the runner flag broken clients?")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; a fault of the set-up becomes one line and exit code 2."""
    commands: Dict[str, Callable[[argparse.Namespace], int]] = {
        "run": _run,
        "judge": _judge,
        "rerun": _rerun,
        "explain": _explain,
        "list": _list,
        "matrix": _matrix,
        "self-test": _self_test,
    }
    try:
        return commands[args.command](args)
    except VectorsError as error:
        _complain("runner.vectors", str(error), "--vectors DIR names the folder with index.json")
    except ClientUnusableError as error:
        _complain(f"runner.{error.code}", str(error), "try the --client line in a shell")
        for line in error.complaints.splitlines():
            print(f"  | {line}", file=sys.stderr)
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has enough; Python flushes once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    except OSError as error:
        _complain("runner.file", f"{error.filename}: {error.strerror}", "check the path")
    return EXIT_USAGE


def find_vectors(named: Optional[str]) -> Path:
    """The folder of the vectors: the one named, or beside the runner, or here."""
    if named is not None:
        return Path(named)
    candidates = (_PACKAGE / "vectors", Path("vectors"), Path("conformance/vectors"))
    for candidate in candidates:
        if (candidate / "index.json").is_file():
            return candidate
    raise VectorsError("no vectors found beside the runner or here")


def _run(args: argparse.Namespace) -> int:
    vectors = load(find_vectors(args.vectors))
    chosen = [r for r in select(vectors.records, args.suite) if r.level.number <= (args.level or 7)]
    if not chosen:
        raise VectorsError("no record is selected by --level and --suite; `list` shows all suites")
    command = _split_command(args.client)
    begin = time.monotonic()
    session = Session(Launch(command, limits=Limits(answer_s=args.timeout)), vectors)
    try:
        outcomes = session.run(chosen, Progress(len(chosen)))
    finally:
        session.close()
    seconds = time.monotonic() - begin
    memory_mb = get_peak_memory_mb()
    return _report(
        Run(session.introduction, command, vectors, tuple(outcomes), seconds, memory_mb), args
    )


def _judge(args: argparse.Namespace) -> int:
    vectors = load(find_vectors(args.vectors))
    begin = time.monotonic()
    features = args.features.split(",") if args.features else None
    introduction, outcomes = judge_results(load_results(Path(args.results), features), vectors)
    seconds = time.monotonic() - begin
    return _report(Run(introduction, (), vectors, tuple(outcomes), seconds, None), args)


def _report(finished: Run, args: argparse.Namespace) -> int:
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    report = build_report(finished, args.out)
    write_json(report, folder / "report.json")
    (folder / "report.html").write_text(render_html([report]), encoding="utf-8")
    if args.junit:
        (folder / "junit.xml").write_text(render_junit(finished), encoding="utf-8")
    write_reproductions(finished, folder)
    if args.json:
        print(json.dumps(report, indent=1, ensure_ascii=False))
    else:
        print(render_summary(finished, args.out, args.program))
    return EXIT_GOOD if has_passed(finished) else EXIT_FAILED


def _rerun(args: argparse.Namespace) -> int:
    lines = [line for _, line in read_lines(Path(args.file), FILE_SIZE_BYTES_MAX)]
    if len(lines) not in (2, 3) or lines[0].get("format") != REPRO_FORMAT:
        raise VectorsError(
            f"{args.file} is no file that `run` wrote for a finding ({REPRO_FORMAT})"
        )
    record = to_record(lines[-1])
    states = {str(line.get("hash")): line for line in lines[1:-1]}
    if record.pre is not None and record.pre not in states:
        raise VectorsError(f"{args.file} lacks the state {record.pre}")
    command = _split_command(args.client) if args.client else tuple(lines[0].get("client", ()))
    if not command:
        raise VectorsError(f"{args.file} doesn't say how the client is started: give --client CMD")
    launch = Launch(command, limits=Limits(answer_s=args.timeout), trace=_print_exchange)
    session = Session(launch, VectorSet("rerun", "", (record,), states))
    try:
        outcome = session.run([record], lambda _: None)[0]
    finally:
        session.close()
    _print_record(record)
    print("\n".join(render_outcome(outcome)))
    return EXIT_GOOD if outcome.verdict in GOOD else EXIT_FAILED


def _explain(args: argparse.Namespace) -> int:
    vectors = load(find_vectors(args.vectors))
    by_id = {record.id: record for record in vectors.records}
    if args.id in by_id:
        record = by_id[args.id]
        _print_record(record)
        print(json.dumps(record.raw, indent=1, ensure_ascii=False))
        return EXIT_GOOD
    of_suite = [record for record in vectors.records if record.suite == args.id]
    if of_suite:
        _print_suite(of_suite)
        return EXIT_GOOD
    about = [record for record in vectors.records if args.id in record.rules]
    for record in about:
        print(f"{record.id:<50} {describe_expect(record.expect):<40} {record.why}")
    if about:
        return EXIT_GOOD
    suites = {record.suite for record in vectors.records}
    rules = {rule for record in vectors.records for rule in record.rules}
    known = [*by_id, *sorted(suites | rules)]
    close = difflib.get_close_matches(args.id, known, n=3)
    hint = f"did you mean {', '.join(close)}?" if close else "`list` and `list --rules` show all"
    _complain("runner.unknown_id", f"no vector, suite or rule is called {args.id!r}", hint)
    return EXIT_USAGE


def _print_suite(records: List[Record]) -> None:
    """What a suite asks, of which level and feature, and each of its records."""
    first = records[0]
    methods = sorted({record.method for record in records})
    rules = sorted({rule for record in records for rule in record.rules})
    accepts = sum(record.expect.result == "accept" for record in records)
    print(
        f"{first.suite} · level {first.level.number} {first.level.name} · feature {first.feature} "
        f"· {first.kind}"
    )
    print(f"  asks   {' '.join(methods)}")
    print(f"  rules  {' '.join(rules) or 'none by name'}")
    print(f"  {len(records)} records: {accepts} accept, {len(records) - accepts} reject")
    for record in records:
        print(f"  {record.id:<50} {describe_expect(record.expect):<40} {record.why}")


def _list(args: argparse.Namespace) -> int:
    vectors = load(find_vectors(args.vectors))
    groups: Dict[str, List[Record]] = {}
    for record in vectors.records:
        for name in record.rules if args.rules else (record.suite,):
            groups.setdefault(name, []).append(record)
    for name in sorted(groups):
        members = groups[name]
        accepts = sum(record.expect.result == "accept" for record in members)
        row = {
            "name": name,
            "level": members[0].level.number,
            "feature": members[0].feature,
            "records": len(members),
            "accept": accepts,
            "reject": len(members) - accepts,
        }
        if args.json:
            print(json.dumps(row))
        else:
            print(
                f"{row['level']}  {row['feature']:<16} {name:<44} {row['records']:>5} records: "
                f"{accepts} accept, {row['reject']} reject"
            )
    if not args.json:
        print(f"qcv {vectors.version} · {len(vectors.records)} records · index {vectors.digest}")
    return EXIT_GOOD


def _matrix(args: argparse.Namespace) -> int:
    reports = [_load_report(Path(name)) for name in args.reports]
    Path(args.out).write_text(render_html(reports), encoding="utf-8")
    print(f"{len(reports)} clients · {args.out}")
    return EXIT_GOOD


def _load_report(path: Path) -> JsonObject:
    with path.open("rb") as file:
        content = file.read(REPORT_SIZE_BYTES_MAX + 1)
    try:
        report = parse_object(content.decode("utf-8"))
    except (JsonRefusedError, UnicodeDecodeError) as error:
        raise VectorsError(f"{path}: {error}") from error
    if report.get("format") != REPORT_FORMAT:
        raise VectorsError(f"{path} is no report ({REPORT_FORMAT})")
    return report


def _self_test(args: argparse.Namespace) -> int:
    vectors = load(find_vectors(args.vectors))
    manifest = _PACKAGE / "clients" / "broken" / "manifest.json"
    lines, honest = run_self_test(manifest, vectors, str(_PACKAGE.parent))
    print("\n".join(lines))
    print("the runner is honest" if honest else "the runner or the vectors have a fault")
    return EXIT_GOOD if honest else EXIT_FAILED


def _print_record(record: Record) -> None:
    print(f"{record.id} · level {record.level.number} {record.level.name} · {record.method}")
    print(f"  why    {record.why}")
    print(f"  rules  {' '.join(record.rules)}")
    print(f"  spec   {describe_expect(record.expect)}")


def _print_exchange(direction: str, line: str) -> None:
    print(f"{direction} {line}")


def _split_command(text: str) -> Tuple[str, ...]:
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ClientUnusableError("client_command", f"--client {text!r}: {error}") from error
    if not parts:
        raise ClientUnusableError("client_command", "--client is empty")
    return tuple(parts)


def _to_seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 3600:  # noqa: PLR2004 - an hour, said in the message
        raise argparse.ArgumentTypeError("between 0 and 3600 seconds")
    return seconds


def _complain(code: str, message: str, hint: str) -> None:
    print(f"error[{code}]: {message}\n  help: {hint}", file=sys.stderr)
