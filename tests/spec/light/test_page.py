"""The example of docs/light_clients.md runs, and prints what the page says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "light_clients.md"


def test_the_example_prints_what_the_page_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    program = text.split("```python\n")[1].split("```")[0]
    expected = text.split("It prints:\n\n```\n")[1].split("```")[0]
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    assert ran.stdout == expected
