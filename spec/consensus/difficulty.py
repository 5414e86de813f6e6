"""How hard proof of work is: targets, their compact form, the two adjustment rules, and work.

A target is a number of at most 256 bits: a block's work hash, read as a number, must not exceed it.
Both rules are integers only and never reach zero, which no hash could meet.

    compute_asert_target     aserti3-2d: each block's target from one anchor, exponentially
    compute_btc_target       Bitcoin's: a period's target from how long the last one took
    compute_work             the expected number of hashes behind a target

Source: M. Lundeberg, J. Toomim, ASERT specification of 2020-11-15 (aserti3-2d); Bitcoin's
consensus rules as of its `pow` and `arith_uint256` tests; CONSENSUS.md 2.
"""

from dataclasses import dataclass

TARGET_LIMIT = 1 << 256
"""Targets are below."""
TARGET_MIN = 1
"""The hardest target there is."""

ASERT_RADIX_BITS = 16
"""Fraction bits of the exponent."""
ASERT_FACTOR_ONE = 1 << ASERT_RADIX_BITS
_CUBIC = (195_766_423_245_049, 971_821_376, 5_127)
"""Coefficients of x, x^2, x^3 in the approximation of 2^x - 1 on [0, 1), scaled by 2^48."""
_CUBIC_BITS = 48

RETARGET_FACTOR = 4
"""Bitcoin's rule moves a target by at most this factor."""


@dataclass(frozen=True, slots=True)
class AsertAnchor:
    """What ASERT measures from, for ever."""

    height: int
    parent_time: int
    """Time of the anchor block's parent."""
    target: int


@dataclass(frozen=True, slots=True)
class AsertRule:
    """Parameters of ASERT; times in one unit of the chain's choice."""

    anchor: AsertAnchor
    block_time: int
    """The time a block should take."""
    half_life: int
    """Lag behind schedule that doubles the target."""
    target_max: int
    """The easiest target."""


def compute_asert_target(rule: AsertRule, height: int, time: int) -> int:
    """The target of the block after one with this height and time.

    Args:
        rule: the chain's.
        height: of the parent, at least the anchor's.
        time: of the parent.
    """
    behind = time - rule.anchor.parent_time
    behind -= rule.block_time * (height - rule.anchor.height + 1)
    exponent = _divide_to_zero(behind * ASERT_FACTOR_ONE, rule.half_life)
    shifts, fraction = exponent >> ASERT_RADIX_BITS, exponent & (ASERT_FACTOR_ONE - 1)
    linear, square, cube = _CUBIC
    grown = linear * fraction + square * fraction**2 + cube * fraction**3 + (1 << (_CUBIC_BITS - 1))
    target = rule.anchor.target * (ASERT_FACTOR_ONE + (grown >> _CUBIC_BITS))
    shifts -= ASERT_RADIX_BITS
    if shifts >= TARGET_LIMIT.bit_length():
        return rule.target_max
    target = target << shifts if shifts >= 0 else target >> -shifts
    return max(TARGET_MIN, min(target, rule.target_max))


def _divide_to_zero(dividend: int, divisor: int) -> int:
    """The quotient rounded towards zero, as the reference's machine division does."""
    return dividend // divisor if dividend >= 0 else -(-dividend // divisor)


def compute_btc_target(target: int, took: int, should_take: int, target_max: int) -> int:
    """The target of the period after one that took `took`; rounds down.

    Args:
        target: of the period, as its compact form says.
        took: from its first block to its last.
        should_take: what a period should take.
        target_max: the easiest target.
    """
    clamped = max(should_take // RETARGET_FACTOR, min(took, should_take * RETARGET_FACTOR))
    return max(TARGET_MIN, min(target * clamped // should_take, target_max))


def compute_work(target: int) -> int:
    """The expected number of hashes until one meets the target."""
    return TARGET_LIMIT // (target + 1)


# The compact form: one byte of length in bytes, three of the highest digits, the sign bit unused


COMPACT_SIGN = 0x0080_0000
COMPACT_MANTISSA = 0x007F_FFFF
MANTISSA_BYTES = 3


def encode_compact(target: int) -> int:
    """The compact form (32 bits) of a target: its three highest bytes, rounding down."""
    size = -(-target.bit_length() // 8)
    mantissa = (
        target << 8 * (MANTISSA_BYTES - size)
        if size <= MANTISSA_BYTES
        else target >> 8 * (size - MANTISSA_BYTES)
    )
    if mantissa & COMPACT_SIGN:
        mantissa, size = mantissa >> 8, size + 1
    return size << 24 | mantissa


def decode_compact(compact: int) -> int | None:
    """The target of a compact form; None if it is negative, zero, or 2^256 and more.

    Args:
        compact: 32 bits, untrusted.
    """
    size, mantissa = compact >> 24, compact & COMPACT_MANTISSA
    value = (
        mantissa << 8 * (size - MANTISSA_BYTES)
        if size >= MANTISSA_BYTES
        else mantissa >> 8 * (MANTISSA_BYTES - size)
    )
    is_target = TARGET_MIN <= value < TARGET_LIMIT and not compact & COMPACT_SIGN
    return value if is_target else None
