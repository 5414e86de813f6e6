"""Agreement of Tendermint with locking: no two values are ever decided at one height.

Any number of nodes with any weights, any number of rounds and values, any behaviour of the faulty,
any order of messages. The model of states and actions is `bft_model`.

The idea in one invariant, `blocked`: if an honest node, after having precommitted v1 in r1,
prevotes another value in a later round, then v1 can no longer be decided in r1, for every quorum
has an honest member that left r1 without precommitting v1. The node had a reason to prevote, a
polka of a round from r1 on; that polka meets every quorum in an honest node, which either did not
precommit v1, or did and is itself in this situation in an earlier round. So the argument runs
backwards, and the invariant carries it.

The other invariants are bookkeeping: one prevote a round; precommits have polkas; the lock is the
latest precommit; votes leave earlier rounds behind. Each is proved for the initial state and
preserved by each action, from the invariants named. A decision needs a quorum of precommits, so the
theorem follows: `one round`, `two rounds`.

Source: arXiv 1807.04938, lemmas 1 to 6.
"""

from proofs.bft_invariants import (
    Invariant,
    compute_lemmas,
    lock_is_the_latest,
    locks_are_precommits,
    one_prevote,
    precommits_have_polkas,
    precommits_lock,
    precommits_move_on,
    preserves,
    prevotes_count,
    prevotes_move_on,
)
from proofs.bft_model import (
    ACTIONS,
    FIRST_PRECOMMIT,
    FIRST_PREVOTE,
    IN_ROUND,
    LOCK_ALLOWS,
    NODE,
    QUORUM,
    QUORUMS_MEET,
    ROUND,
    ROUNDS_ARE_ORDERED,
    STATE,
    VALUE,
    State,
    has_polka,
    is_before,
    is_honest,
    is_locked_on,
    is_member,
    lock_r,
    lock_v,
    n0,
    polka_r,
    q0,
    r0,
    replace_guard,
    v0,
)
from proofs.logic import TRUE, Term, and_, constant, equal, exists, for_all, implies, not_, or_
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness


def _is_blocked(s: State, round_: Term, value: Term) -> Term:
    """Every quorum has an honest member that left the round without precommitting the value."""
    return for_all(
        [QUORUM],
        lambda q: exists(
            [NODE],
            lambda m: and_(
                is_member(m, q),
                is_honest(m),
                s.past(m, round_),
                not_(s.precommit(m, round_, value)),
            ),
        ),
    )


def blocked(s: State) -> Term:
    """Who prevotes against its earlier precommit does so when that can't be decided any more."""
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
            _is_blocked(s, t, u),
        ),
    )


INVARIANTS = (
    Invariant(
        "one prevote",
        one_prevote,
        {"prevote_new": ("prevotes count",), "prevote_unlocked": ("prevotes count",)},
    ),
    Invariant("prevotes count", prevotes_count, {}),
    Invariant("prevotes move on", prevotes_move_on, {}),
    Invariant("precommits move on", precommits_move_on, {}),
    Invariant("polkas", precommits_have_polkas, {}),
    Invariant("precommits lock", precommits_lock, {}),
    Invariant("locks", locks_are_precommits, {}),
    Invariant("latest lock", lock_is_the_latest, {"precommit": ("precommits move on", "rounds")}),
    Invariant(
        "blocked",
        blocked,
        {
            "precommit": ("prevotes move on",),
            "prevote_new": (
                *("quorums", "precommits lock", "locks", "latest lock", "polkas"),
                *("prevotes move on", "one prevote"),
            ),
            "prevote_unlocked": (
                *("rounds", "quorums", "latest lock", "polkas", "prevotes move on"),
                "one prevote",
            ),
        },
    ),
)


FREE_PREVOTE = replace_guard("prevote_new", FIRST_PREVOTE)
EARLY_POLKA = replace_guard(
    "prevote_unlocked",
    and_(
        FIRST_PREVOTE,
        is_locked_on(lock_r, lock_v),
        has_polka(STATE, q0, polka_r, v0),
        is_before(polka_r, r0),
    ),
)
SECOND_PREVOTE = replace_guard("prevote_new", and_(IN_ROUND, LOCK_ALLOWS))
OLD_PRECOMMIT = replace_guard(
    "precommit", and_(is_honest(n0), STATE.has_prevoted(n0, r0), has_polka(STATE, q0, r0, v0))
)
BARE_PRECOMMIT = replace_guard("precommit", and_(FIRST_PRECOMMIT, STATE.has_prevoted(n0, r0)))

# Two decisions: quorums whose honest members precommitted.
r1, r2, v1, v2 = (
    constant("r1", ROUND),
    constant("r2", ROUND),
    constant("v1", VALUE),
    constant("v2", VALUE),
)
q1, q2 = constant("q1", QUORUM), constant("q2", QUORUM)


def _is_decided(quorum: Term, round_: Term, value: Term) -> Term:
    return for_all(
        [NODE],
        lambda m: implies(
            and_(is_member(m, quorum), is_honest(m)), STATE.precommit(m, round_, value)
        ),
    )


DECIDED = and_(_is_decided(q1, r1, v1), _is_decided(q2, r2, v2))
ALL = ("rounds", "quorums", *(invariant.name for invariant in INVARIANTS))

THEOREM = Theorem(
    name="bft_agreement",
    row=2,
    statement=(
        "If less than a third of the weight is faulty, no two quorums ever precommit"
        " different values at one height: any number of nodes, rounds and values, any order of"
        " messages."
    ),
    assumes=(
        "Two quorums share an honest node (`quorum_intersection`).",
        (
            "Honest nodes act only by the model's actions; the table in proofs/bft_model.py maps"
            " the code's rules to them, tests/proofs/test_bft_traces.py maps runs of the code."
        ),
    ),
    tested=(
        "That each step of the code is an action of the model (row 15,"
        " tests/proofs/test_bft_traces.py); small scope by `qc spec explore bft`."
    ),
    hypotheses=(
        Hypothesis("rounds", "Rounds are totally ordered.", ROUNDS_ARE_ORDERED),
        Hypothesis("quorums", "Two quorums share an honest node.", QUORUMS_MEET),
        *(invariant.hypothesis for invariant in INVARIANTS),
    ),
    lemmas=(
        *compute_lemmas(INVARIANTS),
        Lemma(
            "one round",
            "Two decisions of one round agree.",
            ("quorums", "polkas", "one prevote"),
            implies(and_(DECIDED, equal(r1, r2)), equal(v1, v2)),
        ),
        Lemma(
            "two rounds",
            "A later decision agrees with an earlier one.",
            ("quorums", "polkas", "blocked"),
            implies(and_(DECIDED, is_before(r1, r2)), equal(v1, v2)),
        ),
    ),
    mutants=(
        Mutant(
            "no lock",
            "A locked node prevotes any new proposal.",
            ("blocked, prevote_new",),
            goals={"blocked, prevote_new": preserves(FREE_PREVOTE, blocked)},
        ),
        Mutant(
            "any polka unlocks",
            "Also one of a round before the lock.",
            ("blocked, prevote_unlocked",),
            goals={"blocked, prevote_unlocked": preserves(EARLY_POLKA, blocked)},
        ),
        Mutant(
            "two prevotes a round",
            "A node forgets that it has prevoted.",
            ("one prevote, prevote_new",),
            goals={"one prevote, prevote_new": preserves(SECOND_PREVOTE, one_prevote)},
        ),
        Mutant(
            "precommit in an old round",
            "A node precommits in a round it has left.",
            ("latest lock, precommit", "blocked, precommit"),
            goals={
                "latest lock, precommit": preserves(OLD_PRECOMMIT, lock_is_the_latest),
                "blocked, precommit": preserves(OLD_PRECOMMIT, blocked),
            },
        ),
        Mutant(
            "precommit without a polka",
            "A node precommits what it likes.",
            ("polkas, precommit",),
            goals={"polkas, precommit": preserves(BARE_PRECOMMIT, precommits_have_polkas)},
        ),
        Mutant(
            "quorums need not meet",
            "The threshold is half, or a third is faulty.",
            ("one round", "two rounds", "blocked, prevote_unlocked"),
            changes={"quorums": TRUE},
        ),
    ),
    witnesses=(
        Witness(
            "a decision",
            "A quorum precommitted v1 in r1, a node outside it a later round's other value can't.",
            ALL,
            and_(_is_decided(q1, r1, v1), is_honest(n0), is_member(n0, q1), STATE.past(n0, r1)),
        ),
        Witness(
            "unlocking",
            "The guard of prevote_unlocked holds for a value other than the lock's.",
            ALL,
            and_(
                next(action.guard for action in ACTIONS if action.name == "prevote_unlocked"),
                not_(equal(v0, lock_v)),
            ),
        ),
        Witness(
            "a lock in the way",
            "An honest node is locked on another value than the one proposed.",
            ALL,
            and_(
                FIRST_PREVOTE,
                is_locked_on(lock_r, lock_v),
                not_(equal(lock_v, v0)),
                not_(or_(equal(r0, lock_r))),
            ),
        ),
    ),
)
