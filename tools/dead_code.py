"""Dead code, found by vulture: what no code, test or tool mentions by name.

Fields of data classes are left out: errors and syntax trees are read field by field without naming
them (by `match`, by the codec, by JSON views).
"""

import re
import sys
from typing import Final

from vulture import Vulture

from tools.project import ROOT, get_files, get_packages

IGNORED_DECORATORS: Final = (
    "@app.*",  # FastAPI calls its routes
    "@router.*",
    "@pytest.fixture",
    "@pytest.hookimpl",
    "@_validator*",
    "@v_args*",  # lark calls its transformer
)

# Names that something calls without Python code mentioning them, each with the caller.
IGNORED_NAMES: Final = (
    "add_arguments",  # quantumchain.cli, on the module of a command
    "RoomsHook",  # hatchling, by its base class
    "finalize",  # hatchling, on the build hook
    "initialize",
    "PLUGIN_NAME",
    "pytest_*",  # pytest, by the hook's name
    "test_*",
    "Test*",
    "visit_*",  # ast.NodeVisitor
    "always_accept",  # lark, on the post-lexer
    "process",
    "do_GET",  # http.server
    "do_POST",
    "log_message",
    "model_config",  # pydantic
    "__match_args__",
)

WORD: Final = re.compile(r"[a-z_]\w*")
KINDS: Final = frozenset({"class", "function", "method", "property", "import", "unreachable_code"})


def read_grammar_names() -> list[str]:
    """The words of the grammars: lark calls the method named after a rule."""
    return [name for path in get_files("*.lark") for name in WORD.findall(path.read_text("utf-8"))]


def main() -> int:
    """Print each finding; 1 if there is any."""
    vulture = Vulture(
        ignore_names=[*IGNORED_NAMES, *read_grammar_names()],
        ignore_decorators=list(IGNORED_DECORATORS),
    )
    vulture.scavenge([str(ROOT / name) for name in get_packages()])
    found = [item for item in vulture.get_unused_code(min_confidence=60) if item.typ in KINDS]
    for item in found:
        where = item.filename.relative_to(ROOT)
        print(f"{where}:{item.first_lineno}: nothing uses the {item.typ} `{item.name}`")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
