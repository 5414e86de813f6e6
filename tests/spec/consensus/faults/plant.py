"""Runs a program with a fault planted: `python -m …faults.plant NAME MODULE ARGS`.

The module with the fault is compiled from changed source when it is first imported; no file is
written, and every other module is as it stands.
"""

import importlib.abc
import importlib.util
import runpy
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType

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


if __name__ == "__main__":
    plant(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
