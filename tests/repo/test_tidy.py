"""The style that no linter knows holds everywhere (STYLE 5 to 9, 14)."""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

from tests.repo import purity
from tools.codes import collect_codes
from tools.project import ROOT, get_files
from tools.wheel import ROOMS

pytestmark = pytest.mark.tidy

PYTHON_FILES: Final = tuple(path.relative_to(ROOT) for path in get_files("*.py"))
SPEC_FILES: Final = tuple(path for path in PYTHON_FILES if path.parts[0] == "spec")

# A silenced gate names its rule and then, on the same line, a reason.
SILENCED: Final = re.compile(r"#\s*(noqa|type:\s*ignore)\b(:\s*[A-Z0-9, ]+|\[[a-z, -]+\])?(.*)")
REASON: Final = re.compile(r"\w\w")
STANDARD_LIBRARY: Final = frozenset(sys.stdlib_module_names)
UNFINISHED: Final = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b")


def read_tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"))


def render_breaches(path: Path, breaches: list[purity.Breach]) -> list[str]:
    return [f"{path}:{breach.line}: {breach.rule}" for breach in breaches]


@pytest.mark.parametrize("path", SPEC_FILES, ids=str)
def test_the_specification_is_pure(path: Path) -> None:
    tree = read_tree(path)
    breaches = [breach for rule in purity.RULES for breach in rule(tree)]
    assert render_breaches(path, breaches) == []


@pytest.mark.parametrize("path", SPEC_FILES, ids=str)
def test_the_specification_imports_only_what_is_pure(path: Path) -> None:
    breaches = list(purity.find_forbidden_imports(read_tree(path)))
    if path.is_relative_to("spec/crypto") and path.parts[2].startswith("signing"):
        breaches = [breach for breach in breaches if " Crypto" not in breach.rule]
    assert render_breaches(path, breaches) == []


@pytest.mark.parametrize("path", [path for path in SPEC_FILES if len(path.parts) > 1], ids=str)
def test_a_chapter_imports_only_chapters_above(path: Path) -> None:
    chapter = path.parts[1].removesuffix(".py")
    if chapter != "__init__":
        assert chapter in purity.CHAPTERS, f"spec/{chapter} has no place in the reading order"
        breaches = list(purity.find_later_chapters(chapter, read_tree(path)))
        assert render_breaches(path, breaches) == []


def test_the_runner_needs_only_the_standard_library() -> None:
    runner = [path for path in PYTHON_FILES if path.is_relative_to("conformance/runner")]
    foreign = [
        f"{path}:{line}: {module}"
        for path in runner
        for line, module in purity.get_imports(read_tree(path))
        if module.partition(".")[0] not in STANDARD_LIBRARY
        and not module.startswith("conformance.runner")
    ]
    assert foreign == []


def test_the_core_of_the_node_does_no_io() -> None:
    core = [path for path in PYTHON_FILES if path.is_relative_to("qcref/core")]
    allowed = purity.STANDARD_MODULES | {"sortedcontainers"}
    foreign = [
        f"{path}:{line}: {module}"
        for path in core
        for line, module in purity.get_imports(read_tree(path))
        if module not in allowed
        and not module.startswith(("spec.", "qcref.core", "qcref.ports", "qcref.util"))
    ]
    assert foreign == []


def test_no_module_of_a_room_is_named_in_a_string() -> None:
    """The wheel moves the rooms; `module.__name__` moves with them, a string does not."""
    rooms = [path for path in PYTHON_FILES if path.parts[0] in ROOMS]
    modules = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in rooms}
    named = [
        f"{path}:{node.lineno}: {node.value}"
        for path in rooms
        for parent in ast.walk(read_tree(path))
        if not isinstance(parent, ast.Dict | ast.BoolOp)  # a label in data, or `__package__ or …`
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "." in node.value
        and node.value in modules
    ]
    assert named == []


def test_error_codes_are_unique() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for declaration in collect_codes():
        places[declaration.code].append(f"{declaration.path}:{declaration.line}")
    assert {code: where for code, where in places.items() if len(where) > 1} == {}


def test_error_codes_say_what_is_wrong() -> None:
    assert [declaration.code for declaration in collect_codes() if not declaration.meaning] == []


@pytest.mark.parametrize("path", PYTHON_FILES, ids=str)
def test_a_silenced_gate_says_why_on_its_line(path: Path) -> None:
    unreasoned = [
        f"{path}:{number}: {line.strip()}"
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1)
        for match in SILENCED.finditer(line)
        if not match[2] or not REASON.search(match[3])
    ]
    assert unreasoned == []


@pytest.mark.parametrize("path", PYTHON_FILES, ids=str)
def test_nothing_is_marked_unfinished(path: Path) -> None:
    assert UNFINISHED.findall((ROOT / path).read_text("utf-8")) == []
