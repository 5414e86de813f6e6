"""Runs a program with a fault planted: `python -m …faults.plant NAME MODULE ARGS`.

The module with the fault is compiled from changed source when it is first imported; no file is
written, and every other module is as it stands. `install` puts a fault into a process that has
imported everything: for children that are forked to try one fault each.
"""

import importlib
import importlib.abc
import importlib.util
import inspect
import runpy
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

from tests.spec.consensus.faults.planted import Fault, load_faults


class _Loader(SourceFileLoader):
    """Compiles the changed source; nothing is cached."""

    def __init__(self, name: str, path: str, fault: Fault) -> None:
        super().__init__(name, path)
        self.fault = fault

    def get_code(self, fullname: str) -> CodeType:
        text = self.get_data(self.path).decode()
        code: CodeType = compile(self.fault.change(text), self.path, "exec")
        _ = fullname
        return code


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one module before anybody else does."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != self.fault.module:
            return None
        sys.meta_path.remove(self)
        found = importlib.util.find_spec(fullname)
        assert found is not None, f"there is no {fullname}"
        assert found.origin is not None, f"{fullname} has no file"
        loader = _Loader(fullname, found.origin, self.fault)
        return importlib.util.spec_from_file_location(fullname, found.origin, loader=loader)


def plant(name: str) -> None:
    """Plants a fault in this process; its module must not be imported yet."""
    fault = next(each for each in load_faults() if each.name == name)
    assert fault.module not in sys.modules, "the fault comes too late"
    sys.meta_path.insert(0, _Finder(fault))


def install(fault: Fault) -> None:
    """Plants a fault in this process for good, whoever holds what it changes.

    Functions and methods keep their identity and get the code of the changed source; numbers are
    replaced wherever they were imported. Rows of functions keep those that the changed row names.
    """
    module = importlib.import_module(fault.module)
    assert module.__file__ is not None, f"{fault.module} has no file"
    source = fault.change(Path(module.__file__).read_text("utf-8"))
    changed = {"__name__": module.__name__, "__builtins__": __builtins__}
    exec(compile(source, module.__file__, "exec"), changed)  # noqa: S102 - our own source
    known = dict(_get_functions(vars(module), module.__name__))
    for name, function in _get_functions(changed, module.__name__):
        known[name].__code__ = function.__code__
    for name, value in changed.items():
        held = getattr(module, name, None)
        if isinstance(value, tuple) and value and all(inspect.isfunction(v) for v in value):
            setattr(module, name, tuple(known[v.__qualname__] for v in value))
        elif isinstance(value, int) and value != held:
            for holder in tuple(sys.modules.values()):
                if holder.__name__.startswith("spec.") and getattr(holder, name, None) == held:
                    setattr(holder, name, value)


def _get_functions(names: dict[str, object], module: str) -> Iterator[tuple[str, FunctionType]]:
    """Functions and methods of a module, by their qualified names."""
    for value in names.values():
        if inspect.isclass(value) and value.__module__ == module:
            yield from _get_functions(dict(vars(value)), module)
            continue
        bare = value.fget if isinstance(value, property) else inspect.unwrap(value)  # type: ignore[arg-type]  # whatever it is
        if isinstance(bare, FunctionType) and bare.__module__ == module:
            yield bare.__qualname__, bare


if __name__ == "__main__":
    plant(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
