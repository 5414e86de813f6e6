"""The text of one Python function, as it is being written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Block:
    """Lines that run only on a condition."""

    lines: list[str] = field(default_factory=list)


class Text:
    """Lines, what is worked out before them, and the objects that they name."""

    def __init__(self) -> None:
        self.depth = 1
        self.lines: list[str] = []
        self.names: dict[str, object] = {}
        """Globals of the function."""
        self.scopes: list[dict[int, str]] = [{}]
        """What has been worked out, by number, in the blocks that are open."""
        self._head: dict[str, str] = {}
        self._count = 0

    def emit(self, line: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.depth + line)

    def name(self) -> str:
        """A new name of a variable."""
        self._count += 1
        return f"v{self._count}"

    def assign(self, expression: str) -> str:
        """A new variable with this value."""
        name = self.name()
        self.emit(f"{name} = {expression}")
        return name

    @contextmanager
    def branch(self) -> Iterator[Block]:
        """What is written inside goes to the block, one level deeper, and is known only there."""
        block, outside = Block(), self.lines
        self.lines = block.lines
        self.scopes.append({})
        self.depth += 1
        try:
            yield block
        finally:
            self.lines = outside
            self.scopes.pop()
            self.depth -= 1

    def bind(self, prefix: str, value: object) -> str:
        """A global name for an object."""
        for name, known in self.names.items():
            if known is value:
                return name
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def begin(self, expression: str, prefix: str) -> str:
        """A name for what is worked out once, as the function begins."""
        if expression not in self._head:
            self._head[expression] = f"{prefix}_{len(self._head)}"
        return self._head[expression]

    def finish(self, signature: str, value: str) -> str:
        """The whole text, of a function that returns the value of an expression."""
        head = [f"    {name} = {expression}" for expression, name in self._head.items()]
        return "\n".join((f"def f{signature}:", *head, *self.lines, f"    return {value}", ""))

    def make(self, text: str) -> Callable[..., Any]:
        """The function of a text."""
        names = dict(self.names)
        exec(compile(text, "<property>", "exec"), names)  # noqa: S102 - of validated nodes
        made = names["f"]
        assert callable(made), "the text defines it"
        return made
