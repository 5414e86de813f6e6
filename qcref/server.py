"""Serves a node over HTTP until it is asked to stop, making blocks meanwhile if that is its policy.

One thread: requests, the timer of interval mining and signals take turns. Asked to stop (SIGTERM,
SIGINT, or by the node itself when its disk fails), it takes no new requests, lets those in progress
finish, and returns.
"""

import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from hypercorn.typing import ASGIFramework

from qcref.api.app import make_app
from qcref.node import Interval, Node
from qcref.store.errors import StoreError

GRACE_S = 3.0
"""How long requests in progress may take once the server stops."""
READ_TIMEOUT_S = 30
"""How long a client may take to say something."""
BACKLOG = 256


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


async def run_server(
    node: Node, server: socket.socket, switch: StopSwitch, on_ready: Callable[[], None]
) -> None:
    """Serves until the switch is pressed.

    Args:
        node: what is served.
        server: bound by `listen`; closed at the end.
        switch: the node's own.
        on_ready: called once connections are accepted and signals are minded.
    """
    config = Config()
    config.bind = [f"fd://{server.detach()}"]
    config.backlog = BACKLOG
    config.graceful_timeout = GRACE_S
    config.read_timeout = READ_TIMEOUT_S
    config.include_server_header = False
    config.loglevel = "WARNING"
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as background:
            background.start_soon(_mind_signals, signals, switch)
            if isinstance(node.mining, Interval):
                background.start_soon(_mine, node, node.mining)
            async with trio.open_nursery() as serving:
                app: ASGIFramework = make_app(node)  # type: ignore[assignment] # other names
                await serving.start(partial(serve, app, config, shutdown_trigger=switch.wait))
                on_ready()
            background.cancel_scope.cancel()


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
            print(f"error[{error.code}]: {error.message}", file=sys.stderr)  # noqa: T201 - to whoever started it
            node.fail(error)
