"""The reference shows each rule and word of the grammar in an example that compiles."""

from pathlib import Path
from typing import Any

from lark.grammar import Rule
from lark.lexer import Token
from lark.parsers.lalr_analysis import Shift

from dsl.catalog import CATALOG, wrap_example
from dsl.parse.lines import LineIndenter
from dsl.parse.tables import get_parser, scan_tokens
from tests.dsl.test_reference import EXAMPLES

NO_AUTHOR = frozenset({"skipped", "known"})
"""Rules that no author can write."""
NO_WORDS = frozenset(
    {"SKIPPED", "KNOWN", "FOREIGN", "FOREIGN_OPERATOR", "RESERVED", "COMMENT", "BLANK"}
)
"""Tokens that are an error, or nothing."""
DIAGNOSTICS = Path(__file__).parents[2] / "docs" / "language" / "diagnostics.md"


def name_rule(rule: Rule) -> str:
    """What a rule is called in the grammar: its alias, if it has one."""
    return str(rule.alias or rule.origin.name)


def list_tokens(text: str) -> list[Token]:
    parser, _, layout = get_parser()
    assert isinstance(layout, LineIndenter)
    layout.found = []
    tokens = list(layout.process(scan_tokens(parser, text)))
    assert not layout.found
    return [*tokens, Token("$END", "")]


def trace(text: str) -> tuple[set[str], set[str]]:
    """The rules and tokens that a source uses."""
    conf: Any = get_parser()[0].parse_interactive("").parser_state.parse_conf
    states, rules, words = [conf.start_state], set(), set()
    for token in list_tokens(text):
        words.add(token.type)
        while True:
            action, argument = conf.states[states[-1]][token.type]
            if action is Shift:
                states.append(argument)
                break
            rules.add(name_rule(argument))
            del states[len(states) - len(argument.expansion) :]
            if argument.origin.name == "$root_start" or len(states) == 0:
                break
            states.append(conf.states[states[-1]][argument.origin.name][1])
            if states[-1] == conf.end_state:
                break
        if states[-1] == conf.end_state:
            break
    return rules, words


def list_all_rules() -> set[str]:
    conf: Any = get_parser()[0].parse_interactive("").parser_state.parse_conf
    found = {
        name_rule(rule)
        for row in conf.states.values()
        for _, rule in row.values()
        if isinstance(rule, Rule)
    }
    return {each for each in found if not each.startswith(("_", "$")) and "__" not in each}


def trace_page() -> tuple[set[str], set[str]]:
    rules, words = set(), set()
    for frame, part in EXAMPLES:
        more_rules, more_words = trace(wrap_example(frame, part))
        rules |= more_rules
        words |= more_words
    return rules, words


def test_each_rule_of_the_grammar_is_in_an_example() -> None:
    rules, _ = trace_page()
    assert list_all_rules() - NO_AUTHOR - rules == set()


def test_each_word_of_the_language_is_in_an_example() -> None:
    _, words = trace_page()
    terminals = {each.name for each in get_parser()[0].terminals}
    assert terminals - NO_WORDS - words == set()


def test_each_diagnostic_has_its_examples_on_the_page() -> None:
    page = DIAGNOSTICS.read_text("utf-8")
    for entry in CATALOG.values():
        section = page.split(f"## {entry.code}: ")[1].split("\n## ")[0]
        assert entry.wrong in section
        assert entry.right in section
