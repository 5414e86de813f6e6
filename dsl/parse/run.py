"""One parse: tokens fed one by one, stacks saved at each line, recovery.

Before each logical line the parser's stacks are saved; an error restores them, drops the line (and
the block indented below it) and goes on, so that one run reports the errors of all other lines in
linear time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from dsl import ast_members as decl
from dsl.build import TreeBuilder
from dsl.diagnostics import Diagnostic, Severity, find_nearest
from dsl.foreign import find_habit, find_leading_habit
from dsl.layout import SKIPPED
from dsl.parse.lines import LineIndenter, TooDeepError
from dsl.parse.tables import get_parser, get_steps, scan_tokens
from dsl.source import BLOCKS_DEPTH_MAX, ERRORS_MAX, Source, Span

_SHOWN = {
    "NAME": "a name",
    "INT": "a number",
    "STRING": "a text",
    "LONG_STRING": "a docstring",
    "_NEWLINE": "the end of the line",
    "_INDENT": "an indented block",
    "_DEDENT": "the end of the block",
    "$END": "the end of the file",
}
_HIDDEN = frozenset({"SKIPPED", "KNOWN", "HEX", "FOREIGN", "FOREIGN_OPERATOR", "RESERVED"})
EXPECTED_SHOWN_MAX = 8
"""Alternatives listed after `expected:`; more is noise."""


@dataclass(frozen=True, slots=True)
class _Stacks:
    """The parser's stacks at the start of a line."""

    states: list[Any]
    values: list[Any]
    lengths: list[int]
    """Of the lists that repetition builds, which lark extends in place."""


class Run:
    """One parse: feeds tokens, saves the stacks at each line, recovers."""

    def __init__(
        self, source: Source, found: list[Diagnostic], members: Mapping[int, decl.Declaration]
    ) -> None:
        """Prepare to parse a source.

        Args:
            source: for messages.
            found: what is wrong so far.
            members: what markers in the text stand for, by their place.
        """
        self._source = source
        self._members = members
        self.found = found

    def parse(self, text: str) -> tuple[decl.Unit, ...]:
        """Return the contracts and interfaces of a text that has passed `scan_layout`."""
        parser, proxy, layout = get_parser()
        builder = TreeBuilder(self._members)
        proxy.builder, layout.found = builder, self.found
        self._parser = parser.parse_interactive(text)
        self._state = self._parser.parser_state
        self._rows = self._state.parse_conf.states
        self._steps, self._climbs = get_steps(parser)
        tokens = self._lex(parser, layout, text)
        self._feed_all(tokens)
        self.found += builder.found
        end = Token("$END", "", start_pos=len(text), end_pos=len(text))
        try:
            result = self._parser.feed_token(end)
        except UnexpectedToken:
            if not any(each.severity is Severity.ERROR for each in self.found):
                message = "the file ends inside a block"
                span = Span(len(self._source.text), len(self._source.text))
                self.found.append(Diagnostic("QC0011", Severity.ERROR, message, span))
            return ()
        return result if isinstance(result, tuple) else ()

    def _lex(self, parser: Lark, layout: LineIndenter, text: str) -> list[Token]:
        tokens: list[Token] = []
        try:
            tokens.extend(layout.process(scan_tokens(parser, text)))
        except TooDeepError as deep:
            message = f"blocks are nested more than {BLOCKS_DEPTH_MAX} deep"
            label = "move the inner part to a `function`"
            self.found.append(Diagnostic("QC0008", Severity.ERROR, message, deep.span, label))
            tokens.clear()
        return tokens

    def _accepts(self) -> set[str]:
        accepted: set[str] = self._parser.accepts()  # type: ignore[no-untyped-call]  # lark's gap
        return accepted

    def _save(self) -> _Stacks:
        values = self._state.value_stack
        lengths = [len(each.children) if isinstance(each, Tree) else 0 for each in values]
        return _Stacks(list(self._state.state_stack), list(values), lengths)

    def _restore(self, saved: _Stacks) -> None:
        """Go back to saved stacks; lists that lark has grown in place since are cut back."""
        self._state.state_stack[:] = saved.states
        self._state.value_stack[:] = saved.values
        for value, length in zip(saved.values, saved.lengths, strict=True):
            if isinstance(value, Tree):
                del value.children[length:]

    def _feed(self, token: Token) -> bool:
        """Shift a token, with the reductions before it; False leaves the token out.

        lark's `feed_token` without its generality: it looks the callback of every reduction up by
        a rule's hash, which is most of the time of a parse.
        """
        states, values = self._state.state_stack, self._state.value_stack
        kind, rows, steps, climbs = token.type, self._rows, self._steps, self._climbs
        while True:
            row = rows[states[-1]].get(kind)
            if row is None:
                return False
            action, argument = row
            if action is Shift:
                states.append(argument)
                values.append(token)
                return True
            size, origin, callback = steps[id(argument)]
            if callback is None:
                place = (states[-2], states[-1], kind)
                top = climbs.get(place)
                if top is None:
                    top = climbs[place] = self._climb(states[-2], origin, kind)
                states[-1] = top
                continue
            parts: list[Any] = []
            if size:
                parts = values[-size:]
                del states[-size:], values[-size:]
            states.append(rows[states[-1]][origin][1])
            values.append(callback(parts))

    def _climb(self, below: int, origin: str, kind: str) -> int:
        """Return the state after all reductions in a row that only hand a value on."""
        while True:
            top: int = self._rows[below][origin][1]
            row = self._rows[top].get(kind)
            if row is None or row[0] is Shift:
                return top
            _, origin, callback = self._steps[id(row[1])]
            if callback is not None:
                return top

    def _feed_all(self, tokens: list[Token]) -> None:
        position, line = 0, 0
        saved = self._save()
        while position < len(tokens) and len(self.found) < ERRORS_MAX:
            token = tokens[position]
            if not self._feed(token):
                if self._supply_colon(tokens, position, line):
                    continue
                self._report(tokens, position, line)
                self._restore(saved)
                position = self._skip(tokens, position, line)
                line, saved = position, self._save()
                continue
            position += 1
            if token.type in ("_NEWLINE", "_INDENT", "_DEDENT"):
                line, saved = position, self._save()

    def _supply_colon(self, tokens: list[Token], position: int, line: int) -> bool:
        """Report a missing `:` at the end of a header, and go on as if it stood there."""
        token = tokens[position]
        follows = tokens[position + 1].type if position + 1 < len(tokens) else ""
        if token.type != "_NEWLINE" or follows != "_INDENT" or position == line:
            return False
        if "COLON" not in self._accepts():
            return False
        before = tokens[position - 1]
        end = before.end_pos or 0
        message = "a header ends with `:`"
        span = Span(end, end)
        self.found.append(
            Diagnostic("QC0012", Severity.ERROR, message, span, "`:` is missing here")
        )
        self._parser.feed_token(Token("COLON", ":", start_pos=end, end_pos=end))
        return True

    def _skip(self, tokens: list[Token], position: int, line: int) -> int:
        """Drop the rest of the line and the block below it; return where to go on."""
        if tokens[position].type == "_INDENT" and position == line:
            return self._skip_block(tokens, position)
        if tokens[position].type == "_DEDENT":
            return position + 1
        start = tokens[line]
        while position < len(tokens) and tokens[position].type != "_NEWLINE":
            position += 1
        marker = Token("SKIPPED", SKIPPED, start_pos=start.start_pos, end_pos=start.end_pos)
        if "SKIPPED" in self._accepts():
            self._parser.feed_token(marker)
            self._parser.feed_token(Token.new_borrow_pos("_NEWLINE", "", marker))
        position += 1
        if position < len(tokens) and tokens[position].type == "_INDENT":
            return self._skip_block(tokens, position)
        return position

    def _skip_block(self, tokens: list[Token], position: int) -> int:
        depth = 0
        while position < len(tokens):
            depth += tokens[position].type == "_INDENT"
            depth -= tokens[position].type == "_DEDENT"
            position += 1
            if depth == 0:
                return position
        return position

    def _report(self, tokens: list[Token], position: int, line: int) -> None:
        token = tokens[position]
        if any(tokens[each].type == "SKIPPED" for each in range(line, position + 1)):
            return
        if token.type == "_INDENT" and line > 0 and self._was_skipped(tokens, line):
            return
        start = token.start_pos or 0
        end = start if token.type.startswith("_") else token.end_pos or start
        self.found.append(self._describe(tokens, position, Span(start, end)))

    def _was_skipped(self, tokens: list[Token], line: int) -> bool:
        return line >= len(("SKIPPED", "_NEWLINE")) and tokens[line - 2].type == "SKIPPED"

    def _describe(self, tokens: list[Token], position: int, span: Span) -> Diagnostic:
        token = tokens[position]
        expected = self._expected()
        plain = Diagnostic("QC0011", Severity.ERROR, "", span, "", "", expected)
        where = self._source.locate(span)
        if where.line <= len(self._source.line_starts):
            text = self._source.get_line(where.line)
            column = where.column - 1
            habit = find_habit(text, column, column + max(1, where.length))
            habit = habit or find_leading_habit(text)
            if habit is not None:
                message = f"`{habit.found}` is not part of this language"
                return replace(
                    plain, code="QC0013", message=message, label=habit.advice, expected=()
                )
        if token.type == "RESERVED":
            message = f"`{token.value}` is not in this version of the language"
            return replace(plain, code="QC0901", message=message, expected=())
        if token.type == "_INDENT":
            message = "this line is indented deeper than its block"
            return replace(plain, code="QC0009", message=message, expected=())
        return self._describe_token(tokens, position, plain)

    def _describe_token(self, tokens: list[Token], position: int, plain: Diagnostic) -> Diagnostic:
        token = tokens[position]
        accepted = self._accepts()
        if token.type in _SHOWN and token.type.startswith("_"):
            return replace(
                plain, message=f"the line ends too early, or {_SHOWN[token.type]} is wrong here"
            )
        if "NAME" in accepted and token.value.isidentifier() and token.type != "NAME":
            message = f"`{token.value}` is a word of the language"
            label = "choose another name" if len(accepted) == 1 else ""
            return replace(plain, message=message, label=label)
        near = self._nearest_keyword(tokens, position, accepted)
        label = f"did you mean `{near}`?" if near else self._doubt_first_word(tokens, position)
        return replace(plain, message=f"`{token.value}` does not fit here", label=label)

    def _nearest_keyword(
        self, tokens: list[Token], position: int, accepted: set[str]
    ) -> str | None:
        """Return the keyword that this misspelt word was meant to be."""
        words = {each.lower() for each in accepted if each.isalpha() and each not in _SHOWN}
        token = tokens[position]
        if token.type == "NAME":
            return find_nearest(token.value, words)
        return None

    def _doubt_first_word(self, tokens: list[Token], position: int) -> str:
        """Return a label where the word before, first of its line, looks like a keyword misspelt.

        There it was a name, so the word after it is the first that doesn't fit.
        """
        first = tokens[position - 1]
        starts = position == 1 or tokens[position - 2].type.startswith("_")
        if position == 0 or first.type != "NAME" or not starts:
            return ""
        parser, _, _ = get_parser()
        words = [each.pattern.value for each in parser.terminals if each.pattern.value.isalpha()]
        near = find_nearest(first.value, words)
        return f"did you mean `{near}` where `{first.value}` stands?" if near else ""

    def _expected(self) -> tuple[str, ...]:
        shown: set[str] = set()
        parser, _, _ = get_parser()
        for kind in self._accepts():
            if kind in _HIDDEN:
                continue
            shown.add(_SHOWN.get(kind) or f"`{_spell(parser, kind)}`")
        ordered = tuple(sorted(shown))
        if len(ordered) > EXPECTED_SHOWN_MAX:
            return ()
        return ordered


def _spell(parser: Lark, kind: str) -> str:
    return next((each.pattern.value for each in parser.terminals if each.name == kind), kind)
