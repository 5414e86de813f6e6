"""The tutorial's commands print what the tutorial says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.foreign import report_missing
from tests.qcref.cli.support import COMMAND_S_MAX, running_devnet
from tests.qcref.support import ROOT

PAGE = ROOT / "docs" / "tutorials" / "first_hour.md"
PRINTED_URL = "http://127.0.0.1:7700"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def read_steps(text: str) -> list[tuple[str, list[str]]]:
    """(command, the lines that it must print) of every console block, in order."""
    steps: list[tuple[str, list[str]]] = []
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def make_pattern(line: str) -> re.Pattern[str]:
    """A line in which … stands for anything."""
    return re.compile(".*".join(re.escape(part) for part in line.split("…")))


def test_every_command_prints_what_the_page_says(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        report_missing("curl", "the tutorial's requests need the program curl")
    steps = read_steps(PAGE.read_text("utf-8"))
    assert len(steps) > 15
    environment = {**os.environ, "QC_PASSPHRASE": "correct horse"}
    qc = f'qc() {{ {shlex.quote(sys.executable)} -m quantumchain "$@"; }}\n'
    with running_devnet(tmp_path) as devnet:
        for command, lines in steps:
            done = subprocess.run(
                ["/bin/sh", "-c", qc + command.replace(PRINTED_URL, devnet.url)],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=COMMAND_S_MAX,
                check=False,
            )
            printed = done.stdout.splitlines()
            assert "Traceback" not in done.stderr
            for line in lines:
                pattern = make_pattern(line)
                assert any(map(pattern.fullmatch, printed)), (command, line, printed, done.stderr)
