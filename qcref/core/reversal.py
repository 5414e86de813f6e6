"""How likely a block of a proof-of-work chain is to be undone: exact, as a ratio of integers.

An attacker with a share q of the hash power begins a secret chain at the block's parent when the
block appears, and never gives up. Once the block has z blocks of the chain, itself included, it is
undone with the probability

    1 - sum over k < z of C(k + z - 1, k) (p^z q^k - p^k q^z)

with p = 1 - q, if q < p; else with certainty. Drawing level counts as undoing.

Source: M. Rosenfeld, "Analysis of hashrate-based double-spending" (arXiv 1402.2009), section 5; C.
Grunspan and R. Pérez-Marco, "Double spend races" (arXiv 1702.02867), theorem 1.
"""

DEPTH_MAX = 1_000
"""Deeper blocks are hardly likelier to stand; the sum stays short."""
PERCENT = 100


def compute_reversal_probability(attacker_percent: int, depth: int) -> tuple[int, int]:
    """The probability that a block is undone: (numerator, denominator).

    Args:
        attacker_percent: of the hash power, 0 to 100.
        depth: blocks of the chain from this one on, itself included; 0 is not in the chain.
    """
    q, p = attacker_percent, PERCENT - attacker_percent
    z = min(depth, DEPTH_MAX)
    if q >= p or z == 0:
        return 1, 1
    whole, good, ways = PERCENT ** (2 * z - 1), 0, 1
    for k in range(z):
        good += ways * (p**z * q**k - p**k * q**z) * PERCENT ** (z - 1 - k)
        ways = ways * (k + z) // (k + 1)
    return whole - good, whole


def render_probability(probability: tuple[int, int], digits: int) -> str:
    """A decimal, rounded up: a risk is never shown smaller than it is.

    Args:
        probability: (numerator, denominator), from 0 to 1.
        digits: behind the point.
    """
    numerator, denominator = probability
    scaled = -(-numerator * 10**digits // denominator)
    whole, part = divmod(scaled, 10**digits)
    return f"{whole}.{part:0{digits}}"
