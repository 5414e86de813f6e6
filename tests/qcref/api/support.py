"""Drives the guarded application without a socket; answers as programs see them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trio
from starlette.types import Message

from qcref.api.app import make_app
from qcref.devnet import Devnet
from qcref.node import Instant, Mining, Node
from spec.ir.encoding import encode_module
from tests.qcref.support import compile_erc20, running

HOST = "127.0.0.1:7700"
JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # what a test looks into
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of a problem; the answer must be one."""
        assert self.headers["content-type"] == "application/problem+json", self.body[:300]
        document = self.json
        assert set(document) == {"type", "title", "status", "code", "detail"}
        assert document["status"] == self.status
        return str(document["code"])


class Api:
    """The application over a devnet."""

    def __init__(self, devnet: Devnet, mining: Mining) -> None:
        self.stops = 0
        self.defects: list[Exception] = []
        self.devnet = devnet
        self.node = Node(devnet, mining, self._stop)
        self.app = make_app(self.node)

    def _stop(self) -> None:
        self.stops += 1

    def get(self, target: str, **headers: str) -> Answer:
        return self.request("GET", target, headers=headers)

    def post(self, target: str, body: object, **headers: str) -> Answer:
        data = json.dumps(body).encode()
        return self.request("POST", target, data, {"content-type": JSON_TYPE, **headers})

    def request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        raw_path: bytes | None = None,
    ) -> Answer:
        parts = urlsplit(target)
        fields = {"host": HOST, **{k.replace("_", "-"): v for k, v in (headers or {}).items()}}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": raw_path or parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in fields.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 7700),
        }
        return trio.run(self._run, scope, body)

    async def _run(self, scope: dict[str, Any], body: bytes) -> Answer:
        sent: list[Message] = []
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        try:
            await self.app(scope, receive, send)
        except Exception as defect:  # noqa: BLE001  # the server would log it behind the answer
            self.defects.append(defect)
        start = sent[0]
        headers = {k.decode(): v.decode("latin-1") for k, v in start["headers"]}
        data = b"".join(m.get("body", b"") for m in sent[1:])
        return Answer(start["status"], headers, data)

    # Common steps

    def deploy(self, **changes: object) -> Answer:
        """The ERC20 for alice, with 100 of 1000."""
        unit = compile_erc20()
        body = {
            "from": "alice",
            "module": "0x" + encode_module(unit.module).hex(),
            "args": ["Gold", "GLD", "18", "1_000", "100"],
            "interface": unit.abi,
            "source": unit.source.text,
            **changes,
        }
        return self.post("/v1/dev/deploy", body)

    def call(self, action: str, *args: object, sender: str = "alice") -> Answer:
        body = {"contract": "ERC20", "action": action, "args": args, "from": sender}
        return self.post("/v1/dev/call", body)

    def read(self, view: str, *args: object) -> Any:  # what a test looks into
        answer = self.post("/v1/calls", {"contract": "ERC20", "function": view, "args": args})
        assert answer.status == 200, answer.body
        return answer.json["result"]


@contextmanager
def serving(folder: Path, mining: Mining | None = None) -> Iterator[Api]:
    with running(folder) as devnet:
        yield Api(devnet, Instant() if mining is None else mining)
