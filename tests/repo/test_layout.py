"""Files: none too long, none unreferenced, a README in each folder, nothing of one machine."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.repo.purity import get_imports
from tools.project import PACKAGES, ROOT, get_files

pytestmark = pytest.mark.tidy

FILES: Final = tuple(path.relative_to(ROOT) for path in get_files())
PYTHON_FILES: Final = tuple(path for path in FILES if path.suffix == ".py")
FOLDERS: Final = tuple(sorted({path.parent for path in PYTHON_FILES if path.parent != Path()}))
PYTHON_LINES_MAX: Final = 500
BINARY: Final = frozenset({".png", ".ico", ".woff2", ".gz", ".whl", ".bin"})

# Folders of one machine, and hosts that packages come from: neither means anything elsewhere.
MACHINE: Final = re.compile(r"(?<![\w.])/(?:work|root|home|tmp)/\w")
REGISTRY: Final = re.compile(
    r"pypi" + r"\.org|python" + r"hosted|registry\.npm" + r"js|deb\.debian" + r"\.org"
)
CHILD_PROGRAM: Final = re.compile(r"^\.(\w+) import ")
# Names that programs look for without being told.
ROOT_FILES: Final = frozenset(
    {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "SECURITY.md", "pyproject.toml"}
    | {".gitignore", ".gitattributes"}
)
EXPECTED_NAMES: Final = frozenset(
    {"README.md", "__init__.py", "__main__.py", "conftest.py", "package.json", "ruff.toml"}
    | {"LICENSE", "SOURCE.md", "tsconfig.json", "go.mod", "py.typed"}
)


@cache
def read(path: Path) -> str:
    return "" if path.suffix in BINARY else (ROOT / path).read_text("utf-8", "replace")


@pytest.mark.parametrize("path", PYTHON_FILES, ids=str)
def test_a_module_is_short_enough_to_be_read(path: Path) -> None:
    assert len(read(path).splitlines()) <= PYTHON_LINES_MAX


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_a_folder_says_what_belongs_in_it(folder: Path) -> None:
    # A folder of tests mirrors a folder of code, whose README speaks for both.
    if len(folder.parts) > 2 and folder.parts[0] == "tests":
        return
    assert (ROOT / folder / "README.md").is_file()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_file_knows_one_machine_or_registry(path: Path) -> None:
    text = read(path)
    assert MACHINE.findall(text) == []
    assert REGISTRY.findall(text) == []


def test_every_folder_of_tests_is_a_package() -> None:
    bare = [f for f in FOLDERS if f.parts[0] in PACKAGES and f / "__init__.py" not in PYTHON_FILES]
    assert [str(folder) for folder in bare if (ROOT / folder).parts[-1] != "templates"] == []


def test_every_module_is_used_by_another() -> None:
    """An unused module is dead, however well it is tested."""
    used = set().union(*(get_mentioned_modules(path) for path in PYTHON_FILES))
    data = {".py", ".jsonl", ".lock"}
    texts = "\n".join(read(path) for path in FILES if path.suffix not in data)
    unused = [
        str(path)
        for path in PYTHON_FILES
        if path.name not in EXPECTED_NAMES
        and not (path.parts[0] == "tests" and path.name.startswith("test_"))
        and compute_module_name(path) not in used
        and not is_mentioned(compute_module_name(path), texts)
        and not is_mentioned(path.name, texts)
    ]
    assert unused == []


def compute_module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def get_mentioned_modules(path: Path) -> set[str]:
    """The modules that a file imports, or names in a string (`python -m …`, tables of commands)."""
    tree = ast.parse(read(path))
    names = {name for _, name in get_imports(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
            # A child's program, `from {package}.child import main`, means a module beside this one.
            beside = ".".join(path.parent.parts)
            names.update(f"{beside}.{stem}" for stem in CHILD_PROGRAM.findall(node.value))
    return names - {compute_module_name(path)}


def is_mentioned(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def test_every_other_file_is_referenced() -> None:
    """By its name; or as `*.ext` in a README, or `.ext"` in code, of its folder or one above."""
    texts = {path: read(path) for path in FILES}
    unreferenced = [
        str(path)
        for path in FILES
        if path.suffix != ".py"
        and path.name not in EXPECTED_NAMES
        and not (path.parent == Path() and path.name in ROOT_FILES)
        and not is_announced(path)
        and not any(path.name in text for other, text in texts.items() if other != path)
    ]
    assert unreferenced == []


def is_announced(path: Path) -> bool:
    if not path.suffix:
        return False
    for folder in [parent for parent in path.parents if parent != Path()]:
        readme = folder / "README.md"
        if readme in FILES and f"*{path.suffix}" in read(readme):
            return True
        code = [other for other in PYTHON_FILES if other.parent == folder]
        if any(f'{path.suffix}"' in read(other) for other in code):
            return True
    return False
