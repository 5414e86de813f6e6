"""The proposer queue stays centred and bounded, so its priorities never leave their 128 bits.

A step of the queue raises everybody by its power and takes the total power T from whoever is then
first (`compute_queue_step`). A new set divides and centres priorities (`compute_set`). For any
number n of seats:

    sum        a step leaves the sum as it was; centring leaves a sum in [0, n)
    below      nobody falls below a floor of -2T (or lower): who is picked stood at the mean or
               above, so above zero, and lands above -T
    above      the others are not below the floor, so nobody stands above n - 1 + (n - 1) * floor
    spread     dividing by the ratio of `compute_set` cuts the spread to 2T

"The first is not below the mean" is proved by adding seats one by one. For three seats all this is
said of the code itself, run on symbols, which ties the model's steps to it.

Source: CONSENSUS.md 2; spec/consensus/bft/state.py.
"""

from proofs.logic import Term, and_, constants, equal, implies
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.consensus.bft.state import (
    PRIORITY_BIAS,
    Seat,
    ValidatorSet,
    compute_queue_step,
    compute_set,
)
from spec.limits import POWER_TOTAL_LIMIT, VALIDATORS_MAX

n, total, before, first, power, floor = constants("seats total_power sum_before first power floor")
seen, largest, more = constants("seen largest_seen next_one")
low, high, ratio, highest = constants("lowest divided_by ratio highest")

# Three seats of the code, on symbols.
POWERS = constants("power_0 power_1 power_2")
QUEUE = constants("priority_0 priority_1 priority_2")
SET = ValidatorSet(
    seats=tuple(
        Seat(validator=index, operator=b"", consensus_key=b"", power=as_number(weight))
        for index, weight in enumerate(POWERS)
    ),
    priorities=tuple(as_number(priority) for priority in QUEUE),
)
TOTAL_3 = POWERS[0] + POWERS[1] + POWERS[2]


def _step(place: int) -> Term:
    """A priority after a step of the code."""
    return run(lambda: compute_queue_step(SET)[0].priorities[place])


def _renew(place: int) -> Term:
    """A priority after the code has divided and centred it, the seats being the same."""
    return run(lambda: compute_set(SET.seats, SET).priorities[place])


AFTER = tuple(_step(place) for place in range(3))
RENEWED = tuple(_renew(place) for place in range(3))
FLOOR_3 = 2 * TOTAL_3
# Any number of seats: one of them is picked, `other` is another.
other, other_power = constants("other other_power")
RAISED_SUM = before + total

THEOREM = Theorem(
    name="proposer_priorities",
    row=10,
    statement=(
        "For any number of seats: a step of the proposer queue keeps the sum of priorities,"
        " and keeps all of them between -B and n - 1 + (n - 1) * B for any B of at least T; a"
        " renewal cuts their spread to 2T and their sum to [0, n). So with the limits of the"
        " format they fit 128 bits."
    ),
    assumes=(
        (
            "Adding seats one by one: the sum of k numbers is at most k times the largest (step"
            " proved)."
        ),
    ),
    tested="Sets of 256 at the limits (tests/proofs/test_small_scope.py).",
    hypotheses=(
        Hypothesis(
            "seats",
            "At least one, and every power is positive.",
            and_(n >= 1, power >= 1, total >= n, total >= power, other_power >= 1),
        ),
        Hypothesis("centred", "The sum lies in [0, n).", and_(before >= 0, before < n)),
        Hypothesis("floor", "B, at least the total power.", floor >= total),
        Hypothesis(
            "above the floor", "All stand at -B or above.", and_(first >= -floor, other >= -floor)
        ),
        Hypothesis(
            "the first is picked",
            "After raising, the first is at least the mean of all.",
            n * (first + power) >= RAISED_SUM,
        ),
        Hypothesis(
            "the sum bounds the highest",
            "The other n - 1 are at the floor or above.",
            highest + (n - 1) * -floor <= before,
        ),
        Hypothesis(
            "seen so far",
            "The sum of k numbers is at most k times the largest.",
            and_(n >= 1, seen <= n * largest),
        ),
        Hypothesis(
            "division",
            "What compute_set divides by: the spread by twice the total, rounded up.",
            and_(total >= 1, low <= high, ratio >= 1, ratio * (2 * total) >= high - low),
        ),
        Hypothesis(
            "quotients",
            "Lowest and highest after dividing, rounding down.",
            and_(
                low - ratio * first >= 0,
                low - ratio * first < ratio,
                high - ratio * other >= 0,
                high - ratio * other < ratio,
            ),
        ),
        Hypothesis(
            "renewed",
            "The spread is 2T, the sum in [0, n), and the highest not below the mean.",
            and_(n >= 1, highest - low <= 2 * total, before >= 0, n * highest >= before),
        ),
        Hypothesis(
            "format",
            "The limits of the format, and the floor that renewal leaves.",
            and_(
                n >= 1,
                n <= VALIDATORS_MAX,
                total >= 1,
                total < POWER_TOTAL_LIMIT,
                equal(floor, 2 * total),
            ),
        ),
        Hypothesis("three seats", "Every power is positive.", and_(*(p >= 1 for p in POWERS))),
        Hypothesis(
            "three centred seats",
            "Sum in [0, 3), nobody below -2T.",
            and_(
                sum(QUEUE[1:], QUEUE[0]) >= 0,
                sum(QUEUE[1:], QUEUE[0]) < 3,
                *(p >= -FLOOR_3 for p in QUEUE),
            ),
        ),
    ),
    lemmas=(
        Lemma(
            "the largest is not below the mean",
            "One more number: the sum is at most k + 1 times the larger of it and the largest.",
            ("seen so far",),
            and_(
                implies(more <= largest, seen + more <= (n + 1) * largest),
                implies(more > largest, seen + more <= (n + 1) * more),
            ),
        ),
        Lemma(
            "the sum stays",
            "Everybody's power is added, the total taken away.",
            (),
            equal(RAISED_SUM - total, before),
        ),
        Lemma(
            "who is picked stands above zero",
            "Hence lands above -T.",
            ("seats", "centred", "the first is picked"),
            and_(first + power >= 1, first + power - total >= 1 - total),
        ),
        Lemma(
            "nobody falls below the floor",
            "The picked lands above -T >= -B, the others rise.",
            ("seats", "centred", "the first is picked", "floor", "above the floor"),
            and_(first + power - total >= -floor, other + other_power >= -floor),
        ),
        Lemma(
            "nobody stands above the ceiling",
            "The others, n - 1 of them, are not below -B, and the sum is below n.",
            ("centred", "the sum bounds the highest"),
            highest <= (n - 1) + (n - 1) * floor,
        ),
        Lemma(
            "renewal cuts the spread",
            "To twice the total power.",
            ("division", "quotients"),
            other - first <= 2 * total,
        ),
        Lemma(
            "renewal leaves a floor of 2T",
            "The highest is not below zero, and nobody is further below it than the spread.",
            ("renewed",),
            low >= -2 * total,
        ),
        Lemma(
            "priorities fit 128 bits",
            "Floor and ceiling, with the bias that the codec adds.",
            ("format",),
            and_(
                -floor + PRIORITY_BIAS >= 0,
                (n - 1) + (n - 1) * floor + PRIORITY_BIAS < 2 * PRIORITY_BIAS,
            ),
        ),
        Lemma(
            "three seats: a step",
            "The code keeps the sum and the floor.",
            ("three seats", "three centred seats"),
            and_(
                equal(sum(AFTER[1:], AFTER[0]), sum(QUEUE[1:], QUEUE[0])),
                *(p >= -FLOOR_3 for p in AFTER),
            ),
        ),
        Lemma(
            "three seats: renewal is centred",
            "The code leaves a sum in [0, n), whatever the priorities were.",
            (),
            and_(sum(RENEWED[1:], RENEWED[0]) >= 0, sum(RENEWED[1:], RENEWED[0]) < 3),
        ),
        Lemma(
            "three seats: renewal cuts the spread",
            "The code leaves two priorities at most 2T apart.",
            ("three seats",),
            RENEWED[0] - RENEWED[1] <= 2 * TOTAL_3,
        ),
    ),
    mutants=(
        Mutant(
            "the total is not taken away",
            "Whoever is picked keeps its priority.",
            ("the sum stays",),
            goals={"the sum stays": equal(RAISED_SUM, before)},
        ),
        Mutant(
            "anybody is picked",
            "Not the first.",
            ("who is picked stands above zero", "nobody falls below the floor"),
            changes={"the first is picked": None},
        ),
        Mutant(
            "not centred",
            "The sum may be anything.",
            ("who is picked stands above zero", "nobody stands above the ceiling"),
            changes={"centred": None},
        ),
        Mutant(
            "the ratio rounds down",
            "The spread may stay nearly twice as wide.",
            ("renewal cuts the spread",),
            changes={
                "division": and_(
                    total >= 1, low <= high, ratio >= 1, (ratio + 1) * (2 * total) >= high - low
                )
            },
        ),
        Mutant(
            "a floor of minus T, from any start",
            "One would like a newcomer's -9T/8 to be impossible.",
            ("three seats: a step",),
            goals={"three seats: a step": and_(*(p >= -TOTAL_3 for p in AFTER))},
        ),
    ),
    witnesses=(
        Witness(
            "a step",
            "Of four seats, one with most of the power.",
            (
                *("seats", "centred", "floor", "above the floor", "the first is picked"),
                *("the sum bounds the highest", "seen so far"),
            ),
            and_(equal(n, 4), equal(total, 10), equal(power, 7), first < 0, other > 0),
        ),
        Witness(
            "a renewal",
            "Of a spread of nine totals.",
            ("division", "quotients"),
            and_(equal(high - low, 9 * total), equal(total, 4), ratio >= 5),
        ),
        Witness(
            "after a renewal", "The lowest at its floor.", ("renewed",), equal(low + 2 * total, 0)
        ),
        Witness("the limits", "The largest set.", ("format",), equal(n, VALIDATORS_MAX)),
        Witness(
            "three seats",
            "With different powers.",
            ("three seats", "three centred seats"),
            and_(POWERS[0] > POWERS[1], POWERS[1] > POWERS[2], RENEWED[0] - RENEWED[1] > TOTAL_3),
        ),
    ),
)
