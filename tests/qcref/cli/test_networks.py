"""`qc devnet --nodes N --algorithm A` as a process: each node through its own address."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from qcref.cluster import Cluster
from qcref.store.folder import clear_folder
from quantumchain.cli import main
from tests.qcref.cli.support import DevnetProcess, running_devnet, wait_until
from tests.qcref.support import ERC20, running

COIN = 10**9
FUNDS = 10_000 * COIN
FINAL = ("bft", "pos", "dpos", "hybrid")
SINGLE_ONLY: tuple[tuple[str, dict[str, object]], ...] = (
    ("mine", {"count": 1}),
    ("snapshot", {}),
    ("revert", {"snapshot": 0}),
    ("time", {"advance_ms": 1}),
    ("faucet", {"to": "bob", "amount": "1"}),
)


def _ask(network: DevnetProcess, path: str) -> list[Any]:
    """Every node's answer."""
    kept, answers = network.url, []
    for url in network.ready["addresses"]:
        network.url = url
        answers.append(network.request(path))
    network.url = kept
    return answers


def _have_all(network: DevnetProcess, balance: int) -> bool:
    return all(int(each["balance"]) == balance for each in _ask(network, "/v1/accounts/bob"))


def _send(network: DevnetProcess, amount: int) -> str:
    body = {"from": "alice", "to": "bob", "amount": str(amount)}
    return str(network.request("/v1/dev/transfer", body)["id"])


def _check_network(network: DevnetProcess, algorithm: str) -> None:
    """A transfer told to one node is executed by all; validators and finality are served."""
    tx_id = _send(network, 7)
    wait_until(lambda: _have_all(network, FUNDS + 7))
    if algorithm in FINAL:
        path = f"/v1/transactions/{tx_id}"
        wait_until(lambda: all(each["is_final"] for each in _ask(network, path)))
    for number, validators in enumerate(_ask(network, "/v1/validators")):
        assert validators["algorithm"] == algorithm
        assert [each["is_this_node"] for each in validators["items"]].index(True) == number
        assert all(int(each["stake"]) >= 1_000 * COIN for each in validators["items"])
        assert (int(validators["power_total"]) > 0) == (algorithm != "pow")
    for finality in _ask(network, "/v1/finality"):
        assert (finality["finalized"] is None) == (algorithm == "pow")
        assert bool(finality["reversal"]) == (algorithm in ("pow", "hybrid"))
        assert finality["statement"]
    for number, status in enumerate(_ask(network, "/v1/status"), 1):
        assert (status["node"], status["nodes"], status["algorithm"]) == (number, 4, algorithm)


@pytest.mark.parametrize(
    "algorithm",
    [
        "bft",
        pytest.param("pos", marks=pytest.mark.slow),
        pytest.param("dpos", marks=pytest.mark.slow),
        "pow",
        pytest.param("hybrid", marks=pytest.mark.slow),
    ],
)
def test_four_nodes_of_each_algorithm_are_one_chain(tmp_path: Path, algorithm: str) -> None:
    with running_devnet(tmp_path, "--nodes", "4", "--algorithm", algorithm) as network:
        _check_network(network, algorithm)
        assert network.stop(signal.SIGINT) == 0


@pytest.mark.parametrize(
    "algorithm", ["bft", *(pytest.param(a, marks=pytest.mark.slow) for a in ("pos", "pow"))]
)
def test_after_a_kill_all_nodes_go_on_from_their_stores(tmp_path: Path, algorithm: str) -> None:
    words = ("--nodes", "4", "--algorithm", algorithm)
    with running_devnet(tmp_path, *words) as network:
        _send(network, 7)
        wait_until(lambda: _have_all(network, FUNDS + 7))
        heads = [int(each["head_height"]) for each in _ask(network, "/v1/status")]
        network.kill()
    with running_devnet(tmp_path, *words) as again:
        after = [int(each["head_height"]) for each in _ask(again, "/v1/status")]
        assert all(now >= was for now, was in zip(after, heads, strict=True))
        assert _have_all(again, FUNDS + 7)
        _send(again, 5)
        wait_until(lambda: _have_all(again, FUNDS + 12))
        assert again.stop() == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevnetProcess]:
    with running_devnet(tmp_path_factory.mktemp("network"), "--nodes", "4") as network:
        yield network


@pytest.fixture
def qc(
    shared: DevnetProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """A command in the network's folder, in this process to be quick."""
    monkeypatch.chdir(shared.folder)
    monkeypatch.delenv("QC_URL", raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        exit_code = main(words)
        found = capsys.readouterr()
        return exit_code, found.out, found.err

    return run


def test_commands_find_the_first_node_and_pick_others(
    shared: DevnetProcess, qc: Callable[..., tuple[int, str, str]]
) -> None:
    gold = ("Gold", "GLD", "18", "1_000", "100")
    code, out, _ = qc("deploy", str(ERC20), *gold, "--from", "alice", "--no-verify", "--json")
    assert (code, json.loads(out)["contract"]["name"]) == (0, "ERC20")
    code, out, _ = qc("call", "ERC20", "transfer", "bob", "30", "--from", "alice")
    assert (code, out.splitlines()[0][-5:]) == (0, "final")
    height = int(shared.request("/v1/status")["head_height"])
    wait_until(lambda: min(int(s["head_height"]) for s in _ask(shared, "/v1/status")) >= height)
    for number in ("1", "2", "3", "4"):
        assert qc("call", "ERC20", "balance_of", "bob", "--node", number)[:2] == (0, "30\n")
        assert "final       yes" in qc("block", str(height), "--node", number)[1]
    assert qc("block", "--node", "1", "--url", shared.url)[0] == 2


@pytest.mark.parametrize("number", ["0", "5", "x", "-1", "9" * 50])
def test_a_node_that_is_not_there_is_said(
    qc: Callable[..., tuple[int, str, str]], number: str
) -> None:
    code, _, error = qc("block", f"--node={number}")
    assert (code, error.partition("]")[0]) == (2, "error[cli.node_number_unknown")


@pytest.mark.parametrize(("name", "body"), SINGLE_ONLY)
def test_what_one_node_alone_can_do_is_refused(
    shared: DevnetProcess, name: str, body: dict[str, object]
) -> None:
    with pytest.raises(HTTPError) as caught:
        shared.request(f"/v1/dev/{name}", body)
    assert (caught.value.code, json.load(caught.value)["code"]) == (409, "dev.single_node_only")
    caught.value.close()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--nodes", "0"), "cli.nodes_invalid"),
        (("--nodes", "1000"), "cli.nodes_invalid"),
        (("--nodes", "17"), "cli.nodes_invalid"),
        (("--nodes", "-1"), "cli.nodes_invalid"),
        (("--nodes", "four"), "cli.nodes_invalid"),
        (("--nodes", "9" * 5_000), "cli.nodes_invalid"),
        (("--algorithm", "raft"), "cli.algorithm_unknown"),
        (("--algorithm", ""), "cli.algorithm_unknown"),
        (("--nodes", "4", "--algorithm", "BFT"), "cli.algorithm_unknown"),
        (("--nodes", "1", "--algorithm", "pos"), "dev.algorithm_needs_nodes"),
        (("--nodes", "4", "--block-time", "100"), "dev.single_node_only"),
        (("--nodes", "4", "--port", "65534"), "cli.port_invalid"),
    ],
)
def test_what_no_network_is_like_is_refused(
    words: tuple[str, ...], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        exit_code = main(["devnet", "--data", str(tmp_path), *words])
    except SystemExit as left:  # the parser's way
        exit_code = int(str(left.code))
    found = capsys.readouterr()
    assert (exit_code, found.err.removeprefix("error[").partition("]")[0]) == (2, code)


def test_another_chain_in_the_folder_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, alone = tmp_path / "network", tmp_path / "alone"
    network.mkdir()
    Cluster(network, "bft", 2).close()
    with running(alone):
        pass
    wrong = {
        network: ((), ("--nodes", "3"), ("--nodes", "2", "--algorithm", "pow")),
        alone: (("--nodes", "2"), ("--algorithm", "pos")),
    }
    for folder, tries in wrong.items():
        for words in tries:
            assert main(["devnet", "--port", "0", "--data", str(folder), *words]) == 2
            assert "dev.other_network" in capsys.readouterr().err
        clear_folder(folder)
        assert [path.name for path in folder.rglob("*") if path.is_file()] == ["lock"]
