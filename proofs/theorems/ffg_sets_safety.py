"""Accountable safety of FFG when validator sets change completely: rule G.

The state at a checkpoint t, on its own chain, has a dynasty dyn(t) and two sets, cur(t) and
prev(t).

    G1  a link counts only with more than 2/3 of both cur and prev of its target's state
    G2  finality needs a counted link to the next epoch, or to the one after it over a justified one
    G3  sets are promoted only when the chain records a finalised checkpoint of its own dynasty
    G4  weights don't rise inside a dynasty (see `leak_figure`)

pf(t) is the checkpoint whose finality promoted the dynasty of t, by a link to pft(t) <= t. By G3
pf(t) and pft(t) are of the dynasty before, and prev(t) = cur(pf(t)). So two chains that share the
promoting checkpoints of U and Z share a set of U and Z, and two quorums of one set meet (lemma S).

Claim: X finalised, Z justified and not before X: X lies below Z, or more than a third of some set
known to both chains is guilty. Induction on X's epoch (outer), then on Z's (inner). For the first
violator:

    P   the promoting checkpoint of Z is before X, else X lies below it and below Z
    Q   so are those of X, M and T, the checkpoints of X's own links
    R   hence, by the outer induction, each of them lies on both chains
    S   hence Z's link and each of X's links were counted over one common set
    L1  hence the voters common to both links are guilty: the case split of `ffg_safety`

pf and pft are functions that are mentioned only at the checkpoints of the argument; no axiom speaks
of all checkpoints. For k = 2 take X's earliest witness: the link X -> M does not count, else k = 1
applies.
"""

from proofs.ffg_model import (
    CHECKPOINT,
    GENESIS,
    Link,
    compute_tree_axioms,
    epoch,
    is_any_surround,
    is_below,
    is_double,
    is_guilty,
)
from proofs.ffg_sets_model import (
    Guilt,
    Part,
    SetRule,
    both_sets,
    compute_dynasty_axioms,
    counts,
    current_only,
    describe_promotion,
    dynasty,
    follows,
    has_finality,
    is_finalised,
    is_justified,
    own_dynasty,
    previous_only,
    promoter,
    promoter_target,
    takes_over,
)
from proofs.logic import TRUE, Term, and_, constants, equal, implies, not_, or_
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

x, m, t, z, w, y, v = constants("X M T Z W Y V", CHECKPOINT)
TO_X, TO_M, TO_T, TO_Z, TO_NEXT = Link(y, x), Link(v, m), Link(x, t), Link(w, z), Link(x, m)
NAMES = {"X": x, "M": m, "T": t}


def _promotions(*parts: Part) -> dict[str, Term]:
    """The hypothesis `promotion of U` for U among X, M, T, Z, of these parts of the rule."""
    return {
        f"promotion of {name}": describe_promotion(u, *parts)
        for name, u in {**NAMES, "Z": z}.items()
    }


def _known(u: Term, other: Term) -> Term:
    """Whoever promoted u is on the chain of the other."""
    return implies(dynasty(u) > 0, is_below(promoter(u), other))


def _before_x(u: Term) -> Term:
    return implies(dynasty(u) > 0, epoch(promoter(u)) < epoch(x))


def _outer(finalised: Term, justified: Term) -> Term:
    """The claim for a finalised checkpoint before X."""
    return implies(
        and_(
            is_finalised(finalised),
            epoch(finalised) < epoch(x),
            is_justified(justified),
            epoch(justified) >= epoch(finalised),
        ),
        is_below(finalised, justified),
    )


def _inner(justified: Term) -> Term:
    """The claim for X and a checkpoint justified before Z."""
    return implies(
        and_(
            is_justified(justified),
            epoch(justified) >= epoch(x),
            epoch(justified) < epoch(z),
        ),
        is_below(x, justified),
    )


def _acquit(guilt: Guilt, rule: SetRule, *links: Link) -> Term:
    """No third of a common set is guilty: two links counted over one set don't convict."""
    to_x = implies(and_(not_(equal(x, GENESIS)), rule(x, z)), not_(guilt(TO_Z, TO_X)))
    return and_(to_x, *(implies(rule(li.target, z), not_(guilt(TO_Z, li))) for li in links))


LATER = "Z justified later"
IS_BESIDE = not_(is_below(x, z))  # Z is the first violator
Q_GOALS = {name: _before_x(u) for name, u in NAMES.items()}
P_GOAL = implies(IS_BESIDE, _before_x(z))
R_GOALS = {name: implies(IS_BESIDE, and_(_known(u, z), _known(z, u))) for name, u in NAMES.items()}
S_GOALS = {name: implies(IS_BESIDE, both_sets(u, z)) for name, u in NAMES.items()}

LINKS = {
    "links of X, k = 1": and_(
        is_justified(x),
        TO_NEXT.is_on_chain,
        equal(epoch(m), epoch(x) + 1),
        is_justified(m),
        or_(equal(x, GENESIS), TO_X.is_on_chain),
    ),
    "links of X, k = 2": and_(
        is_justified(x),
        TO_T.is_on_chain,
        equal(epoch(t), epoch(x) + 2),
        is_justified(t),
        TO_M.is_on_chain,
        is_justified(m),
        and_(is_below(x, m), is_below(m, t), equal(epoch(m), epoch(x) + 1)),
        or_(equal(x, GENESIS), TO_X.is_on_chain),
    ),
}
PARTS = (own_dynasty, has_finality, takes_over, follows)
PROMOTIONS = _promotions(*PARTS)

HYPOTHESES = (
    *(
        Hypothesis(name, "Rule G3: who promoted its dynasty, and which sets it has.", formula)
        for name, formula in PROMOTIONS.items()
    ),
    *(
        Hypothesis(name, "Rule G2; X is justified by Y -> X unless it is the genesis.", formula)
        for name, formula in LINKS.items()
    ),
    Hypothesis("earliest witness", "For k = 2: X -> M does not count.", not_(counts(x, m))),
    Hypothesis(
        LATER,
        "Z is justified and not before X.",
        and_(is_justified(z), epoch(z) >= epoch(x)),
    ),
    Hypothesis(
        "link to Z",
        "Z is the genesis, or a link from a justified W counts.",
        or_(equal(z, GENESIS), and_(TO_Z.is_on_chain, is_justified(w))),
    ),
    Hypothesis("inner induction", "For X and who promoted Z.", _inner(promoter(z))),
    Hypothesis("inner induction at W", "For X and the source of Z's link.", _inner(w)),
    *(
        Hypothesis(
            f"outer induction for {name}",
            "For the promoting checkpoints, which are finalised and before X.",
            and_(_outer(promoter(u), z), _outer(promoter(z), u)),
        )
        for name, u in NAMES.items()
    ),
    *(
        Hypothesis(
            f"tree at {name}",
            "Checkpoints form a tree, dynasties rise along it, a dynasty has one pair of sets.",
            and_(
                compute_tree_axioms(*dict.fromkeys((x, m, u, promoter(u), promoter_target(u)))),
                compute_dynasty_axioms(u, z, promoter(u), promoter(z), promoter_target(u)),
            ),
        )
        for name, u in {**NAMES, "Z": z}.items()
    ),
    *(
        Hypothesis(
            f"tree at {name} and Z",
            "As above, on both chains.",
            and_(
                compute_tree_axioms(u, z, promoter(u), promoter(z)),
                compute_dynasty_axioms(u, z, promoter(u), promoter(z)),
            ),
        )
        for name, u in NAMES.items()
    ),
    Hypothesis(
        "tree of links", "Checkpoints form a tree.", compute_tree_axioms(x, m, t, z, w, y, v)
    ),
    Hypothesis(
        "nobody guilty, k = 1",
        "Else more than a third of a common set is, by `quorum_intersection`.",
        _acquit(is_guilty, both_sets, TO_NEXT),
    ),
    Hypothesis("nobody guilty, k = 2", "As above.", _acquit(is_guilty, both_sets, TO_M, TO_T)),
    Hypothesis("P", "Lemma P.", P_GOAL, proved_by="P"),
    *(Hypothesis(f"Q for {n}", "Lemma Q.", g, proved_by=f"Q for {n}") for n, g in Q_GOALS.items()),
    *(Hypothesis(f"R for {n}", "Lemma R.", g, proved_by=f"R for {n}") for n, g in R_GOALS.items()),
    *(Hypothesis(f"S for {n}", "Lemma S.", g, proved_by=f"S for {n}") for n, g in S_GOALS.items()),
)


def _uses_q(name: str) -> tuple[str, ...]:
    """Q for M holds for either k by the same argument: M is at the epoch after X."""
    links = {"X": (), "M": ("links of X, k = 1",), "T": ("links of X, k = 2", "earliest witness")}
    return (f"tree at {name}", f"promotion of {name}", *links[name])


def _uses_r(name: str) -> tuple[str, ...]:
    links = "links of X, k = 2" if name == "T" else "links of X, k = 1"
    pair = (f"promotion of {name}", "promotion of Z", f"outer induction for {name}")
    return (LATER, "P", f"Q for {name}", links, *pair)


def _uses_s(name: str) -> tuple[str, ...]:
    pair = (f"promotion of {name}", "promotion of Z")
    return (f"tree at {name} and Z", *pair, f"R for {name}")


STEP = ("tree of links", LATER, "link to Z", "inner induction at W")
USES_1 = (*STEP, "links of X, k = 1", "nobody guilty, k = 1", "S for X", "S for M")
USES_2 = (*STEP, "links of X, k = 2", "nobody guilty, k = 2", "S for X", "S for M", "S for T")

LEMMAS = (
    Lemma(
        "P",
        "Who promoted the first violator is before X.",
        ("tree at Z", "promotion of Z", "inner induction"),
        P_GOAL,
    ),
    *(
        Lemma(f"Q for {name}", f"Who promoted {name} is before X.", _uses_q(name), goal)
        for name, goal in Q_GOALS.items()
    ),
    *(
        Lemma(
            f"R for {name}",
            f"Who promoted {name} is on Z's chain, who promoted Z on {name}'s.",
            _uses_r(name),
            goal,
        )
        for name, goal in R_GOALS.items()
    ),
    *(
        Lemma(f"S for {name}", f"Z and {name} have a set in common.", _uses_s(name), goal)
        for name, goal in S_GOALS.items()
    ),
    *(
        Lemma(
            f"S' for {name}",
            "Their dynasties differ by at most one.",
            _uses_s(name),
            implies(
                IS_BESIDE,
                and_(dynasty(u) - dynasty(z) <= 1, dynasty(z) - dynasty(u) <= 1),
            ),
        )
        for name, u in NAMES.items()
    ),
    Lemma("L1, k = 1", "X lies below Z.", USES_1, is_below(x, z)),
    Lemma("L1, k = 2", "X lies below Z.", USES_2, is_below(x, z)),
    Lemma(
        "finalised checkpoints never conflict",
        "The claim, used once in each direction.",
        (),
        implies(
            and_(
                implies(epoch(z) >= epoch(x), is_below(x, z)),
                implies(epoch(x) >= epoch(z), is_below(z, x)),
            ),
            or_(is_below(x, z), is_below(z, x)),
        ),
    ),
)


def _all(stem: str) -> tuple[str, ...]:
    return tuple(f"{stem} for {name}" for name in NAMES)


def _alone(rule: SetRule) -> dict[str, Term]:
    return {f"S for {name}": implies(IS_BESIDE, rule(u, z)) for name, u in NAMES.items()}


MUTANTS = (
    Mutant(
        "current set only",
        "A link counts with more than 2/3 of cur alone.",
        _all("S"),
        goals=_alone(current_only),
    ),
    Mutant(
        "previous set only",
        "A link counts with more than 2/3 of prev alone.",
        _all("S"),
        goals=_alone(previous_only),
    ),
    Mutant(
        "gate dropped",
        "Every recorded finality promotes, also one of an older dynasty: prev need not be its set.",
        (*_all("S"), *_all("S'")),
        changes=_promotions(has_finality, follows),
    ),
    Mutant(
        "dynasty is the epoch number",
        "Sets change by time; no finality stands behind a promotion.",
        ("P", "Q for M", "Q for T", *_all("R")),
        changes=_promotions(own_dynasty, takes_over, follows)
        | {"P": TRUE}
        | {f"Q for {name}": TRUE for name in NAMES},
    ),
    Mutant(
        "no double vote",
        "Two votes for one target epoch are no offence.",
        ("L1, k = 1", "L1, k = 2"),
        changes={
            "nobody guilty, k = 1": _acquit(is_any_surround, both_sets, TO_NEXT),
            "nobody guilty, k = 2": _acquit(is_any_surround, both_sets, TO_M, TO_T),
        },
    ),
    Mutant(
        "no surround",
        "A vote that spans another is no offence.",
        ("L1, k = 1", "L1, k = 2"),
        changes={
            "nobody guilty, k = 1": _acquit(is_double, both_sets, TO_NEXT),
            "nobody guilty, k = 2": _acquit(is_double, both_sets, TO_M, TO_T),
        },
    ),
    Mutant(
        "both sets on finalising links only",
        "A link that only justifies counts with cur alone, so Z's link shares no set with X's.",
        ("L1, k = 1",),
        changes={"S for X": TRUE, "S for M": TRUE},
    ),
    Mutant(
        "any witness for k = 2",
        "X -> M may count as well: then T may be of a dynasty that X's own finality began.",
        ("Q for T",),
        changes={"earliest witness": None},
    ),
)

WITNESSES = (
    Witness(
        "two dynasties on two branches, k = 1",
        "M is of dynasty 2, Z of dynasty 3, on different branches, until guilt is looked at.",
        tuple(
            dict.fromkeys(
                use
                for lemma in LEMMAS
                if not {"T", "2"} & set(lemma.name.split()) and lemma.name != "L1, k = 1"
                for use in lemma.uses
            )
        ),
        and_(equal(dynasty(m), 2), equal(dynasty(z), 3), not_(is_below(m, z))),
    ),
    Witness(
        "two dynasties on two branches, k = 2",
        "T is of dynasty 2, Z of dynasty 3.",
        tuple(
            dict.fromkeys(
                use
                for lemma in LEMMAS
                if "T" in lemma.name.split() or lemma.name == "P"
                for use in lemma.uses
            )
        ),
        and_(equal(dynasty(t), 2), equal(dynasty(z), 3), not_(is_below(t, z))),
    ),
    *(
        Witness(
            f"L1 with Z above X, k = {k}",
            "X lies below a Z three epochs later, nobody is guilty, all sets have changed.",
            uses,
            and_(is_below(x, z), epoch(z) >= epoch(x) + 3, not_(both_sets(x, z))),
        )
        for k, uses in ((1, USES_1), (2, USES_2))
    ),
)

THEOREM = Theorem(
    name="ffg_sets_safety",
    row=6,
    statement=(
        "Under rule G, validator sets may be replaced completely at every promotion. If two"
        " conflicting checkpoints are finalised (k = 1 or 2), more than a third of one set,"
        " which is cur or prev on both chains, cast two votes that convict them."
    ),
    assumes=(
        "Strong induction on the epochs of X and then of Z is on paper; all its steps are proved.",
        (
            "Two quorums of one set share more than a third of it (`quorum_intersection`); with a"
            " leak, what `leak_figure` says."
        ),
        (
            "The fold over a chain keeps rule G, so the axioms about promotion hold"
            " (tests/proofs/test_adversary.py runs the fold and checks them)."
        ),
    ),
    tested=(
        "An adversary with random forks over the same fold, which finds the broken rules A to"
        " E (tests/proofs/test_adversary.py)."
    ),
    hypotheses=HYPOTHESES,
    lemmas=LEMMAS,
    mutants=MUTANTS,
    witnesses=WITNESSES,
)
