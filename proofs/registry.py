"""All theorems, in the order of the table of properties."""

from typing import Final

from proofs.theorem import Theorem
from proofs.theorems import (
    asert,
    base_fee,
    bft_accountability,
    bft_agreement,
    bft_no_framing,
    compact_codec,
    conservation,
    ffg_liveness,
    ffg_no_framing,
    ffg_safety,
    ffg_sets_liveness,
    ffg_sets_safety,
    fork_choice,
    leak_figure,
    oracle_median,
    proposer_priorities,
    quorum_intersection,
    shuffle_is_a_bijection,
    stake_pools,
    thresholds,
    work_and_retarget,
)

THEOREMS: Final[tuple[Theorem, ...]] = (
    thresholds.THEOREM,
    quorum_intersection.THEOREM,
    bft_agreement.THEOREM,
    bft_accountability.THEOREM,
    bft_no_framing.THEOREM,
    ffg_safety.THEOREM,
    ffg_no_framing.THEOREM,
    ffg_liveness.THEOREM,
    ffg_sets_safety.THEOREM,
    ffg_sets_liveness.THEOREM,
    leak_figure.THEOREM,
    fork_choice.THEOREM,
    conservation.THEOREM,
    stake_pools.THEOREM,
    base_fee.THEOREM,
    asert.THEOREM,
    work_and_retarget.THEOREM,
    compact_codec.THEOREM,
    proposer_priorities.THEOREM,
    shuffle_is_a_bijection.THEOREM,
    oracle_median.THEOREM,
)


def get_theorem(name: str) -> Theorem | None:
    """The theorem of a name, None if there is none."""
    return next((theorem for theorem in THEOREMS if theorem.name == name), None)
