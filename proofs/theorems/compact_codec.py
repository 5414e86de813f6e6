"""The compact form of a target keeps its first digits exactly, and never makes it easier.

The formulas are `encode_compact` and `decode_compact` of `spec.consensus.difficulty`, run on
symbols, for each of the 32 lengths a target can have in bytes. For one length every shift is by a
known number of bits, so the formulas are linear and each lemma takes milliseconds.

    exact       a target of at most three digits (23 bits, or 16 above) comes back as it was
    downwards   what comes back is at most the target, and less than a unit of its last digit below
    canonical   encoding what was decoded gives the compact form it came from, if that is canonical
"""

from proofs.logic import (
    BIT_OR,
    POWER_OF_TWO,
    Term,
    and_,
    collect,
    constants,
    equal,
    implies,
    or_,
    sized_constant,
)
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.consensus.difficulty import (
    COMPACT_MANTISSA,
    COMPACT_SIGN,
    MANTISSA_BYTES,
    decode_compact,
    encode_compact,
)

target, mantissa, compact, form = constants("target mantissa compact form")
SIZES = range(1, 33)
MANTISSA_MIN = COMPACT_SIGN >> 8
"""The lowest mantissa of a canonical form: one less would fit a shorter form."""


def _encode(value: Term) -> Term:
    return run(lambda: encode_compact(as_number(value)))


def _decode(value: Term) -> Term:
    """The decoded target; 0 where the code refuses."""
    return run(lambda: decode_compact(as_number(value)), refused=0)


DECODED = _decode(compact)


def _describe_or(term: Term) -> Term:
    """Two numbers without a common bit: `|` is their sum."""
    low = 1 << 24
    return and_(
        *(
            implies(
                and_(part.args[0] % low == 0, part.args[1] >= 0, part.args[1] < low),
                equal(part, part.args[0] + part.args[1]),
            )
            for part in collect(term)
            if part.symbol is BIT_OR
        )
    )


def _describe_encoding(size: int) -> Term:
    """`compact` is the form of a target of `size` bytes, whatever its length in bits."""
    cases = []
    for bits in range(8 * size - 7, 8 * size + 1):
        sized, has_length = sized_constant("target", bits)
        encoded = _encode(sized)
        cases.append(and_(has_length, equal(compact, encoded), _describe_or(encoded)))
    return or_(*cases)


def _describe_shifts(size: int) -> Term:
    """What 2^k is for the shifts that decoding a form of this size, or one more, needs."""
    powers = {8 * abs(more - MANTISSA_BYTES) for more in (size, size + 1)}
    return and_(*(equal(POWER_OF_TWO(power), 1 << power) for power in sorted(powers)))


def _get_unit(size: int) -> int:
    """The value of the last digit that survives, for a target with its sign bit set."""
    return 1 << 8 * max(0, size + 1 - MANTISSA_BYTES)


def _round_trip(size: int) -> Term:
    kept = and_(DECODED <= target, target - DECODED < _get_unit(size), DECODED >= 1)
    is_short = implies(target <= COMPACT_MANTISSA, equal(DECODED, target))
    return and_(kept, is_short)


def _describe_form(size: int) -> Term:
    """A canonical form of this size, and `target` what the code decodes from it.

    Canonical: no sign, no shorter form, and no digits that a target below 2^16 has no room for.
    """
    lost = 1 << 8 * max(0, MANTISSA_BYTES - size)
    return and_(
        *(mantissa >= MANTISSA_MIN, mantissa <= COMPACT_MANTISSA, equal(mantissa % lost, 0)),
        *(equal(form, mantissa + (size << 24)), equal(target, _decode(form)), target >= 1),
        _describe_shifts(size),
    )


# Bytes of a target and of its form: one more if the highest bit of the first byte is set.
PAIRS = tuple((size, more) for size in SIZES for more in (size, size + 1))


THEOREM = Theorem(
    name="compact_codec",
    row=9,
    statement=(
        "For targets of every length: the compact form decodes to the target rounded down, by less"
        " than one unit of its last digit; targets below 2^23 come back exactly; a canonical form"
        " decodes and encodes to itself."
    ),
    assumes=("bit_length and | are what Python says they are, in the range where they occur.",),
    tested="Forms of other implementations (tests/spec/consensus/test_difficulty.py).",
    hypotheses=(
        *(
            Hypothesis(
                f"{size} bytes",
                "A target of that length, and its compact form.",
                and_(_describe_encoding(size), _describe_shifts(size)),
            )
            for size in SIZES
        ),
        *(
            Hypothesis(f"form of {size} bytes", "Canonical.", _describe_form(size))
            for size in (*SIZES, len(SIZES) + 1)
        ),
    ),
    lemmas=(
        *(
            Lemma(
                f"round trip of {size} bytes",
                "Rounded down to what three digits keep.",
                (f"{size} bytes",),
                _round_trip(size),
            )
            for size in SIZES
        ),
        *(
            Lemma(
                f"canonical form of {more} bytes, target of {size}",
                "Encoding its target gives it back.",
                (f"{size} bytes", f"form of {more} bytes"),
                equal(compact, form),
            )
            for size, more in PAIRS
        ),
    ),
    mutants=(
        Mutant(
            "any mantissa is canonical",
            "A first byte of 0 is allowed where a shorter form would do.",
            ("canonical form of 20 bytes, target of 19",),
            changes={
                "form of 20 bytes": and_(
                    *(mantissa >= 1, mantissa <= COMPACT_MANTISSA, target >= 1),
                    *(equal(form, mantissa + (20 << 24)), equal(target, mantissa << 8 * 17)),
                )
            },
        ),
        Mutant(
            "nothing is lost",
            "One would like every target to come back.",
            ("round trip of 20 bytes",),
            goals={"round trip of 20 bytes": equal(DECODED, target)},
        ),
        Mutant(
            "rounded to nearest",
            "One would like at most half a unit to be lost.",
            ("round trip of 20 bytes",),
            goals={"round trip of 20 bytes": 2 * (target - DECODED) <= _get_unit(20)},
        ),
    ),
    witnesses=tuple(
        Witness(
            f"form of {more} bytes, target of {size}",
            "There is such a target.",
            (f"{size} bytes", f"form of {more} bytes"),
            equal(compact, form),
        )
        for size, more in PAIRS
    ),
)
