"""The tutorial page of examples/own_consensus does what it says."""

import re
import shlex
from pathlib import Path

import pytest

from quantumchain.cli import main
from tools.project import ROOT

PAGE = ROOT / "examples" / "own_consensus" / "README.md"
LINES_MAX = 120


def get_commands() -> list[tuple[str, str]]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [
        (words, printed)
        for block in blocks
        for words, printed in re.findall(r"\$ qc ([^\n]*)\n((?:(?!\$ ).*\n)*)", block)
    ]


@pytest.mark.parametrize(("words", "printed"), get_commands(), ids=lambda text: text[:40])
def test_what_the_page_shows_is_printed(
    words: str,
    printed: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    code = main(shlex.split(words))
    shown = capsys.readouterr().out
    for part in printed.replace("\n", "…").split("…"):
        assert part in shown
    assert code == (1 if "BROKEN" in printed else 0)


def test_the_page_has_all_three_tools() -> None:
    commands = [words.split(" ")[0:2] for words, _ in get_commands()]
    for tool in ("sim", "explore", "prove"):
        assert any(tool in words for words in commands)


def test_the_example_is_short() -> None:
    text = Path(ROOT / "examples/own_consensus/one_child.py").read_text("utf-8")
    assert len(text.splitlines()) <= LINES_MAX
