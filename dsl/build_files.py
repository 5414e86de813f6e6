# ruff: noqa: D102  # each public method is the grammar rule of its name
"""Tree building: imports, and components that a contract takes in."""

from dsl import ast
from dsl import ast_members as decl
from dsl.build_expressions import (
    ExpressionBuilder,
    Part,
    edge,
    find_all,
    find_names,
    find_tokens,
    span_of_token,
)


class _Path(tuple[ast.Identifier, ...]):
    """`alias` or `alias.name`."""

    __slots__ = ()


class FileBuilder(ExpressionBuilder):
    """Builds what a file or a contract takes from elsewhere."""

    def import_line(self, parts: list[Part]) -> decl.Import:
        path = find_tokens(parts, "STRING")[0]
        names = tuple(find_names(parts))
        span = edge(parts[0]).join(names[-1].span)
        return decl.Import(span, path.value[1:-1], span_of_token(path), names)

    def use(self, parts: list[Part]) -> decl.Use:
        name, component = find_names(parts)
        return decl.Use(edge(parts[0]).join(component.span), name, component)

    def exports(self, parts: list[Part]) -> decl.Exports:
        return decl.Exports(edge(parts[0]), find_all(parts, _Path))

    def export(self, parts: list[Part]) -> _Path:
        return _Path(find_names(parts))
