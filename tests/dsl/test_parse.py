"""The grammar and its tables, and the trees that come out."""

import logging
from pathlib import Path

import pytest
from lark import logger

from dsl import ast
from dsl import ast_members as decl
from dsl.parse import parse_source, run
from dsl.parse.lines import LineIndenter
from dsl.parse.tables import (
    GRAMMAR,
    TABLES,
    CallbackProxy,
    build_parser,
    get_parser,
    load_tables,
    write_tables,
)
from dsl.source import make_source
from tests.dsl.corpus import read_sources


def parse_expression(text: str) -> ast.Expression:
    """The tree of an expression."""
    source = make_source("a.qc", f"contract A:\n    invariant {text}\n")
    parsed = parse_source(source)
    assert parsed.diagnostics == ()
    member = parsed.contracts[0].members[0]
    assert isinstance(member, decl.Property)
    return member.condition


def show(node: ast.Expression) -> str:
    """An expression with all brackets."""
    match node:
        case ast.Name(text=text):
            return text
        case ast.Integer(value=value):
            return str(value)
        case ast.Binary(operator=operator, left=left, right=right):
            return f"({show(left)} {operator} {show(right)})"
        case ast.Unary(operator=operator, operand=operand):
            return f"({operator} {show(operand)})"
        case ast.Choice(yes=yes, condition=condition, no=no):
            return f"({show(yes)} if {show(condition)} else {show(no)})"
        case ast.Index(base=base, key=key):
            return f"{show(base)}[{show(key)}]"
        case ast.Member(base=base, name=name):
            return f"{show(base)}.{name.text}"
        case ast.Forall(binders=binders, body=body):
            return f"forall {', '.join(each.name.text for each in binders)}: {show(body)}"
        case _:
            return type(node).__name__


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a - b - c", "((a - b) - c)"),
        ("a // b % c", "((a // b) % c)"),
        ("- a * b", "((- a) * b)"),
        ("not a == b and c or d", "(((not (a == b)) and c) or d)"),
        ("a ==> b ==> c", "(a ==> (b ==> c))"),
        ("a or b ==> c and d", "((a or b) ==> (c and d))"),
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("a[b].c[d]", "a[b].c[d]"),
        ("forall a: u8, b: u8: a ==> forall c: u8: b", "forall a, b: (a ==> forall c: b)"),
        ("(a\n  + b)", "(a + b)"),
        ("a ==>\n        b", "(a ==> b)"),
        ("x:\n        a", "a"),
    ],
)
def test_operators_bind_as_the_reference_says(text: str, shown: str) -> None:
    assert show(parse_expression(text)) == shown


def test_the_grammar_has_no_conflicts() -> None:
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]  # a probe
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        build_parser(GRAMMAR.read_text("utf-8"), CallbackProxy(), LineIndenter())
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert [each for each in messages if "onflict" in each] == []


def test_kept_tables_parse_like_the_grammar(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [make_source("a.qc", text) for text in read_sources()]
    kept = [parse_source(each) for each in sources]
    proxy, indenter = CallbackProxy(), LineIndenter()
    made = build_parser(GRAMMAR.read_text("utf-8"), proxy, indenter), proxy, indenter
    monkeypatch.setattr(run, "get_parser", lambda: made)
    assert [parse_source(each) for each in sources] == kept


def test_kept_tables_are_used() -> None:
    grammar = GRAMMAR.read_text("utf-8")
    assert load_tables(TABLES.read_bytes(), grammar, CallbackProxy(), LineIndenter()) is not None


def test_tables_are_written_as_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "grammar.tables"
    write_tables(path)
    assert path.read_bytes().isascii()
    grammar = GRAMMAR.read_text("utf-8")
    assert load_tables(path.read_bytes(), grammar, CallbackProxy(), LineIndenter()) is not None


def test_tables_of_another_grammar_are_not_used() -> None:
    other = GRAMMAR.read_text("utf-8") + "\n"
    packed = TABLES.read_bytes()
    assert load_tables(packed, other, CallbackProxy(), LineIndenter()) is None


def test_all_terminals_have_names() -> None:
    parser, _, _ = get_parser()
    assert [each.name for each in parser.terminals if each.name.startswith("__ANON")] == []


def test_spans_cover_what_they_stand_for() -> None:
    text = "contract A:\n    invariant  a.b [c + 1]\n"
    source = make_source("a.qc", text)
    member = parse_source(source).contracts[0].members[0]
    assert isinstance(member, decl.Property)
    node = member.condition
    assert isinstance(node, ast.Index)
    assert text[node.span.start : node.span.end] == "a.b [c + 1]"
    assert text[node.key.span.start : node.key.span.end] == "c + 1"


def test_an_error_leaves_the_other_lines() -> None:
    lines = [f"    error E{number}" for number in range(40)]
    for bad in range(40):
        broken = [*lines[:bad], "    error = 3", *lines[bad + 1 :]]
        parsed = parse_source(make_source("a.qc", "\n".join(["contract A:", *broken, ""])))
        assert len(parsed.diagnostics) == 1
        names = [m.name.text for m in parsed.contracts[0].members if isinstance(m, decl.Signature)]
        assert names == [f"E{number}" for number in range(40) if number != bad]
