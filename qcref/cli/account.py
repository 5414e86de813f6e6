"""`qc account`: what an account holds, with a proof if wanted; coins from the faucet."""

import argparse

from qcref.cli import client as node
from qcref.cli.output import (
    AMOUNT_HELP,
    GOOD,
    CliError,
    add_json,
    parse_amount,
    print_json,
    render_amount,
    report_error,
)
from qcref.cli.results import get_exit_code, render_transaction, settle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc account` to a parser."""
    parser.add_argument("who", nargs="?", help="name or address; left out: the named accounts")
    parser.add_argument("--proof", action="store_true", help="with a Merkle proof (in --json)")
    parser.add_argument("--faucet", metavar="COINS", help=f"send it {AMOUNT_HELP}")
    node.add_url(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Shows an account; 1 if there is none of that name."""
    try:
        client = node.connect(args)
        if args.who is None:
            return _list(client, as_json=args.json)
        if args.faucet is not None:
            return _fund(client, args)
        return _show(client, args)
    except CliError as error:
        return report_error(error)


def _list(client: node.Client, *, as_json: bool) -> int:
    view = client.get("dev", "accounts")
    if as_json:
        print_json(view)
        return GOOD
    for each in node.as_list(view["items"]):
        print(f"{each['name']:<8} {each['text']}  {render_amount(str(each['balance'])):>16}")
    return GOOD


def _fund(client: node.Client, args: argparse.Namespace) -> int:
    body = {"to": args.who, "amount": str(parse_amount(args.faucet))}
    view = settle(client, client.post("dev/faucet", body))
    if args.json:
        print_json(view)
    else:
        print("\n".join(render_transaction(view)))
    return get_exit_code(view)


def _show(client: node.Client, args: argparse.Namespace) -> int:
    query = [("proof", "true")] if args.proof else []
    view = client.get("accounts", args.who, query=query)
    if args.json:
        print_json(view)
        return GOOD
    title = f"{view['name']}  " if view["name"] else ""
    print(f"{title}{view['text']}")
    print(f"  balance {render_amount(str(view['balance']))} coins · nonce {view['nonce']}")
    if view["kind"] == "contract":
        print(f"  inbox {render_amount(str(view['inbox']))} coins · code {view['code_id']}")
    if args.proof:
        proof = node.as_object(view["proof"])
        steps = len(node.as_list(node.as_object(proof["proof"])["steps"]))
        print(f"  proof of {steps} steps against {proof['state_root']}, block {proof['height']}")
        print("  the whole of it: --json")
    return GOOD
