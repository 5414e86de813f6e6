"""Judging one step: everything that is claimed of a contract, evaluated in the states around it.

After a call that succeeded hold the invariants, the transitions, what the function ensures, and
that it changes only what it says. A failure is one that the function declares, or that a contract
it calls is at fault for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from dsl.compile import CompiledUnit
from dsl.verify.replay import is_same_outside
from dsl.verify.scenario import Step, split_cell
from dsl.world import CONTRACT
from spec.ir.host import DeclaredFailure, Failed
from spec.ir.linked import LinkedCode
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, get_entry_at
from spec.ir.syntax import (
    CELL_INBOX,
    AddressType,
    ContextKind,
    Fail,
    FunctionKind,
    Type,
    UintType,
    When,
)
from spec.ir.values import Value, compute_default
from tests.stdlib_contracts.compiled import Cells, Compiled, Compiler, Sums
from tests.stdlib_contracts.places import list_typed, list_values

GENESIS_ID = bytes(32)
SMALL = tuple(range(4))
"""Numbers that may be keys which the contract itself counts up to."""
ALLOWED = frozenset({"contract.call_failed", "contract.unknown_function"})
"""Failures of the machine that no clause needs to announce."""


class BrokenError(AssertionError):
    """Something that is claimed of a contract does not hold."""

    def __init__(self, function: str, claim: str) -> None:
        super().__init__(f"{function}: {claim}")
        self.label = (function, claim)


@dataclass(slots=True)
class Scene:
    """A step as properties see it; an `Environment` of the specification's evaluator as well."""

    judge: "Judgement"
    step: Step
    old: Cells
    now: Cells
    world: MemoryWorld
    """After the step."""
    result: tuple[Value, ...]
    known: dict[Type, tuple[Value, ...]]
    """Values that occur in the states, by type."""
    sums: tuple[Sums, Sums]
    universes: dict[Type, tuple[Value, ...]] = field(default_factory=dict)
    facts: dict[ContextKind, Value] = field(default_factory=dict)

    def get_fact(self, which: ContextKind) -> Value:
        """See `Environment`."""
        if not self.facts:
            step = self.step
            self.facts = {
                ContextKind.CALLER: step.caller,
                ContextKind.VALUE: step.value,
                ContextKind.NOW: step.now_ms,
                ContextKind.HEIGHT: step.height,
                ContextKind.THIS: CONTRACT,
                ContextKind.GENESIS_ID: GENESIS_ID,
                ContextKind.FUNCTION: max(step.function, 0),
            }
        return self.facts[which]

    def get_params(self) -> tuple[Value, ...]:
        """See `Environment`."""
        return (*self.step.arguments, *self.result)

    def get_entry(self, cell: int, when: When, keys: tuple[Value, ...]) -> Value:
        """See `Environment`."""
        if when is When.AT:
            return self._get_past(cell, keys)
        found: Value | dict[Value, Value] = (self.old if when is When.OLD else self.now)[cell]
        if not isinstance(found, dict):
            return found
        key = keys[0] if len(keys) == 1 else keys
        return found[key] if key in found else self.judge.defaults[cell]

    def _get_past(self, cell: int, keys: tuple[Value, ...]) -> Value:
        """What a checkpointed entry held at a height that is past, else the default."""
        linked = self.judge.linked
        entry = find_entry(linked, CONTRACT, cell, keys[:-1])
        height = keys[-1]
        assert isinstance(height, int), "validated: the last key is a height"
        if height < self.step.height:
            return get_entry_at(self.world, linked, entry, height)
        return self.judge.defaults[cell]

    def get_universe(self, kind: Type) -> tuple[Value, ...]:
        """See `Environment`."""
        if kind not in self.universes:
            if isinstance(kind, UintType) and kind not in self.judge.keys:
                bits = kind.bits
                found: tuple[Value, ...] = (0, self.step.now_ms % (1 << bits), (1 << bits) - 1)
            else:
                found = self.list_values(kind)
            self.universes[kind] = found
        return self.universes[kind]

    def list_values(self, kind: Type) -> tuple[Value, ...]:
        """The values of a type that occur: every entry that is written stands at such keys."""
        params = self.judge.list_params(self.step.function, self.get_params())
        here = [value for typed, value in params if typed == kind]
        if isinstance(kind, AddressType):
            here.append(self.step.caller)
        return list_values(kind, (*self.known.get(kind, ()), *here), SMALL)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    compiled: Compiled


@dataclass(frozen=True, slots=True)
class _Modified:
    cell: int
    keys: tuple[Compiled, ...]
    fields: tuple[int, ...]


class Judgement:
    """What is claimed of a contract, ready to be evaluated often."""

    def __init__(self, unit: CompiledUnit) -> None:
        self.unit, self.linked = unit, unit.linked
        self._compiler = Compiler(unit.linked)
        cells = range(len(unit.linked.module.code.cells))
        self.keys = frozenset(
            kind for cell in cells[CELL_INBOX + 1 :] for kind in split_cell(unit.linked, cell)[0]
        )
        types = unit.linked.types
        self.defaults = [compute_default(types, split_cell(unit.linked, cell)[1]) for cell in cells]

    def list_params(self, function: int, params: Iterable[Value]) -> list[tuple[Type, Value]]:
        """Every scalar of parameters and result, with its type."""
        declared = self.linked.functions[function]
        kinds = (*declared.params, *declared.result)
        types = self.linked.types
        return [
            each
            for kind, value in zip(kinds, params, strict=False)
            for each in list_typed(types, kind, value)
        ]

    # What is claimed

    def compile(self, code: LinkedCode) -> Compiled:
        """An expression of the specification section."""
        return self._compiler.compile(code)

    def get_aggregate(self, number: int) -> Compiled:
        """An aggregate that some property sums up."""
        return self._compiler.get_aggregate(number)

    def _compile_all(self, codes: Iterable[LinkedCode], names: list[str]) -> list[_Named]:
        pairs = zip(codes, names, strict=True)
        return [_Named(name, self._compiler.compile(code)) for code, name in pairs]

    @cached_property
    def invariants(self) -> list[_Named]:
        """What holds in every state."""
        names = [each.name for each in self.unit.source_map.invariants]
        return self._compile_all(self.linked.spec.invariants, names)

    @cached_property
    def transitions(self) -> list[_Named]:
        """What holds of every successful action."""
        names = [each.name for each in self.unit.source_map.transitions]
        return self._compile_all(self.linked.spec.transitions, names)

    @cached_property
    def ensures(self) -> list[list[_Named]]:
        """What each function ensures."""
        functions = zip(self.linked.spec.functions, self.unit.source_map.functions, strict=True)
        return [
            self._compile_all(claims.ensures, [each.name for each in shown.ensures])
            for claims, shown in functions
        ]

    @cached_property
    def modifies(self) -> list[list[_Modified] | None]:
        """The places that each function may change, None if it says nothing of them."""
        declared = self.linked.module.spec.functions
        return [
            [_Modified(e.cell, tuple(map(self.compile, e.keys)), e.fields) for e in claims.modifies]
            if each.has_frame
            else None
            for each, claims in zip(declared, self.linked.spec.functions, strict=True)
        ]

    @cached_property
    def announced(self) -> list[frozenset[int]]:
        """The errors that each function may fail with."""
        found = []
        functions = zip(self.linked.functions, self.linked.module.spec.functions, strict=True)
        for function, claims in functions:
            guard = function.declared.code[: function.declared.guard_count]
            errors = {each.error for each in guard if isinstance(each, Fail)}
            found.append(frozenset({*errors, *claims.open_errors}))
        return found

    # Verdicts

    def get_name(self, function: int) -> str:
        """A function's name in the source."""
        return self.unit.source_map.functions[function].name

    def judge_failure(self, function: int, outcome: Failed) -> None:
        """A call that fails does so as its function announces."""
        failure = outcome.failure
        if isinstance(failure, DeclaredFailure):
            if failure.error not in self.announced[function]:
                raise BrokenError(self.get_name(function), f"error {failure.error}, undeclared")
        elif failure.code not in ALLOWED:
            raise BrokenError(self.get_name(function), failure.code)

    def judge_invariants(self, scene: Scene, changed: int | None) -> None:
        """The invariants hold; those that depend on nothing that has changed did before.

        `changed` has a bit for each cell that is different now; None judges all.
        """
        for each in self.invariants:
            compiled = each.compiled
            is_owed = changed is None or compiled.reads_more or compiled.cells & changed
            if is_owed and not compiled.judge(scene):
                raise BrokenError(self.get_name(scene.step.function), each.name)

    def judge_success(self, scene: Scene, changed: int) -> None:
        """A call that succeeds keeps every property."""
        function = scene.step.function
        kind = self.linked.functions[function].declared.kind
        self.judge_invariants(scene, None if kind is FunctionKind.INIT else changed)
        claims = [*self.ensures[function]]
        if kind is FunctionKind.ACTION:
            claims += self.transitions
        for each in claims:
            if not each.compiled.judge(scene):
                raise BrokenError(self.get_name(function), each.name)

    def list_modified(self, scene: Scene) -> list[tuple[int, tuple[Value, ...], tuple[int, ...]]]:
        """The places that a function says it may change: cell, keys, and fields of the value."""
        places = self.modifies[scene.step.function]
        return [
            (each.cell, tuple(key.judge(scene) for key in each.keys), each.fields)
            for each in places or ()
        ]

    def judge_frame(
        self,
        scene: Scene,
        allowed: list[tuple[int, tuple[Value, ...], tuple[int, ...]]],
        changed: Iterable[tuple[int, tuple[Value, ...]]],
    ) -> None:
        """Nothing changes at a place that `modifies` does not name."""
        if self.modifies[scene.step.function] is None:
            return
        for cell, keys in changed:
            paths = [fields for *place, fields in allowed if place == [cell, keys]]
            old = scene.get_entry(cell, When.OLD, keys)
            new = scene.get_entry(cell, When.NOW, keys)
            if not is_same_outside(old, new, paths):
                cells = self.unit.source_map.cells
                name = self.get_name(scene.step.function)
                raise BrokenError(name, f"changes {cells[cell].name}, which it does not name")
