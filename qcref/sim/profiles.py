"""What the simulated network may do to nodes and messages, by name or from a file.

A profile says how hard the faults are; a seed then draws a plan from it (`plan.py`). All chances
are whole percents, all times virtual milliseconds.

Source: CONSENSUS.md 4; RELIABILITY.md R1 to R4.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

FILE_SIZE_BYTES_MAX: Final = 1 << 16
"""A profile is a page of text."""
PERCENT_MAX: Final = 100
LOSS_PERCENT_MAX: Final = 30
"""Protocols assume that gossip gets through in the end."""
DELAY_MS_MAX: Final = 2_000
SKEW_MS_MAX: Final = 60_000


@dataclass(frozen=True, slots=True)
class Profile:
    """Faults of the first phase; in the second the network is healed and calm."""

    delay_ms: tuple[int, int]
    """Least and greatest delay of a message."""
    loss_percent: int
    """Greatest loss: each interval draws its own."""
    duplicate_percent: int
    """Greatest share of messages that arrive twice."""
    reorder_percent: int
    """Greatest share of messages that are held back and so overtaken."""
    partition_percent: int
    """Chance, each interval, that the network is cut in two."""
    cut_percent: int
    """Chance, each interval, that one link is cut in one direction."""
    crash_percent: int
    """Chance, each interval and node, of a crash somewhere among a step's effects."""
    skew_ms: int
    """How far a node's clock may be from the true time."""


CALM: Final = Profile((1, 20), 0, 0, 0, 0, 0, 0, 0)

PROFILES: Final[dict[str, Profile]] = {
    "calm": CALM,
    "lossy": Profile((1, 60), 30, 20, 20, 0, 0, 0, 10),
    "partitions": Profile((1, 40), 2, 2, 2, 80, 30, 0, 10),
    "crashes": Profile((1, 40), 2, 2, 2, 0, 0, 60, 10),
    "skewed": Profile((1, 80), 5, 5, 10, 10, 10, 0, 25),
    "stormy": Profile((1, 150), 20, 10, 10, 40, 30, 20, 20),
}
"""By name."""


@dataclass(frozen=True, slots=True)
class ProfileError(Exception):
    """A profile's file can't be used."""

    sentence: str


def get_profile(name: str) -> Profile:
    """The profile of a name, or of the TOML file at a path that ends in `.toml`.

    Raises:
        ProfileError: there is no such profile, or the file is not one.
    """
    if name in PROFILES:
        return PROFILES[name]
    if not name.endswith(".toml"):
        raise ProfileError(f"there is no profile `{name[:80]}`; there are {', '.join(PROFILES)}")
    return read_profile(Path(name))


def read_profile(path: Path) -> Profile:
    """The profile in a TOML file; keys that it leaves out are as in `calm`.

    Raises:
        ProfileError: it can't be read, or a value is out of its range.
    """
    try:
        data = path.read_bytes()[: FILE_SIZE_BYTES_MAX + 1]
        if len(data) > FILE_SIZE_BYTES_MAX:
            raise ProfileError(f"{path} is larger than {FILE_SIZE_BYTES_MAX} bytes")
        document = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise ProfileError(f"{path} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProfileError(f"{path} is no TOML: {error}") from error
    known = {field.name: getattr(CALM, field.name) for field in fields(Profile)}
    for key, value in document.items():
        if key not in known:
            raise ProfileError(f"{path}: there is no key `{key[:80]}`; keys: {', '.join(known)}")
        known[key] = _read_delay(path, value) if key == "delay_ms" else _read(path, key, value)
    return Profile(**known)


def _read_delay(path: Path, value: object) -> tuple[int, int]:
    match value:
        case [int(low), int(high)] if 0 < low <= high <= DELAY_MS_MAX:
            return low, high
        case _:
            raise ProfileError(f"{path}: delay_ms is [least, greatest], 1 to {DELAY_MS_MAX}")


def _read(path: Path, key: str, value: object) -> int:
    bounds = {"loss_percent": LOSS_PERCENT_MAX, "skew_ms": SKEW_MS_MAX}
    high = bounds.get(key, PERCENT_MAX)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise ProfileError(f"{path}: {key} is {value!r:.40}, expected 0 to {high}")
    return value
