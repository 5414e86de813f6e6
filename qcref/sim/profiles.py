"""What the simulated network does to nodes and messages.

Source: CONSENSUS.md 4; RELIABILITY.md R1 to R4.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """Faults of the first phase; in the second the network is healed and calm."""

    delay_ms: tuple[int, int]
    """Least and greatest delay of a message."""
    loss_percent: int
    duplicate_percent: int
    partition_percent: int
    """Chance, each interval, that a partition begins."""
    crash_permille: int
    """Chance, at each input, that the node crashes somewhere among its effects."""
    skew_ms: int
    """How far a node's clock may be from the true time."""


CALM: Final = Profile((1, 20), 0, 0, 0, 0, 0)
STORMY: Final = Profile((1, 150), 20, 10, 40, 4, 20)

PROFILES: Final[dict[str, Profile]] = {
    "calm": CALM,
    "lossy": Profile((1, 60), 30, 20, 0, 0, 10),
    "partitions": Profile((1, 40), 2, 2, 80, 0, 10),
    "crashes": Profile((1, 40), 2, 2, 0, 15, 10),
    "stormy": STORMY,
}
"""By name."""
