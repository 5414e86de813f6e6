"""Disagreement convicts a third: if two values are decided, more than a third broke a rule.

Here anybody may be faulty. Commit A decided v1 in round r1, commit B decided v2, another value, in
r2, not before r1. Every way that can be ends with two quorums whose common voters all broke a rule
that the honest keep (`bft_no_framing`), and two quorums share more than a third:

    r2 = r1                          A and B: precommits for both values in one round
    no polka for v1 in r1            all of A: precommits without a polka
    no polka for v2 in r2            all of B: the same
    else let r be the first round after r1 with a polka P for a value v other than v1
      a polka for v in r1, too       it and that for v1: prevotes for both values in one round
      none                           A and P: prevoted v in r against their precommit for no reason

That a first such round exists is the order of the numbers from r1 to r2; the rest is proved.
Equivocation is self-contained evidence. The other offences need transcripts of who saw what; the
specification reports them and slashes nobody for them.

Source: CONSENSUS.md 2; A. Buchman et al., Tendermint's accountability ("attack on agreement").
"""

from proofs.logic import (
    BOOL,
    INT,
    Function,
    Sort,
    Term,
    and_,
    at_least_zero,
    constants,
    equal,
    for_all,
    implies,
    not_,
    or_,
)
from proofs.rules import has_honest, is_quorum
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

VOTER, VALUE = Sort("Voter"), Sort("Value")
prevotes = Function("prevotes", (VOTER, INT, VALUE), BOOL)
precommits = Function("precommits", (VOTER, INT, VALUE), BOOL)
has_polka = Function("has_polka", (INT, VALUE), BOOL)
is_in_polka = Function("is_in_polka", (VOTER, INT, VALUE), BOOL)
is_in_a, is_in_b = Function("is_in_a", (VOTER,), BOOL), Function("is_in_b", (VOTER,), BOOL)

r1, r2, r = constants("r1 r2 r")
v1, v2, v = constants("v1 v2 v", VALUE)
# Somebody whom each case would have to convict.
in_ab, only_a, only_b, in_two, in_ap = constants("in_ab some_a some_b in_two in_ap", VOTER)
a_only, b_only, both, neither = constants("only_a only_b both neither")
TOTAL = a_only + b_only + both + neither


def has_two_precommits(n: Term) -> Term:
    """Equivocation in r1."""
    return and_(precommits(n, r1, v1), precommits(n, r1, v2), not_(equal(v1, v2)))


def has_bare_precommit(n: Term, round_: Term, value: Term) -> Term:
    """A precommit for a value that had no polka."""
    return and_(precommits(n, round_, value), not_(has_polka(round_, value)))


def has_two_prevotes(n: Term) -> Term:
    """Equivocation in r1."""
    return and_(prevotes(n, r1, v1), prevotes(n, r1, v), not_(equal(v1, v)))


def has_amnesia(n: Term) -> Term:
    """A prevote in spite of an earlier precommit, without a polka that allows it."""
    excuse = for_all([INT], lambda p: implies(and_(p >= r1, p < r), not_(has_polka(p, v))))
    return and_(precommits(n, r1, v1), prevotes(n, r, v), r1 < r, not_(equal(v, v1)), excuse)


# Each: the quorums exist, and a common voter of theirs is guilty.
CASES = (
    implies(and_(is_in_a(in_ab), is_in_b(in_ab)), has_two_precommits(in_ab)),
    implies(is_in_a(only_a), has_bare_precommit(only_a, r1, v1)),
    implies(is_in_b(only_b), has_bare_precommit(only_b, r2, v2)),
    and_(
        *(has_polka(r1, v1), has_polka(r1, v)),
        implies(
            and_(is_in_polka(in_two, r1, v1), is_in_polka(in_two, r1, v)),
            has_two_prevotes(in_two),
        ),
    ),
    and_(
        has_polka(r, v),
        implies(and_(is_in_a(in_ap), is_in_polka(in_ap, r, v)), has_amnesia(in_ap)),
    ),
)
FIRST_POLKA = implies(
    and_(r1 < r2, has_polka(r2, v2)),
    and_(
        *(r1 < r, r <= r2, has_polka(r, v), not_(equal(v, v1))),
        for_all(
            [INT, VALUE],
            lambda p, u: implies(and_(p > r1, p < r, has_polka(p, u)), equal(u, v1)),
        ),
    ),
)
USES = ("commits", "polkas", "first polka")

THEOREM = Theorem(
    name="bft_accountability",
    row=3,
    statement=(
        "If two commits decide different values at one height, there are two quorums all of"
        " whose common voters (more than a third), or one quorum all of whose voters, broke a"
        " rule that no honest node breaks."
    ),
    assumes=("Of the rounds after r1 with a polka for another value there is a first.",),
    tested=(
        "That evidence reaches the chain. Amnesia needs transcripts of who saw what, which"
        " nobody keeps: it is not slashed."
    ),
    hypotheses=(
        Hypothesis(
            "commits",
            "All of A precommitted v1 in r1, all of B v2 in r2.",
            and_(
                for_all([VOTER], lambda n: implies(is_in_a(n), precommits(n, r1, v1))),
                for_all([VOTER], lambda n: implies(is_in_b(n), precommits(n, r2, v2))),
                not_(equal(v1, v2)),
                r1 <= r2,
            ),
        ),
        Hypothesis(
            "polkas",
            "All voters of a polka prevoted its value in its round.",
            for_all(
                [VOTER, INT, VALUE],
                lambda n, p, u: implies(
                    and_(has_polka(p, u), is_in_polka(n, p, u)), prevotes(n, p, u)
                ),
            ),
        ),
        Hypothesis(
            "first polka",
            (
                "r is the first round after r1 with a polka for another value than v1, if there"
                " is one."
            ),
            FIRST_POLKA,
        ),
        Hypothesis(
            "two quorums",
            "More than two thirds each.",
            and_(
                at_least_zero(a_only, b_only, both, neither),
                is_quorum(a_only + both, TOTAL),
                is_quorum(b_only + both, TOTAL),
            ),
        ),
    ),
    lemmas=(
        Lemma(
            "one case convicts all it names",
            "Some case has its quorums, and no common voter of them is innocent.",
            USES,
            or_(*CASES),
        ),
        Lemma(
            "in one round: equivocation",
            "Two decisions of one round need evidence that anybody can check.",
            ("commits",),
            implies(equal(r1, r2), CASES[0]),
        ),
        Lemma(
            "common voters are more than a third",
            "Of two quorums.",
            ("two quorums",),
            has_honest(both, TOTAL),
        ),
    ),
    mutants=(
        Mutant(
            "prevotes after a precommit are free",
            "Amnesia is no offence.",
            ("one case convicts all it names",),
            goals={"one case convicts all it names": or_(*CASES[:4])},
        ),
        Mutant(
            "two prevotes are no offence",
            "Equivocation of prevotes is not looked at.",
            ("one case convicts all it names",),
            goals={"one case convicts all it names": or_(*CASES[:3], CASES[4])},
        ),
        Mutant(
            "polkas are not asked for",
            "A precommit without a polka is no offence.",
            ("one case convicts all it names",),
            goals={"one case convicts all it names": or_(CASES[0], *CASES[3:])},
        ),
        Mutant(
            "any later polka",
            "r is not the first: an earlier polka may have been the reason.",
            ("one case convicts all it names",),
            changes={
                "first polka": implies(
                    r1 < r2, and_(r1 < r, r <= r2, has_polka(r, v), not_(equal(v, v1)))
                )
            },
        ),
        Mutant(
            "half is a quorum",
            "More than half.",
            ("common voters are more than a third",),
            changes={
                "two quorums": and_(
                    at_least_zero(a_only, b_only, both, neither),
                    2 * (a_only + both) > TOTAL,
                    2 * (b_only + both) > TOTAL,
                )
            },
        ),
    ),
    witnesses=(
        Witness(
            "a disagreement over two rounds",
            "Everybody has a polka; the common voter of A and P is an amnesiac.",
            (*USES, "two quorums"),
            and_(
                r1 + 2 <= r2,
                has_polka(r1, v1),
                has_polka(r2, v2),
                not_(has_polka(r1, v)),
                is_in_a(in_ap),
                is_in_polka(in_ap, r, v),
            ),
        ),
    ),
)
