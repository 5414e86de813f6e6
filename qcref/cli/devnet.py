"""`qc devnet`: a development chain in the foreground, until Ctrl-C or SIGTERM.

One node by default, which makes a block for each transaction; with `--nodes` or `--algorithm` a
network of several, each with a port of its own.
"""

import argparse
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from qcref.cli import STARTED
from qcref.cli.devnet_options import Wanted, add_arguments, parse_options
from qcref.cli.devnet_words import render_greeting
from qcref.cli.output import GOOD, CliError, report_error
from qcref.cluster import Cluster, read_plan
from qcref.devnet import Devnet
from qcref.node import Consensus, Node
from qcref.runtime import DATABASE
from qcref.server import Service, StopSwitch, listen, run_server
from qcref.store.errors import StoreError
from qcref.store.folder import clear_folder, hold_folder, write_whole

__all__ = ["add_arguments", "run"]


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is going to be served."""

    nodes: tuple[Node, ...]
    cluster: Cluster | None
    open_ms: int


def run(args: argparse.Namespace) -> int:
    """Runs the chain; the exit code."""
    try:
        wanted = parse_options(args)
        args.data.mkdir(parents=True, exist_ok=True)
        with hold_folder(args.data) as _:
            if args.reset:
                clear_folder(args.data)
            _check_folder(args.data, wanted)
            return _run(args, wanted)
    except CliError as error:
        return report_error(error)
    except StoreError as error:
        return report_error(CliError(error.code, error.message))


def _check_folder(folder: Path, wanted: Wanted) -> None:
    """Refuses to begin a second chain beside another one."""
    plan = read_plan(folder)
    if plan is None:
        found = (1, "bft") if (folder / DATABASE).exists() else None
    else:
        found = (plan.nodes, plan.algorithm)
    if found is not None and found != (wanted.nodes, wanted.algorithm):
        raise CliError(
            "dev.other_network",
            f"{folder} holds a chain of --nodes {found[0]} --algorithm {found[1]}",
            ("go on with that one, begin anew with --reset, or name another folder with --data",),
        )


def _run(args: argparse.Namespace, wanted: Wanted) -> int:
    with ExitStack() as opened:
        servers = [opened.enter_context(each) for each in _listen(args, wanted)]
        urls = tuple(_render_url(wanted.host, server) for server in servers)
        switch = StopSwitch()
        with _opening(args.data, wanted, urls, switch.press) as chain:
            services = [
                Service(node, server) for node, server in zip(chain.nodes, servers, strict=True)
            ]
            return _serve(args, services, chain, (urls, switch))


def _listen(args: argparse.Namespace, wanted: Wanted) -> Iterator[socket.socket]:
    """A socket for each node, at ports in a row unless any will do."""
    for number in range(wanted.nodes):
        port = args.port + number if args.port else 0
        try:
            yield listen(wanted.host, port)
        except OSError as error:
            raise CliError(
                "cli.port_taken",
                f"can't listen on {wanted.host} port {port}: {error.strerror}",
                ("name another: --port 7701, or --port 0 for a free one",),
            ) from error


def _render_url(host: str, server: socket.socket) -> str:
    port = server.getsockname()[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def _opening(
    folder: Path, wanted: Wanted, urls: tuple[str, ...], stop: Callable[[], None]
) -> Iterator[_Opened]:
    """The node or the network in a folder, closed at the end."""
    opening = time.monotonic()
    if wanted.nodes == 1:
        with closing(Devnet(folder)) as devnet:
            open_ms = int((time.monotonic() - opening) * 1_000)
            yield _Opened((Node(devnet, wanted.mining, stop),), None, open_ms)
        return
    with closing(Cluster(folder, wanted.algorithm, wanted.nodes)) as cluster:
        open_ms = int((time.monotonic() - opening) * 1_000)
        found = (cluster.get(number) for number in range(wanted.nodes))
        devnets = tuple(devnet for devnet in found if devnet is not None)
        nodes = tuple(
            Node(devnet, Consensus(number, urls), stop, devnets)
            for number, devnet in enumerate(devnets, 1)
        )
        yield _Opened(nodes, cluster, open_ms)


def _serve(
    args: argparse.Namespace,
    services: Sequence[Service],
    chain: _Opened,
    parts: tuple[tuple[str, ...], StopSwitch],
) -> int:
    urls, switch = parts
    on_ready = partial(_announce, args, chain, urls)
    try:
        trio.run(run_server, services, switch, on_ready, chain.cluster)
    finally:
        (args.data / "node.json").unlink(missing_ok=True)
    for node in chain.nodes:
        if node.failure is not None:
            return report_error(CliError(node.failure.code, f"stopped: {node.failure.message}"))
    return GOOD


def _announce(args: argparse.Namespace, chain: _Opened, urls: tuple[str, ...]) -> None:
    """Lets other commands find the nodes, and tells whoever started them."""
    document: dict[str, object] = {"url": urls[0], "pid": os.getpid()}
    if len(urls) > 1:
        document["nodes"] = urls
    write_whole(args.data / "node.json", json.dumps(document).encode())
    seconds = time.monotonic() - STARTED
    node = chain.nodes[0]
    if args.json:
        ready = {
            "event": "ready",
            "address": urls[0],
            "api": f"{urls[0]}/v1",
            "addresses": urls,
            "pid": os.getpid(),
            "chain": node.devnet.genesis.config.name.decode("ascii"),
            "algorithm": node.devnet.runtime.config.rules.name,
            "head_height": str(node.devnet.runtime.head.header.height),
            "data": str(args.data),
            "open_ms": chain.open_ms,
            "ready_ms": int(seconds * 1_000),
        }
        print(json.dumps(ready), flush=True)
        return
    for line in render_greeting(node, urls, str(args.data), seconds):
        print(line, flush=True)
