"""GHOST alone, on trees with weights: balancing, reorganising and bouncing, without a chain."""

from dataclasses import dataclass
from typing import Final

from conformance.clients.spec.answers import to_hex
from conformance.scenarios.script import BROKEN, DEFENDED, Scenario, Story
from spec.crypto.hashing import sha256

OF_SLOT: Final = 100
"""Weight of a slot's committee."""
BOOST: Final = 40
"""What the first timely block of the current slot gets, in percent of that."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A block of a tree."""

    name: str
    parent: str
    weight: int
    """Of the latest votes for the block itself, boost included."""
    justified: int = 0
    """Epoch that its chain has justified."""


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _balancing(),
        _balancing_boosted(),
        _ex_ante(),
        _sandwich(),
        _equivocator(),
        _late_block(),
        _bouncing(),
        _avalanche(),
    )


def _make_id(name: str) -> bytes:
    return sha256(b"qc/scenario/block", name.encode())


def _finish(name: str, tree: tuple[Branch, ...], head: str, story: Story) -> Scenario:
    """A tree, root first, and the head that must be found."""
    rows = [
        {
            "id": to_hex(_make_id(row.name)),
            "parent": to_hex(_make_id(row.parent)),
            "justified": str(row.justified),
            "weight": str(row.weight),
        }
        for row in tree
    ]
    lines = [
        f"tree: {row.name} on {row.parent}, weight {row.weight}, justified epoch {row.justified}"
        for row in tree
    ]
    return Scenario(
        name=name,
        algorithm="pos",
        story=story,
        method="consensus.weigh",
        args={"blocks": rows},
        steps=(*lines, f"tree: CHECK head {head}"),
        value=to_hex(_make_id(head)),
    )


ROOT: Final = Branch("root", "before", 0)


def _order(one: str, other: str) -> tuple[str, str]:
    """The two names, the one whose block has the greater id first: it wins ties."""
    return (one, other) if _make_id(one) > _make_id(other) else (other, one)


def _balancing() -> Scenario:
    winner, loser = _order("left", "right")
    tree = (ROOT, Branch(winner, "root", 300), Branch(loser, "root", 301))
    story = Story(
        title="A few withheld votes keep two halves of the network apart",
        history=(
            "J. Neu, E. N. Tas, D. Tse, Ebb-and-flow protocols (2020): balancing of Gasper as it "
            "was before proposer boost."
        ),
        attack=(
            "Reveals one withheld vote to each half just before it would agree; every slot the "
            "lighter branch becomes the heavier one."
        ),
        defence="Without boost none: one vote decides between equal branches, as shown here.",
        rule="ghost.compute_head: the heavier branch, whatever the margin",
        verdict=BROKEN,
        number="margin 1 of 601 turns the head when nobody has the boost",
    )
    return _finish("balancing_without_boost", tree, loser, story)


def _balancing_boosted() -> Scenario:
    winner, loser = _order("left", "right")
    tree = (
        ROOT,
        Branch(winner, "root", 300 + 39),
        Branch(loser, "root", 300),
        Branch("proposed", loser, OF_SLOT * BOOST // 100),
    )
    story = Story(
        title="The proposer's boost ends the balance",
        history="Proposer boost, Ethereum consensus-specs 1.1.0-beta (November 2021).",
        attack="Reveals 39 withheld votes for the other branch in the slot of an honest proposer.",
        defence="The timely block of the slot weighs 40 % of a committee: all see one head.",
        rule="pos.duty.compute_weights (boost_percent)",
        verdict=DEFENDED,
    )
    return _finish("balancing_with_boost", tree, "proposed", story)


def _ex_ante() -> Scenario:
    tree = (
        ROOT,
        Branch("attacker", "root", OF_SLOT * 30 // 100),
        Branch("honest", "root", OF_SLOT * 70 // 100),
        Branch("next", "attacker", OF_SLOT * 39 // 100),
    )
    story = Story(
        title="A block held back for a slot cannot push out the honest one",
        history=(
            "C. Schwarz-Schilling and others, Three attacks on proof-of-stake Ethereum (2021): "
            "ex-ante reorganisation, before boost with one withheld block and one vote."
        ),
        attack="Withholds a block, has 30 % of the slot vote for it, reveals it a slot later.",
        defence="70 of 100 voted for the block that came in time; 30 and 39 are less.",
        rule="ghost.compute_head: latest messages, a vote a member",
        verdict=DEFENDED,
    )
    return _finish("ex_ante_reorg", tree, "honest", story)


def _sandwich() -> Scenario:
    boost = OF_SLOT * BOOST // 100
    tree = (
        ROOT,
        Branch("first", "root", 2 * 31),
        Branch("honest", "root", 100),
        Branch("last", "first", boost),
    )
    story = Story(
        title="Two attacking proposers round an honest one use the boost themselves",
        history="The sandwich reorganisation of that paper: boost helps its owner, whoever it is.",
        attack=(
            "Owns slots n and n + 2 and 31 % of each committee: withholds its block of n, then "
            "builds on it with the boost of n + 2."
        ),
        defence="None at 40 %: 62 withheld votes and 40 of boost outweigh a full committee of 100.",
        rule="boost_percent: more helps against balancing, less against sandwiches",
        verdict=BROKEN,
        number="31 % of two committees and two slots undo one honest block; 30 % would tie",
    )
    return _finish("sandwich_reorg", tree, "last", story)


def _equivocator() -> Scenario:
    winner, loser = _order("left", "right")
    tree = (ROOT, Branch(winner, "root", 200), Branch(loser, "root", 201))
    story = Story(
        title="Who was caught voting twice weighs nothing",
        history=(
            "J. Neu, E. N. Tas, D. Tse, Two more attacks on proof-of-stake GHOST (2022); Ethereum "
            "discounts equivocators since then."
        ),
        attack="Votes for both branches, so that each half of the network counts it for its own.",
        defence="Evidence takes all its messages out: 200 against 201, not 300 against 201.",
        rule="pos.duty.compute_weights skips members in voter.evidence",
        verdict=DEFENDED,
    )
    return _finish("equivocator_discounted", tree, loser, story)


def _late_block() -> Scenario:
    tree = (
        ROOT,
        Branch("late", "root", 15),
        Branch("next", "root", OF_SLOT * BOOST // 100),
    )
    story = Story(
        title="A block that came late is built around",
        history="Late-block reorganisations by honest proposers, Ethereum clients since 2023.",
        attack="Proposes late, to see more transactions than others may.",
        defence="Few voted for it; the next proposer's timely block outweighs it.",
        rule="slot_duty.on_block: only the first third of a slot is timely",
        verdict=DEFENDED,
    )
    return _finish("late_block", tree, "next", story)


def _bouncing() -> Scenario:
    tree = (
        ROOT,
        Branch("old", "root", 500, justified=3),
        Branch("new", "root", 100, justified=4),
        Branch("tip", "new", 0, justified=4),
    )
    story = Story(
        title="The branch with the higher justified epoch wins, whatever votes weigh",
        history=(
            "R. Nakamura, Bouncing attack on Gasper (2019): late votes justify now one branch and "
            "now the other."
        ),
        attack="Releases votes that justify epoch 4 on the lighter branch.",
        defence=(
            "All nodes that see the votes follow them at once; a second bounce needs another "
            "justification, for which two thirds must vote there."
        ),
        rule="ghost.compute_head (filtered tree: only leaves of the highest justified epoch)",
        verdict=DEFENDED,
    )
    return _finish("bouncing", tree, "tip", story)


def _avalanche() -> Scenario:
    wide = tuple(Branch(f"wide{number}", "root", 0) for number in range(6))
    honest = (Branch("h1", "root", 34), Branch("h2", "h1", 33), Branch("h3", "h2", 33))
    story = Story(
        title="A withheld subtree of many equivocating blocks does not outweigh votes",
        history="The avalanche attack on GHOST without LMD (J. Neu, E. N. Tas, D. Tse, 2022).",
        attack="Reveals six withheld blocks of one parent; where blocks have weight, each counts.",
        defence="Blocks weigh nothing; members' latest votes do, one each.",
        rule="LMD: ghost.compute_head weighs votes, not blocks",
        verdict=DEFENDED,
    )
    return _finish("avalanche", (ROOT, *wide, *honest), "h3", story)
