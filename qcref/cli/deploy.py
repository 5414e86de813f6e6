"""`qc deploy`: compiles a contract, has it proved, puts it on the chain and publishes it."""

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import dsl
from dsl.compile import CompiledUnit, compile_source
from dsl.diagnostics import is_error, render_diagnostics
from qcref.cli import client as node
from qcref.cli.output import (
    AMOUNT_HELP,
    FAILED,
    CliError,
    Json,
    add_json,
    parse_amount,
    print_json,
    report_error,
)
from qcref.cli.results import get_exit_code, render_transaction, settle
from qcref.cli.words import parse_words
from spec.ir.encoding import encode_module

SOURCE_SIZE_BYTES_MAX = 1 << 16
VERIFIER_S_MAX = 600
SUMMARY_MEMBERS = ("address", "text", "name", "code_id", "verdict")
"""Of a contract that is published after the answer, what is shown."""
GOAL_MEMBERS = ("name", "kind", "action", "verdict")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc deploy` to a parser."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a contract, NAME.qc")
    parser.add_argument("args", nargs="*", help="init's arguments; JSON where one has parts")
    parser.add_argument("--from", dest="sender", required=True, metavar="NAME", help="who deploys")
    parser.add_argument("--value", default="0", metavar="COINS", help=AMOUNT_HELP)
    parser.add_argument("--force", action="store_true", help="deploy even what is broken")
    parser.add_argument("--no-verify", action="store_true", help="don't ask the verifier")
    node.add_url(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Deploys; 1 if the contract has errors, is broken, or its init refuses."""
    try:
        return _run(args)
    except CliError as error:
        return report_error(error)


def _run(args: argparse.Namespace) -> int:
    text = _read_source(args.file)
    value = parse_amount(args.value)
    unit = _compile(text, args.file)
    client = node.connect(args)
    client.get("status")
    words = _parse_init(unit, args.args)
    report = None if args.no_verify else verify(args.file)
    verdict = None if report is None else str(report["verdict"])
    if verdict == "broken" and not args.force:
        raise CliError(
            "cli.contract_broken",
            f"{unit.name} breaks one of its own properties",
            (f"see how: qc contract verify {args.file}", "deploy it all the same: --force"),
            FAILED,
        )
    body = {
        "from": args.sender,
        "module": "0x" + encode_module(unit.module).hex(),
        "args": words,
        "value": str(value),
        "interface": unit.abi,
        "source": text,
        "verification": None if report is None else _make_verification(report),
    }
    answer = client.post("dev/deploy", body)
    view = settle(client, node.as_object(answer["transaction"]))
    contract = answer["contract"]
    if contract is None:
        contract = _publish(client, body, view)
        view = client.get("transactions", str(view["id"]))
    if args.json:
        print_json({"contract": contract, "transaction": view})
        return get_exit_code(view)
    _print_result(args, unit, view, contract)
    return get_exit_code(view)


def _publish(client: node.Client, body: Mapping[str, object], view: dict[str, Json]) -> Json:
    """Publishes what is known of a contract whose block came later than the answer.

    The contract as it stands now; None if the deployment did not succeed, or still waits.
    """
    receipt = view["receipt"]
    if not isinstance(receipt, dict) or receipt["status"] != "success":
        return None
    told = {name: body[name] for name in ("interface", "source", "verification")}
    contract = client.post("dev/interfaces", {"contract": receipt["result"], **told})
    return {member: contract[member] for member in SUMMARY_MEMBERS}


def _print_result(
    args: argparse.Namespace, unit: CompiledUnit, view: dict[str, Json], contract: Json
) -> None:
    if isinstance(contract, dict):
        verdict = contract["verdict"] or "not verified"
        print(f"{contract['name']} at {contract['text']} · {verdict}")
    print("\n".join(render_transaction(view)))
    actions = [
        each for each in _list_functions(unit) if each["kind"] == "action" and not each["payable"]
    ]
    if isinstance(contract, dict) and actions:
        params = node.as_list(actions[0]["params"])
        words = " ".join(str(each["name"]).upper() for each in params)
        call = f"qc call {contract['name']} {actions[0]['name']} {words}".rstrip()
        print(f"  next:  {call} --from {args.sender}")


def _read_source(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(SOURCE_SIZE_BYTES_MAX + 1)
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        sentence = f"{path} is no UTF-8 text (byte {error.start})"
        raise CliError("contract.not_utf8", sentence, ("a contract is a text file",)) from error
    except OSError as error:
        sentence = f"can't read {path}: {error.strerror}"
        help_text = "a contract is a file NAME.qc; make one: qc contract new NAME"
        raise CliError("contract.no_file", sentence, (help_text,)) from error
    if len(data) > SOURCE_SIZE_BYTES_MAX:
        sentence = f"{path} has more than {SOURCE_SIZE_BYTES_MAX} bytes"
        raise CliError("contract.too_large", sentence, ("a contract is a text file",))
    return text


def _compile(text: str, path: Path) -> CompiledUnit:
    result = compile_source(text, str(path))
    if result.unit is None or any(is_error(each) for each in result.diagnostics):
        print(render_diagnostics(result.source, result.diagnostics), file=sys.stderr)
        sentence = f"{path} has errors"
        raise CliError("cli.contract_has_errors", sentence, (f"qc contract check {path}",), FAILED)
    return result.unit


def _parse_init(unit: CompiledUnit, words: list[str]) -> list[Json]:
    functions = _list_functions(unit)
    init: dict[str, Json] = {"name": "init", "params": []}
    entry = next((each for each in functions if each["kind"] == "init"), init)
    return parse_words(entry, words)


def _list_functions(unit: CompiledUnit) -> list[dict[str, Json]]:
    return cast("list[dict[str, Json]]", unit.abi["functions"])  # the ABI's form


def verify(path: Path) -> dict[str, Json] | None:
    """The verifier's report as JSON; None where it is not installed or came to no report.

    It runs as the command that people would run, in a process of its own.
    """
    is_there = (Path(dsl.__file__).parent / "verify" / "cli.py").is_file()
    if not is_there or importlib.util.find_spec("z3") is None:
        print("note: not verified, `z3` is not installed (extra `verify`)", file=sys.stderr)
        return None
    command = [sys.executable, "-m", "quantumchain", "contract", "verify", str(path), "--json"]
    try:
        done = subprocess.run(  # noqa: S603  # our own command
            command, capture_output=True, timeout=VERIFIER_S_MAX, check=False
        )
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        report = None
    if not isinstance(report, dict) or "verdict" not in report:
        print("note: not verified, the verifier gave no report", file=sys.stderr)
        return None
    return report


def _make_verification(report: dict[str, Json]) -> dict[str, Json]:
    """What is published of a report."""
    goals: list[Json] = [
        {member: goal.get(member) for member in GOAL_MEMBERS}
        for goal in node.as_list(report["goals"])
    ]
    members = ("code_id", "verdict", "assumptions")
    return {**{member: report[member] for member in members}, "goals": goals}
