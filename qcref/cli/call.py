"""`qc call`: an action of a contract for a named account, a view, or a state variable."""

import argparse
from typing import cast

from qcref.cli import client as node
from qcref.cli import permits
from qcref.cli.output import (
    AMOUNT_HELP,
    FAILED,
    GOOD,
    CliError,
    Json,
    add_json,
    parse_amount,
    print_json,
    render_value,
    report_error,
)
from qcref.cli.results import get_exit_code, render_fault, render_transaction, settle
from qcref.cli.words import find_function, is_cell, parse_words

DEFAULT_CALLER = "alice"
"""Whom a view or a simulation takes for the caller."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc call` to a parser."""
    parser.add_argument("contract", help="its name or address")
    parser.add_argument("function", metavar="action", help="an action, a view, or a state variable")
    parser.add_argument("args", nargs="*", help="one for each parameter; JSON where it has parts")
    parser.add_argument("--from", dest="sender", metavar="NAME", help="a named account")
    parser.add_argument("--value", default="0", metavar="COINS", help=AMOUNT_HELP)
    parser.add_argument(
        "--sign-as", metavar="NAME", help="of a signed action: the named account that signs it"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    node.add_url(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Calls; 1 if the contract refuses."""
    try:
        return _run(args)
    except CliError as error:
        return report_error(error)


def _run(args: argparse.Namespace) -> int:
    client = node.connect(args)
    value = parse_amount(args.value)
    contract = client.get("contracts", args.contract)
    interface = node.as_object(contract["interface"])
    if is_cell(interface, args.function):
        return _read_cell(client, args)
    entry = find_function(interface, args.function)
    words = _parse_words(client, args, entry)
    if entry["kind"] == "view" or args.dry_run:
        return _simulate(client, args, words, value)
    if args.sender is None:
        raise CliError(
            "cli.sender_missing",
            f"{args.function} is an action: somebody must send and pay for it",
            ("add --from alice, or --dry-run to see what would happen",),
        )
    body = {
        "contract": args.contract,
        "action": args.function,
        "args": words,
        "from": args.sender,
        "value": str(value),
    }
    view = settle(client, client.post("dev/call", body))
    if args.json:
        print_json(view)
    else:
        print("\n".join(render_transaction(view)))
    return get_exit_code(view)


def _parse_words(
    client: node.Client, args: argparse.Namespace, entry: dict[str, Json]
) -> list[Json]:
    """The arguments; the last one of a signed action is signed here if somebody is named."""
    if args.sign_as is None or not permits.is_signed(entry):
        return parse_words(entry, args.args)
    params = cast("list[Json]", entry["params"])
    words = parse_words({**entry, "params": params[:-1]}, args.args)
    terms = permits.Terms(permits.get_named_key(args.sign_as), None, None)
    return [*words, permits.sign_permission(client, args.contract, entry, words, terms)]


def _read_cell(client: node.Client, args: argparse.Namespace) -> int:
    """A state variable after the head; the words are its keys."""
    keys = [("key", word) for word in args.args]
    view = client.get("contracts", args.contract, "cells", args.function, query=keys)
    if args.json:
        print_json(view)
    else:
        print(render_value(view["value"]))
    return GOOD


def _simulate(client: node.Client, args: argparse.Namespace, words: list[Json], value: int) -> int:
    body = {
        "contract": args.contract,
        "function": args.function,
        "args": words,
        "caller": args.sender or DEFAULT_CALLER,
        "value": str(value),
    }
    view = client.post("calls", body)
    is_good = view["status"] == "success"
    if args.json:
        print_json(view)
    elif is_good:
        print("ok" if view["result"] is None else render_value(view["result"]))
    else:
        print(f"would fail: {render_fault(node.as_object(view['error']))}")
    return GOOD if is_good else FAILED
