"""What the pages for people mention exists: paths, targets of make, commands."""

import re
from pathlib import Path
from typing import Final

import pytest

from quantumchain import commands, rooms
from tools.project import ROOT

pytestmark = pytest.mark.tidy

PAGES: Final = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md", "docs/README.md")
CODE: Final = re.compile(r"`([^`\n]+)`")
PATH: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")


def read_code(page: str) -> list[str]:
    """What stands between backticks, and the lines of fenced blocks."""
    text = (ROOT / page).read_text("utf-8")
    fenced = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = CODE.findall(re.sub(r"^```\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return inline + [line.split("#")[0].strip() for block in fenced for line in block.splitlines()]


@pytest.mark.parametrize("page", PAGES)
def test_a_path_that_is_mentioned_exists(page: str) -> None:
    gone = [
        code
        for code in read_code(page)
        if PATH.fullmatch(code)
        and ("/" in code or Path(code).suffix in (".md", ".py", ".toml"))
        and not any((base / code).exists() for base in (ROOT, (ROOT / page).parent))
    ]
    assert gone == []


@pytest.mark.parametrize("page", PAGES)
def test_a_target_that_is_mentioned_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {word for code in read_code(page) for word in re.findall(r"^make ([a-z-]+)", code)}
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_a_command_that_is_mentioned_exists(page: str) -> None:
    present = {command.name for command in commands.COMMANDS if rooms.has_module(command.module)}
    named = {word for code in read_code(page) for word in re.findall(r"^qc ([a-z]+)", code)}
    assert named - present == set()
