"""A consensus of one's own: slots and blocks as in DPoS, but a block is final once it has a child.

It looks harmless while the network is whole. `qc sim` breaks it, `qc spec explore` tells the
shortest way to the break, and `qc spec prove` proves the arithmetic that a better rule needs.
"""

from collections.abc import Iterable
from typing import ClassVar

from proofs.logic import Term, and_, at_least_zero, constants
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.consensus.dpos.duty import DUTY
from spec.consensus.dpos.rules import DposRules
from spec.consensus.dpos.state import DposState
from spec.consensus.interface import RulesContext
from spec.ledger.codec import BlockId
from spec.ledger.types import Header

BLOCKS_MAX = 4
"""Of each side, in the model."""

State = tuple[int, int]
"""How many blocks each side of a cut network has made."""


class OneChildRules(DposRules):
    """The rules of DPoS with another finality."""

    name: ClassVar[str] = "one-child"

    def get_checkpoints(
        self, _context: RulesContext, _state: DposState, _block_id: BlockId, header: Header
    ) -> tuple[BlockId | None, BlockId | None]:
        """A block finalises its parent, unless that is the genesis."""
        parent = BlockId(header.parent) if header.height > 1 else None
        return parent, parent


class Cut:
    """The small world: a network cut in two, and blocks on both sides."""

    def start(self) -> State:
        """No blocks."""
        return 0, 0

    def successors(self, state: State) -> Iterable[tuple[str, State]]:
        """A side makes its next block."""
        left, right = state
        if left < BLOCKS_MAX:
            yield f"the left makes its block {left + 1}", (left + 1, right)
        if right < BLOCKS_MAX:
            yield f"the right makes its block {right + 1}", (left, right + 1)

    def find_violation(self, state: State) -> str | None:
        """Both sides have a block with a child."""
        return "two blocks of height 1 are final" if min(state) > 1 else None

    def render(self, state: State) -> str:
        """For people."""
        return f"left {state[0]} blocks, right {state[1]} blocks"

    def to_itf(self, state: State) -> dict[str, object]:
        """In the Informal Trace Format."""
        return {"left": state[0], "right": state[1]}


def get_theorem() -> Theorem:
    """What a rule that waits for many producers would rest on."""
    a, b, n, both = constants("one_group other_group producers in_both")

    def groups(is_large: Term) -> Hypothesis:
        return Hypothesis("groups", "Each confirms with more than half of all.", is_large)

    sizes = and_(at_least_zero(both), both <= a, both <= b, n > 0, a + b - both <= n)
    more, half = and_(2 * a > n, 2 * b > n), and_(2 * a >= n, 2 * b >= n)
    return Theorem(
        name="majorities_meet",
        row=1,
        statement="Two groups of more than half of the producers share one.",
        assumes=("A producer is counted once.",),
        tested="Nothing: the example's rule does not wait for a group.",
        hypotheses=(Hypothesis("sizes", "Sizes of two sets among n.", sizes), groups(more)),
        lemmas=(Lemma("they meet", "Somebody is in both.", ("sizes", "groups"), both >= 1),),
        mutants=(Mutant("half is enough", "At least half.", ("they meet",), {"groups": half}),),
        witnesses=(Witness("three of five", "It happens.", ("sizes", "groups"), a < n),),
    )


class OneChild:
    """What the three tools ask for."""

    base = "dpos"
    rules = OneChildRules()
    duty = DUTY

    def get_model(self, _nodes: int, _faulty: int) -> Cut:
        """For `qc spec explore`."""
        return Cut()

    def get_theorems(self) -> tuple[Theorem, ...]:
        """For `qc spec prove`."""
        return (get_theorem(),)
