"""How likely a block of a proof-of-work chain is to be undone: exact, as a ratio of integers.

An attacker with a share q of the hash power begins a secret chain at the block's parent when the
block appears. The block has z blocks of the chain, itself included, when the secret chain has m
with probability

    C(z + m - 1, m) p^z q^m,  p = 1 - q             (negative binomial)

and an attacker that lacks u blocks of the lead it needs never gets it with probability

    1 - (q / p)^u, 0 if q >= p                      (gambler's ruin)
    p^w (p^u - q^u) / (p^(u + w) - q^(u + w))       if it gives up w blocks further behind
    u / (u + w)                                     the same, p = q

Their products are summed over all m that do not have the lead yet. A lead of 0 counts drawing level
as undoing, as who asks for a safe depth must; a node leaves its chain for a lead of 1 only.

Source: S. Nakamoto, "Bitcoin" (2008), section 11; M. Rosenfeld, "Analysis of hashrate-based
double-spending" (arXiv 1402.2009), sections 4 and 5; C. Grunspan and R. Pérez-Marco, "Double spend
races" (arXiv 1702.02867), theorem 1. Unlike Rosenfeld's, our attacker holds no block at the start.
"""

DEPTH_MAX = 1_000
"""Deeper blocks are hardly likelier to stand; the sum stays short."""
PERCENT = 100


def compute_reversal_probability(
    attacker_percent: int, depth: int, lead: int, give_up: int | None
) -> tuple[int, int]:
    """The probability that a block is undone: (numerator, denominator).

    Args:
        attacker_percent: of the hash power, 0 to 100.
        depth: blocks of the chain from this one on, itself included; 0 is not in the chain.
        lead: blocks that the secret chain must be ahead by, 0 or 1.
        give_up: blocks behind at which the attacker stops, above the depth; None for never.
    """
    q, p = attacker_percent, PERCENT - attacker_percent
    z = min(depth, DEPTH_MAX)
    if give_up is None and q >= p:
        return 1, 1
    good, ways = 0, 1
    for m in range(z + lead):
        lacking = z + lead - m
        never = _compute_never((p, q), lacking, None if give_up is None else give_up - (z - m))
        if give_up is None:
            never *= p**m  # over p^(z + lead), whatever m is
        good += ways * p**z * q**m * never * PERCENT ** (lacking - 1)
        ways = ways * (m + z) // (m + 1)
    whole = PERCENT ** max(0, 2 * z + lead - 1) * _compute_scale((p, q), z + lead, lead, give_up)
    return whole - good, whole


def _compute_never(odds: tuple[int, int], lacking: int, left: int | None) -> int:
    """Numerator of the chance that the lead is never reached; `_compute_scale` is below it.

    Args:
        odds: (p, q).
        lacking: blocks to the lead, at least 1.
        left: blocks to giving up; None for never.
    """
    p, q = odds
    if left is None:
        return int(p**lacking - q**lacking)
    return lacking if p == q else int(p**left * (p**lacking - q**lacking))


def _compute_scale(odds: tuple[int, int], lacking_max: int, lead: int, give_up: int | None) -> int:
    """The denominator that all chances of never have in common."""
    p, q = odds
    if give_up is None:
        return int(p**lacking_max)
    apart = give_up + lead
    return apart if p == q else int(p**apart - q**apart)


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
