"""The properties of the five algorithms, by row: which theorems and what else stand behind each."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Property:
    """One row of the table."""

    row: int
    says: str
    of: str
    """Which algorithms or parts."""
    otherwise: str
    """What stands behind it beside theorems, or in their place."""


PROPERTIES: Final = (
    Property(
        1,
        (
            "quorums intersect; f + 1 holds an honest one; loss under set change is at most the"
            " churn"
        ),
        "BFT, FFG",
        "brute force for n up to 6",
    ),
    Property(
        2, "agreement with locking, all rounds, any n", "BFT", "small-scope explorer; simulation"
    ),
    Property(
        3,
        "disagreement implies evidence against a third",
        "BFT",
        "the cases and the quorums are proved; that evidence reaches the chain is tested",
    ),
    Property(4, "no honest node is ever framed", "BFT", "explorer; simulation counts reports"),
    Property(
        5,
        "accountable safety (k = 1, 2), no framing, plausible liveness",
        "FFG, one set",
        "random forks",
    ),
    Property(
        6,
        ("the same under changing sets (rule G), with the leak's figure"),
        "PoS, DPoS, Hybrid",
        "an adversary with random forks, also against five broken rules",
    ),
    Property(
        7,
        "head descends from finalised; finalised only grows; fork choice is a total order",
        "all",
        "simulation and stateful tests",
    ),
    Property(
        8,
        "rewards, fees and slashes conserve; nothing negative; base fee bounded",
        "all",
        "sums over the whole state after random blocks",
    ),
    Property(
        9,
        "difficulty bounds, compact codec, work order",
        "PoW, Hybrid",
        "rows of other implementations",
    ),
    Property(
        10,
        ("shuffle is a bijection; priorities bounded and centred; each delegate once a round"),
        "DPoS, PoS, BFT",
        "vectors of other clients; queues of 256 at the limits",
    ),
    Property(
        11,
        "irreversible blocks never conflict",
        "DPoS",
        "by row 6; the unsafe variants are refuted by the explorer",
    ),
    Property(
        12,
        "after healing, a decision or finality within c rounds",
        "BFT, PoS, DPoS",
        "no theorem: simulation with healing",
    ),
    Property(
        13,
        "replay of any log prefix never equivocates",
        "all voters",
        "no theorem: crash at every effect",
    ),
    Property(
        14,
        ("step twice is the same; the input is unchanged; independent inputs commute"),
        "all",
        "tested",
    ),
    Property(
        15,
        "each step of the executable specification is an action of the proved model",
        "BFT, FFG",
        "tested: traces of the round machine; the fold of rule G beside the code",
    ),
    Property(
        16,
        "the median of reports lies within honest bounds",
        "oracle",
        "the oracle is not written yet",
    ),
)
