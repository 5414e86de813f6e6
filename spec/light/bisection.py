"""From a trusted header to a far one with few headers between: which height to ask for next.

The client asks for the goal first. Where the sets have changed too much to trust it at once, it
asks for the height halfway to what is trusted, and so on; each header that comes to be trusted is
the ground for the one that waits above it. Distances halve, so at most 64 blocks wait.

    pursuit = begin_pursuit(trusted, goal)
    while pursuit.wanted is not None:           the caller fetches that block, from any peer
        pursuit = apply_pursuit(client, pursuit, block, now_ms)

Source: arXiv 2010.07031, section 4 (skipping verification); decision record 0110.
"""

from dataclasses import dataclass, replace

from spec.lib.result import Err, Ok, Result
from spec.light.bft import LightBlock, LightClient, Trusted, apply_light_block
from spec.light.errors import HeightNotAbove, HeightNotWanted, LightError, TrustTooLow


@dataclass(frozen=True, slots=True)
class Pursuit:
    """Where a client stands on its way."""

    trusted: Trusted
    waiting: tuple[LightBlock, ...]
    """Blocks that can't be trusted yet, the goal first; heights fall."""
    wanted: int | None
    """The height to fetch; None once the goal is trusted."""


def begin_pursuit(trusted: Trusted, goal: int) -> Result[Pursuit, HeightNotAbove]:
    """A pursuit of the block of height `goal`, which must be above what is trusted."""
    if goal <= trusted.header.height:
        return Err(HeightNotAbove(goal, trusted.header.height))
    return Ok(Pursuit(trusted, (), goal))


def apply_pursuit(
    client: LightClient, pursuit: Pursuit, block: LightBlock, now_ms: int
) -> Result[Pursuit, LightError]:
    """The pursuit after one more block; an error is the block's fault, and another peer's may do.

    Args:
        client: chain and options.
        pursuit: one that wants a height.
        block: untrusted, of that height.
        now_ms: the client's clock.
    """
    if pursuit.wanted is None or block.header.height != pursuit.wanted:
        return Err(HeightNotWanted(block.header.height, pursuit.wanted or 0))
    waiting = (*pursuit.waiting, block)
    trusted = pursuit.trusted
    while waiting:
        applied = apply_light_block(client, trusted, waiting[-1], now_ms)
        if isinstance(applied, Ok):
            trusted, waiting = applied.value, waiting[:-1]
        elif isinstance(applied.error, TrustTooLow):
            middle = (trusted.header.height + waiting[-1].header.height) // 2
            return Ok(Pursuit(trusted, waiting, middle))
        else:
            return applied
    return Ok(replace(pursuit, trusted=trusted, waiting=(), wanted=None))
