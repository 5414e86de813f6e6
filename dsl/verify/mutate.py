"""Mutants of a contract's code: what none of its properties forbids.

A mutant is the module with one node of one function changed. It is killed if some goal that was
proved no longer is. A survivor means: nothing you stated forbids this.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from dsl.proof_module import Ghosts
from dsl.prune import prune
from dsl.verify.fixpoint import Outcome, decide_all, decide_some
from dsl.verify.goals import Goal
from dsl.verify.names import Names
from dsl.verify.solver import Limits, Solver
from dsl.verify.validity import Decide, Spot, find_lost, list_addresses, make_valid_vc
from dsl.verify.vc import make_vc
from dsl.verify.verify import Remembering, Subject
from spec.ir.linked import LinkedModule
from spec.ir.syntax import (
    Context,
    ContextKind,
    Fail,
    Function,
    FunctionKind,
    Node,
    Pay,
    Prim,
    PrimOp,
    Set,
    Sign,
    Update,
)

SPELLINGS = {
    PrimOp.LT: "`<` (or `>`)",
    PrimOp.LE: "`<=` (or `>=`)",
    PrimOp.EQ: "`==`",
    PrimOp.ADD: "`+`",
    PrimOp.SUB: "`-`",
    PrimOp.DIV: "`//`",
}
"""Operators in messages."""

SWAPS = {
    PrimOp.ADD: PrimOp.SUB,
    PrimOp.SUB: PrimOp.ADD,
    PrimOp.LT: PrimOp.LE,
    PrimOp.LE: PrimOp.LT,
    PrimOp.AND: PrimOp.OR,
    PrimOp.OR: PrimOp.AND,
    PrimOp.MIN: PrimOp.MAX,
    PrimOp.MAX: PrimOp.MIN,
    PrimOp.DIV: PrimOp.MOD,
    PrimOp.MOD: PrimOp.DIV,
}
ORDER = ("ensures", "frame", "complete", "invariant", "transition", "can")
"""Kinds of goals in the order in which they are asked; the others follow."""
DROPPED: dict[type, str] = {Set: "assignment", Pay: "payment", Fail: "failure"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change."""

    function: int
    node: int
    text: str
    """What was changed."""
    linked: LinkedModule
    ghosts: Ghosts


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no property forbids."""

    action: str
    line: int
    text: str
    code: str
    """The source line, without its indentation."""
    origin: str = ""
    """The imported file that it is of, empty for the contract's own."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """How the properties of a contract fare against its mutants."""

    contract: str
    file: str
    tried: int
    killed: int
    survivors: tuple[Survivor, ...]
    is_cut: bool
    """There were more mutants than the limit."""

    def encode(self) -> dict[str, object]:
        """The JSON view."""
        return {
            "contract": self.contract,
            "file": self.file,
            "tried": self.tried,
            "killed": self.killed,
            "cut": self.is_cut,
            "survivors": [
                {"action": each.action, "line": each.line, "text": each.text}
                for each in self.survivors
            ],
        }


def _spell(op: PrimOp) -> str:
    """An operator as authors write it; a larger side stands to the right in IR, so both forms."""
    return SPELLINGS.get(op, op.name.lower())


def _list_changes(node: Node) -> Iterator[tuple[str, Node | None]]:
    """Changes of one node: a name and the new node, None to leave it out."""
    match node:
        case Prim(op, _, args) if op in SWAPS:
            yield f"{_spell(op)} becomes {_spell(SWAPS[op])}", replace(node, op=SWAPS[op])
            if op in {PrimOp.SUB, PrimOp.LT, PrimOp.LE, PrimOp.DIV} and args[0] != args[1]:
                yield f"the sides of {_spell(op)} swap", replace(node, args=args[::-1])
        case Prim(PrimOp.NOT, _, args):
            yield "not is dropped", Prim(PrimOp.AND, (), (args[0], args[0]))
        case Prim(PrimOp.EQ, _, _) if node.args[0] != node.args[1]:
            yield "`==` is always true", replace(node, args=(node.args[0], node.args[0]))
        case Update(sign=sign):
            other = Sign.MINUS if sign is Sign.PLUS else Sign.PLUS
            yield "the update goes the other way", replace(node, sign=other)
            yield "the update is dropped", None
        case Set() | Pay() | Fail():
            yield f"the {DROPPED[type(node)]} is dropped", None
        case Context(ContextKind.CALLER):
            yield "caller becomes this", Context(ContextKind.THIS)
        case _:
            return


def list_mutants(subject: Subject) -> Iterator[Mutant]:
    """The mutants of a module, function by function, node by node."""
    linked = subject.linked
    for number, function in enumerate(linked.module.code.functions):
        if function.kind is FunctionKind.VIEW:
            continue
        ghosts = subject.ghosts.get_nodes(number)
        for index, node in enumerate(function.code):
            if index in ghosts:
                continue
            for text, changed in _list_changes(node):
                mutated, moved = _change(function, index, changed, ghosts)
                whole = _replace_function(linked, number, mutated)
                yield Mutant(number, index, text, whole, _replace(subject.ghosts, number, moved))


def _replace(ghosts: Ghosts, number: int, nodes: frozenset[int]) -> Ghosts:
    """The ghosts with those nodes of one function that are its own after a change."""
    if not ghosts.nodes:
        return ghosts
    return replace(ghosts, nodes=(*ghosts.nodes[:number], nodes, *ghosts.nodes[number + 1 :]))


def _replace_function(linked: LinkedModule, number: int, function: Function) -> LinkedModule:
    """The linked module with one function replaced: its types stay, its gas is not asked for."""
    code = linked.module.code
    functions = (*code.functions[:number], function, *code.functions[number + 1 :])
    return replace(linked, module=replace(linked.module, code=replace(code, functions=functions)))


def _change(
    function: Function, index: int, changed: Node | None, ghosts: frozenset[int]
) -> tuple[Function, frozenset[int]]:
    """The function with one node changed or left out, pruned; and where its ghosts are then."""
    idle = Context(ContextKind.HEIGHT) if changed is None else changed
    nodes = (*function.code[:index], idle, *function.code[index + 1 :])
    pruned = prune(nodes, function.guard_count, frozenset())
    guard_count = sum(old < function.guard_count for old in pruned.kept)
    moved = frozenset(pruned.new_index[old] for old in ghosts if old in pruned.new_index)
    return replace(function, code=pruned.nodes, guard_count=guard_count), moved


Name = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Base:
    """What is known of the contract without a change."""

    valid: frozenset[Spot]
    """The addresses in its state that are real."""
    is_whole: bool
    """All of them are, and every goal is proved."""
    proved: dict[Name, bool]


def make_base(subject: Subject, decide: Decide) -> Base:
    """Verifies the contract itself."""
    vc = make_valid_vc(subject.linked, decide, subject.plans, subject.ghosts)
    valid = vc.anywhere.root.valid
    proved = _list_proved(decide_all(vc, decide))
    addresses = list_addresses(vc.encoder.layouts, vc.linked.module.code.cells)
    is_whole = all(proved.values()) and valid == addresses
    return Base(valid, is_whole, proved)


def mutate(subject: Subject, solver: Solver, limits: Limits, count_max: int) -> Mutation:
    """Tries up to `count_max` mutants."""
    decide = Remembering(solver, limits)
    trial = Trial(subject, make_base(subject, decide), decide)
    mutants = list(islice(list_mutants(subject), count_max + 1))
    survivors = trial.find_survivors(mutants[:count_max])
    mutation = make_mutation(subject, min(len(mutants), count_max), survivors)
    return replace(mutation, is_cut=len(mutants) > count_max)


def make_mutation(subject: Subject, tried: int, survivors: Sequence[Survivor]) -> Mutation:
    """The result of a number of mutants, which are all that there are."""
    killed = tried - len(survivors)
    return Mutation(subject.contract, subject.file, tried, killed, tuple(survivors), is_cut=False)


def _list_proved(outcomes: Iterable[Outcome]) -> dict[Name, bool]:
    """For each goal, several checks of one function together, whether it is proved."""
    proved: dict[Name, bool] = {}
    for outcome in outcomes:
        if _is_counted(outcome.goal):
            name = _get_name(outcome.goal)
            proved[name] = proved.get(name, True) and outcome.verdict == "proved"
    return proved


def _is_counted(goal: Goal) -> bool:
    return goal.kind not in {"positive", "may_fail"} and not goal.kind.startswith("exercised")


def _get_name(goal: Goal) -> Name:
    return (goal.kind, 0 if goal.kind in {"complete", "frame"} else goal.index, goal.function)


@dataclass(slots=True)
class Trial:
    """Tries mutants of one contract.

    Where everything is proved of the contract, no goal rests on less before one fails, so the first
    that does ends the search; and goals without the changed function are as they were.
    """

    subject: Subject
    base: Base
    decide: Decide
    _deadly: dict[Name, int] = field(default_factory=dict)
    """How many mutants each goal has killed: the deadliest are asked first."""

    def find_survivors(self, mutants: Iterable[Mutant]) -> list[Survivor]:
        """Those that nothing forbids."""
        subject = self.subject
        names = Names(
            subject.linked.module,
            subject.source_map,
            subject.contract,
            subject.file,
            subject.source,
        )
        return [self._describe(each, names) for each in mutants if not self.is_killed(each)]

    def is_killed(self, mutant: Mutant) -> bool:
        """Whether a goal that was proved (or is new) is not."""
        subject, base = self.subject, self.base
        if base.is_whole:
            vc = make_vc(
                mutant.linked, base.valid, subject.plans, mutant.ghosts, only=mutant.function
            )
            if vc.unsupported or not find_lost(vc, base.valid, self.decide):
                return self._has_lost(decide_some(vc, self.decide, self._choose))
        vc = make_valid_vc(mutant.linked, self.decide, subject.plans, mutant.ghosts)
        if all(base.proved.values()):
            return self._has_lost(decide_some(vc, self.decide, self._choose))
        return self._has_lost(decide_all(vc, self.decide))

    def _choose(self, goals: Iterable[Goal]) -> list[Goal]:
        """Goals that count, the likeliest to be lost first."""

        def rank(goal: Goal) -> tuple[int, int]:
            place = ORDER.index(goal.kind) if goal.kind in ORDER else len(ORDER)
            return -self._deadly.get(_get_name(goal), 0), place

        return sorted(filter(_is_counted, goals), key=rank)

    def _has_lost(self, outcomes: Iterable[Outcome]) -> bool:
        for outcome in outcomes:
            name = _get_name(outcome.goal)
            is_lost = _is_counted(outcome.goal) and outcome.verdict != "proved"
            if is_lost and self.base.proved.get(name, True):
                self._deadly[name] = self._deadly.get(name, 0) + 1
                return True
        return False

    def _describe(self, mutant: Mutant, names: Names) -> Survivor:
        """Where a survivor is, as authors find it."""
        line, code, origin = 0, "", ""
        source_map, source = self.subject.source_map, self.subject.source
        if source_map is not None:
            locations = source_map.functions[mutant.function].locations
            where = locations[mutant.node] if mutant.node < len(locations) else None
            if where is not None and where.line and source is not None:
                code = source.get_line_of(where).strip()
            line, origin = (0, "") if where is None else (where.line, where.file)
        return Survivor(names.get_function(mutant.function), line, mutant.text, code, origin)
