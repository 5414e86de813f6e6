"""What is to be shown of a module, and what all queries about it share."""

from dataclasses import dataclass, field

from dsl.source_map import PlanMap
from dsl.verify.aggregates import Aggregates
from dsl.verify.cases import Case, list_functions
from dsl.verify.combinations import Combination
from dsl.verify.encoder import Encoder, Inputs
from dsl.verify.leaves import Sym
from dsl.verify.pairs import Comparisons
from dsl.verify.properties import Evaluated, Properties, Shape
from dsl.verify.state import State
from dsl.verify.terms import Term
from spec.ir.linked import LinkedModule
from spec.ir.syntax import ContextKind, Function

NO_FUNCTION = -2
"""`Goal.function` of a goal about no function."""
IMPLIED = -1
"""`Goal.function` of the implied init."""
TIMES = frozenset({int(ContextKind.NOW), int(ContextKind.HEIGHT)})
CALLS = frozenset({int(ContextKind.CALLER), int(ContextKind.VALUE)})
ANYWHERE = 1
"""Root number of the state before a call."""


@dataclass(slots=True)
class Goal:
    """Something to show: `violated` is impossible (or possible, if `is_wanted`)."""

    kind: str
    index: int
    """Which invariant, transition, ensures, cell, failure or aggregate."""
    function: int
    violated: Term
    case: Case | None = None
    assumes_success: bool = False
    assumes_invariants: bool = True
    is_wanted: bool = False
    extra: tuple[Term, ...] = ()
    """Further assumptions."""
    evaluated: tuple[Evaluated, ...] = ()
    """Properties in it: what they read and ask."""
    skolems: tuple[tuple[Sym, ...], ...] = ()
    """Terms for its quantified variables."""
    lemma: tuple[State, int, tuple[Term, ...]] | None = None
    """The state before the update that is checked, its cell and keys."""
    node: int = -1
    """Node of the function or property that it is about."""
    unsupported: str = ""
    """Why it can't be stated; then it is unknown."""
    number: int = -1
    """Position in the list of goals."""
    later: Inputs | None = None
    """For `tick`: the later time."""
    gift: Term | None = None
    """For `inbox`: the coins that arrive."""
    run: "PlanRun | None" = None
    """For `can` and `check`: the calls."""


@dataclass(slots=True)
class PlanRun:
    """The calls of a `can` or `check` from one state."""

    plan: PlanMap
    cases: tuple[Case, ...]
    """Those on the left, then those on the right."""
    params: tuple[Sym, ...]
    """Parameters of the plan's view."""
    condition: Evaluated
    """That the calls are the ones meant."""


@dataclass(slots=True)
class Vc:
    """All goals of a module and what is needed to state their queries."""

    linked: LinkedModule
    encoder: Encoder
    aggregates: Aggregates
    properties: Properties
    anywhere: State
    """Any typed state: where calls start."""
    inputs: Inputs
    """Those of no call in particular: times and the contract itself."""
    cases: dict[int, Case]
    unsupported: dict[int, str]
    """Functions that can't be encoded, and why."""
    invariants: list[Shape | None]
    """None for one that can't be stated; it is never assumed."""
    plans: tuple[PlanMap, ...]
    """`can` and `check`; their views stand behind the functions that are deployed."""
    lasting: frozenset[int]
    """Those over checkpointed cells alone: they held at the end of every block too."""
    goals: list[Goal]
    instances: dict[tuple[int, ...], Evaluated] = field(default_factory=dict)
    """Invariants at terms, in any typed state: worked out once for all goals."""
    combinations: dict[int, Combination | None] = field(default_factory=dict)
    """What invariants say of sums, likewise."""
    comparisons: Comparisons = field(default_factory=Comparisons)
    """Which sums are at least others, as far as it is known."""
    only: int | None = None
    """The one function that goals are about; None for all."""

    def list_functions(self) -> list[tuple[int, Function]]:
        """The functions that goals are about, with their indices."""
        found = list_functions(self.linked.module)
        return [each for each in found if self.only in {None, each[0]}]

    @property
    def views(self) -> frozenset[int]:
        """Functions that only state which calls a plan means, or what is trusted."""
        meant = (plan.view for plan in self.plans)
        return frozenset((*meant, *(trust.view for trust in self.encoder.ghosts.trusts)))

    def add(self, goal: Goal) -> None:
        """Appends a goal."""
        goal.number = len(self.goals)
        self.goals.append(goal)
