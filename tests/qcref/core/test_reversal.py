"""Reversal probabilities: laws, and the sum that defines them computed the long way."""

from fractions import Fraction
from math import comb

from hypothesis import given
from hypothesis import strategies as st

from qcref.core.reversal import compute_reversal_probability, render_probability

SHARES = st.integers(0, 100)
DEPTHS = st.integers(0, 60)


def _compute(percent: int, depth: int) -> Fraction:
    return Fraction(*compute_reversal_probability(percent, depth, 0, None))


@given(SHARES, DEPTHS)
def test_a_probability_is_one_and_falls_with_depth(percent: int, depth: int) -> None:
    here, deeper = _compute(percent, depth), _compute(percent, depth + 1)
    assert 0 <= deeper <= here <= 1
    assert (here == 1) == (percent >= 50 or depth == 0)


@given(st.integers(0, 99), DEPTHS)
def test_it_grows_with_the_share(percent: int, depth: int) -> None:
    assert _compute(percent, depth) <= _compute(percent + 1, depth)


@given(st.integers(1, 49), st.integers(1, 20))
def test_it_is_the_chance_of_ever_drawing_level(percent: int, depth: int) -> None:
    """Blocks of the attacker while the others find `depth`, then a walk from the gap."""
    q = Fraction(percent, 100)
    p = 1 - q
    behind = sum(
        (
            comb(k + depth - 1, k) * p**depth * q**k * (1 - (q / p) ** (depth - k))
            for k in range(depth)
        ),
        start=Fraction(0),
    )
    assert _compute(percent, depth) == 1 - behind


@given(SHARES, DEPTHS, st.integers(1, 12))
def test_a_risk_is_never_shown_smaller_than_it_is(percent: int, depth: int, digits: int) -> None:
    probability = compute_reversal_probability(percent, depth, 0, None)
    shown = Fraction(render_probability(probability, digits))
    assert 0 <= shown - Fraction(*probability) < Fraction(1, 10**digits)
