"""The base fee stays within its bounds and moves by at most one part in the denominator.

The formula is `spec.ledger.fees.compute_next_base_fee` itself, run on a configuration and figures
that are symbols. The lemmas hold for every configuration that `validate_config` lets pass, hence
for every chain; nothing is assumed of the block but that it keeps its gas limit.
"""

from dataclasses import replace

from proofs.logic import and_, choose, constants, equal, implies, or_
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.config.presets import TINY
from spec.ledger.fees import compute_next_base_fee

fee, used, target, low, high, denominator = constants(
    "base_fee gas_used gas_target fee_min fee_max denominator"
)
CONFIG = replace(
    TINY,
    block_gas_target=as_number(target),
    base_fee_min=as_number(low),
    base_fee_max=as_number(high),
    base_fee_change_denominator=as_number(denominator),
)
NEXT = run(lambda: compute_next_base_fee(CONFIG, as_number(fee), as_number(used)))
RISE = fee * (used - target)
# Broken rules: a rise that may round to nothing, and a change that is not cut to the bounds.
UNCUT = choose(
    used > target,
    fee + RISE // target // denominator,
    fee - fee * (target - used) // target // denominator,
)
ROUNDED = choose(UNCUT > high, high, UNCUT)

CONFIGURED = and_(target >= 1, low >= 1, low <= high, denominator >= 1)
RULES = ("configuration", "figures")

THEOREM = Theorem(
    name="base_fee",
    row=8,
    statement=(
        "For every valid configuration: the next base fee lies within [min, max]; it stands"
        " still at the gas target, never falls above it, never rises below it, and rises by at"
        " least 1 above it unless it is at its maximum. It is never 0."
    ),
    assumes=("The configuration is valid (`validate_config`).",),
    tested="On random figures and in blocks (tests/spec/ledger/test_fees.py).",
    hypotheses=(
        Hypothesis("configuration", "What `validate_config` demands.", CONFIGURED),
        Hypothesis(
            "figures",
            "The fee before is within its bounds.",
            and_(low <= fee, fee <= high, used >= 0),
        ),
        Hypothesis(
            "a block twice the target", "At most twice the target is used.", used <= 2 * target
        ),
    ),
    lemmas=(
        Lemma("within bounds", "The next fee.", RULES, and_(low <= NEXT, NEXT <= high)),
        Lemma("never zero", "Else it could never rise again.", RULES, NEXT >= 1),
        Lemma(
            "the target is a fixed point",
            "A block that uses the target changes nothing.",
            RULES,
            implies(equal(used, target), equal(NEXT, fee)),
        ),
        Lemma(
            "demand raises it",
            "Above the target it rises by at least 1, or is at its maximum.",
            (),
            implies(used > target, or_(NEXT >= fee + 1, equal(NEXT, high))),
        ),
        Lemma(
            "lack of demand does not raise it",
            "At or below the target it stays or falls.",
            RULES,
            implies(used <= target, NEXT <= fee),
        ),
        Lemma(
            "it moves by one part in the denominator",
            "A rise or fall is at most fee // denominator, but at least 1 for a rise.",
            (*RULES, "a block twice the target"),
            and_(
                or_(NEXT <= fee + fee // denominator, NEXT <= fee + 1),
                NEXT >= fee - fee // denominator,
            ),
        ),
    ),
    mutants=(
        Mutant(
            "no least rise",
            "A rise may round to nothing: a small fee never grows.",
            ("demand raises it",),
            goals={
                "demand raises it": implies(
                    used > target, or_(ROUNDED >= fee + 1, equal(ROUNDED, high))
                )
            },
        ),
        Mutant(
            "a minimum of zero",
            "The configuration may allow a fee of 0.",
            ("never zero",),
            changes={"configuration": and_(target >= 1, low >= 0, low <= high, denominator >= 1)},
        ),
        Mutant(
            "a block of any size",
            "The gas limit is more than twice the target.",
            ("it moves by one part in the denominator",),
            changes={"a block twice the target": None},
        ),
        Mutant(
            "bounds forgotten",
            "The change is not cut to the bounds.",
            ("within bounds",),
            goals={"within bounds": and_(low <= UNCUT, UNCUT <= high)},
        ),
    ),
    witnesses=(
        Witness(
            "a rise",
            "Of more than 1, and not to the maximum.",
            (*RULES, "a block twice the target"),
            and_(NEXT > fee + 1, NEXT < high, used < 2 * target, denominator >= 8),
        ),
    ),
)
