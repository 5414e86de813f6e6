"""`qc devnet`: a development chain in the foreground, until Ctrl-C or SIGTERM."""

import argparse
import ipaddress
import json
import os
import socket
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import trio

from qcref.accounts import NAMES, get_named_account
from qcref.cli import STARTED
from qcref.cli.output import COIN, GOOD, CliError, report_error
from qcref.devnet import Devnet
from qcref.node import Instant, Interval, Manual, Mining, Node
from qcref.server import StopSwitch, listen, run_server
from qcref.store.errors import StoreError
from qcref.store.folder import clear_folder, hold_folder, write_whole

PORT = 7_700
DATA = Path(".qc") / "devnet"
BLOCK_TIME_MS_MIN, BLOCK_TIME_MS_MAX = 10, 3_600_000
SHOWN = 2
"""Named accounts in the greeting."""
PORT_MAX = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc devnet` to a parser."""
    parser.add_argument("--port", type=int, default=PORT, help=f"0 = a free one (default {PORT})")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--data", type=Path, default=DATA, help=f"folder (default {DATA})")
    parser.add_argument("--reset", action="store_true", help="begin the chain anew")
    parser.add_argument(
        "--block-time",
        default="instant",
        metavar="WHEN",
        help="instant (default), manual, or milliseconds between blocks",
    )
    parser.add_argument("--json", action="store_true", help="say that it is ready in one JSON line")


def run(args: argparse.Namespace) -> int:
    """Runs the chain; the exit code."""
    try:
        mining = parse_block_time(args.block_time)
        _check_address(args.host, args.port)
        args.data.mkdir(parents=True, exist_ok=True)
        with hold_folder(args.data) as _:
            if args.reset:
                clear_folder(args.data)
            return _run(args, mining)
    except CliError as error:
        return report_error(error)
    except StoreError as error:
        return report_error(CliError(error.code, error.message))


def parse_block_time(text: str) -> Mining:
    """When blocks are made.

    Raises:
        CliError: no such policy.
    """
    if text in ("instant", "manual"):
        return Instant() if text == "instant" else Manual()
    is_number = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004  # fits
    if is_number and BLOCK_TIME_MS_MIN <= int(text) <= BLOCK_TIME_MS_MAX:
        return Interval(int(text))
    expected = f"instant, manual, or {BLOCK_TIME_MS_MIN} to {BLOCK_TIME_MS_MAX} ms"
    raise CliError("cli.block_time_invalid", f"--block-time {text[:40]!r} is none", (expected,))


def _check_address(host: str, port: int) -> None:
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
    if not 0 <= port <= PORT_MAX:
        raise CliError("cli.port_invalid", f"--port {port} is none", (f"0 to {PORT_MAX}",))


def _run(args: argparse.Namespace, mining: Mining) -> int:
    host = "127.0.0.1" if args.host == "localhost" else args.host
    try:
        server = listen(host, args.port)
    except OSError as error:
        raise CliError(
            "cli.port_taken",
            f"can't listen on {host} port {args.port}: {error.strerror}",
            ("name another: --port 7701, or --port 0 for a free one",),
        ) from error
    with server:
        port = server.getsockname()[1]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        return _serve(args, mining, server, url)


def _serve(args: argparse.Namespace, mining: Mining, server: socket.socket, url: str) -> int:
    opening = time.monotonic()
    with closing(Devnet(args.data)) as devnet:
        open_ms = int((time.monotonic() - opening) * 1_000)
        switch = StopSwitch()
        node = Node(devnet, mining, switch.press)
        on_ready = partial(_announce, args, node, url, open_ms)
        try:
            trio.run(run_server, node, server, switch, on_ready)
        finally:
            (args.data / "node.json").unlink(missing_ok=True)
    if node.failure is not None:
        return report_error(CliError(node.failure.code, f"stopped: {node.failure.message}"))
    return GOOD


def _announce(args: argparse.Namespace, node: Node, url: str, open_ms: int) -> None:
    """Lets other commands find the node, and tells whoever started it."""
    document = {"url": url, "pid": os.getpid()}
    write_whole(args.data / "node.json", json.dumps(document).encode())
    seconds = time.monotonic() - STARTED
    if args.json:
        ready = {
            "event": "ready",
            "address": url,
            "api": f"{url}/v1",
            "pid": os.getpid(),
            "chain": node.devnet.genesis.config.name.decode("ascii"),
            "head_height": str(node.devnet.runtime.head.header.height),
            "data": str(args.data),
            "open_ms": open_ms,
            "ready_ms": int(seconds * 1_000),
        }
        print(json.dumps(ready), flush=True)
        return
    for line in _render_greeting(args, node, url, seconds):
        print(line, flush=True)


def _render_greeting(
    args: argparse.Namespace, node: Node, url: str, seconds: float
) -> tuple[str, ...]:
    blocks = {
        "instant": "a block per transaction",
        "manual": "blocks when asked for",
    }.get(node.mining.name, f"a block every {args.block_time} ms")
    chain = node.devnet.genesis.config.name.decode("ascii")
    height = node.devnet.runtime.head.header.height
    accounts = "   ".join(_render_account(node, name) for name in NAMES[:SHOWN])
    rest = len(NAMES) - SHOWN
    return (
        (
            f"devnet ready in {seconds:.1f} s · chain {chain} · height {height} · 1 validator, "
            f"{blocks} · data {args.data} (reset: --reset)"
        ),
        f"  API {url}/v1 (docs {url}/docs)   explorer {url}/",
        f"  {accounts}   (+{rest}, everybody knows their keys: never use elsewhere)",
        (
            "  next:  qc contract new Token  then  qc deploy Token/Token.qc Gold 100 --from alice"
            "      Ctrl-C stops"
        ),
    )


def _render_account(node: Node, name: str) -> str:
    account = get_named_account(name)
    assert account is not None, "it is in the table"
    balance = node.devnet.get_account(account.address).balance // COIN
    return f"{name} {node.directory.render_text(account.address)[:12]}… {balance:,}"
