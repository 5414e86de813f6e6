"""Imports stay inside the project; components keep their state and prove their properties anew."""

from pathlib import Path

import pytest

from dsl.compile import CompileResult, compile_source
from dsl.diagnostics import is_error, render_diagnostics
from dsl.imports import DEPTH_MAX, FILES_MAX
from dsl.source import LENGTH_BYTES_MAX
from dsl.testing import run_tests

COUNTER = """error Full

component Counter:
    role keeper

    state:
        counted: u64

    invariant small: counted <= 10

    action add() by keeper:
        fails Full when counted == 10

        counted += 1

    action clear() by keeper:
        counted = 0

    function bump():
        counted = min(counted + 1, 10)

    view get_counted() -> u64:
        return counted
"""
HOST = """import "counter.qc": Counter, Full

contract Host:
    component clicks: Counter
    exports clicks.add, clicks.get_counted

    action click() by anyone:
        fails Full when clicks.counted == 10

        clicks.bump()

    test "clicks":
        deploy() as alice
        add() as alice
        click() as bob
        assert clicks.counted == 2 and get_counted() == 2
        expect NotAllowed: add() as bob
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "qc.toml").write_text("")
    (root / "counter.qc").write_text(COUNTER)
    return root


def compile_in(root: Path, text: str, name: str = "host.qc") -> CompileResult:
    return compile_source(text, str(root / name))


def list_codes(result: CompileResult) -> list[str]:
    return [each.code for each in result.diagnostics if is_error(each)]


def test_a_component_is_taken_in_under_its_alias(project: Path) -> None:
    result = compile_in(project, HOST)
    assert result.unit is not None, render_diagnostics(result.source, result.diagnostics)
    names = [each.name for each in result.unit.source_map.functions]
    assert names == ["init", "click", "add", "get_counted"]
    cells = [each.name for each in result.unit.source_map.cells]
    assert cells[2:] == ["clicks.keeper", "clicks.keeper_offer", "clicks.counted"]
    assert [each.name for each in result.unit.source_map.invariants] == ["clicks.small"]
    assert [each.problem for each in run_tests(result.unit)] == [""]


def test_two_of_a_kind_have_states_of_their_own(project: Path) -> None:
    text = """import "counter.qc": Counter
contract Two:
    component a: Counter
    component b: Counter
    action f() by anyone:
        a.bump()
    test "apart":
        deploy() as alice
        f() as bob
        assert a.counted == 1 and b.counted == 0
"""
    result = compile_in(project, text)
    assert result.unit is not None, render_diagnostics(result.source, result.diagnostics)
    assert [each.problem for each in run_tests(result.unit)] == [""]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("clicks.counted = 3", "QC0454"),
        ("clicks.counted += 3", "QC0454"),
        ("clicks.keeper = none", "QC0454"),
        ("clicks.nothing()", "QC0103"),
        ("clicks.clear()", "QC0103"),
        ("pass\n        let y = counted", "QC0103"),
    ],
)
def test_a_component_is_reached_by_its_functions_alone(project: Path, line: str, code: str) -> None:
    assert code in list_codes(compile_in(project, HOST.replace("clicks.bump()", line)))


def test_an_error_inside_a_component_is_shown_in_its_file(project: Path) -> None:
    (project / "counter.qc").write_text(COUNTER.replace("counted = 0", "counted = caller"))
    result = compile_in(project, HOST.replace("clicks.add,", "clicks.clear, clicks.add,"))
    shown = render_diagnostics(result.source, result.diagnostics)
    line = COUNTER.split("counted = 0", maxsplit=1)[0].count("\n") + 1
    assert f"counter.qc:{line}:19" in shown
    assert "counted = caller" in shown
    assert "host.qc:1:1" in shown
    assert "imported here" in shown


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../outside.qc",
        "../../outside.qc",
        "a/../../outside.qc",
        "./counter.qc",
        "counter",
        "counter.qc/",
        "~/counter.qc",
        "c:counter.qc",
        "counter\\\\x.qc",
        "std/../host.qc",
        "linked.qc",
        "",
    ],
)
def test_a_path_stays_inside_the_project(project: Path, path: str) -> None:
    (project.parent / "outside.qc").write_text(COUNTER)
    (project / "linked.qc").symlink_to(project.parent / "outside.qc")
    result = compile_in(project, f'import "{path}": Counter\n' + HOST.split("\n", 1)[1])
    assert "QC0151" in list_codes(result)


def test_what_can_not_be_read_is_said(project: Path) -> None:
    (project / "bad.qc").write_bytes(b"\xff\xfe")
    (project / "long.qc").write_text("#" * (LENGTH_BYTES_MAX + 1))
    (project / "folder.qc").mkdir()
    for name in ("missing", "bad", "long", "folder"):
        text = f'import "{name}.qc": A\ncontract C:\n    state:\n        x: u64\n'
        assert list_codes(compile_in(project, text)) == ["QC0152"]


def test_circles_end(project: Path) -> None:
    (project / "a.qc").write_text('import "b.qc": B\nrecord A:\n    x: u64\n')
    (project / "b.qc").write_text('import "a.qc": A\nrecord B:\n    x: u64\n')
    (project / "c.qc").write_text('import "host.qc": H\nrecord C:\n    x: u64\n')
    for name in ("a", "b", "c"):
        text = f'import "{name}.qc": {name.upper()}\ncontract H:\n    state:\n        x: u64\n'
        assert "QC0153" in list_codes(compile_in(project, text))


def test_files_and_depth_are_limited(project: Path) -> None:
    for number in range(FILES_MAX + 2):
        step = f'import "f{number + 1}.qc": R{number + 1}\n'
        (project / f"f{number}.qc").write_text(f"{step}record R{number}:\n    x: u64\n")
        (project / f"g{number}.qc").write_text(f"record G{number}:\n    x: u64\n")
    contract = "contract H:\n    state:\n        x: u64\n"
    deep = f'import "f0.qc": R0\n{contract}'
    assert DEPTH_MAX < FILES_MAX
    assert "QC0701" in list_codes(compile_in(project, deep))
    wide = "".join(f'import "g{n}.qc": G{n}\n' for n in range(FILES_MAX + 1)) + contract
    assert "QC0701" in list_codes(compile_in(project, wide))
    good = "".join(f'import "g{n}.qc": G{n}\n' for n in range(FILES_MAX)) + contract
    assert list_codes(compile_in(project, good)) == []


def test_what_an_import_uses_comes_along(project: Path) -> None:
    (project / "shapes.qc").write_text(
        "enum Color: Red, Green\n"
        "const LIMIT: u64 = 7\n"
        "record Shape:\n    color: Color\n    size: u64\n"
        "function is_small(shape: Shape) -> bool:\n    return shape.size < LIMIT\n"
    )
    text = """import "shapes.qc": Shape, is_small
contract Drawing:
    state:
        shapes: map[u64, Shape]
        count_of: u64
    error Large
    action draw(shape: Shape) by anyone:
        fails Large when not is_small(shape)

        shapes[0] = shape
    test "small":
        deploy() as alice
        draw(Shape(Color.Green, 6)) as bob
        expect Large: draw(Shape(Color.Red, 7)) as bob
"""
    result = compile_in(project, text)
    assert result.unit is not None, render_diagnostics(result.source, result.diagnostics)
    assert [each.problem for each in run_tests(result.unit)] == [""]


def test_a_file_that_imports_nothing_is_read_alone(tmp_path: Path) -> None:
    text = "contract C:\n    state:\n        x: u64\n"
    assert compile_source(text, str(tmp_path / "no" / "such" / "folder.qc")).unit is not None
