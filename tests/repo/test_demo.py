"""The demo fails loudly where something does not go as it says; `make demo` runs it whole in CI."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import demo


@pytest.fixture(autouse=True)
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demo, "OUT", tmp_path)
    return tmp_path


def start(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_command_that_ends_otherwise_than_said_stops_the_demo() -> None:
    demo.run_qc("--version")
    demo.run_qc("no-such-command", expected=2)
    with pytest.raises(demo.DemoError, match="ended with 2, not with 0"):
        demo.run_qc("no-such-command")


def test_the_planted_bug_fits_the_contract_of_the_library() -> None:
    text = demo.CONTRACT.read_text("utf-8")
    place = text.index(demo.SOUND)
    assert text.rindex("action transfer(", 0, place) > text.rindex("init(", 0, place)
    assert demo.BROKEN not in text


def test_a_contract_without_the_lines_to_break_stops_the_demo(
    monkeypatch: pytest.MonkeyPatch, out: Path
) -> None:
    other = out / "other.qc"
    other.write_text("contract Other:\n", "utf-8")
    monkeypatch.setattr(demo, "CONTRACT", other)
    with pytest.raises(demo.DemoError, match="no longer has the lines"):
        demo.break_and_tell()


def test_a_devnet_says_where_it_listens() -> None:
    with start('print(\'{"addresses": ["http://127.0.0.1:7"]}\')') as process:
        assert demo.read_addresses(process) == ["http://127.0.0.1:7"]


@pytest.mark.parametrize("line", ["", "ready", "{}"])
def test_a_devnet_that_does_not_say_so_stops_the_demo(line: str) -> None:
    with start(f"print({line!r})") as process, pytest.raises(demo.DemoError, match="where"):
        demo.read_addresses(process)


def test_a_silent_devnet_stops_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "READY_SECONDS_MAX", 1)
    with start("import time; time.sleep(60)") as process:
        with pytest.raises(demo.DemoError, match="not ready within 1 s"):
            demo.read_addresses(process)
        process.kill()


def test_a_devnet_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "STOP_SECONDS_MAX", 1)
    deaf = "import signal, time; signal.signal(2, signal.SIG_IGN); print('up', flush=True)"
    with start(f"{deaf}; time.sleep(60)") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        with pytest.raises(demo.DemoError, match="did not stop within 1 s"):
            demo.stop(process)
        assert process.returncode is not None
