"""docs/driving_a_node.md: its table has every effect and answer, and its example runs."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

from spec.consensus.interface import Effect, Input

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "driving_a_node.md").read_text(encoding="utf-8")


def test_the_table_has_every_effect_and_the_page_every_input() -> None:
    table = "".join(line for line in TEXT.splitlines() if line.startswith("| `"))
    assert [kind.__name__ for kind in get_args(Effect) if f"`{kind.__name__}(" not in table] == []
    assert [kind.__name__ for kind in get_args(Input) if kind.__name__ not in TEXT] == []


def test_the_example_prints_what_the_page_says() -> None:
    program = TEXT.split("```python\n")[1].split("```")[0]
    expected = TEXT.split("It prints:\n\n```\n")[1].split("```")[0]
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    assert ran.stdout == expected
    assert expected.count("final: height") > 1
