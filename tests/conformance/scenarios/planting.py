"""Rules taken out of the specification, in this process, for one test."""

import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest


def plant(
    monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any], *swaps: tuple[str, str]
) -> None:
    """Gives a function the code of itself with some of its text swapped, wherever it is held.

    Args:
        monkeypatch: puts it back.
        function: of a module, or a method.
        swaps: (text that stands in it once, text in its place).
    """
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in swaps:
        assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times"
        source = source.replace(old, new)
    assert isinstance(function, FunctionType)
    names: dict[str, Any] = {}
    annotations = f"from __future__ import annotations\n{source}"
    exec(compile(annotations, f"planted {function.__qualname__}", "exec"), names)  # noqa: S102 - ours
    monkeypatch.setattr(function, "__code__", names[function.__name__].__code__)
