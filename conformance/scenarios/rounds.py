"""Attacks on Tendermint's rounds, and what a validator signs under them."""

from dataclasses import replace

from conformance.scenarios.chains import BFT, GENESIS_TIME_MS, make_lab
from conformance.scenarios.lab import GENESIS, Lab, Wish
from conformance.scenarios.script import BROKEN, DEFENDED, Scenario, Script, Story
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.bft.votes import VoteType
from spec.ledger.ops import Commit, RoundVote

PREVOTE, PRECOMMIT = VoteType.PREVOTE, VoteType.PRECOMMIT
ME = 3
"""The validator whose node is played; it proposes in round 3 of height 1."""
NOW_MS = GENESIS_TIME_MS + 5_000
HEIGHT = 1


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _lock_holds(),
        _lock_yields(),
        _lock_after_crash(),
        _log_lost(),
        _guard_after_crash(),
        _double_vote(),
        _two_thirds(),
        _third_double_signs(),
        _phantom_voter(),
        _lunatic_header(),
        _forged_commit(),
        _laggard(),
        _growing_timeouts(),
        _past_round(),
        _nil_polka(),
        _wrong_proposer(),
    )


def make_start() -> tuple[Lab, Script]:
    """A lab with blocks A (round 0's proposer) and B (round 1's), and our node, awake."""
    lab = make_lab(BFT)
    lab.add("A", GENESIS, Wish(round=0))
    lab.add("B", GENESIS, Wish(round=1))
    script = Script(lab, {"n": ME})
    script.restart(NOW_MS)
    return lab, script


def make_votes(
    lab: Lab, kind: VoteType, round_: int, block: str | None, voters: tuple[int, ...]
) -> tuple[RoundVote, ...]:
    """Votes of these validators, for a block by its name or for nil."""
    return tuple(lab.round_vote(kind, (HEIGHT, round_), block, voter) for voter in voters)


def say(kind: str, round_: int, block: str | None) -> tuple[object, ...]:
    """What the node signs, as checks say it."""
    return (kind, HEIGHT, round_, block)


def lock_on_a(lab: Lab, script: Script) -> None:
    """Round 0: A is proposed, the others prevote it, we precommit it; no decision."""
    script.send(lab.proposal("A", 0))
    for vote in make_votes(lab, PREVOTE, 0, "A", (0, 1)):
        script.send(vote)
    script.check(signed=[say("prevote", 0, "A"), say("precommit", 0, "A")], final=GENESIS)


def to_round_1(lab: Lab, script: Script) -> None:
    """The others precommit nil and the round is over."""
    for vote in make_votes(lab, PRECOMMIT, 0, None, (0, 1)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 0)


def _lock_holds() -> Scenario:
    lab, script = make_start()
    lock_on_a(lab, script)
    to_round_1(lab, script)
    script.send(lab.proposal("B", 1))
    script.check(signed=[say("prevote", 1, None)], refused=[])
    for vote in make_votes(lab, PREVOTE, 1, "B", (0, 1, 2)):
        script.send(vote)
    script.check(signed=[say("precommit", 1, "B")], final=GENESIS)
    story = Story(
        title="A validator locked on A is asked for B in the next round",
        history=(
            "The hidden lock: others may have seen A decided. Without the lock two correct nodes "
            "decide differently with one liar of four (proofs/explore, variant no_lock)."
        ),
        attack="Round 1's proposer, which did not see the polka for A, proposes a new block B.",
        defence="The locked node prevotes nil; only a polka for B in round 1 moves its lock.",
        rule="L22 (lockedRound = -1 or lockedValue = v), L36",
        verdict=DEFENDED,
    )
    return script.finish("lock_holds", story)


def _lock_yields() -> Scenario:
    lab, script = make_start()
    lock_on_a(lab, script)
    to_round_1(lab, script)
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 1)
    script.check(signed=[say("prevote", 1, None)])
    polka = make_votes(lab, PREVOTE, 1, "B", (0, 1, 2))
    for vote in make_votes(lab, PRECOMMIT, 1, None, (0, 1, 2)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 1)
    script.send(lab.proposal("B", 2, (1, polka)))
    script.check(signed=[say("prevote", 2, "B")], refused=[])
    story = Story(
        title="A later polka frees an older lock",
        history=(
            "The livelock of Tendermint's first unlock rule (2014 to 2018): nodes locked on "
            "different blocks waited for each other for ever."
        ),
        attack="Lets one node lock A in round 0 and the others see a polka for B in round 1.",
        defence=(
            "The proposer of round 2 shows the polka of round 1 beside B; a lock of an earlier "
            "round yields to it."
        ),
        rule="L28, L29 (lockedRound <= vr)",
        verdict=DEFENDED,
    )
    return script.finish("lock_yields", story)


def _lock_after_crash() -> Scenario:
    lab, script = make_start()
    lock_on_a(lab, script)
    script.crash()
    script.restart(NOW_MS + 100)
    script.check(signed=[say("prevote", 0, "A"), say("precommit", 0, "A")])
    to_round_1(lab, script)
    script.send(lab.proposal("B", 1))
    script.check(signed=[say("prevote", 1, None)], final=GENESIS)
    story = Story(
        title="A crash between rounds does not forget the lock",
        history=(
            "Amnesia: a node that restarts unlocked votes for B and breaks its word without "
            "signing twice in one round; cometbft's accountability papers name it."
        ),
        attack="Crashes the node after its precommit for A, then proposes B.",
        defence="The log holds every promise; the lock is that of the last precommit in it.",
        rule="guard.compute_resumption (lock from the log), L22",
        verdict=DEFENDED,
    )
    return script.finish("lock_after_crash", story)


def _log_lost() -> Scenario:
    lab, script = make_start()
    lock_on_a(lab, script)
    script.crash()
    script.restart(NOW_MS + 100, log="lost")
    to_round_1(lab, script)
    for vote in make_votes(lab, PRECOMMIT, 0, None, (2,)):
        script.send(vote)
    script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, 0)
    script.send(lab.proposal("B", 1))
    script.check(signed=[say("prevote", 1, "B")], final=GENESIS)
    story = Story(
        title="A validator restored from an old backup breaks its lock",
        history=(
            "Cosmos Hub, June 2019, and many since: a validator moved to a new machine, or was "
            "restored without its signing state, and contradicted itself."
        ),
        attack="None: the operator starts the key on a disk without the log.",
        defence="None can know: the log is the promise. Nodes must refuse to start without it.",
        rule="guard.compute_resumption knows only the log: a key moves together with its log",
        verdict=BROKEN,
        number="1 of 1 locks lost with the log; with n = 4, 2 such validators undo a decision",
    )
    return script.finish("log_lost", story)


def _guard_after_crash() -> Scenario:
    lab, script = make_start()
    lab.add("A2", GENESIS, Wish(round=0, time_ms=GENESIS_TIME_MS + 2_000))
    script.crash_at_sign()
    script.send(lab.proposal("A", 0))
    script.check(signed=[])
    script.restart(NOW_MS + 100)
    script.check(signed=[say("prevote", 0, "A")])
    script.send(lab.proposal("A2", 0))
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    script.check(signed=[])
    story = Story(
        title="A crash between promise and signature, then another proposal of the same round",
        history=(
            "tendermint issues 3089, 5804 and 8739: signing before writing, or writing without "
            "syncing, made honest validators sign twice after a crash."
        ),
        attack="The proposer equivocates: A before the crash, A2 after it.",
        defence=(
            "The promise is in the log before the signature is asked for; after the crash the "
            "same vote is signed again and no other of its round."
        ),
        rule="guard.apply_promise: Persist before Sign, one message a (height, round, kind)",
        verdict=DEFENDED,
    )
    return script.finish("guard_after_crash", story)


def _double_vote() -> Scenario:
    lab, script = make_start()
    script.send(lab.proposal("A", 0))
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "B", 0))
    script.check(reports=[])
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 0))
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 0))
    script.check(reports=["evidence.found"], refused=[])
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 0), "A", 1))
    script.check(signed=[say("prevote", 0, "A"), say("precommit", 0, "A")], reports=[])
    story = Story(
        title="An equivocator's votes count for each value, and are reported once",
        history=(
            "Counting only the first vote of an equivocator stalls for ever: the others reached "
            "their quorum with the second one (found by simulation, INTERFACE.md 6)."
        ),
        attack="Prevotes B to us and A to everybody.",
        defence="Both votes are counted for what they say; the contradiction is reported.",
        rule="VoteKeeper counts messages per value (L36, L44); report evidence.found",
        verdict=DEFENDED,
    )
    return script.finish("double_vote", story)


def _two_thirds() -> Scenario:
    lab = make_lab(BFT, (100, 100, 100))
    lab.add("A", GENESIS)
    block = replace(lab.made["A"].block, seal=lab.commit(lab.made["A"].block, 0, (0, 1)))
    script = Script(lab, {"n": None})
    script.restart(NOW_MS)
    script.send(block, name="light")
    script.check(head=GENESIS, refused=[("light", "bft.commit_too_light")])
    script.block("A")
    script.check(head="A", final="A", refused=[])
    story = Story(
        title="Exactly two thirds is no quorum",
        history=(
            "w >= 2T//3, written in more than one client, is refuted by Z3 in milliseconds: two "
            "such quorums may share no honest member."
        ),
        attack="Seals a block with 200 of 300.",
        defence="A quorum is more than two thirds, in exact integers: 3w > 2T.",
        rule="quorum.is_quorum; bft.commit_too_light",
        verdict=DEFENDED,
    )
    return script.finish("two_thirds", story)


def _third_double_signs() -> Scenario:
    lab = make_lab(BFT)
    lab.add("A", GENESIS, Wish(round=0, signers=(0, 1, 2)))
    lab.add("B", GENESIS, Wish(round=1, signers=(1, 2, 3)))
    script = Script(lab, {"left": None, "right": None})
    for node, name in (("left", "A"), ("right", "B")):
        script.restart(NOW_MS, node)
        script.block(name, node=node)
        script.check(node, head=name, final=name)
    script.block("B", node="left")
    script.block("A", node="right")
    script.check("left", final="A")
    script.check("right", final="B")
    story = Story(
        title="Two of four sign two blocks of one height",
        history="The bound of every BFT protocol; a fork of a Cosmos chain would look like this.",
        attack="Validators 1 and 2 precommit A in round 0 and B in round 1, to different nodes.",
        defence=(
            "None above a third: both commits are valid. Together they show who broke a lock; "
            "neither node ever leaves what is final to it."
        ),
        rule="agreement needs 3F < T; final only grows (node._prune)",
        verdict=BROKEN,
        number="power 200 of 400 signs both commits: at least 2 * 267 - 400 = 134 must",
    )
    return script.finish("third_double_signs", story)


def _phantom_voter() -> Scenario:
    lab = make_lab(BFT)
    lab.add("A", GENESIS)
    block = lab.made["A"].block
    seal = block.seal
    assert isinstance(seal, Commit), "BFT seals with commits"
    phantom = replace(seal, votes=(*seal.votes[:2], replace(seal.votes[2], validator=9)))
    twice = replace(seal, votes=(seal.votes[0], seal.votes[0], seal.votes[1]))
    script = Script(lab, {"n": None})
    script.restart(NOW_MS)
    script.send(replace(block, seal=phantom), name="phantom")
    script.send(replace(block, seal=twice), name="twice")
    script.check(
        head=GENESIS,
        refused=[
            ("phantom", "bft.commit_voter_unknown"),
            ("twice", "bft.commit_not_ascending"),
        ],
    )
    story = Story(
        title="A commit with voters that do not exist, or count twice",
        history=(
            "The phantom validators of Tendermint's fork accountability; counting one signature "
            "twice was a bug of more than one light client."
        ),
        attack="Fills a commit up with an index outside the set, or repeats a voter.",
        defence="Voters ascend, and each has a seat in the set that seals this height.",
        rule="validate_commit: order, membership, power, signatures",
        verdict=DEFENDED,
    )
    return script.finish("phantom_voter", story)


def _lunatic_header() -> Scenario:
    lab = make_lab(BFT)
    lab.add("A", GENESIS)
    lab.add("set", GENESIS, Wish(bend=lambda h: replace(h, next_validators_root=bytes([7]) * 32)))
    lab.add("state", GENESIS, Wish(bend=lambda h: replace(h, state_root=bytes([7]) * 32)))
    script = Script(lab, {"n": None})
    script.restart(NOW_MS)
    script.block("set", "state")
    script.check(
        head=GENESIS,
        final=GENESIS,
        refused=[
            ("set", "consensus.next_validators_root_mismatch"),
            ("state", "block.state_root_mismatch"),
        ],
    )
    story = Story(
        title="All validators seal a header that does not follow from the chain",
        history="The lunatic attack of Tendermint's light client: it fools who does not execute.",
        attack="Seals, with the whole set, a header with an invented next set or state.",
        defence="A full node derives both; no number of signatures makes them right.",
        rule="consensus.next_validators_root_mismatch, block.state_root_mismatch",
        verdict=DEFENDED,
    )
    return script.finish("lunatic_header", story)


def _forged_commit() -> Scenario:
    lab = make_lab(BFT)
    lab.add("A", GENESIS)
    lab.add("B", GENESIS, Wish(round=1))
    seal_of_b = lab.made["B"].block.seal
    assert isinstance(seal_of_b, Commit), "BFT seals with commits"
    block = lab.made["A"].block
    moved = replace(block, seal=replace(seal_of_b, block=lab.get_id("A")))
    script = Script(lab, {"n": None})
    script.restart(NOW_MS)
    script.send(replace(block, seal=seal_of_b), name="other")
    script.send(moved, name="moved")
    script.check(
        head=GENESIS,
        refused=[("other", "bft.commit_wrong_block"), ("moved", "bft.commit_signature_invalid")],
    )
    story = Story(
        title="A commit is moved to another block",
        history=(
            "BNB bridge, October 2022, and others: a proof was checked without what it proves; "
            "566 million dollars were minted from a forged Merkle proof."
        ),
        attack="Takes the signatures of B's commit and puts them under A.",
        defence="What is signed holds the chain, height, round and block id.",
        rule="bft.commit_wrong_block, bft.commit_signature_invalid; signing roots have domains",
        verdict=DEFENDED,
    )
    return script.finish("forged_commit", story)


def _laggard() -> Scenario:
    lab, script = make_start()
    script.check(waits=[get_wait("propose", 0, 300)])
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 2), None, 0))
    script.check(waits=[], signed=[])
    script.send(lab.round_vote(PREVOTE, (HEIGHT, 2), None, 1))
    script.check(waits=[get_wait("propose", 2, 400)], refused=[])
    story = Story(
        title="A node two rounds behind catches up with one honest word",
        history="Without the skip, a node that slept meets nobody in its round (INTERFACE.md 6).",
        attack="A lone liar sends votes of far rounds; then an honest node's vote arrives as well.",
        defence="More than a third in a later round holds an honest node: go there.",
        rule="L55 (round skip on f + 1)",
        verdict=DEFENDED,
    )
    return script.finish("laggard", story)


def get_wait(kind: str, round_: int, after_ms: int) -> tuple[object, ...]:
    """A timer the node starts, as checks say it."""
    return (kind, HEIGHT, round_, after_ms)


def _growing_timeouts() -> Scenario:
    lab, script = make_start()
    script.check(waits=[get_wait("propose", 0, 300)])
    for round_ in (0, 1):
        script.timeout(TimeoutKind.PROPOSE, HEIGHT, round_)
        for vote in make_votes(lab, PREVOTE, round_, None, (0,)):
            script.send(vote)
        for vote in make_votes(lab, PREVOTE, round_, "A", (1,)):
            script.send(vote)
        script.timeout(TimeoutKind.PREVOTE, HEIGHT, round_)
        for vote in make_votes(lab, PRECOMMIT, round_, None, (0, 1)):
            script.send(vote)
        script.timeout(TimeoutKind.PRECOMMIT, HEIGHT, round_)
        votes_ms, next_ms = 100 + 50 * round_, 300 + 50 * (round_ + 1)
        script.check(
            waits=[
                get_wait("prevote", round_, votes_ms),
                get_wait("precommit", round_, votes_ms),
                get_wait("propose", round_ + 1, next_ms),
            ]
        )
    story = Story(
        title="Messages take longer than the first timeout",
        history=(
            "Partial synchrony: with constant timeouts a network slower than they are never "
            "decides, and no message is lost. Random simulation does not find it."
        ),
        attack="Delays every message by 350 ms, more than round 0 waits.",
        defence="Each round waits longer than the one before it; some round outlasts any delay.",
        rule="timeoutX(r) = initX + r * deltaX (section III of the paper)",
        verdict=DEFENDED,
    )
    return script.finish("growing_timeouts", story)


def _past_round() -> Scenario:
    lab, script = make_start()
    lock_on_a(lab, script)
    to_round_1(lab, script)
    script.check(final=GENESIS)
    for vote in make_votes(lab, PRECOMMIT, 0, "A", (0, 1, 2)):
        script.send(vote)
    script.check(head="A", final="A", reports=["evidence.found", "evidence.found"])
    story = Story(
        title="A round that is over decides after all",
        history="Clients that dropped votes of past rounds halted while others had decided.",
        attack="Holds back the precommits of round 0 until the node is in round 1.",
        defence="A quorum of precommits of any round decides.",
        rule="L49",
        verdict=DEFENDED,
    )
    return script.finish("past_round", story)


def _nil_polka() -> Scenario:
    lab, script = make_start()
    script.timeout(TimeoutKind.PROPOSE, HEIGHT, 0)
    script.check(signed=[say("prevote", 0, None)])
    for vote in make_votes(lab, PREVOTE, 0, None, (0, 1)):
        script.send(vote)
    script.check(signed=[say("precommit", 0, None)], waits=[get_wait("propose", 0, 300)])
    story = Story(
        title="Everybody prevoted nil: nobody needs to wait",
        history="A silent proposer should cost one timeout, not three.",
        attack="The proposer of round 0 is silent.",
        defence="A polka for nil is precommitted at once, without the prevote timeout.",
        rule="L44",
        verdict=DEFENDED,
    )
    return script.finish("nil_polka", story)


def _wrong_proposer() -> Scenario:
    lab, script = make_start()
    early = replace(lab.proposal("B", 1), round=0)
    script.send(early, name="early")
    script.check(refused=[("early", "bft.proposal_wrong_proposer")], signed=[])
    script.send(lab.proposal("A", 0))
    script.check(signed=[say("prevote", 0, "A")])
    story = Story(
        title="Who proposes out of turn is not heard",
        history="A proposer that takes every round censors and orders as it likes.",
        attack="Round 1's proposer proposes in round 0.",
        defence="The queue by priority says who proposes; weighted, and the same for all.",
        rule="bft.proposal_wrong_proposer; compute_proposer",
        verdict=DEFENDED,
    )
    return script.finish("wrong_proposer", story)
