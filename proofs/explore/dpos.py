"""Irreversibility by counting producers: every schedule of delays, with no faulty producer at all.

The world: n producers take turns, one slot each, and always build on the longest chain they know;
of equals they keep what they have. Nobody lies; the network only delays. Before its slot a producer
learns of any chain that is longer than its own, or of none. A block counts as irreversible, to
whoever sees a chain with it, by one of two rules of the kind that real chains
have used:

    implicit     more than two thirds of the producers have built on top of it
    confirmed    a block above which more than two thirds have built is proposed, and irreversible
                 once more than two thirds have built on the block that made it so

Both let two conflicting blocks become irreversible in honest hands. That is why this chain's DPoS
votes with signatures over checkpoints instead (`spec.consensus.ffg`).

Source: CONSENSUS.md 2, 3 row 11 (the rule of BitShares and Steem; counting in two stages, as
pipelined DPoS does).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from spec.consensus.quorum import is_quorum

VARIANTS: Final = ("implicit", "confirmed")
GENESIS: Final = -1


class Block(NamedTuple):
    """A block, by its place in the state's tuple."""

    parent: int
    """Place of the parent, `GENESIS` for the genesis block."""
    producer: int
    height: int


class State(NamedTuple):
    """All blocks in the order of their slots, and each producer's head."""

    blocks: tuple[Block, ...]
    heads: tuple[int, ...]


class DposModel:
    """The model of one small world."""

    def __init__(self, producers: int, variant: str) -> None:
        self.producers, self.variant = producers, variant

    def start(self) -> State:
        """Everybody has the genesis block."""
        return State((), (GENESIS,) * self.producers)

    def successors(self, state: State) -> Iterator[tuple[str, State]]:
        """The slot's owner learns of a longer chain, or of none, and produces."""
        slot = len(state.blocks)
        owner = slot % self.producers
        own = state.heads[owner]
        for head in (own, *self._get_longer(state, own)):
            block = Block(head, owner, _get_height(state, head) + 1)
            heads = tuple(slot if p == owner else h for p, h in enumerate(state.heads))
            word = f"slot {slot}: producer {owner} builds on {_name(head)}"
            yield word, State((*state.blocks, block), heads)

    def find_violation(self, state: State) -> str | None:
        """Two irreversible blocks, neither of which is the other's ancestor."""
        finals = [self.compute_irreversible(state, head) for head in dict.fromkeys(state.heads)]
        for one in finals:
            for other in finals:
                if not _is_ancestor(state, one, other) and not _is_ancestor(state, other, one):
                    return f"blocks {_name(one)} and {_name(other)} conflict, both irreversible"
        return None

    def compute_irreversible(self, state: State, head: int) -> int:
        """The highest irreversible block of the chain that ends in `head`."""
        chain = _get_chain(state, head)
        rule = self._is_built_upon if self.variant == "implicit" else self._is_confirmed_twice
        for place, block in enumerate(chain):
            if rule(state, chain[:place], block):
                return block
        return GENESIS

    def render(self, state: State) -> str:
        """The tree in a line, each block with its producer and parent."""
        blocks = [f"{i}:p{b.producer}^{_name(b.parent)}" for i, b in enumerate(state.blocks)]
        finals = [_name(self.compute_irreversible(state, head)) for head in state.heads]
        return f"{' '.join(blocks)} · irreversible to each: {' '.join(finals)}"

    def to_itf(self, state: State) -> dict[str, object]:
        """A state's variables in the Informal Trace Format."""
        finals = [self.compute_irreversible(state, head) for head in state.heads]
        return {
            "blocks": [list(block) for block in state.blocks],
            "heads": list(state.heads),
            "irreversible": finals,
        }

    def _get_longer(self, state: State, own: int) -> list[int]:
        height = _get_height(state, own)
        return [i for i, block in enumerate(state.blocks) if block.height > height]

    def _is_built_upon(self, state: State, above: list[int], block: int) -> bool:
        builders = {state.blocks[i].producer for i in (*above, block)}
        return is_quorum(len(builders), self.producers)

    def _is_confirmed_twice(self, state: State, above: list[int], block: int) -> bool:
        """Whether, once enough producers had confirmed it, enough built on top of that."""
        for place in range(len(above) - 1, -1, -1):
            if self._is_built_upon(state, above[place:], block):
                return self._is_built_upon(state, above[:place], above[place])
        return False


def _get_height(state: State, block: int) -> int:
    return 0 if block == GENESIS else state.blocks[block].height


def _get_chain(state: State, head: int) -> list[int]:
    """From the head down, genesis left out."""
    chain = []
    while head != GENESIS:
        chain.append(head)
        head = state.blocks[head].parent
    return chain


def _is_ancestor(state: State, one: int, other: int) -> bool:
    return one == GENESIS or one in _get_chain(state, other)


def _name(block: int) -> str:
    return "genesis" if block == GENESIS else str(block)
