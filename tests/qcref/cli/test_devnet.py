"""`qc devnet` as a process: found by others, alone in its folder, gone when told."""

import json
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError

import pytest

from quantumchain.cli import main
from tests.qcref.cli.support import (
    QC,
    READY_S_MAX,
    DevnetProcess,
    run_json,
    run_qc,
    running_devnet,
    wait_until,
)
from tests.qcref.support import ERC20

GOLD = ("Gold", "GLD", "18", "1_000", "100")


def test_a_developers_first_hour(tmp_path: Path) -> None:
    """Deploy, transfer, look, stop, start again: everything is there."""
    with running_devnet(tmp_path) as devnet:
        deployed = run_json(tmp_path, "deploy", str(ERC20), *GOLD, "--from", "alice", "--no-verify")
        assert deployed["contract"]["name"] == "ERC20"
        done = run_qc(tmp_path, "call", "ERC20", "transfer", "bob", "30", "--from", "alice")
        assert (done.returncode, "sender alice, recipient bob" in done.stdout) == (0, True)
        view = run_qc(tmp_path, "call", "ERC20", "balance_of", "bob")
        assert (view.returncode, view.stdout) == (0, "30\n")
        refused = run_qc(tmp_path, "call", "ERC20", "transfer", "bob", "999", "--from", "alice")
        assert (refused.returncode, "InsufficientBalance" in refused.stdout) == (1, True)
        proof = run_json(tmp_path, "account", "alice", "--proof")["proof"]
        before = devnet.request("/v1/status")
        assert proof["state_root"] == before["state_root"]
        assert devnet.stop(signal.SIGINT) == 0
    assert not (tmp_path / ".qc" / "devnet" / "node.json").exists()
    with running_devnet(tmp_path) as again:
        status = again.request("/v1/status")
        assert {**status, "now_ms": ""} == {**before, "now_ms": ""}
        assert run_qc(tmp_path, "call", "ERC20", "balance_of", "alice").stdout == "70\n"
        assert run_qc(tmp_path, "block", "latest").stdout.startswith(
            f"block {again.ready['head_height']}"
        )
        assert again.stop() == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevnetProcess]:
    with running_devnet(tmp_path_factory.mktemp("shared")) as devnet:
        yield devnet


def test_whoever_sends_too_much_hears_it_over_a_real_connection(shared: DevnetProcess) -> None:
    """A client that sends ten megabytes before it listens gets the answer, no broken pipe."""
    with pytest.raises(HTTPError) as caught:
        shared.request("/v1/dev/call", "x" * 10_000_000)
    assert caught.value.code == 413
    assert json.load(caught.value)["code"] == "api.body_too_large"
    caught.value.close()


def _fail(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """How a `qc devnet` that does not come to run ends, and why; in this process, to be quick."""
    try:
        exit_code = main(["devnet", *words])
    except SystemExit as left:  # the parser's way
        exit_code = int(str(left.code))
    found = capsys.readouterr()
    assert found.out == ""
    return exit_code, found.err.removeprefix("error[").partition("]")[0]


def test_it_is_found_from_below_and_by_its_address(shared: DevnetProcess) -> None:
    below = shared.folder / "contracts" / "deep"
    below.mkdir(parents=True)
    assert run_json(below, "account", "bob")["name"] == "bob"
    away = shared.folder.parent
    assert run_json(away, "account", "bob", "--url", shared.url)["name"] == "bob"
    assert run_qc(away, "account", "bob", environment={"QC_URL": shared.url}).returncode == 0
    document = json.loads((shared.folder / ".qc" / "devnet" / "node.json").read_text("utf-8"))
    assert document == {"url": shared.url, "pid": shared.process.pid}


def test_a_second_one_on_the_same_folder_is_refused(
    shared: DevnetProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(shared.folder / ".qc" / "devnet")
    for words in ((), ("--reset",)):
        found = _fail(capsys, "--port", "0", "--data", data, *words)
        assert found == (2, "store.locked")
    assert shared.request("/v1/health") == {"status": "ok"}


def test_a_taken_port_is_said(
    shared: DevnetProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = shared.url.rpartition(":")[2]
    found = _fail(capsys, "--data", str(tmp_path / "other"), "--port", port)
    assert found == (2, "cli.port_taken")


def test_resetting_begins_anew_and_keeps_other_files(tmp_path: Path) -> None:
    with running_devnet(tmp_path) as devnet:
        devnet.request("/v1/dev/mine", {"count": 3})
        devnet.stop()
    note = tmp_path / ".qc" / "devnet" / "note.txt"
    note.write_text("mine", "utf-8")
    with running_devnet(tmp_path, "--reset") as devnet:
        assert devnet.ready["head_height"] == "0"
    assert note.exists()


def test_blocks_come_by_the_clock_or_when_asked_for(tmp_path: Path) -> None:
    with running_devnet(tmp_path, "--block-time", "50") as devnet:
        wait_until(lambda: int(devnet.request("/v1/status")["head_height"]) >= 3)
        done = run_qc(tmp_path, "tx", "send", "bob", "1.5", "--from", "alice")
        assert (done.returncode, done.stdout[:5]) == (0, "ok · "), "it waited for the block"
        devnet.stop()
    with running_devnet(tmp_path, "--block-time", "manual") as devnet:
        done = run_qc(tmp_path, "tx", "send", "bob", "1.5", "--from", "alice")
        assert done.stdout.startswith("pending: 0x")
        assert run_qc(tmp_path, "block", "latest", "--mine", "1").returncode == 0
        assert devnet.request("/v1/status")["mempool_count"] == 0


def test_people_are_told_what_they_need(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*QC, "devnet", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found, _, _ = select.select([process.stdout], [], [], READY_S_MAX)
        assert found
        text = "".join(process.stdout.readline() for _ in range(4))
        for part in (
            "devnet ready in",
            "API http://127.0.0.1:",
            "explorer",
            "alice qcdev1",
            "next",
        ):
            assert part in text
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(READY_S_MAX) == 0
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--host", "0.0.0.0"), "dev.loopback_only"),  # noqa: S104 - refused, that is the test
        (("--host", "example.org"), "dev.loopback_only"),
        (("--port", "70000"), "cli.port_invalid"),
        (("--port", "x"), "cli.usage"),
        (("--block-time", "5"), "cli.block_time_invalid"),
        (("--block-time", "often"), "cli.block_time_invalid"),
        (("--data", "/dev/null/x"), "cli.environment"),
    ],
)
def test_wrong_settings_are_refused(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: str
) -> None:
    assert _fail(capsys, *words) == (2, code)


def test_a_damaged_folder_is_refused_with_a_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "chain.sqlite").write_bytes(b"no database at all" * 100)
    assert _fail(capsys, "--port", "0", "--data", str(tmp_path)) == (2, "store.damaged")


def test_requests_in_progress_are_finished(tmp_path: Path) -> None:
    """A stop in the middle of mining ends after the answer, with everything on disk."""
    answers: list[object] = []

    def mine(devnet: DevnetProcess) -> None:
        answers.append(devnet.request("/v1/dev/mine", {"count": 60}))

    with running_devnet(tmp_path) as devnet:
        thread = Thread(target=mine, args=(devnet,))
        thread.start()
        wait_until(lambda: _has_grown(tmp_path))
        assert devnet.stop() == 0
        thread.join()
    assert len(answers) == 1
    with running_devnet(tmp_path) as again:
        assert again.ready["head_height"] == "60"


def _has_grown(folder: Path) -> bool:
    return (folder / ".qc" / "devnet" / "promises.log").stat().st_size > 2_000
