"""What a Hybrid chain keeps: the state of its work beside the state of its finality.

Source: CONSENSUS.md 1, 2 (Hybrid).
"""

from dataclasses import dataclass

from spec.consensus.finality import FinalityState
from spec.consensus.pow.state import PowState


@dataclass(frozen=True, slots=True)
class HybridState:
    """Two leaves, each as its own part writes it."""

    work: PowState
    finality: FinalityState
