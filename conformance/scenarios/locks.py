"""More of Tendermint's rules, each where random runs seldom go: polkas, stale waits, thresholds."""

from dataclasses import replace

from conformance.scenarios.chains import BFT, make_lab
from conformance.scenarios.lab import GENESIS, Lab, Wish
from conformance.scenarios.rounds import (
    HEIGHT,
    NOW_MS,
    PRECOMMIT,
    PREVOTE,
    get_wait,
    lock_on_a,
    make_start,
    make_votes,
    say,
    to_round_1,
)
from conformance.scenarios.script import DEFENDED, Scenario, Script, Story
from spec.consensus.bft.rounds import TimeoutKind


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _old_polka(),
        _missing_polka(),
        _proposes_valid(),
        _invalid_block(),
        _stale_timeout(),
        _exact_third(),
        _waits_for_prevotes(),
        _late_valid(),
        _third_value(),
    )


def _old_polka() -> Scenario:
    lab, script = make_start()
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    for vote in make_votes(lab, PRECOMMIT, 0, None, (0, 1, 2)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 0)
    script.send(lab.proposal("B", 1))
    for vote in make_votes(lab, PREVOTE, 1, "B", (0, 1)):
        script.send(vote)
    script.check(
        signed=[
            say("prevote", 0, None),
            say("prevote", 1, "B"),
            say("precommit", 1, "B"),
        ]
    )
    for vote in make_votes(lab, PRECOMMIT, 1, None, (0, 1)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 1)
    old = make_votes(lab, PREVOTE, 0, "A", (0, 1, 2))
    script.send(lab.proposal("A", 2, (0, old)))
    script.check(signed=[say("prevote", 2, None)], final=GENESIS)
    story = Story(
        title="An older polka does not free a newer lock",
        history="Back to the past: a proof that was true in round 0 is shown again in round 2.",
        attack="Proposes A with the polka of round 0 to a node that locked B in round 1.",
        defence="Only a polka of the lock's round or a later one frees it: the node prevotes nil.",
        rule="L29 (lockedRound <= vr)",
        verdict=DEFENDED,
    )
    return script.finish("old_polka", story)


def _missing_polka() -> Scenario:
    lab, script = make_start()
    lock_on_a(lab, script)
    to_round_1(lab, script)
    for vote in make_votes(lab, PRECOMMIT, 1, None, (0, 1, 2)):
        script.send(vote)
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 1)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 1)
    script.check(signed=[say("prevote", 1, None)])
    script.send(lab.proposal("B", 2, (1, ())))
    script.check(signed=[], refused=[])
    for vote in make_votes(lab, PREVOTE, 1, "B", (0, 1, 2)):
        script.send(vote)
    script.check(signed=[say("prevote", 2, "B")])
    story = Story(
        title="A re-proposal claims a polka that nobody shows",
        history="A re-proposal without its proof stalls or, believed, unlocks (INTERFACE.md 2.14).",
        attack="Proposes B as valid since round 1, and shows no prevotes of round 1.",
        defence="The node votes only when it has seen the polka itself; then it follows.",
        rule="L28 (2f + 1 prevotes of the valid round)",
        verdict=DEFENDED,
    )
    return script.finish("missing_polka", story)


def _end_round(lab: Lab, script: Script, round_: int) -> None:
    """Three precommit nil, and the wait for the fourth ends."""
    for vote in make_votes(lab, PRECOMMIT, round_, None, (0, 1, 2)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, round_)


def _proposes_valid() -> Scenario:
    lab, script = make_start()
    lock_on_a(lab, script)
    to_round_1(lab, script)
    for round_ in (1, 2):
        script.timeout(TimeoutKind.PROPOSE, HEIGHT, round_)
        _end_round(lab, script, round_)
    script.check(
        signed=[
            say("prevote", 1, None),
            say("prevote", 2, None),
            ("proposal", HEIGHT, 3, 1, GENESIS),
            say("prevote", 3, "A"),
        ]
    )
    story = Story(
        title="A proposer proposes again what may have been decided",
        history="A proposer that forgets the valid value starves the nodes locked on it.",
        attack="None: three rounds without a decision, then it is our turn.",
        defence="The proposer proposes A, valid since round 0, with its polka, and no new block.",
        rule="L15, L16 (validValue)",
        verdict=DEFENDED,
    )
    return script.finish("proposes_valid", story)


def _invalid_block() -> Scenario:
    lab, script = make_start()
    lab.add("bad", GENESIS, Wish(round=0, bend=lambda header: replace(header, gas_used=7)))
    script.send(lab.proposal("bad", 0))
    script.check(signed=[say("prevote", 0, None)], reports=["chain.block_invalid"])
    for kind in (PREVOTE, PRECOMMIT):
        for vote in make_votes(lab, kind, 0, "bad", (0, 1, 2)):
            script.send(vote)
    script.check(signed=[], head=GENESIS, final=GENESIS)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 0)
    script.send(lab.proposal("B", 1))
    script.check(signed=[say("prevote", 1, "B")])
    story = Story(
        title="Everybody else decides a block that the ledger refuses",
        history=(
            "Holesky, February 2025: a majority of one client family followed an invalid block; "
            "the honest minority had to stay where it was."
        ),
        attack="Three of four prevote and precommit a block with wrong results.",
        defence="No quorum makes an invalid block valid: the node prevotes nil, and goes on.",
        rule="L23, L50 (valid(v))",
        verdict=DEFENDED,
    )
    return script.finish("invalid_block", story)


def _stale_timeout() -> Scenario:
    lab, script = make_start()
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    script.check(signed=[say("prevote", 0, None)])
    for vote in make_votes(lab, PRECOMMIT, 0, None, (0, 1, 2)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 0)
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 0)
    script.timeout(TimeoutKind.PROPOSE, HEIGHT + 1, 1)
    script.check(signed=[], final=GENESIS)
    script.send(lab.proposal("B", 1))
    script.check(signed=[say("prevote", 1, "B")])
    story = Story(
        title="Timers of rounds that are over",
        history="Timers that could not be cancelled in time ended rounds that had just begun.",
        attack="None: late timers of round 0, and one of another height, fire in round 1.",
        defence="A timeout names its height, round and kind; one that is stale means nothing.",
        rule="L57, L61, L65 (height and round compared)",
        verdict=DEFENDED,
    )
    return script.finish("stale_timeout", story)


def _exact_third() -> Scenario:
    lab = make_lab(BFT, (100, 100, 100))
    lab.add("own", GENESIS, Wish(round=2, time_ms=NOW_MS))
    script = Script(lab, {"n": 2})
    script.restart(NOW_MS)
    script.check(waits=[get_wait("propose", 0, 300)])
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 2), None, 0))
    script.check(waits=[], signed=[])
    script.send(lab.round_vote(PRECOMMIT, (HEIGHT, 2), None, 1))
    script.check(waits=[], signed=[("proposal", HEIGHT, 2, 0, GENESIS), say("prevote", 2, "own")])
    story = Story(
        title="Exactly a third moves nobody",
        history="Off by one at f + 1: a liar with a third of the power drags nodes through rounds.",
        attack="One of three, with exactly a third, sends a vote of round 2.",
        defence="More than a third is needed; with a second vote the node goes, and proposes.",
        rule="quorum.has_honest (3w > T), L55",
        verdict=DEFENDED,
    )
    return script.finish("exact_third", story)


def _waits_for_prevotes() -> Scenario:
    lab, script = make_start()
    script.send(lab.proposal("A", 0))
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), None, 0))
    script.check(signed=[say("prevote", 0, "A")], waits=[get_wait("propose", 0, 300)])
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 1))
    script.check(signed=[], waits=[get_wait("prevote", 0, 100)])
    script.timeout(TimeoutKind.PREVOTE, HEIGHT, 0)
    script.check(signed=[say("precommit", 0, None)])
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 2))
    script.check(signed=[], final=GENESIS)
    story = Story(
        title="A polka comes after the node has given up on it",
        history="The late polka: seen by some before, by some after their timeout.",
        attack="Delays the last prevote for A until the node has precommitted nil.",
        defence="The node does not precommit twice; it remembers A as valid, unlocked (L42).",
        rule="L34, L42, L61",
        verdict=DEFENDED,
    )
    return script.finish("late_polka", story)


def _late_valid() -> Scenario:
    lab, script = make_start()
    script.send(lab.proposal("A", 0))
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), None, 0))
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 1))
    script.timeout(TimeoutKind.PREVOTE, HEIGHT, 0)
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 2))
    script.check(signed=[say("prevote", 0, "A"), say("precommit", 0, None)])
    for round_ in (0, 1, 2):
        if round_:
            script.timeout(TimeoutKind.PROPOSE, HEIGHT, round_)
        _end_round(lab, script, round_)
    script.check(
        signed=[
            say("prevote", 1, None),
            say("prevote", 2, None),
            ("proposal", HEIGHT, 3, 1, GENESIS),
            say("prevote", 3, "A"),
        ]
    )
    story = Story(
        title="A polka that came too late to lock is remembered",
        history="Others may have locked A in time; a new block would find them locked for ever.",
        attack="Delays the last prevote for A until the node has precommitted nil.",
        defence="When its turn comes, the node proposes A again, with the polka of round 0.",
        rule="L42, L43 (validValue without a lock), L15, L16",
        verdict=DEFENDED,
    )
    return script.finish("late_valid", story)


def _third_value() -> Scenario:
    lab, script = make_start()
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    for value in (None, "B", "A"):
        script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), value, 0))
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 1))
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 2))
    for vote in make_votes(lab, PRECOMMIT, 0, None, (0, 1, 2)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 0)
    script.check(signed=[say("prevote", 0, None)])
    polka = make_votes(lab, PREVOTE, 0, "A", (0, 1, 2))
    script.send(lab.proposal("A", 1, (0, polka)))
    script.check(signed=[say("prevote", 1, "A")])
    story = Story(
        title="A liar's third value hides no polka",
        history="Three of 2,000 simulated networks never decided again (decision record 0118).",
        attack="Prevotes nil, B and A in one round, so that some count A and others have no room.",
        defence="The polka beside a proposal is counted whole: the node sees it, and prevotes A.",
        rule="L28 (2f + 1 prevotes of the valid round)",
        verdict=DEFENDED,
    )
    return script.finish("third_value", story)
