"""Breadth-first search of a model, with the shortest path to what breaks it.

A model names its start, its successors with a word for each step, and what is wrong with a state.
States that a symmetry maps to one another are one state: the model canonicalises. The search says
whether it saw everything ("complete") or was cut, and at which depth.

Source: CONSENSUS.md 3 (small scope); UX.md (explorer).
"""

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

S = TypeVar("S", bound=Hashable)


class Model(Protocol[S]):
    """A transition system with one property that every state must have."""

    def start(self) -> S:
        """The first state."""

    def successors(self, state: S) -> Iterable[tuple[str, S]]:
        """Every next state, canonical, with the step's name."""

    def find_violation(self, state: S) -> str | None:
        """What is wrong with a state."""

    def render(self, state: S) -> str:
        """A state for people."""

    def to_itf(self, state: S) -> dict[str, object]:
        """A state's variables in the Informal Trace Format."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a search found."""

    states: int
    depth: int
    is_complete: bool
    """Whether every reachable state was seen."""
    violation: str | None
    path: tuple[tuple[str, str], ...]
    """(step, state after it) from the start to the violation."""
    trace: tuple[dict[str, object], ...]
    """The same in the Informal Trace Format."""
    seconds: float


def explore(model: "Model[S]", states_max: int, depth_max: int) -> Result:
    """Searches until a violation, the whole space, or a bound.

    Args:
        model: what to search.
        states_max: most states to visit.
        depth_max: most steps from the start.
    """
    started = time.monotonic()
    start = model.start()
    parents: dict[S, tuple[S, str] | None] = {start: None}
    layer, depth, is_cut = [start], 0, False
    violation = model.find_violation(start)
    guilty: S | None = start if violation else None
    while layer and guilty is None and not is_cut:
        if depth == depth_max:
            is_cut = True
            break
        depth += 1
        following: list[S] = []
        for state in layer:
            for word, after in model.successors(state):
                if after in parents:
                    continue
                parents[after] = (state, word)
                following.append(after)
                violation = model.find_violation(after)
                if violation is not None:
                    guilty = after
                    break
            if guilty is not None:
                break
            if len(parents) > states_max:
                is_cut = True
                break
        layer = following
    steps = [] if guilty is None else _trace_back(parents, guilty)
    return Result(
        states=len(parents),
        depth=depth,
        is_complete=not is_cut and guilty is None,
        violation=violation if guilty is not None else None,
        path=tuple((word, model.render(state)) for word, state in steps),
        trace=tuple(model.to_itf(state) for _, state in steps),
        seconds=time.monotonic() - started,
    )


def _trace_back(parents: dict[S, tuple[S, str] | None], state: S) -> list[tuple[str, S]]:
    path: list[tuple[str, S]] = []
    current: S | None = state
    while current is not None:
        parent = parents[current]
        path.append(("start" if parent is None else parent[1], current))
        current = None if parent is None else parent[0]
    return path[::-1]
