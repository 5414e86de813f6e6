"""What a class of one's own offers to `qc spec prove` and `qc spec explore` (`path.py:Class`)."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from dsl.extension import ExtensionError, load_extension
from proofs.explore.search import Model
from proofs.theorem import Theorem


@runtime_checkable
class OwnTheorems(Protocol):
    """A class whose theorems can be proved."""

    def get_theorems(self) -> Sequence[Theorem]:
        """What it claims, each with mutants and witnesses."""


@runtime_checkable
class OwnModel(Protocol):
    """A class whose small world can be searched."""

    def get_model(self, nodes: int, faulty: int) -> Model[Any]:
        """The world of so many nodes, of which some are faulty."""


def load_theorems(text: str) -> tuple[Theorem, ...]:
    """The theorems of a class.

    Raises:
        ExtensionError: the class can't be had, or offers none.
    """
    own = load_extension(text)
    if not isinstance(own, OwnTheorems):
        raise ExtensionError(f"{text} has no method get_theorems()")
    theorems = tuple(own.get_theorems())
    if not theorems or not all(isinstance(theorem, Theorem) for theorem in theorems):
        raise ExtensionError(f"{text}: get_theorems() gives no proofs.theorem.Theorem")
    return theorems


def load_model(text: str, nodes: int, faulty: int) -> Model[Any]:
    """The small world of a class.

    Raises:
        ExtensionError: the class can't be had, or offers none.
    """
    own = load_extension(text)
    if not isinstance(own, OwnModel):
        raise ExtensionError(f"{text} has no method get_model(nodes, faulty)")
    return own.get_model(nodes, faulty)
