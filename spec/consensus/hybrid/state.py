"""What a Hybrid chain keeps: the state of its work beside the state of its finality.

Source: CONSENSUS.md 1, 2 (Hybrid).
"""

from dataclasses import dataclass

from spec.consensus.finality_state import FinalityState
from spec.consensus.pow.state import PowState


@dataclass(frozen=True, slots=True)
class HybridState:
    """Leaves as each part writes its own."""

    work: PowState
    finality: FinalityState
