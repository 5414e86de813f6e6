"""The verifier's facade: a linked module in, a report out."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dsl.proof_module import NO_GHOSTS, Ghosts
from dsl.source import Source
from dsl.source_map import PlanMap, SourceMap
from dsl.verify.attack import Search
from dsl.verify.counterexample import Confirmed, find_state
from dsl.verify.fixpoint import Outcome, decide_all
from dsl.verify.goals import Goal, Vc
from dsl.verify.names import Names, describe_supports
from dsl.verify.reach import get_cells
from dsl.verify.scenario import render_scenario
from dsl.verify.smtlib import Query
from dsl.verify.solver import Decision, Limits, Solver
from dsl.verify.story import tell_story
from dsl.verify.validity import Decide, make_valid_vc
from spec.ir.encoding import compute_code_id
from spec.ir.linked import LinkedModule
from spec.ir.syntax import Context, ContextKind, Prim, PrimOp

UNREPORTED = frozenset({"positive", "may_fail"})
"""Kinds of goals that only serve others, or only give notes."""
SEARCHED_MAX = 24
"""Broken goals for which an attack is looked for; the others show a state."""
VERDICTS = ("broken", "not_inductive", "conditional", "never_exercised", "unknown", "proved")
"""Worst first; a contract's verdict is that of its worst goal."""
ASSUMPTIONS = (
    "coins arrive only as the value of payable calls and in the inbox",
    "caller != this",
    "total supply < 2^96",
)
HASH_ASSUMPTION = "hashes are collision-free"
TIME_ASSUMPTION = "now < 2^63 and height < 2^63"
"""Printed where a contract reads them."""

UNCONFIRMED = "the solver's model could not be replayed"
"""Why a goal is open that the solver does not prove, though nothing is seen to break it."""
SENSELESS = "there is a state in which it divides by zero or reads past the end of a list"
STATIC_REASONS = {
    "aggregate": "there is a state in which this does not hold",
    "well_defined guard": f"{SENSELESS}: let a `fails … when …` that excludes it come first",
}
"""Why goals fail that no call shows."""


@dataclass(frozen=True, slots=True)
class GoalReport:
    """A goal and its verdict."""

    name: str
    kind: str
    action: str
    """The function concerned, empty if none."""
    verdict: str
    line: int
    """Of the source, 0 if unknown."""
    ms: int
    text: str
    """What is claimed, in the author's words where there are any."""
    reason: str
    """Why not proved; empty if proved."""
    origin: str = ""
    """The imported file that the line is of, empty for the contract's own."""


@dataclass(frozen=True, slots=True)
class CounterexampleReport:
    """A confirmed counterexample."""

    goal: str
    action: str
    verdict: str
    """"broken" (an attack from deployment) or "not_inductive" (a state and a call)."""
    line: int
    text: str
    """The property."""
    story: tuple[str, ...]
    excerpt: tuple[str, ...]
    """The source lines that are to blame."""
    content: str
    """The text of the file that replays it."""
    file: str = ""
    """Where it was written."""
    origin: str = ""
    """As of a goal."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a contract."""

    contract: str
    file: str
    code_id: str
    verdict: str
    goals: tuple[GoalReport, ...]
    counterexamples: tuple[CounterexampleReport, ...]
    assumptions: tuple[str, ...]
    versions: dict[str, str]
    gas_bounds: tuple[tuple[str, int], ...]
    rlimit: int
    ms: int
    replayed: int
    """Actions whose success was replayed."""
    notes: tuple[str, ...] = ()
    """What an action may also fail from, where it does not claim to say all."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is verified."""

    linked: LinkedModule
    contract: str
    file: str
    source_map: SourceMap | None = None
    source: Source | None = None
    """The text, for excerpts."""
    plans: tuple[PlanMap, ...] = ()
    """`can` and `check`."""
    ghosts: Ghosts = NO_GHOSTS
    code_id: bytes | None = None
    """Of the deployed module, if the one that is proved holds more."""


class Remembering:
    """Decides queries, and each text only once: mutants share most of them."""

    def __init__(self, solver: Solver, limits: Limits) -> None:
        self._solver = solver
        self._limits = limits
        self._known: dict[bytes, Decision] = {}

    def __call__(self, queries: Sequence[Query]) -> list[Decision]:
        """Decisions in the order of the queries; those killed are not remembered."""
        digests = [hashlib.sha256(query.text.encode()).digest() for query in queries]
        fresh = {
            digest: query
            for digest, query in zip(digests, queries, strict=True)
            if digest not in self._known
        }
        decided = self._solver.decide(list(fresh.values()), self._limits)
        found = dict(zip(fresh, decided, strict=True))
        for digest, decision in found.items():
            if decision.reason != "killed":
                self._known[digest] = decision
        return [found.get(digest) or replace(self._known[digest], ms=0) for digest in digests]


def verify(subject: Subject, solver: Solver, limits: Limits) -> Report:
    """Decides every goal of a module, and looks for attacks on what is not proved."""
    return verify_with(subject, Remembering(solver, limits), limits, lambda: solver.version)


def verify_with(
    subject: Subject, decide: Decide, limits: Limits, get_version: Callable[[], str]
) -> Report:
    """`verify` with a way to decide queries."""
    started_s = time.monotonic()
    names = Names(
        subject.linked.module,
        subject.source_map,
        subject.contract,
        subject.file,
        subject.source,
        plans=subject.plans,
        trusts=subject.ghosts.trusts,
    )
    vc = make_valid_vc(subject.linked, decide, subject.plans, subject.ghosts)
    outcomes = decide_all(vc, decide)
    judged = _Judge(vc, names, outcomes, decide)
    goals, counterexamples = judged.run()
    verdicts = [VERDICTS.index(goal.verdict) for goal in goals]
    bounds = zip(range(len(subject.linked.functions)), subject.linked.functions, strict=True)
    return Report(
        subject.contract,
        subject.file,
        "0x" + (subject.code_id or compute_code_id(subject.linked.module)).hex(),
        VERDICTS[min(verdicts, default=len(VERDICTS) - 1)],
        goals,
        counterexamples,
        _list_assumptions(subject.linked, names),
        {"z3": get_version(), "verifier": compute_version()},
        tuple(
            (names.get_function(index), function.gas_bound)
            for index, function in bounds
            if index not in vc.views
        ),
        limits.rlimit,
        int((time.monotonic() - started_s) * 1000),
        judged.replayed,
        judged.list_notes(),
    )


def compute_version() -> str:
    """A fingerprint of the verifier's own sources: any change of it makes old results void."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _list_assumptions(linked: LinkedModule, names: Names) -> tuple[str, ...]:
    module = linked.module
    nodes = [
        *(node for function in module.code.functions for node in function.code),
        *(node for claim in module.spec.invariants for node in claim.code),
        *(node for claim in module.spec.transitions for node in claim.code),
        *(node for spec in module.spec.functions for code in spec.ensures for node in code),
    ]
    found = list(ASSUMPTIONS)
    if any(isinstance(each, Prim) and each.op is PrimOp.HASH for each in nodes):
        found.append(HASH_ASSUMPTION)
    if any(
        isinstance(each, Context) and each.which in {ContextKind.NOW, ContextKind.HEIGHT}
        for each in nodes
    ):
        found.append(TIME_ASSUMPTION)
    return (*found, *names.list_trusted())


class _Judge:
    """Turns outcomes into verdicts: failures are confirmed, wishes are replayed."""

    def __init__(self, vc: Vc, names: Names, outcomes: list[Outcome], decide: Decide) -> None:
        self._vc = vc
        self._names = names
        self._outcomes = outcomes
        self._decide = decide
        self._found: dict[int, Confirmed] = {}
        self._counterexamples: list[CounterexampleReport] = []
        self.replayed = 0

    def run(self) -> tuple[tuple[GoalReport, ...], tuple[CounterexampleReport, ...]]:
        """The reports of all goals that concern an author."""
        self._confirm()
        reports = [
            self._report(outcome)
            for outcome in self._outcomes
            if outcome.goal.kind not in UNREPORTED and not outcome.goal.kind.startswith("exercised")
        ]
        reports += self._report_exercised()
        return tuple(reports), tuple(self._counterexamples)

    def _confirm(self) -> None:
        """Short attacks, then states, then longer attacks; a success is shown in either way."""
        search = Search(self._vc, self._decide)
        failed = [
            outcome
            for outcome in self._outcomes
            if not outcome.goal.is_wanted
            and outcome.goal.kind not in UNREPORTED
            and outcome.verdict in {"failed", "unknown"}
        ]
        searched = [outcome.goal for outcome in failed[:SEARCHED_MAX]]
        self._search(search, searched)
        wanted = [
            outcome.goal
            for outcome in self._outcomes
            if outcome.goal.kind == "can_succeed" and outcome.verdict != "failed"
        ]
        rest = [outcome.goal for outcome in failed if outcome.goal.number not in self._found]
        goals = [*wanted, *rest]
        labels = [self._names.get_goal(goal) for goal in goals]
        for goal, confirmed in zip(
            goals, find_state(self._vc, goals, self._decide, labels), strict=True
        ):
            if confirmed is not None:
                self._found[goal.number] = confirmed
        self._search(search, [each for each in wanted if each.number not in self._found])
        stated = self._found.keys() & {goal.number for goal in rest}
        self._search(search, [each for each in searched if each.number in stated], is_deep=True)

    def _search(self, search: Search, goals: Sequence[Goal], *, is_deep: bool = False) -> None:
        """Looks for calls from the deployment that show each of some goals."""
        for goal in goals:
            found = search.find(goal, self._names.get_goal(goal), is_deep=is_deep)
            if found is not None:
                self._found[goal.number] = found

    def _report(self, outcome: Outcome) -> GoalReport:
        verdict, reason = self._judge(outcome)
        goal = outcome.goal
        if verdict in {"broken", "not_inductive"} and goal.number in self._found:
            self._tell(goal, verdict)
        return self._make(goal, verdict, reason, outcome.ms)

    def _make(self, goal: Goal, verdict: str, reason: str, ms: int) -> GoalReport:
        names = self._names
        return GoalReport(
            names.get_goal(goal),
            goal.kind,
            names.get_function(goal.function),
            verdict,
            names.get_line(goal),
            ms,
            names.get_text(goal),
            reason,
            names.get_origin(goal),
        )

    def _judge(self, outcome: Outcome) -> tuple[str, str]:
        """Verdict and reason of one outcome."""
        goal, found = outcome.goal, self._found.get(outcome.goal.number)
        if goal.kind == "can_succeed":
            return self._judge_success(outcome, found)
        if outcome.verdict == "conditional":
            supports = describe_supports(self._names, outcome.conditional_on)
            return "conditional", f"rests on {supports}"
        if outcome.verdict == "proved":
            return "proved", ""
        if found is not None and found.scenario.is_attack:
            return "broken", "an attack from deployment is replayed"
        if found is not None:
            return "not_inductive", "a state keeps every invariant, but one call breaks this"
        if outcome.verdict == "failed" and _is_static(goal):
            return "not_inductive", STATIC_REASONS.get(goal.kind, SENSELESS)
        if outcome.verdict == "failed":
            return "unknown", UNCONFIRMED
        return "unknown", outcome.reason

    def _judge_success(self, outcome: Outcome, found: Confirmed | None) -> tuple[str, str]:
        if found is not None:
            self.replayed += 1
            return "proved", ""
        if outcome.verdict == "failed":
            return "never_exercised", "this can never succeed"
        return "unknown", outcome.reason or "no success could be replayed"

    def _tell(self, goal: Goal, verdict: str) -> None:
        confirmed = self._found[goal.number]
        linked, names = self._vc.linked, self._names
        self._counterexamples.append(
            CounterexampleReport(
                names.get_goal(goal),
                names.get_function(goal.function),
                verdict,
                names.get_line(goal),
                names.get_text(goal),
                tell_story(linked, names, confirmed.scenario, confirmed.replay),
                names.get_excerpt(goal, get_cells(self._vc, goal)),
                render_scenario(linked, confirmed.scenario, names.list_labels()),
                origin=names.get_origin(goal),
            )
        )

    def list_notes(self) -> tuple[str, ...]:
        """What actions may also fail from."""
        notes: dict[str, None] = dict.fromkeys(self._list_open())
        for outcome in self._outcomes:
            goal = outcome.goal
            if goal.kind == "may_fail" and outcome.verdict != "proved":
                line = self._names.get_line(goal)
                where = f", line {line}" if line else ""
                name = self._names.get_function(goal.function)
                notes[f"{name} may also fail: {self._names.get_failure(goal)}{where}"] = None
        return tuple(notes)

    def _list_open(self) -> list[str]:
        """Up to which failing calls the stated failures of a function are all there are."""
        names, open_calls = self._names, []
        for index, spec in enumerate(self._vc.linked.module.spec.functions):
            calls = names.list_calls(index)
            if spec.is_complete and calls:
                shown = ", ".join(f"CallFailed({each})" for each in calls)
                open_calls.append(f"{names.get_function(index)} is complete up to {shown}")
        return open_calls

    def _report_exercised(self) -> list[GoalReport]:
        """One goal for each implication: some call reaches its left side."""
        groups: dict[tuple[str, int, int], list[Outcome]] = {}
        for outcome in self._outcomes:
            goal = outcome.goal
            if goal.kind.startswith("exercised"):
                function = goal.function if goal.kind.endswith("ensures") else -2
                groups.setdefault((goal.kind, goal.index, function), []).append(outcome)
        reports: list[GoalReport] = []
        for members in groups.values():
            verdicts = {member.verdict for member in members}
            verdict, reason = "never_exercised", "nothing reaches the left side of this implication"
            if "proved" in verdicts:
                verdict, reason = "proved", ""
            elif "unknown" in verdicts:
                verdict, reason = "unknown", "whether its left side can hold"
            goal = members[0].goal
            if goal.run is not None and verdict == "never_exercised":
                reason = "no state and no call meet its condition"
            report = self._make(goal, verdict, reason, sum(member.ms for member in members))
            is_own = goal.kind.endswith("ensures")
            reports.append(report if is_own else replace(report, action=""))
        return reports


def _is_static(goal: Goal) -> bool:
    """Goals about a formula, not about a run."""
    return goal.kind == "aggregate" or goal.kind.startswith("well_defined")
