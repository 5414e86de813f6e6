"""How likely a block of a proof-of-work chain is to be undone: exact, as a ratio of integers.

An attacker with a share q of the hash power begins a secret chain at the block's parent when the
block appears, and never gives up. Once the block has z blocks of the chain, itself included, it is
undone with the probability

    1 - sum over k < z of C(k + z - 1, k) (p^z q^k - p^k q^z)

with p = 1 - q, if q < p; else with certainty. Drawing level counts as undoing.

Source: M. Rosenfeld, "Analysis of hashrate-based double-spending" (arXiv 1402.2009), section 5; C.
Grunspan and R. Pérez-Marco, "Double spend races" (arXiv 1702.02867), theorem 1.
"""

from fractions import Fraction
from math import comb

DEPTH_MAX = 1_000
"""Deeper blocks are no likelier to be undone; the sum stays short."""


def compute_reversal_probability(share: Fraction, depth: int) -> Fraction:
    """The probability that a block is undone.

    Args:
        share: of the hash power that attacks, 0 to 1.
        depth: blocks of the chain from this one on, itself included; 0 is not in the chain.
    """
    q, p = share, 1 - share
    z = min(depth, DEPTH_MAX)
    if q >= p:
        return Fraction(1)
    good = sum(
        (comb(k + z - 1, k) * (p**z * q**k - p**k * q**z) for k in range(z)), start=Fraction(0)
    )
    return 1 - good


def render_probability(probability: Fraction, digits: int) -> str:
    """A decimal, rounded up: a risk is never shown smaller than it is.

    Args:
        probability: from 0 to 1.
        digits: behind the point.
    """
    scaled = -(-probability.numerator * 10**digits // probability.denominator)
    whole, part = divmod(scaled, 10**digits)
    return f"{whole}.{part:0{digits}}"
