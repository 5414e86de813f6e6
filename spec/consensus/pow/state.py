"""What a PoW chain keeps in the ledger's state: the difficulty's memory and the work done.

Source: CONSENSUS.md 1, 2 (PoW).
"""

from dataclasses import dataclass

from spec.lib.ssz import Container, Uint


@dataclass(frozen=True, slots=True)
class PowState:
    """The state after a block; once ticked, as the next block finds it."""

    target: int
    """Of this block; once ticked, of the next."""
    work: int
    """Expected hashes behind the whole chain."""
    anchor_time_ms: int
    """ASERT: the genesis time. Bitcoin's rule: time of the first block of the period."""


POW_STATE = Container(
    PowState, (("target", Uint(256)), ("work", Uint(256)), ("anchor_time_ms", Uint(64)))
)
