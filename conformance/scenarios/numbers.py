"""The measured numbers of documented breaks: races between miners, counted and computed.

A race has no blocks in it: who finds the next block is drawn, and the fork choice is what the
scenarios show of it, that more work wins and a tie does not.
"""

from fractions import Fraction
from math import comb
from random import Random
from typing import Final

LOST_AT: Final = 60
"""Blocks behind at which a race is given up: with 45 % one of 170,000 would still be won."""


def compute_reversal(share: Fraction, depth: int) -> Fraction:
    """The probability that a private chain overtakes `depth` confirmations, exactly.

    The attacker starts to mine with the payment's block; a tie is no success. After S. Nakamoto
    (2008), section 11, with the number of the attacker's blocks distributed as M. Rosenfeld,
    Analysis of hashrate-based double spending (2014), has it.

    Args:
        share: of the hash power, below a half.
        depth: confirmations, at least 1.
    """
    honest = 1 - share
    kept = sum(
        (
            comb(depth + found - 1, found)
            * honest**depth
            * share**found
            * (1 - (share / honest) ** (depth + 1 - found))
            for found in range(depth + 1)
        ),
        Fraction(0),
    )
    return 1 - kept


def measure_reversal(share: float, depth: int, races: int, seed: int) -> float:
    """The part of races in which the private chain overtook."""
    rng = Random(seed)  # noqa: S311 - a seed is a measurement
    won = 0
    for _ in range(races):
        public = private = 0
        while public < depth:
            is_private = rng.random() < share
            private, public = private + is_private, public + (not is_private)
        while -LOST_AT < private - public <= 0:
            is_private = rng.random() < share
            private, public = private + is_private, public + (not is_private)
        won += private > public
    return won / races


def compute_selfish_revenue(share: Fraction) -> Fraction:
    """The part of blocks that a selfish miner earns when it loses every tie.

    I. Eyal, E. G. Sirer, Majority is not enough (2013), equation 8 with gamma = 0.
    """
    gained = share * (1 - share) ** 2 * 4 * share - share**3
    return gained / (1 - share * (1 + (2 - share) * share))


def measure_selfish_revenue(share: float, rounds: int, seed: int) -> float:
    """The same, counted: blocks found one after the other, each tie lost."""
    rng = Random(seed)  # noqa: S311 - a seed is a measurement
    own = others = lead = 0
    is_tied = False
    for _ in range(rounds):
        is_own = rng.random() < share
        if is_tied:
            own, others = (own + 2, others) if is_own else (own, others + 2)
            is_tied, lead = False, 0
        elif is_own:
            lead += 1
        elif lead == 0:
            others += 1
        elif lead == 1:
            is_tied = True
        elif lead == 2:  # noqa: PLR2004 - publishes both and wins
            own, lead = own + 2, 0
        else:
            own, lead = own + 1, lead - 1
    return own / (own + others)
