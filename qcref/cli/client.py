"""Talks to a running node: where it is, requests with limits, problems as errors.

A node is found by --url, else QC_URL, else by `.qc/devnet/node.json` in this folder or one above
it, which `qc devnet` writes; --node picks one of several.
"""

import argparse
import http.client
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlencode, urlsplit

from qcref.cli.output import FAILED, CliError, Json

TIMEOUT_S = 60
ANSWER_SIZE_BYTES_MAX = 64 << 20
NODE_FILE = Path(".qc") / "devnet" / "node.json"
NODE_FILE_SIZE_BYTES_MAX = 4_096
NODE_DIGITS_MAX = 4
STATUS_FAILED_FIRST = 400
NOT_FOUND = 404


@dataclass
class ProblemError(CliError):
    """The node refused; its code is passed on."""


def add_url(parser: argparse.ArgumentParser) -> None:
    """The options that say which node."""
    parser.add_argument("--url", help="the node's address (else QC_URL, else the devnet here)")
    parser.add_argument(
        "--node", metavar="N", help="which node of the devnet here, if it has several (default 1)"
    )


class Client:
    """Requests to one node."""

    def __init__(self, url: str) -> None:
        """Takes the node's address, such as http://127.0.0.1:7700.

        Raises:
            CliError: it is no address.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            sentence = f"{url[:200]!r} is no address of a node"
            raise CliError("cli.url_invalid", sentence, ("write it as http://127.0.0.1:7700",))
        self._kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._host, self._port, self.url = parts.hostname, port, url.rstrip("/")

    def get(self, *path: str, query: Sequence[tuple[str, str]] = ()) -> dict[str, Json]:
        """GETs a path below /v1, each part quoted.

        Args:
            path: its parts.
            query: names and values behind it.

        Raises:
            CliError: no answer, or a problem.
        """
        asked = "?" + urlencode(list(query)) if query else ""
        return self._request("GET", "/v1/" + "/".join(quote(p, safe="") for p in path) + asked)

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Json]:
        """POSTs JSON to a path below /v1.

        Raises:
            CliError: no answer, or a problem.
        """
        return self._request("POST", f"/v1/{path}", json.dumps(body).encode())

    def _request(self, method: str, target: str, body: bytes | None = None) -> dict[str, Json]:
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection = self._kind(self._host, self._port, timeout=TIMEOUT_S)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            status, data = answer.status, answer.read(ANSWER_SIZE_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise CliError(
                "cli.node_unreachable",
                f"no node answers at {self.url}: {reason}",
                ("start one: qc devnet", "or name another: --url http://127.0.0.1:PORT"),
            ) from error
        finally:
            connection.close()
        return _read_answer(self.url, status, data)


def _read_answer(url: str, status: int, data: bytes) -> dict[str, Json]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CliError("cli.no_node", f"what answers at {url} is no node of this chain")
    if status < STATUS_FAILED_FIRST:
        return document
    code, detail = document.get("code"), document.get("detail")
    raise ProblemError(str(code), str(detail), (), FAILED if status == NOT_FOUND else 2)


def connect(args: argparse.Namespace) -> Client:
    """The node that a command means.

    Raises:
        CliError: none is named, and no devnet is found; or two are named.
    """
    if args.node is not None:
        if args.url:
            raise CliError("cli.usage", "--url and --node both name a node", ("use one of them",))
        return Client(pick_node(args.node, find_devnet_nodes()))
    url = args.url or os.environ.get("QC_URL") or next(iter(find_devnet_nodes()), None)
    if url is None:
        raise CliError(
            "cli.node_not_found",
            "no development chain belongs to this folder or those above it",
            ("start one here: qc devnet", "or name one: --url http://127.0.0.1:7700, or QC_URL"),
        )
    return Client(url)


def pick_node(text: str, urls: tuple[str, ...]) -> str:
    """The address of a node of the devnet.

    Args:
        text: its number, from 1.
        urls: the addresses of all.

    Raises:
        CliError: it has no such node.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= NODE_DIGITS_MAX
    if is_number and 1 <= int(text) <= len(urls):
        return urls[int(text) - 1]
    raise CliError(
        "cli.node_number_unknown",
        f"the devnet here has no node {text[:40]!r}",
        (f"it has {len(urls)}" if urls else "start one here: qc devnet",),
    )


def find_devnet_nodes() -> tuple[str, ...]:
    """The addresses that a devnet wrote down in this folder or the nearest one above it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / NODE_FILE
        if path.is_file() and path.stat().st_size <= NODE_FILE_SIZE_BYTES_MAX:
            try:
                document = json.loads(path.read_text("utf-8"))
            except ValueError:
                return ()
            match document:
                case {"nodes": [str(), *_] as nodes}:
                    return tuple(str(each) for each in nodes)
                case {"url": str(url)}:
                    return (url,)
                case _:
                    return ()
    return ()


def as_object(view: Json) -> dict[str, Json]:
    """A part of an answer that is an object."""
    return cast("dict[str, Json]", view)  # the API's models say so


def as_list(view: Json) -> list[dict[str, Json]]:
    """A part of an answer that is a list of objects."""
    return cast("list[dict[str, Json]]", view)  # the API's models say so
