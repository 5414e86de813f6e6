"""`qc block`: a block, the latest ones, or new ones."""

import argparse

from qcref.cli import client as node
from qcref.cli.output import GOOD, CliError, Json, add_json, print_json, report_error

LIST_COUNT = "10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc block` to a parser."""
    parser.add_argument(
        "block", nargs="?", help="height, id (0x…) or `latest`; left out: the latest ones"
    )
    parser.add_argument("--mine", type=int, metavar="N", help="make N blocks first (devnet)")
    node.add_url(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Shows blocks; 1 if there is none of that name."""
    try:
        client = node.connect(args)
        if args.mine is not None:
            client.post("dev/mine", {"count": args.mine})
        if args.block is None:
            return _list(client, as_json=args.json)
        view = client.get("blocks", args.block)
        finality = client.get("finality")
    except CliError as error:
        return report_error(error)
    if args.json:
        print_json(view)
    else:
        print("\n".join(_render_block(view, finality)))
    return GOOD


def _list(client: node.Client, *, as_json: bool) -> int:
    view = client.get("blocks", query=[("limit", LIST_COUNT)])
    if as_json:
        print_json(view)
        return GOOD
    for each in node.as_list(view["items"]):
        gas = node.as_object(each["header"])["gas_used"]
        count = _count_transactions(each)
        noun = "transaction" if count == 1 else "transactions"
        final = "  final" if each["is_final"] else ""
        print(f"{each['height']:>8}  {each['id']}  {count:>5} {noun}  gas {gas}{final}")
    return GOOD


def _count_transactions(view: dict[str, Json]) -> int:
    transactions = view["transactions"]
    return len(transactions) if isinstance(transactions, list) else 0


def _render_block(view: dict[str, Json], finality: dict[str, Json]) -> list[str]:
    header = node.as_object(view["header"])
    shown = ("parent", "time_ms", "state_root", "base_fee", "gas_used")
    transactions = view["transactions"]
    return [
        f"block {view['height']}  {view['id']}",
        f"  {'final':<11} {_render_finality(view, finality)}",
        *(f"  {name:<11} {header[name]}" for name in shown),
        *(f"  tx {tx_id}" for tx_id in (transactions if isinstance(transactions, list) else [])),
    ]


def _render_finality(view: dict[str, Json], finality: dict[str, Json]) -> str:
    """Whether a block is final, and if not, how deep it lies."""
    if view["is_final"]:
        return "yes"
    head = node.as_object(finality["head"])
    above = int(str(head["height"])) - int(str(view["height"]))
    when = "never on this chain" if finality["finalized"] is None else "not yet"
    noun = "block" if above == 1 else "blocks"
    return f"{when}; {above} {noun} above"
