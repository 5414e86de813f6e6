"""The options of `qc devnet`, and what they ask for."""

import argparse
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from qcref.cli.output import CliError
from qcref.node import Instant, Interval, Manual, Mining
from qcref.store.folder import NODES_MAX
from spec.config.networks import ALGORITHMS

PORT = 7_700
DATA = Path(".qc") / "devnet"
BLOCK_TIME_MS_MIN, BLOCK_TIME_MS_MAX = 10, 3_600_000
PORT_MAX = 65_535
NODES = 4
"""Nodes of a network if only its algorithm is named."""
DIGITS_MAX = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """A chain to run."""

    host: str
    nodes: int
    algorithm: str
    mining: Mining
    """Of one node; several make blocks by their consensus."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc devnet` to a parser."""
    parser.add_argument(
        "--nodes",
        metavar="N",
        help=f"1 to {NODES_MAX}, each with a port of its own (default 1; {NODES} with --algorithm)",
    )
    parser.add_argument(
        "--algorithm", metavar="NAME", help=f"{', '.join(ALGORITHMS)} (default {ALGORITHMS[0]})"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        help=f"of the first node, the others follow; 0 = free ones (default {PORT})",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--data", type=Path, default=DATA, help=f"folder (default {DATA})")
    parser.add_argument("--reset", action="store_true", help="begin the chain anew")
    parser.add_argument(
        "--block-time",
        metavar="WHEN",
        help="one node: instant (default), manual, or milliseconds between blocks",
    )
    parser.add_argument("--json", action="store_true", help="say that it is ready in one JSON line")


def parse_options(args: argparse.Namespace) -> Wanted:
    """What is to be run.

    Raises:
        CliError: the options ask for nothing that there is.
    """
    algorithm = ALGORITHMS[0] if args.algorithm is None else args.algorithm
    if algorithm not in ALGORITHMS:
        sentence = f"--algorithm {algorithm[:40]!r} is none"
        raise CliError("cli.algorithm_unknown", sentence, (f"one of {', '.join(ALGORITHMS)}",))
    default = 1 if args.algorithm is None else NODES
    nodes = default if args.nodes is None else parse_nodes(args.nodes)
    if nodes == 1 and algorithm != ALGORITHMS[0]:
        raise CliError(
            "dev.algorithm_needs_nodes",
            f"one {algorithm} node alone has nobody to agree with",
            (f"start several: --nodes {NODES} --algorithm {algorithm}",),
        )
    mining = parse_block_time("instant" if args.block_time is None else args.block_time)
    if nodes > 1 and args.block_time is not None:
        raise CliError(
            "dev.single_node_only",
            f"--block-time {args.block_time[:40]!r} is for one node",
            ("several nodes make blocks by their consensus; leave the option out",),
        )
    check_address(args.host, args.port, nodes)
    host = "127.0.0.1" if args.host == "localhost" else args.host
    return Wanted(host, nodes, algorithm, mining)


def parse_nodes(text: str) -> int:
    """How many nodes.

    Raises:
        CliError: not a number of nodes that one process runs.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    if is_number and 1 <= int(text) <= NODES_MAX:
        return int(text)
    expected = f"1 to {NODES_MAX}: they share one process"
    raise CliError("cli.nodes_invalid", f"--nodes {text[:40]!r} is none", (expected,))


def parse_block_time(text: str) -> Mining:
    """When blocks are made.

    Raises:
        CliError: no such policy.
    """
    if text in ("instant", "manual"):
        return Instant() if text == "instant" else Manual()
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    if is_number and BLOCK_TIME_MS_MIN <= int(text) <= BLOCK_TIME_MS_MAX:
        return Interval(int(text))
    expected = f"instant, manual, or {BLOCK_TIME_MS_MIN} to {BLOCK_TIME_MS_MAX} ms"
    raise CliError("cli.block_time_invalid", f"--block-time {text[:40]!r} is none", (expected,))


def check_address(host: str, port: int, nodes: int) -> None:
    """Refuses addresses that others can reach, and ports that are none.

    Raises:
        CliError: the address or a port is refused.
    """
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise CliError(
            "dev.loopback_only",
            f"--host {host[:100]!r} is not of this machine",
            ("everybody knows a devnet's keys, so it listens on 127.0.0.1, ::1 or localhost only",),
        )
    port_max = PORT_MAX - nodes + 1
    if not 0 <= port <= port_max:
        raise CliError("cli.port_invalid", f"--port {port} is none", (f"0 to {port_max}",))
