"""Thresholds of byzantine agreement over weighted validators, in exact integers.

With total weight T and faulty weight below T/3: two quorums share an honest member, and a set
above T/3 holds one. `weight >= 2*T // 3` and `3*faulty <= T` look alike and are wrong: rounding
or equality lets two quorums meet in faulty members only.

Source: CONSENSUS.md 2 (thresholds), arXiv 1807.04938 section 3.
"""


def is_quorum(weight: int, total: int) -> bool:
    """Whether `weight` of `total` is more than two thirds (2f + 1 of the paper)."""
    return 3 * weight > 2 * total


def has_honest(weight: int, total: int) -> bool:
    """Whether `weight` of `total` is more than one third (f + 1 of the paper)."""
    return 3 * weight > total
