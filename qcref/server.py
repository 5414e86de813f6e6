"""Serves nodes over HTTP until asked to stop, making blocks meanwhile if that is their policy.

One thread: requests, the timer of interval mining, the nodes of a network and signals take turns.
Each node of a network has an address of its own. Asked to stop (SIGTERM,
SIGINT, or by the node itself when its disk fails), it takes no new requests, lets those in progress
finish, and returns.
"""

import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from hypercorn.typing import ASGIFramework

from qcref.api.app import make_app
from qcref.cluster import Cluster
from qcref.node import Interval, Node
from qcref.store.errors import StoreError

GRACE_S = 3.0
"""How long requests in progress may take once the server stops."""
READ_TIMEOUT_S = 30
"""How long a client may take to say something."""
BACKLOG = 256
PAUSE_S = 0.005
"""Between two rounds of a network's nodes."""


class StopSwitch:
    """Tells the server to stop; may be pressed before the server runs, and more than once."""

    def __init__(self) -> None:
        self._event = trio.Event()

    def press(self) -> None:
        """Asks for the stop."""
        self._event.set()

    async def wait(self) -> None:
        """Waits until it is asked for."""
        await self._event.wait()


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket.

    Args:
        host: a loopback address.
        port: 0 takes a free one.

    Raises:
        OSError: the port is taken or forbidden.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
    except OSError:
        server.close()
        raise
    return server


@dataclass(frozen=True, slots=True)
class Service:
    """A node and where it is served."""

    node: Node
    server: socket.socket
    """Bound by `listen`; closed at the end."""


async def run_server(
    services: Sequence[Service],
    switch: StopSwitch,
    on_ready: Callable[[], None],
    cluster: Cluster | None = None,
) -> None:
    """Serves until the switch is pressed.

    Args:
        services: what is served, and where.
        switch: the nodes' own.
        on_ready: called once connections are accepted and signals are minded.
        cluster: the network whose nodes these are; None for a node alone.
    """
    nodes = [service.node for service in services]
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as background:
            background.start_soon(_mind_signals, signals, switch)
            if cluster is not None:
                background.start_soon(_drive, cluster, nodes)
            elif isinstance(nodes[0].mining, Interval):
                background.start_soon(_mine, nodes[0], nodes[0].mining)
            async with trio.open_nursery() as serving:
                for service in services:
                    app: ASGIFramework = make_app(service.node)  # type: ignore[assignment] # other names
                    config = _make_config(service.server)
                    await serving.start(partial(serve, app, config, shutdown_trigger=switch.wait))
                on_ready()
            background.cancel_scope.cancel()


def _make_config(server: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{server.detach()}"]
    config.backlog = BACKLOG
    config.graceful_timeout = GRACE_S
    config.read_timeout = READ_TIMEOUT_S
    config.include_server_header = False
    config.loglevel = "WARNING"
    return config


async def _mind_signals(signals: AsyncIterator[int], switch: StopSwitch) -> None:
    async for _ in signals:
        switch.press()


async def _mine(node: Node, mining: Interval) -> None:
    due = trio.current_time()
    while node.failure is None:
        due = max(due + mining.every_ms / 1_000, trio.current_time())
        await trio.sleep_until(due)
        try:
            node.devnet.mine()
        except StoreError as error:
            _fail([node], error)


async def _drive(cluster: Cluster, nodes: Sequence[Node]) -> None:
    """Lets the nodes of a network act; requests come in between any two of their acts.

    One disk has failed for all of them: they share a process, and it ends.
    """
    while all(node.failure is None for node in nodes):
        now_ms = int(trio.current_time() * 1_000)
        try:
            for number in range(len(nodes)):
                while cluster.deliver(now_ms):
                    await trio.lowlevel.checkpoint()
                cluster.poll(number, now_ms)
                await trio.lowlevel.checkpoint()
        except StoreError as error:
            _fail(nodes, error)
        await trio.sleep(PAUSE_S)


def _fail(nodes: Sequence[Node], error: StoreError) -> None:
    print(f"error[{error.code}]: {error.message}", file=sys.stderr)  # noqa: T201 - to whoever started it
    for node in nodes:
        node.fail(error)
