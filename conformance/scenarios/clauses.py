"""Rule G where related rules break (D and E), and chains that go on by themselves."""

from dataclasses import replace
from typing import Final

from conformance.scenarios.chains import DPOS, EPOCH, GENESIS_TIME_MS, POS, make_lab
from conformance.scenarios.finality import grow
from conformance.scenarios.lab import GENESIS, Wish
from conformance.scenarios.script import DEFENDED, Scenario, Script, Story
from conformance.scenarios.sets import V0, V1, V2, V4, Fork, get_full

ALL: Final = (0, 1, 2, 3)
LATER_MS: Final = GENESIS_TIME_MS + 100_000
SILENCE: Final = range(42, 51)
"""Slots after ten rounds without a block."""


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _foreign_source(),
        _three_promotions(),
        _all_missed(),
        _final_before_head(),
        _invalid_majority(),
    )


def _foreign_source() -> Scenario:
    fork = Fork(V0)
    for name in ("a", "b"):
        fork.chain(name)
        fork.epoch(1, "1", ((V0, (0, "genesis")),))
        fork.epoch(2, "2", ((V0, (1, "1")),))
        if name == "a":
            fork.epoch(3, "3")
            fork.epoch(5, "5a", ((V0, (3, "3")),))
            fork.epoch(6, "6a", ((V0, (5, "5a")),))
            fork.epoch(7, "7a")
        else:
            fork.epoch(3, "3", ((V0, (2, "2")),))
            fork.epoch(4, "4b", ((V0, (3, "3")), (V2, (3, "3"))), elects=V4)
            fork.epoch(5, "5b", ((V0, (4, "4b")), (V4, (4, "4b"))), elects=V4)
            fork.epoch(6, "6b", elects=V4)
    votes = range(4)
    fork.expect(
        (2, "2"), (1, "1"), 1, get_full(V0), (*((5, v) for v in votes), *((6, v) for v in votes))
    )
    fork.expect((5, "5b"), (4, "4b"), 2, get_full(V4), tuple((4, 4 + vote) for vote in votes))
    story = Story(
        title="A source that is justified on another chain only",
        history="Counterexample D to sources justified anywhere (FFG.md 2).",
        attack=(
            "2 -> 3 stands in blocks of b only; on a, V0 votes from 3, which a never justified, "
            "and would finalise 5a against 4b. Nobody voted twice."
        ),
        defence="No block of a may hold a vote whose source a has not recorded as justified.",
        rule="rule G, G1 (s is justified on the chain); ffg.is_includable",
        verdict=DEFENDED,
    )
    return fork.finish("foreign_source", "hybrid", story)


def _three_promotions() -> Scenario:
    fork = Fork(V0)
    for name in ("a", "b"):
        fork.chain(name)
        fork.epoch(1, "1", ((V0, (0, "genesis")),))
        fork.epoch(2, "2", ((V0, (0, "genesis")),))
        fork.epoch(3, "3", ((V0, (1, "1")),))
        if name == "a":
            fork.epoch(6, "6a", ((V0, (3, "3")),))
            fork.epoch(7, "7a", ((V0, (6, "6a")),))
            fork.epoch(8, "8a")
        else:
            fork.epoch(4, "4b", ((V0, (2, "2")), (V1, (2, "2"))), elects=V1)
            fork.epoch(5, "5b", ((V0, (3, "3")), (V1, (3, "3"))), elects=V2)
            fork.epoch(6, "6b", ((V1, (4, "4b")), (V2, (4, "4b"))), elects=V2)
            fork.epoch(7, "7b", elects=V2)
    fork.expect((7, "7a"), (6, "6a"), 2, get_full(V0))
    fork.expect((5, "5b"), (3, "3"), 1, get_full(V1), tuple((6, 4 + v) for v in range(4)))
    story = Story(
        title="Three promotions in three epochs leave the first set behind",
        history="Counterexample E to promotion at every finality with links over two epochs.",
        attack=(
            "On b, links over two epochs finalise 2, 3 and 4b one after the other, each electing "
            "new voters; on a, V0 alone finalises 6a. Nobody voted twice."
        ),
        defence=(
            "2 and 3 are older than the dynasty that they would end: b keeps its sets, V2's votes "
            "may not stand in its blocks, and 4b is not final."
        ),
        rule="rule G, G3 (epoch(f) >= dynasty_start), with k = 2",
        verdict=DEFENDED,
    )
    return fork.finish("three_promotions", "dpos", story)


def _all_missed() -> Scenario:
    lab = make_lab(replace(DPOS, missed_slots_max=3))
    last = grow(lab, ("a", GENESIS), range(1, EPOCH + 1), ())
    lab.add("a41", last, Wish(slot=41))
    last = grow(lab, ("a", "a41"), SILENCE, ALL)
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block(*(name for name in lab.made if name.startswith("a")))
    script.check(head=last, refused=[])
    story = Story(
        title="Every delegate misses every slot of ten rounds",
        history="Whole networks that stopped: a common bug, a release that everybody installed.",
        attack="None: nobody produces, and all delegates come to be jailed for it.",
        defence="Where no delegate is able, everybody is on the schedule: the chain goes on.",
        rule="dpos.rules.compute_schedule (able, or everybody); tick over skipped rounds",
        verdict=DEFENDED,
    )
    return script.finish("all_missed", story)


def _final_before_head() -> Scenario:
    lab = make_lab(DPOS)
    long = grow(lab, ("a", GENESIS), range(1, 25), ())
    short = grow(lab, ("v", GENESIS), range(2, 13), ALL)
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block(*(name for name in lab.made if name.startswith("a")))
    script.check(head=long, final=GENESIS, refused=[])
    script.block(*(name for name in lab.made if name.startswith("v")))
    script.check(head=short, final="v3", refused=[])
    story = Story(
        title="A block becomes final on a branch that is not the longest",
        history=(
            "The irreversible block ahead of the head: EOS and BitShares nodes had to pop blocks "
            "that they had called irreversible, or stood still."
        ),
        attack="A minority produces twice as many blocks as the branch that the others vote for.",
        defence="The head is chosen among the descendants of what is final, however short.",
        rule="node._follow (prune, then choose); DposRules.get_weight (justified round, height)",
        verdict=DEFENDED,
    )
    return script.finish("final_before_head", story)


def _invalid_majority() -> Scenario:
    lab = make_lab(POS)
    lab.add_row(("a1", "a2"), GENESIS, Wish(slot=1))
    lab.add("bad", "a2", Wish(slot=3, bend=lambda header: replace(header, gas_used=7)))
    lab.add("worse", "bad", Wish(slot=4))
    script = Script(lab, {"n": 0})
    script.restart(lab.get_time(3))
    script.block("a1", "a2", "bad", "worse")
    script.check(head="a2", reports=["chain.block_invalid"])
    for vote in lab.votes_on("worse", 5, (1, 2, 3), lab.get_id("worse")):
        script.send(vote)
    for slot in range(4, 2 * EPOCH):
        script.slot(slot)
        script.slot(slot, part_ms=600)
    promised = [("vote", (0, GENESIS), (1, "a2")), ("block", 6, "a2")]
    script.check(final=GENESIS, signed=promised)
    story = Story(
        title="A majority of the stake votes for a chain that the ledger refuses",
        history=(
            "Holesky, February 2025: most clients followed an invalid block and justified it; who "
            "had voted there could not leave without a slashable vote."
        ),
        attack="Three of four members build on an invalid block and vote for it.",
        defence="An invalid block has no descendants here: the node votes for its own chain only.",
        rule="node.apply_verdict (invalid for good); voter.cast_vote votes for its own tree",
        verdict=DEFENDED,
    )
    return script.finish("invalid_majority", story)
