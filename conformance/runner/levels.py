"""The seven levels of conformance and the features a client may offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple


@dataclass(frozen=True)
class Level:
    """One rung: a client stands on it when all it offers there passes whole."""

    number: int
    """1 to 7."""
    name: str
    """The word reports use."""
    features: Tuple[str, ...]
    """What a client may name in `hello`; a trailing dot is a prefix."""


LEVELS = (
    Level(1, "codec", ("codec",)),
    Level(2, "hash and root", ("hash",)),
    Level(3, "signatures", ("sig.",)),
    Level(4, "ledger", ("ledger",)),
    Level(5, "contract machine", ("contract.",)),
    Level(6, "consensus", ("consensus.",)),
    Level(7, "wire", ("wire",)),
)


def get_level(feature: str) -> Optional[Level]:
    """The level a feature belongs to; None for a name that no level knows."""
    for level in LEVELS:
        for name in level.features:
            if feature == name or (name.endswith(".") and feature.startswith(name)):
                return level
    return None
