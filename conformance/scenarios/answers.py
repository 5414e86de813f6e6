"""Answers that come late, twice or changed: builders, ledgers and logs that are not what they were.

A node asks its shell for blocks, verdicts and signatures. In most scenarios each answer comes at
once; here it does not.
"""

from conformance.scenarios.chains import BFT, DPOS, POS, make_lab
from conformance.scenarios.lab import GENESIS, Wish
from conformance.scenarios.rounds import (
    HEIGHT,
    ME,
    NOW_MS,
    PRECOMMIT,
    PREVOTE,
    make_start,
    make_votes,
    say,
)
from conformance.scenarios.script import DEFENDED, Scenario, Script, Story
from spec.config import ConsensusConfig
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.bft.state import compute_proposer
from spec.ledger.types import Transfer


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _built_twice(POS),
        _built_twice(DPOS),
        _slow_builder(),
        _stale_builder(),
        _below_the_floor(),
        _slow_ledger(),
        _slow_ledger_in_a_round(),
    )


def _built_twice(consensus: ConsensusConfig) -> Scenario:
    lab = make_lab(consensus)
    me: int = lab.tick(GENESIS, 1).producer
    to = lab.genesis.validators[0].operator
    for name, amount in (("other", 7), ("late", 8)):
        txs = (lab.sign_tx(1, 0, Transfer(to=to, amount=amount)),)
        lab.add(name, GENESIS, Wish(slot=1, txs=txs))
    script = Script(lab, {"n": me})
    script.restart()
    script.slot(1)
    script.check(signed=[("block", 1, GENESIS)])
    script.built("other", 1)
    script.check(signed=[], reports=[])
    script.slot(2)
    script.built("late", 1)
    script.check(signed=[], offenders=[])
    story = Story(
        title="The builder answers twice for one slot",
        history=(
            "Relays and failover builders retry: operators of Ethereum and of Steem were punished "
            "for a second block that their own software had made."
        ),
        attack="Gives the producer a second block of its slot, then a third when it is over.",
        defence="One block of a slot is promised; an answer after that is dropped unsigned.",
        rule="slot_duty.on_built (the slot must be above the sealed one, and the current one)",
        verdict=DEFENDED,
    )
    return script.finish("built_twice", story)


def _slow_builder() -> Scenario:
    lab = make_lab(BFT)
    lab.add("A", GENESIS, Wish(round=0, time_ms=NOW_MS))
    script = Script(lab, {"n": compute_proposer(lab.tick(GENESIS, HEIGHT).current, 0).validator})
    script.hold("blocks")
    script.restart(NOW_MS)
    script.tick(NOW_MS + 100)
    script.tick(NOW_MS + 200)
    script.check(signed=[], sent=[])
    script.release()
    proposal = ("proposal", HEIGHT, 0, 0, GENESIS)
    script.check(signed=[proposal, say("prevote", 0, "A")], reports=[])
    return script.finish("slow_builder", _SLOW_BUILDER)


_SLOW_BUILDER = Story(
    title="A slow builder answers three requests at once",
    history="Software that retries after a timeout gets all its answers once the disk is free.",
    attack="Asked at each tick of the clock, the builder gives three blocks of one round.",
    defence="The first is promised; the guard signs no other proposal of that round.",
    rule="guard.apply_promise (one promise a height, round and kind)",
    verdict=DEFENDED,
)


def _stale_builder() -> Scenario:
    lab, script = make_start()
    lab.add("mine", GENESIS, Wish(round=ME))
    script.built("mine", ME)
    script.check(signed=[], sent=[])
    script.block("A")
    script.built("mine", 0)
    script.check(head="A", signed=[], sent=[])
    story = Story(
        title="A builder answers for a round that is not, and for a height that is over",
        history="Builders lag behind rounds; a stale template is the commonest wasted block.",
        attack="Gives a block for a round to come, then one on a parent that is not the head.",
        defence="Only a block of the current round on the head is proposed.",
        rule="bft.duty.on_built (tag and parent)",
        verdict=DEFENDED,
    )
    return script.finish("stale_builder", story)


def _below_the_floor() -> Scenario:
    lab, script = make_start()
    lab.add("C", "A", Wish(round=0))
    script.block("A")
    script.send(lab.proposal("C", 0))
    voted = ("prevote", HEIGHT + 1, 0, "C")
    script.check(head="A", signed=[voted])
    script.crash()
    script.restart(NOW_MS + 1_000, log="promises")
    script.check(head=GENESIS, signed=[])
    script.send(lab.proposal("A", 0))
    script.check(head=GENESIS, signed=[], reports=["bft.below_floor"])
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    script.check(signed=[])
    script.block("A")
    script.check(head="A", signed=[voted])
    story = Story(
        title="A validator whose blocks are gone is asked to vote on heights it has passed",
        history=(
            "Tendermint's signers keep a last height: validators restored from a snapshot without "
            "it signed old heights anew, and were slashed."
        ),
        attack="Lets it begin at the genesis with its promises, and proposes height 1 again.",
        defence="Nothing below the highest height of any promise is signed; it is reported.",
        rule="guard.apply_promise (floor)",
        verdict=DEFENDED,
    )
    return script.finish("below_the_floor", story)


def _slow_ledger() -> Scenario:
    lab, script = make_start()
    script.hold("verdicts")
    script.send(lab.proposal("A", 0))
    script.check(signed=[])
    for kind in (PREVOTE, PRECOMMIT):
        for vote in make_votes(lab, kind, 0, "A", (0, 1, 2)):
            script.send(vote)
    script.check(signed=[], head=GENESIS, final=GENESIS)
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    script.check(signed=[say("prevote", 0, None)], head=GENESIS)
    script.release()
    script.check(signed=[], head="A", final="A", refused=[], reports=[])
    story = Story(
        title="The others decide while our ledger still executes the block",
        history="A validator on a slow disk lags behind its own consensus, on Cosmos chains too.",
        attack="None: the block is heavy and our ledger slow.",
        defence=(
            "A block that is not executed is not voted for; when the wait is over we prevote nil, "
            "and decide with the others once the ledger has agreed."
        ),
        rule="rounds._prevote_on_proposal, _decide (validity is the ledger's word)",
        verdict=DEFENDED,
    )
    return script.finish("slow_ledger", story)


def _slow_ledger_in_a_round() -> Scenario:
    lab, script = make_start()
    script.hold("verdicts")
    script.send(lab.proposal("A", 0))
    for vote in make_votes(lab, PREVOTE, 0, "A", (0, 1, 2)):
        script.send(vote)
    script.check(signed=[], logged=[])
    script.release()
    script.check(
        signed=[say("prevote", 0, "A"), say("precommit", 0, "A")],
        logged=["candidate", "signed", "signed"],
    )
    story = Story(
        title="The verdict comes after the polka",
        history="Votes are small and quick, blocks are neither: polkas often overtake execution.",
        attack="None: the votes are quicker than our ledger.",
        defence="With the verdict the round goes on at once: prevote, lock, precommit.",
        rule="bft.duty.on_verdict, rounds.apply_validity",
        verdict=DEFENDED,
    )
    return script.finish("verdict_after_polka", story)
