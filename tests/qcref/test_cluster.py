"""Several nodes on one chain, each algorithm: agreement, catching up, restarts, crashes."""

from contextlib import suppress
from pathlib import Path

import pytest

from qcref.cluster import Cluster, read_plan
from qcref.core.signables import sign_message
from qcref.devnet import FUNDS
from qcref.net.memory import QUEUE_MAX, BlockRequest, MemoryNetwork
from qcref.network_genesis import compute_network_genesis
from qcref.ports import Signer
from qcref.store.errors import StoreDamagedError, StoreError
from qcref.store.folder import NETWORK, NODES_MAX
from spec.config import validate_genesis
from spec.config.networks import ALGORITHMS
from spec.consensus.interface import Signable
from spec.lib.result import Ok
from tests.qcref.clusters import Notary, Play, get_heights, get_id, playing
from tests.qcref.support import sign_transfer
from tests.qcref.test_runtime import Crash, Fuse

FINAL = ("bft", "pos", "dpos", "hybrid")


@pytest.fixture
def notary(monkeypatch: pytest.MonkeyPatch) -> Notary:
    """Of all that any node signs during a test."""
    notary = Notary()

    def witness(genesis_id: bytes, message: Signable, signer: Signer) -> Signable:
        notary.witness(message)
        return sign_message(genesis_id, message, signer)

    monkeypatch.setattr("qcref.runtime.sign_message", witness)
    return notary


def _send(play: Play, amount: int) -> None:
    node = play.nodes[0]
    assert isinstance(node.submit(sign_transfer(node, "alice", "bob", amount)), Ok)


def _check_agreement(play: Play) -> None:
    """What is final to two nodes, or deep enough where nothing is, is the same to both."""
    heights = [get_heights(node) for node in play.nodes]
    common = min(final for _, final in heights)
    if play.cluster.plan.algorithm == "pow":
        common = max(0, min(head for head, _ in heights) - 6)
    for height in range(common + 1):
        assert len({get_id(node, height) for node in play.nodes}) == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("nodes", [2, 4, NODES_MAX])
def test_every_genesis_is_sound(algorithm: str, nodes: int) -> None:
    assert validate_genesis(compute_network_genesis(algorithm, nodes, 1)) is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_one_node_is_told_all_execute_and_agree_on(tmp_path: Path, algorithm: str) -> None:
    with playing(tmp_path, algorithm) as play:
        _send(play, 7)
        play.until(lambda: play.have_all("bob", FUNDS + 7))
        if algorithm in FINAL:
            play.until(lambda: all(get_heights(node)[1] > 0 for node in play.nodes))
        play.until(lambda: all(len(node.runtime.mempool) == 0 for node in play.nodes))
        _check_agreement(play)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_node_that_was_away_catches_up_from_what_it_has(tmp_path: Path, algorithm: str) -> None:
    with playing(tmp_path, algorithm) as play:
        play.until(lambda: get_heights(play.nodes[2])[0] >= 2)
        play.cluster.stop(2)
        _send(play, 7)
        play.until(lambda: play.have_all("bob", FUNDS + 7))
        start = get_heights(play.nodes[0])[0]
        play.until(lambda: get_heights(play.nodes[0])[0] >= start + 4)
        node = play.cluster.start(2)
        assert get_heights(node)[0] >= 2, "it goes on from its own store"
        play.until(lambda: play.have_all("bob", FUNDS + 7))
        play.until(lambda: get_heights(node)[0] > start + 4)
        _check_agreement(play)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_nodes_restart_on_their_chain_and_nobody_signs_twice(
    tmp_path: Path, algorithm: str, notary: Notary
) -> None:
    heights: list[int] = []
    for amount in (1, 2, 3):
        with playing(tmp_path, algorithm) as play:
            if heights:
                assert [get_heights(node)[0] for node in play.nodes] == heights
            _send(play, amount)
            total = FUNDS + amount * (amount + 1) // 2
            play.until(lambda total=total: play.have_all("bob", total))  # type: ignore[misc] # bound
            play.until(lambda least=3 * amount: get_heights(play.nodes[0])[0] >= least)  # type: ignore[misc] # bound
            _check_agreement(play)
            heights = [get_heights(node)[0] for node in play.nodes]
    assert (notary.count > 0) == (algorithm != "pow")


@pytest.mark.parametrize("algorithm", ["bft", "pos", "dpos", "hybrid"])
def test_a_crash_at_any_write_of_any_node_convicts_nobody(
    tmp_path: Path, algorithm: str, notary: Notary
) -> None:
    """The process dies at a write, again and again; the chain goes on each time."""
    for writes in (1, 2, 3, 5, 8, 13, 21, 34):
        with pytest.MonkeyPatch.context() as fused, suppress(Crash):
            Fuse(writes, is_written=writes % 2 == 0).install(fused)
            with playing(tmp_path, algorithm) as play:
                play.until(lambda: False)
    with playing(tmp_path, algorithm) as play:
        _send(play, 7)
        play.until(lambda: play.have_all("bob", FUNDS + 7))
        _check_agreement(play)
    assert notary.count > 0


def test_a_folder_says_what_network_it_holds(tmp_path: Path) -> None:
    assert read_plan(tmp_path) is None
    with playing(tmp_path, "pow", 2) as play:
        assert read_plan(tmp_path) == play.cluster.plan
    with pytest.raises(StoreError):
        Cluster(tmp_path, "bft", 2)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"algorithm": "bft"}', '{"algorithm":"x","nodes":4,"time_ms":1}', "[" * 5_000],
)
def test_a_damaged_plan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / NETWORK).write_text(text, "utf-8")
    with pytest.raises(StoreDamagedError):
        read_plan(tmp_path)


def test_the_network_in_memory_is_bounded_and_counts_what_it_loses() -> None:
    network = MemoryNetwork(2)
    for _ in range(QUEUE_MAX + 3):
        network.post(0, 1, BlockRequest(bytes(32)))
    assert network.lost == 3
    assert len(list(network.take_due(1_000))) == QUEUE_MAX


def test_who_is_away_hears_nothing_and_says_nothing() -> None:
    network = MemoryNetwork(3)
    network.post(0, 1, BlockRequest(bytes(32)))
    network.leave(1)
    network.post(0, 1, BlockRequest(bytes(32)))
    network.post(1, 0, BlockRequest(bytes(32)))
    assert list(network.take_due(1_000)) == []
    network.join(1)
    network.post(0, 1, BlockRequest(bytes(32)))
    assert len(list(network.take_due(2_000))) == 1
