"""The rules of the specification that linters don't know, as functions over a syntax tree."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tools.codes import CODE, get_code

# The standard library's modules that are pure enough to port: no clock, no I/O, no randomness.
STANDARD_MODULES: Final = frozenset(
    {
        "abc",
        "bisect",
        "collections",
        "collections.abc",
        "dataclasses",
        "enum",
        "functools",
        "hashlib",
        "hmac",
        "itertools",
        "json",
        "math",
        "operator",
        "struct",
        "types",
        "typing",
    }
)

# The chapters of the book, in reading order: each imports only those before it.
CHAPTERS: Final = (
    "lib",
    "crypto",
    "limits",
    "config",
    "ir",
    "ledger",
    "consensus",
    "light",
    "wire",
    "chain",
)

FORBIDDEN_CALLS: Final = {
    "float": "no float",
    "complex": "no float",
    "hash": "hash() differs between processes",
    "id": "an object's address is no value",
    "open": "no I/O",
    "print": "no I/O",
    "input": "no I/O",
    "eval": "no evaluation of text",
    "exec": "no evaluation of text",
    "globals": "no module state",
    "setattr": "data is frozen",
    "delattr": "data is frozen",
}
FLOAT_FUNCTIONS_ALLOWED: Final = frozenset({"comb", "gcd", "isqrt", "lcm", "prod"})
MUTATORS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert"}
    | {"pop", "popitem", "remove", "setdefault", "sort", "update"}
)
SET_TYPES: Final = frozenset({"set", "frozenset", "Set", "AbstractSet", "MutableSet"})


class Breach(NamedTuple):
    """A place that breaks a rule."""

    line: int
    rule: str


Rule = Callable[[ast.Module], Iterator[Breach]]


def find_floats(tree: ast.Module) -> Iterator[Breach]:
    """No float: no literal, no `/`, no function of `math` that makes one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield Breach(node.lineno, "no float")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield Breach(node.lineno, "no `/`: write `//` and say which way it rounds")
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "math"
            and node.attr not in FLOAT_FUNCTIONS_ALLOWED
        ):
            yield Breach(node.lineno, f"math.{node.attr} is made of floats")


def find_forbidden_calls(tree: ast.Module) -> Iterator[Breach]:
    """No hash(), no I/O, no evaluation, nothing that thaws frozen data."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield Breach(node.lineno, f"{node.func.id}(): {FORBIDDEN_CALLS[node.func.id]}")
        if isinstance(node.func, ast.Attribute) and node.func.attr == "__setattr__":
            yield Breach(node.lineno, "__setattr__: data is frozen")


def find_exceptions(tree: ast.Module) -> Iterator[Breach]:
    """Invalid input is a value: only the impossible is raised, and an assertion is never caught."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            if not ast.unparse(node).startswith("raise AssertionError("):
                yield Breach(node.lineno, "no `raise`: invalid input is a typed value")
        elif isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            if not caught or re.search(r"\b(AssertionError|(Base)?Exception)\b", caught):
                yield Breach(node.lineno, "an `except` names what it catches, never an assertion")


def find_set_iteration(tree: ast.Module) -> Iterator[Breach]:
    """No iteration over a set, as far as the text says what is a set."""
    for scope in ast.walk(tree):
        if isinstance(scope, ast.Module | ast.FunctionDef):
            known = _get_set_names(scope)
            for node in _walk_scope(scope):
                for iterated in _get_iterated(node):
                    if _is_set(iterated, known):
                        yield Breach(iterated.lineno, "no iteration over a set: sort it first")


def _walk_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module or function, without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef):
            continue
        yield child
        yield from _walk_scope(child)


def _get_set_names(scope: ast.Module | ast.FunctionDef) -> frozenset[str]:
    names: set[str] = set()
    arguments = (
        [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
        if isinstance(scope, ast.FunctionDef)
        else []
    )
    names.update(a.arg for a in arguments if a.annotation and _is_set_type(a.annotation))
    for node in _walk_scope(scope):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if _is_set_type(node.annotation) or (node.value and _is_set(node.value, frozenset())):
                names.add(node.target.id)
        elif isinstance(node, ast.Assign) and _is_set(node.value, frozenset()):
            names.update(t.id for t in node.targets if isinstance(t, ast.Name))
    return frozenset(names)


def _is_set_type(annotation: ast.expr) -> bool:
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return isinstance(base, ast.Name) and base.id in SET_TYPES


def _get_iterated(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.For | ast.comprehension):
        return [node.iter]
    ordering = ("list", "tuple", "enumerate", "zip", "map", "iter", "next", "filter")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ordering:
        return node.args
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.args if node.func.attr == "join" else []
    return [node.value] if isinstance(node, ast.Starred) else []


def _is_set(node: ast.expr, known: frozenset[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor
    ):
        return any(_is_set(side, known) or _is_keys(side) for side in (node.left, node.right))
    return False


def _is_keys(node: ast.expr) -> bool:
    """Whether this is `something.keys()`, whose union with another is a set."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "keys"
    )


def find_module_state(tree: ast.Module) -> Iterator[Breach]:
    """No state between calls: no `global`, no cache, no function that changes its module."""
    shared = _get_module_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield Breach(node.lineno, "no `global`")
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if re.search(r"\b(cache|lru_cache|cached_property)\b", ast.unparse(decorator)):
                    yield Breach(node.lineno, "a cache is state between calls")
        if isinstance(node, ast.FunctionDef):
            local = _get_local_names(node)
            yield from _find_mutations(node, shared - local)


def _get_module_names(tree: ast.Module) -> frozenset[str]:
    names: set[str] = set()
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        names.update(target.id for target in targets if isinstance(target, ast.Name))
    return frozenset(names)


def _get_local_names(function: ast.FunctionDef) -> frozenset[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    stored = (
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    return frozenset({argument.arg for argument in arguments} | set(stored))


def _find_mutations(function: ast.FunctionDef, shared: frozenset[str]) -> Iterator[Breach]:
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            changed = node.value
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in MUTATORS
        ):
            changed = node.func.value
        else:
            continue
        if isinstance(changed, ast.Name) and changed.id in shared:
            yield Breach(node.lineno, f"`{changed.id}` belongs to the module and is changed here")


def find_defaults(tree: ast.Module) -> Iterator[Breach]:
    """No default that hides a choice: every caller says what it wants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            for default in defaults:
                yield Breach(default.lineno, "no default arguments")
        elif isinstance(node, ast.ClassDef) and _is_frozen(node):
            for field in node.body:
                if (
                    isinstance(field, ast.AnnAssign)
                    and field.value is not None
                    and "ClassVar" not in ast.unparse(field.annotation)
                ):
                    yield Breach(field.lineno, "no default of a field")


def _get_dataclass(node: ast.ClassDef) -> ast.expr | None:
    return next((d for d in node.decorator_list if "dataclass" in ast.unparse(d)), None)


def _is_frozen(node: ast.ClassDef) -> bool:
    decorator = _get_dataclass(node)
    return decorator is not None and "frozen=True" in ast.unparse(decorator)


def _is_working_state(node: ast.ClassDef) -> bool:
    """Whether a class says that its objects are local to one computation and never escape it."""
    return node.name.startswith("_") or "working state" in (ast.get_docstring(node) or "").lower()


def find_thawed_classes(tree: ast.Module) -> Iterator[Breach]:
    """Data classes are slotted and frozen, but for what says that it is local working state."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        if any(ast.unparse(base).endswith("NamedTuple") for base in node.bases):
            yield Breach(node.lineno, "no NamedTuple: those of different types compare equal")
        decorator = _get_dataclass(node)
        if decorator is None:
            continue
        if "slots=True" not in ast.unparse(decorator):
            yield Breach(node.lineno, f"{node.name} has no slots")
        if not _is_frozen(node) and not _is_working_state(node):
            yield Breach(node.lineno, f"{node.name} is not frozen, nor called working state")


def find_bad_codes(tree: ast.Module) -> Iterator[Breach]:
    """An error's code reads `domain.what_is_wrong`; it has its sentence, or a base that has."""
    for node in ast.walk(tree):
        code = get_code(node) if isinstance(node, ast.ClassDef) else None
        if not isinstance(node, ast.ClassDef) or code is None:
            continue
        if not CODE.fullmatch(code):
            yield Breach(node.lineno, f"the code {code!r} is not of the form tx.nonce_mismatch")
        members = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        if "message" not in members and not node.bases:
            yield Breach(node.lineno, f"{node.name} has a code but no message")


def get_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every module that is imported, wherever in the text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.lineno, node.module


def find_forbidden_imports(tree: ast.Module) -> Iterator[Breach]:
    """Only the pure part of the standard library, and the specification itself."""
    for line, module in get_imports(tree):
        if module not in STANDARD_MODULES and module.partition(".")[0] != "spec":
            yield Breach(line, f"the specification may not import {module}")


def find_later_chapters(chapter: str, tree: ast.Module) -> Iterator[Breach]:
    """A chapter imports itself and the chapters above it.

    Args:
        chapter: the name below `spec` that the module lies in.
        tree: the module.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for other in _get_chapters(node):
            if other in CHAPTERS and CHAPTERS.index(other) > CHAPTERS.index(chapter):
                yield Breach(node.lineno, f"{chapter} imports {other}, a later chapter")


def _get_chapters(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif node.module == "spec":
        names = [f"spec.{alias.name}" for alias in node.names]
    else:
        names = [node.module or ""]
    return [name.split(".")[1] for name in names if name.startswith("spec.")]


RULES: Final[tuple[Rule, ...]] = (
    find_floats,
    find_forbidden_calls,
    find_exceptions,
    find_set_iteration,
    find_module_state,
    find_defaults,
    find_thawed_classes,
    find_bad_codes,
)
