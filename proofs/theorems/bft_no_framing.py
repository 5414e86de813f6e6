"""No honest node is ever framed: what it signs never convicts it of equivocation or amnesia.

Equivocation is two different votes of one kind in one round, nil included. Amnesia is a prevote for
a value in spite of an earlier precommit for another, without a polka for the prevoted value in a
round from the precommit's on (`unlocks`). Both are judged by what the node signed and by what
polkas there were, so a faulty node that sends what it likes can't make an honest one look guilty.

No quorum has to meet another here, and no bound on the faulty is used: the honest are innocent
whatever the others do. The model is `bft_model`; each invariant is proved for the initial state and
for each action, from the hypotheses it names.

Equivocation is self-contained evidence and slashes; amnesia needs transcripts and is only reported.
"""

from proofs.bft_invariants import (
    Invariant,
    compute_lemmas,
    lock_is_the_latest,
    locks_are_precommits,
    nil_precommits_count,
    nil_prevotes_count,
    one_precommit,
    one_prevote,
    precommits_are_no_nil,
    precommits_count,
    precommits_lock,
    precommits_move_on,
    precommits_unlock,
    preserves,
    prevotes_are_no_nil,
    prevotes_count,
    prevotes_move_on,
)
from proofs.bft_model import (
    FIRST_PRECOMMIT,
    FIRST_PREVOTE,
    IN_ROUND,
    LOCK_ALLOWS,
    NODE,
    ROUND,
    ROUNDS_ARE_ORDERED,
    STATE,
    VALUE,
    State,
    has_polka,
    is_before,
    is_honest,
    is_locked_on,
    lock_r,
    lock_v,
    n0,
    polka_r,
    q0,
    r0,
    replace_guard,
    v0,
)
from proofs.logic import Term, and_, constant, equal, for_all, implies, not_, or_
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness


def no_amnesia(s: State) -> Term:
    """A prevote against one's earlier precommit has a polka behind it, not before the precommit."""
    return for_all(
        [NODE, ROUND, VALUE, ROUND, VALUE],
        lambda n, r, v, t, u: implies(
            and_(
                is_honest(n),
                s.prevote(n, r, v),
                s.precommit(n, t, u),
                is_before(t, r),
                not_(equal(u, v)),
            ),
            s.unlocks(t, r, v),
        ),
    )


PREVOTES = dict.fromkeys(("prevote_new", "prevote_unlocked"), ("prevotes count",))
INVARIANTS = (
    Invariant("one prevote", one_prevote, PREVOTES),
    Invariant("prevotes count", prevotes_count, {}),
    Invariant(
        "no prevote and nil",
        prevotes_are_no_nil,
        {
            "prevote_new": ("nil prevotes count",),
            "prevote_unlocked": ("nil prevotes count",),
            "prevote_nil": ("prevotes count",),
        },
    ),
    Invariant("nil prevotes count", nil_prevotes_count, {}),
    Invariant("one precommit", one_precommit, {"precommit": ("precommits count",)}),
    Invariant("precommits count", precommits_count, {}),
    Invariant(
        "no precommit and nil",
        precommits_are_no_nil,
        {"precommit": ("nil precommits count",), "precommit_nil": ("precommits count",)},
    ),
    Invariant("nil precommits count", nil_precommits_count, {}),
    Invariant("prevotes move on", prevotes_move_on, {}),
    Invariant("precommits move on", precommits_move_on, {}),
    Invariant("precommits lock", precommits_lock, {}),
    Invariant("locks", locks_are_precommits, {}),
    Invariant("latest lock", lock_is_the_latest, {"precommit": ("precommits move on", "rounds")}),
    Invariant("precommits unlock", precommits_unlock, {}),
    Invariant(
        "no amnesia",
        no_amnesia,
        {
            "prevote_new": (
                *("rounds", "precommits lock", "locks", "latest lock", "precommits unlock"),
                *("precommits move on", "precommits count"),
            ),
            "prevote_unlocked": ("rounds", "latest lock"),
            "precommit": ("prevotes move on",),
        },
    ),
)
EQUIVOCATION = (
    *("one prevote", "no prevote and nil", "one precommit", "no precommit and nil"),
    "no amnesia",
)
n, r, v, u, t = (
    constant("n", NODE),
    constant("r", ROUND),
    constant("v", VALUE),
    constant("u", VALUE),
    constant("t", ROUND),
)


def _is_guilty(s: State) -> Term:
    """Evidence against a node n: of equivocation in round r, or of amnesia."""
    differ = not_(equal(u, v))
    amnesia = and_(
        s.prevote(n, r, v), s.precommit(n, t, u), is_before(t, r), differ, not_(s.unlocks(t, r, v))
    )
    return or_(
        and_(s.prevote(n, r, v), s.prevote(n, r, u), differ),
        and_(s.prevote(n, r, v), s.prevote_nil(n, r)),
        and_(s.precommit(n, r, v), s.precommit(n, r, u), differ),
        and_(s.precommit(n, r, v), s.precommit_nil(n, r)),
        amnesia,
    )


TWO_PREVOTES = replace_guard("prevote_new", and_(IN_ROUND, LOCK_ALLOWS))
TWO_PRECOMMITS = replace_guard("precommit", and_(IN_ROUND, has_polka(STATE, q0, r0, v0)))
NIL_AFTER_VALUE = replace_guard("prevote_nil", IN_ROUND)
NO_LOCK = replace_guard("prevote_new", FIRST_PREVOTE)
OLD_POLKA = replace_guard(
    "prevote_unlocked",
    and_(FIRST_PREVOTE, is_locked_on(lock_r, lock_v), is_before(polka_r, r0)),
)
RETURN = replace_guard(
    "precommit", and_(is_honest(n0), STATE.has_prevoted(n0, r0), has_polka(STATE, q0, r0, v0))
)

THEOREM = Theorem(
    name="bft_no_framing",
    row=4,
    statement=(
        "Whatever the faulty do and however many they are: an honest node never votes twice"
        " in a round (nil included), and never prevotes against its precommit without a polka"
        " that allows it."
    ),
    assumes=(
        "Honest nodes act only by the model's actions, also across a restart (row 13).",
        "Signatures can't be forged.",
    ),
    tested=(
        "That the code finds no evidence in what honest nodes signed"
        " (tests/proofs/test_bft_traces.py); one proposal a round."
    ),
    hypotheses=(
        Hypothesis("rounds", "Rounds are totally ordered.", ROUNDS_ARE_ORDERED),
        *(invariant.hypothesis for invariant in INVARIANTS),
    ),
    lemmas=(
        *compute_lemmas(INVARIANTS),
        Lemma(
            "nobody honest is guilty",
            "No evidence of either kind can be put together from what an honest node signed.",
            EQUIVOCATION,
            implies(is_honest(n), not_(_is_guilty(STATE))),
        ),
    ),
    mutants=(
        Mutant(
            "two prevotes a round",
            "A node forgets that it has prevoted.",
            ("one prevote, prevote_new", "no prevote and nil, prevote_new"),
            goals={
                "one prevote, prevote_new": preserves(TWO_PREVOTES, one_prevote),
                "no prevote and nil, prevote_new": preserves(TWO_PREVOTES, prevotes_are_no_nil),
            },
        ),
        Mutant(
            "nil after a value",
            "The propose timeout runs out after the prevote.",
            ("no prevote and nil, prevote_nil",),
            goals={
                "no prevote and nil, prevote_nil": preserves(NIL_AFTER_VALUE, prevotes_are_no_nil)
            },
        ),
        Mutant(
            "two precommits a round",
            "A node forgets that it has precommitted.",
            ("one precommit, precommit", "no precommit and nil, precommit"),
            goals={
                "one precommit, precommit": preserves(TWO_PRECOMMITS, one_precommit),
                "no precommit and nil, precommit": preserves(TWO_PRECOMMITS, precommits_are_no_nil),
            },
        ),
        Mutant(
            "no lock",
            "A locked node prevotes any new proposal.",
            ("no amnesia, prevote_new",),
            goals={"no amnesia, prevote_new": preserves(NO_LOCK, no_amnesia)},
        ),
        Mutant(
            "any polka unlocks",
            "Also one of a round before the lock.",
            ("no amnesia, prevote_unlocked",),
            goals={"no amnesia, prevote_unlocked": preserves(OLD_POLKA, no_amnesia)},
        ),
        Mutant(
            "back to the past",
            "A node precommits in a round it has left.",
            ("no amnesia, precommit", "latest lock, precommit"),
            goals={
                "no amnesia, precommit": preserves(RETURN, no_amnesia),
                "latest lock, precommit": preserves(RETURN, lock_is_the_latest),
            },
        ),
    ),
    witnesses=(
        Witness(
            "an honest change of mind",
            "A node precommitted u in t, and prevotes v in a later round, allowed by a polka.",
            ("rounds", *(invariant.name for invariant in INVARIANTS)),
            and_(
                is_honest(n),
                STATE.precommit(n, t, u),
                STATE.prevote(n, r, v),
                is_before(t, r),
                not_(equal(u, v)),
                FIRST_PRECOMMIT,
            ),
        ),
    ),
)
