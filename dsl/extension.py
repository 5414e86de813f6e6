"""Classes that users bring in files of their own: `path.py:Class`.

The tools of a protocol's researcher (`qc sim`, `qc spec prove`, `qc spec explore`) each take one.
The file runs as any Python that its owner starts: naming it is trusting it.
"""

import importlib.util
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

FILE_SIZE_BYTES_MAX: Final = 1 << 20
"""A class of one's own is a page or a few, not a data set."""
_MARK: Final = ".py:"


class ExtensionError(Exception):
    """What is wrong with a file or class of the user's; `str` is one sentence."""

    code: Final = "cli.extension_invalid"


def is_extension(text: str) -> bool:
    """Whether a word names a class in a file, and not something of ours."""
    return _MARK in text


def load_extension(text: str) -> object:
    """The object that a class of the user's makes when it is called without arguments.

    Args:
        text: `path.py:Class`.

    Raises:
        ExtensionError: the file can't be read or run, or the class is not there.
    """
    return _call(text, load_class(text))


def load_class(text: str) -> type:
    """The class that `path.py:Class` names; its file runs once a process.

    Raises:
        ExtensionError: the file can't be read or run, or the class is not there.
    """
    path_text, _, name = text.rpartition(":")
    path = Path(path_text)
    try:
        data = path.read_bytes()[: FILE_SIZE_BYTES_MAX + 1]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ExtensionError(f"{path_text:.200} can't be read: {reason}") from error
    if len(data) > FILE_SIZE_BYTES_MAX:
        raise ExtensionError(f"{path} is larger than {FILE_SIZE_BYTES_MAX} bytes")
    module_name = f"qc_extension_{sha256(str(path.resolve()).encode() + data).hexdigest()[:16]}"
    if module_name not in sys.modules:
        _run_file(path, module_name)
    found = getattr(sys.modules[module_name], name, None)
    if not isinstance(found, type):
        raise ExtensionError(f"{path} has no class `{name:.80}`")
    return found


def _run_file(path: Path, module_name: str) -> None:
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None, "a .py file has a loader"
    assert spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise ExtensionError(f"{path} does not run: {type(error).__name__}: {error}") from error


def _call(text: str, kind: type) -> object:
    try:
        made: object = kind()
    except Exception as error:
        raise ExtensionError(f"{text} can't be made without arguments: {error}") from error
    return made
