"""Edges: the same again, the clock turned back, the last signature, the smallest stake, leaving."""

from dataclasses import replace

from conformance.scenarios.chains import (
    BFT,
    DPOS,
    EPOCH,
    GENESIS_TIME_MS,
    HYBRID,
    POS,
    WORK,
    make_lab,
)
from conformance.scenarios.finality import ALL, grow
from conformance.scenarios.lab import GENESIS, Lab, Wish
from conformance.scenarios.rounds import HEIGHT, ME, NOW_MS, PREVOTE, make_start, make_votes
from conformance.scenarios.script import DEFENDED, Scenario, Script, Story
from conformance.scenarios.sets import V0, Fork
from spec.config import ConsensusConfig
from spec.consensus.bft.messages import NO_SIGNATURE
from spec.consensus.bft.state import compute_proposer
from spec.consensus.bft.votes import VoteType
from spec.ledger.ops import (
    Commit,
    CommitSignature,
    DoubleFfgVote,
    DoubleProposal,
    DoubleVote,
    ProposalSignature,
)
from spec.ledger.stake_actions import Unjail
from spec.limits import ROUNDS_MAX

LATER_MS = GENESIS_TIME_MS + 300_000
OTHER = bytes([7]) * 32


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _clock_turned_back(),
        _invalid_again(),
        _smallest_stakes(),
        _boost_is_a_part(),
        _slow_leak(),
        _jailed_delegate(),
        _rival_finality(),
        _stale_evidence(DPOS),
        _stale_evidence(HYBRID),
        _last_signature(),
        _convict_leaves(),
        _back_from_jail(),
        _old_evidence(),
        _two_valid_rounds(),
        _forged_polka(),
    )


# Proof of work


def _clock_turned_back() -> Scenario:
    lab = make_lab(WORK)
    lab.add("a1", GENESIS, Wish(time_ms=GENESIS_TIME_MS + 60_000))
    script = Script(lab, {"n": None})
    script.restart(GENESIS_TIME_MS + 60_000)
    script.tick(GENESIS_TIME_MS)
    script.block("a1")
    script.check(head="a1", refused=[])
    story = Story(
        title="The node's clock is turned back by a minute",
        history="Time servers that lie, leap seconds, virtual machines that were paused.",
        attack="Sets the clock back, so that blocks of the present seem to be of the future.",
        defence="A node's clock never goes back: what was not too early stays so.",
        rule="node.apply_clock",
        verdict=DEFENDED,
    )
    return script.finish("clock_turned_back", story)


def _invalid_again() -> Scenario:
    lab = make_lab(WORK)
    lab.add("bad", GENESIS, Wish(bend=lambda header: replace(header, gas_used=7)))
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block("bad")
    script.check(
        head=GENESIS, refused=[("bad", "block.gas_used_mismatch")], reports=["chain.block_invalid"]
    )
    script.block("bad", "bad")
    script.check(head=GENESIS, refused=[], reports=[])
    story = Story(
        title="A block that was found invalid is sent again and again",
        history="Each execution costs its receiver; peers of Bitcoin are banned for less.",
        attack="Repeats a block with enough work whose state is wrong.",
        defence="It is executed once, and its id remembered.",
        rule="node.import_block (invalid)",
        verdict=DEFENDED,
    )
    return script.finish("invalid_again", story)


# Proof of stake


def _smallest_stakes() -> Scenario:
    lab = make_lab(POS, (1, 2, 1, 3))
    last = grow(lab, ("a", GENESIS), range(1, 4 * EPOCH), ALL)
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block(*(name for name in lab.made if name.startswith("a")))
    script.check(head=last, final="a3", refused=[])
    story = Story(
        title="A lottery among stakes of one, two and three",
        history="Off-by-one draws favour a neighbour: unseen among millions, plain among seven.",
        attack="None: stakes so small that each edge of the draw is met.",
        defence="A ticket below the weight wins; one equal to it is the next member's.",
        rule="pos.rules.compute_producer",
        verdict=DEFENDED,
    )
    return script.finish("smallest_stakes", story)


def _boost_is_a_part() -> Scenario:
    lab = make_lab(POS)
    lab.add("a", GENESIS, Wish(slot=1))
    slot = EPOCH + 2
    lab.add("b", GENESIS, Wish(slot=slot))
    script = Script(lab, {"n": None})
    script.restart(lab.get_time(EPOCH + 1))
    script.block("a")
    vote = lab.votes_on("a", EPOCH + 1, (2,))[0]
    script.send(lab.sign_ffg(replace(vote, slot=EPOCH + 1, head=lab.get_id("a"))))
    script.slot(slot)
    script.block("b")
    script.check(head="a", refused=[])
    story = Story(
        title="A timely block against one whole vote",
        history="Proposer boost: enough against votes held back, too little to overrule votes.",
        attack="Produces in time, but on the genesis, beside a block that has a member's vote.",
        defence="The boost is 40 % of one slot's share of the weight: less than a member's here.",
        rule="pos.duty.compute_weights (weight of a slot)",
        verdict=DEFENDED,
    )
    return script.finish("boost_is_a_part", story)


def _slow_leak() -> Scenario:
    fork = Fork(V0, patience=4, quotient=1 << 16)
    fork.chain("a")
    for epoch in range(1, 10):
        fork.epoch(epoch, str(epoch), ((V0[:2], (0, "genesis")),))
    weights = ((0, 100), (1, 100), (2, 95), (3, 95))
    fork.expect((0, "genesis"), (0, "genesis"), 0, weights)
    story = Story(
        title="Members too small for the quotient leak all the same",
        history="Rounding down takes nothing from small balances, and a stall would never end.",
        attack="Half of the weight is silent, each member below the leak's quotient.",
        defence="Who is absent loses at least one unit an epoch.",
        rule="ffg._shrink (max(1, weight * score // quotient))",
        verdict=DEFENDED,
    )
    return fork.finish("slow_leak", "pos", story)


# Delegated proof of stake


def _jailed_delegate() -> Scenario:
    lab = make_lab(replace(DPOS, missed_slots_max=2))
    absent: int = lab.tick(GENESIS, 1).producer
    others = tuple(voter for voter in ALL if voter != absent)
    parent, made = GENESIS, list[str]()
    for slot in range(1, 6 * EPOCH):
        if lab.tick(parent, slot).producer == absent:
            continue
        ops = lab.votes_on(parent, slot, others) if _is_first(lab, parent, slot) else ()
        parent = f"a{slot}"
        lab.add(parent, made[-1] if made else GENESIS, Wish(slot=slot, ops=ops))
        made.append(parent)
    current = {m.validator for m in lab.made[parent].chain_state.finality.ffg.current}
    assert current == set(others), "the jailed delegate is not elected again"
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block(*made)
    final = lab.get_name(lab.made[parent].chain_state.finality.ffg.finalised.root)
    script.check(head=parent, final=final, refused=[])
    story = Story(
        title="A delegate that was jailed stands in the next election",
        history="EOS removes producers that are silent for a day; their votes remain.",
        attack="Keeps its votes and hopes to keep its seat.",
        defence="Only active validators are elected: the next dynasty goes on without it.",
        rule="dpos.rules.compute_delegates (active)",
        verdict=DEFENDED,
    )
    return script.finish("jailed_delegate", story)


def _is_first(lab: Lab, parent: str, slot: int) -> bool:
    """Whether a block of this slot is the first of its epoch on this parent."""
    return lab.made[parent].block.header.slot // EPOCH < slot // EPOCH


def _rival_finality() -> Scenario:
    lab = make_lab(DPOS)
    grow(lab, ("a", GENESIS), range(1, 13), ALL)
    lab.add("b1", GENESIS, Wish(slot=2))
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block(*(name for name in lab.made if name.startswith("a")))
    script.check(final="a3", reports=[], sent=[])
    reports = ["evidence.found", "evidence.found", "finality.conflict"]
    for voter in (0, 1):
        script.send(lab.ffg_vote(voter, (1, "b1"), (4, "b1")))
    script.check(final="a3", reports=reports, offenders=[0, 1], refused=[])
    story = Story(
        title="Half of the members vote from a checkpoint that contradicts what is final",
        history="After a split both sides may finalise; each sees of the other its votes alone.",
        attack="Members 0 and 1 voted on our side, and now from another block of epoch 1.",
        defence="Nothing final is left; the conflict is reported, since a third says so.",
        rule="voter.witness_source, rivals.find_rivals",
        verdict=DEFENDED,
    )
    return script.finish("rival_finality", story)


def _stale_evidence(consensus: ConsensusConfig) -> Scenario:
    lab = make_lab(consensus)
    last = grow(lab, ("a", GENESIS), range(1, EPOCH + 1), ())
    vote = lab.votes_on("a3", EPOCH, (0,))[0]
    beside = lab.sign_ffg(replace(vote, target=replace(vote.target, root=OTHER)))
    proof = DoubleFfgVote(vote, beside)
    has_slots = lab.config.rules.name == "dpos"
    edge = EPOCH + 99  # evidence may be 100 slots old, and goes into the block after the head
    heads = (edge, edge + 1) if has_slots else range(EPOCH + 1, edge + 2)
    for slot in heads:
        lab.add(f"a{slot}", last, Wish(slot=slot))
        last = f"a{slot}"
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block(*(f"a{slot}" for slot in range(1, EPOCH + 1)))
    script.send(proof)
    script.check(offenders=[0], repeats=[proof])
    script.block(*(f"a{slot}" for slot in heads[:-1]))
    script.check(head=f"a{edge}", repeats=[proof])
    script.block(last)
    script.check(head=last, repeats=[], refused=[])
    story = Story(
        title="Evidence that no producer took in time",
        history="Gossip that nothing ends fills every network: old alerts of Bitcoin, old votes.",
        attack="Offends once; the producers leave the evidence out of all their blocks.",
        defence="It is repeated for as long as a block may hold it, and rests then.",
        rule="voter.get_own_messages, finality.is_too_old",
        verdict=DEFENDED,
    )
    return script.finish("stale_evidence", story)


# BFT


def _last_signature() -> Scenario:
    lab = make_lab(BFT)
    lab.add("A", GENESIS)
    block = lab.made["A"].block
    seal = block.seal
    assert isinstance(seal, Commit), "BFT seals with commits"
    forged = (*seal.votes[:-1], CommitSignature(seal.votes[-1].validator, NO_SIGNATURE))
    script = Script(lab, {"n": None})
    script.restart(NOW_MS)
    script.send(replace(block, seal=replace(seal, votes=forged)), name="forged")
    script.check(head=GENESIS, refused=[("forged", "bft.commit_signature_invalid")])
    far = lab.round_vote(VoteType.PREVOTE, (HEIGHT, ROUNDS_MAX + 1), "A", 0)
    script.send(far, name="far")
    script.block("A")
    script.check(head="A", refused=[("far", "bft.vote_malformed")])
    story = Story(
        title="A commit whose last signature is forged",
        history="Verifiers that stop early: CVE-2022-47930 and others judged part of a proof.",
        attack="Seals a block with three good signatures and a fourth of zeros.",
        defence="Every signature of a commit is checked, needed or not.",
        rule="bft.rules.validate_commit",
        verdict=DEFENDED,
    )
    return script.finish("last_signature", story)


def _convict_leaves() -> Scenario:
    lab = make_lab(BFT)
    lab.add("a1", GENESIS)
    lab.add("x1", GENESIS, Wish(round=1))
    one, two = (lab.round_vote(PREVOTE, (HEIGHT, 0), name, 3) for name in ("a1", "x1"))
    lab.add("a2", "a1", Wish(ops=(DoubleVote(one, two),)))
    lab.add("a3", "a2")
    lab.add("a4", "a3")
    lab.add("a5", "a4")
    names = ("a2", "a3", "a4", "a5")
    sizes = [len(lab.made[name].chain_state.current.seats) for name in names]
    assert sizes == [4, 4, 3, 3], "two heights after its conviction it has no seat"
    script = Script(lab, {"n": 0})
    script.restart(LATER_MS)
    script.block("a1")
    script.send(one)
    script.send(DoubleVote(one, two))
    script.check(head="a1", offenders=[3], reports=["evidence.found"], refused=[])
    script.block(*names)
    script.check(head="a5", final="a5", refused=[], repeats=[])
    story = Story(
        title="A convicted validator leaves between two commits",
        history="Set changes are where light clients and bridges broke: whose commit is this?",
        attack="Votes twice, is convicted in block 2, and still seals block 3.",
        defence="Block 4 holds the commit of the set that sealed block 3; the new set seals it.",
        rule="bft.rules.validate_op (the set that sealed the parent), tick",
        verdict=DEFENDED,
    )
    return script.finish("convict_leaves", story)


def _back_from_jail() -> Scenario:
    lab = make_lab(replace(BFT, missed_heights_max=2))
    lab.add_row(("a1", "a2", "a3"), GENESIS, Wish(signers=(0, 1, 2)))
    lab.add_row(("a4", "a5"), "a3", Wish(signers=(0, 1, 2)))
    assert lab.made["a5"].view.validators[ME].status.name == "JAILED", "two commits without it"
    back_ms = lab.made["a5"].block.header.time_ms + 60_000
    txs = (lab.sign_tx(ME, 0, Unjail(ME)),)
    lab.add("a6", "a5", Wish(time_ms=back_ms, txs=txs))
    lab.add_row(("a7", "a8", "a9"), "a6", Wish())
    sets = [lab.made[name].chain_state.current for name in ("a6", "a8", "a9")]
    assert [len(each.seats) for each in sets] == [3, 4, 4], "out, and in again"
    proposers = [compute_proposer(each, 0).validator for each in sets[1:]]
    assert ME not in proposers, "it waits its turn"
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block(*(f"a{number}" for number in range(1, 10)))
    script.check(head="a9", final="a9", refused=[])
    story = Story(
        title="A validator comes back from jail",
        history="Who could reset its place in the queue by leaving and coming back would propose.",
        attack="Is silent, is jailed, returns, and hopes to propose at once.",
        defence="Newcomers queue up behind all others, an eighth of the power further back.",
        rule="bft.state.compute_set (priority of newcomers)",
        verdict=DEFENDED,
    )
    return script.finish("back_from_jail", story)


def _old_evidence() -> Scenario:
    lab = make_lab(BFT)
    first_ms = GENESIS_TIME_MS + 10_000
    lab.add("a1", GENESIS, Wish(time_ms=first_ms))
    lab.add("x1", GENESIS, Wish(round=1))
    lab.add("a2", "a1", Wish(time_ms=first_ms + 90_000))
    lab.add("a3", "a2", Wish(time_ms=first_ms + 180_000))
    one, two = (lab.round_vote(PREVOTE, (HEIGHT, 0), name, 3) for name in ("a1", "x1"))
    proof = DoubleVote(one, two)
    good = lab.add("good", "a3").block
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    script.block("a1", "a2", "a3")
    script.send(proof, name="gossip")
    script.send(lab.rework("good", good.header, (*good.body.ops, proof)), name="old")
    script.check(head="a3", offenders=[], refused=[("old", "evidence.too_old")], repeats=[])
    script.block("good")
    script.check(head="good", refused=[])
    story = Story(
        title="Evidence that is older than stake is at risk",
        history="Tendermint's evidence age: what is shown too late would punish who holds it now.",
        attack="Keeps two votes of height 1 for three minutes, then shows them.",
        defence="A block with it is refused; in gossip it is ignored, for peers may be behind.",
        rule="bft.penalties.validate_bft_evidence (evidence_age_ms)",
        verdict=DEFENDED,
    )
    return script.finish("old_evidence", story)


def _two_valid_rounds() -> Scenario:
    lab, script = make_start()
    first = lab.proposal("A", 4)
    polka = make_votes(lab, PREVOTE, 1, "A", (0, 1, 2))
    second = lab.proposal("A", 4, (1, polka))
    proofs = [
        DoubleProposal(
            first.validator,
            HEIGHT,
            4,
            ProposalSignature(0, lab.get_id("A"), first.signature),
            ProposalSignature(other.valid_round_plus_one, lab.get_id("A"), other.signature),
        )
        for other in (first, second)
    ]
    script.send(proofs[0], name="same")
    script.check(offenders=[], refused=[("same", "evidence.harmless")])
    script.send(proofs[1], name="two")
    script.check(offenders=[first.validator], refused=[], repeats=[proofs[1]])
    story = Story(
        title="One block proposed twice in a round, once as new and once as valid before",
        history="Equivocation need not be about the block: what it claims of a polka splits nodes.",
        attack="Tells half of the nodes that A is new, the other half that round 1 had a polka.",
        defence="Two proposals of a round that differ in anything are evidence.",
        rule="evidence._is_offence (double proposal: block and valid round)",
        verdict=DEFENDED,
    )
    return script.finish("two_valid_rounds", story)


def _forged_polka() -> Scenario:
    lab, script = make_start()
    polka = make_votes(lab, PREVOTE, 0, "A", (0, 1, 2))
    forged = tuple(replace(vote, signature=NO_SIGNATURE) for vote in polka)
    script.send(lab.proposal("A", 1, (0, forged)), name="forged")
    for vote in make_votes(lab, PREVOTE, 1, None, (0, 1)):
        script.send(vote)
    rule = "bft.message_signature_invalid"
    script.check(signed=[], refused=[("forged", rule)] * 3)
    story = Story(
        title="A re-proposal with a polka that nobody signed",
        history="A polka lets a locked validator move: who can forge one can break every lock.",
        attack="Proposes A in round 1 with three prevotes of round 0, all without signatures.",
        defence="The votes of a polka are checked like any; without them nobody prevotes.",
        rule="bft.duty._take_polka; L28",
        verdict=DEFENDED,
    )
    return script.finish("forged_polka", story)
