"""kill -9 under load: what was acknowledged is there, and nothing was signed twice."""

import http.client
import json
import signal
import threading
import urllib.error
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qcref.store.promises import PromiseLog, encode_promise
from spec.consensus.bft.messages import Proposal
from spec.consensus.interface import CandidateRecord
from spec.ledger.ops import RoundVote
from tests.qcref.cli.support import DevnetProcess, wait_until

CLIENTS = 3
RESTART_S_MAX = 5
NAMES = ("alice", "bob", "carol")

rounds_short_and_long = pytest.mark.parametrize(
    "rounds", [3, pytest.param(30, marks=pytest.mark.slow)]
)


class Load:
    """Clients that send transfers until the node is gone, and remember what was acknowledged."""

    def __init__(self, devnet: DevnetProcess) -> None:
        self.acknowledged: list[Any] = []  # views, as the node answered
        self._devnet = devnet
        self._threads = [
            threading.Thread(target=self._send, args=(name,)) for name in NAMES[:CLIENTS]
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _send(self, name: str) -> None:
        amount = 0
        while True:
            amount += 1
            body = {"from": name, "to": "judy", "amount": str(amount)}
            try:
                self.acknowledged.append(self._devnet.request("/v1/dev/transfer", body))
            except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError):
                return


def _check_acknowledged(devnet: DevnetProcess, acknowledged: list[Any]) -> None:
    for view in acknowledged:
        assert view["state"] == "included"
        assert devnet.request(f"/v1/transactions/{view['id']}") == view
    heights = {view["height"]: view["block_id"] for view in acknowledged}
    for height, block_id in heights.items():
        assert devnet.request(f"/v1/blocks/{height}")["id"] == block_id


def _check_promises(folder: Path, signed: dict[tuple[int, int, str], bytes]) -> None:
    """No (height, round, kind) was ever promised in two ways, over all rounds together."""
    log = PromiseLog(folder / ".qc" / "devnet" / "promises.log")
    log.close()
    for promise in log.promises:
        if isinstance(promise, CandidateRecord):
            continue
        message = promise.message
        assert isinstance(message, Proposal | RoundVote)
        kind = "proposal" if isinstance(message, Proposal) else str(message.kind)
        place = (message.height, message.round, kind)
        assert signed.setdefault(place, encode_promise(promise)) == encode_promise(promise)


def _send_until_refused(devnet: DevnetProcess) -> tuple[list[Any], urllib.error.HTTPError]:
    acknowledged: list[Any] = []  # views, as the node answered
    for _ in range(500):
        try:
            view = devnet.request("/v1/dev/transfer", {"from": "alice", "to": "bob", "amount": "1"})
        except urllib.error.HTTPError as refused:
            return acknowledged, refused
        acknowledged.append(view)
    pytest.fail("the disk never filled up")


def test_a_full_disk_ends_the_node_with_a_code_and_loses_nothing(tmp_path: Path) -> None:
    devnet = DevnetProcess(tmp_path, file_blocks_max=500)
    acknowledged, refused = _send_until_refused(devnet)
    with refused:
        assert (refused.status, json.load(refused)["code"]) == (503, "store.io")
    assert devnet.process.wait(30) == 2
    assert "error[store.io]: stopped:" in devnet.errors
    devnet.close()
    assert len(acknowledged) > 3
    again = DevnetProcess(tmp_path)
    _check_acknowledged(again, acknowledged)
    assert again.stop() == 0


@rounds_short_and_long
def test_nothing_acknowledged_is_lost_and_nothing_is_signed_twice(
    tmp_path: Path, rounds: int
) -> None:
    random = Random(rounds)
    signed: dict[tuple[int, int, str], bytes] = {}
    total = 0
    devnet = DevnetProcess(tmp_path)
    for _ in range(rounds):
        load = Load(devnet)
        load.start()
        wanted = random.randrange(3, 12)
        wait_until(lambda load=load, wanted=wanted: len(load.acknowledged) >= wanted)  # type: ignore[misc] # defaults bind the loop's values
        devnet.process.send_signal(signal.SIGKILL)
        devnet.process.wait(30)
        load.join()
        devnet.close()
        _check_promises(tmp_path, signed)
        devnet = DevnetProcess(tmp_path)
        assert devnet.ready["open_ms"] < RESTART_S_MAX * 1_000
        _check_acknowledged(devnet, load.acknowledged)
        total += len(load.acknowledged)
    assert devnet.stop() == 0
    _check_promises(tmp_path, signed)
    assert total >= 3 * rounds
