"""What reports call things: the source map's names, or plain numbers where there is none."""

from dataclasses import dataclass

from dsl.source import Location, Source
from dsl.source_map import PlanMap, PropertyMap, SourceMap, TrustMap
from dsl.verify.goals import IMPLIED, Goal
from dsl.verify.trust import list_trusts
from spec.ir.syntax import STANDARD_ERROR_COUNT, Call, FunctionKind, Module, Send, Set, Update

FAILURES = {
    "range": "overflow",
    "division": "division by zero",
    "address": "payment to nobody",
    "balance": "shortage of balance",
    "index": "index out of range",
    "full": "full list",
    "empty": "empty list",
    "call": "failing call",
    "checkpoint": "reading a block that is not past",
}
"""Ways in which a body fails, in words."""
TRUSTED = "is trusted to ensure"
"""In each assumption about a call through a trusted interface."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of a module's parts."""

    module: Module
    source_map: SourceMap | None
    contract: str
    file: str
    source: Source | None = None
    labels: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Names of functions and cells, where there is no source map."""
    plans: tuple[PlanMap, ...] = ()
    """`can` and `check`."""
    trusts: tuple[TrustMap, ...] = ()
    """What is assumed of calls through trusted interfaces."""

    def get_function(self, function: int) -> str:
        """The name of a function; init is `init`."""
        if function < IMPLIED:
            return ""
        if function == IMPLIED or self.module.code.functions[function].kind is FunctionKind.INIT:
            return "init"
        if self.source_map is None:
            known = self.labels[0][function : function + 1]
            return known[0] if known else f"function{function}"
        return self.source_map.functions[function].name

    def get_cell(self, cell: int) -> str:
        """The name of a cell."""
        if cell < 2:  # noqa: PLR2004 - every module's two standard cells
            return ("balance", "inbox")[cell]
        if self.source_map is None:
            known = self.labels[1][cell : cell + 1]
            return known[0] if known else f"cell{cell}"
        return self.source_map.cells[cell].name

    def list_labels(self) -> dict[str, object]:
        """The names that a counterexample file carries along."""
        code = self.module.code
        return {
            "contract": self.contract,
            "functions": [self.get_function(index) for index in range(len(code.functions))],
            "cells": [self.get_cell(index) for index in range(len(code.cells))],
        }

    def get_property(self, goal: Goal) -> PropertyMap | None:
        """The property that a goal is about."""
        if self.source_map is None:
            return None
        kind = goal.kind.split()[-1]
        if kind in {"invariant", "tick", "inbox"}:
            return self.source_map.invariants[goal.index]
        if kind == "transition":
            return self.source_map.transitions[goal.index]
        if kind in {"can", "check"} and self.plans:
            return self.source_map.functions[self.plans[goal.index].view].ensures[0]
        if kind == "trust" and self.trusts:
            return self.source_map.functions[self.trusts[goal.index].view].ensures[0]
        if kind == "ensures":
            return self.source_map.functions[goal.function].ensures[goal.index]
        return None

    def get_goal(self, goal: Goal) -> str:
        """The name of a goal, unique together with its kind and function."""
        found = self.get_property(goal)
        if found is not None:
            return found.name
        match goal.kind.split():
            case ["frame"]:
                return f"frame {self.get_cell(goal.index)}"
            case ["complete" | "may_fail"]:
                return f"complete {goal.index + 1}"
            case ["can_succeed"]:
                return "can succeed"
            case ["aggregate" | "positive"]:
                return f"sum {goal.index + 1}"
            case ["well_defined", "guard"]:
                return "guard"
            case [*_, kind]:
                return f"{kind} {goal.index + 1}"
            case _:
                raise AssertionError("a kind is never empty")

    def get_text(self, goal: Goal) -> str:
        """The property as the author wrote it, or what the goal says."""
        found = self.get_property(goal)
        if found is not None:
            return found.text
        texts = {
            "frame": "changes only what `modifies` names",
            "can_succeed": "can succeed",
            "aggregate": "a sum is zero where nothing is written",
            "well_defined": "divides by no zero, reads at keys in range",
        }
        if goal.kind == "complete":
            return f"no {self.get_failure(goal)} that no `fails` clause announces"
        if goal.kind == "aggregate" and self.source_map is not None:
            return f"{self.source_map.aggregates[goal.index]} is zero where nothing is written"
        return texts.get(goal.kind.split()[0], goal.kind)

    def get_failure(self, goal: Goal) -> str:
        """What fails in a body."""
        if goal.case is None or goal.unsupported:
            return goal.unsupported
        failure = goal.case.failures[goal.index]
        index = failure.error - STANDARD_ERROR_COUNT
        if failure.kind != "fail":
            return FAILURES[failure.kind]
        if self.source_map is None or index < 0:
            return f"error {failure.error}"
        return self.source_map.errors[index].name

    def list_calls(self, function: int) -> tuple[str, ...]:
        """How reports call what a function calls of other contracts, each once."""
        found: dict[str, None] = {}
        for node in self.module.code.functions[function].code:
            if isinstance(node, Send):
                found["send"] = None
            elif isinstance(node, Call):
                found[self._get_member(node)] = None
        return tuple(found)

    def get_selector(self, selector: bytes) -> str:
        """The name of what other contracts are asked, its selector if it is unknown."""
        interfaces = self.module.code.interfaces
        maps = () if self.source_map is None else self.source_map.interfaces
        for interface, named in zip(interfaces, maps, strict=False):
            for member, name in zip(interface.members, named.members, strict=True):
                if member.selector == selector:
                    return name
        return "0x" + selector.hex()

    def list_trusted(self) -> tuple[str, ...]:
        """What is assumed of calls through trusted interfaces, with the lines of the calls."""
        uses: dict[str, dict[str, None]] = {}
        for function, declared in enumerate(self.module.code.functions):
            for trust, node in list_trusts(declared.code, self.trusts):
                what = f"{trust.name} {TRUSTED} {trust.text}"
                uses.setdefault(what, {})[self._get_place(function, node)] = None
        return tuple(f"{what} ({', '.join(places)})" for what, places in uses.items())

    def _get_place(self, function: int, node: int) -> str:
        name = self.get_function(function)
        if self.source_map is None:
            return name
        where = self.source_map.functions[function].locations[node]
        return f"{name} at {where.file + ':' if where.file else 'line '}{where.line}"

    def _get_member(self, node: Call) -> str:
        if self.source_map is None:
            return f"interface{node.interface}.member{node.member}"
        interface = self.source_map.interfaces[node.interface]
        return f"{interface.name}.{interface.members[node.member]}"

    def get_line(self, goal: Goal) -> int:
        """The line that a goal is about, 0 if unknown."""
        found = self.get_location(goal)
        return 0 if found is None else found.line

    def get_origin(self, goal: Goal) -> str:
        """The imported file that a goal is about, empty for the contract's own."""
        found = self.get_location(goal)
        return "" if found is None else found.file

    def get_location(self, goal: Goal) -> Location | None:
        """Where the property or the failing node stands."""
        if self.source_map is None:
            return None
        found = self.get_property(goal)
        if found is not None:
            return found.location
        if goal.function < 0:
            return None
        function = self.source_map.functions[goal.function]
        if 0 <= goal.node < len(function.locations):
            return function.locations[goal.node]
        return function.location

    def get_excerpt(self, goal: Goal, cells: frozenset[int]) -> tuple[str, ...]:
        """The source line of the check that fails, or of the last write to the cells concerned."""
        if self.source is None or self.source_map is None or goal.function < 0:
            return ()
        node = goal.node if goal.kind == "complete" else self._find_write(goal.function, cells)
        locations = self.source_map.functions[goal.function].locations
        if not 0 <= node < len(locations) or locations[node].line < 1:
            return ()
        where = locations[node]
        line = self.source.get_line_of(where)
        carets = "^" * max(1, min(where.length, len(line) - where.column + 1))
        gutter = len(str(where.line))
        return (
            *([f"  in {where.file}"] if where.file else []),
            f"  {where.line} | {line}",
            f"  {' ' * gutter} | {' ' * (where.column - 1)}{carets}",
        )

    def _find_write(self, function: int, cells: frozenset[int]) -> int:
        code = self.module.code.functions[function].code
        writes = [
            index
            for index, node in enumerate(code)
            if isinstance(node, Set | Update) and node.cell in cells
        ]
        return writes[-1] if writes else -1


def describe_supports(names: Names, indices: tuple[int, ...]) -> str:
    """The names of the invariants that a conditional goal rests on."""
    if names.source_map is None:
        return ", ".join(f"invariant {index + 1}" for index in indices)
    return ", ".join(names.source_map.invariants[index].name for index in indices)
