"""Messages that are wrong in one way each, and the rule that each of them meets."""

from dataclasses import dataclass, replace
from typing import Final

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
from conformance.scenarios.finality import grow
from conformance.scenarios.lab import GENESIS, Lab, Wish
from conformance.scenarios.script import DEFENDED, Scenario, Script, Story
from spec.config import ConsensusConfig
from spec.consensus.bft.votes import VoteType
from spec.consensus.interface import Message
from spec.ledger.ops import (
    Checkpoint,
    DoubleFfgVote,
    DoubleVote,
    FfgVote,
    NoFields,
    NoSeal,
    PosFields,
    PowFields,
    SignatureSeal,
)
from spec.ledger.types import Block
from spec.limits import EVIDENCE_PER_BLOCK_MAX

LATER_MS: Final = GENESIS_TIME_MS + 300_000
SIGNATURE: Final = bytes(64)
OTHER: Final = bytes([7]) * 32
OLD_SLOT: Final = 130
"""So late that evidence of epoch 1 is too old."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A message and the rule that refuses it."""

    name: str
    message: Message
    rule: str


def build() -> tuple[Scenario, ...]:
    """One an algorithm."""
    return (
        _work(),
        _slots("producer_rules", DPOS, NoFields(), PosFields(OTHER)),
        _slots("producer_rules", POS, PosFields(OTHER), NoFields()),
        _votes("vote_rules", DPOS),
        _votes("vote_rules", HYBRID),
        _votes("vote_rules", POS),
        _rounds(),
    )


def _finish(name: str, lab: Lab, rows: tuple[Wrong, ...], good: str, what: str) -> Scenario:
    """Everything wrong is sent and refused, then what is right is taken."""
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    for made in lab.made:
        if made.startswith("a"):
            script.block(made)
    before = [made for made in lab.made if made.startswith("a")]
    for row in rows:
        script.send(row.message, name=row.name)
    head = before[-1] if before else GENESIS
    script.check(head=head, refused=[(row.name, row.rule) for row in rows], offenders=[])
    script.block(good)
    script.check(head=good, refused=[])
    story = Story(
        title=f"{what}, each wrong in one way",
        history="A client that forgets one of these checks is alone, or worse, is not.",
        attack="Sends messages that are right but for one field.",
        defence="Each is refused for its own reason, leaves no trace, and the right one is taken.",
        rule="the documented order of checks",
        verdict=DEFENDED,
    )
    return script.finish(name, story)


def _work() -> Scenario:
    lab = make_lab(WORK)
    lab.add("a1", GENESIS)
    block = lab.add("good", "a1").block
    header = block.header
    vote = FfgVote(0, OTHER, Checkpoint(0, OTHER), Checkpoint(1, OTHER), 0, SIGNATURE)
    rows = (
        Wrong(
            "slot",
            Block(replace(header, slot=1), block.body, NoSeal()),
            "consensus.slot_not_after_parent",
        ),
        Wrong(
            "height",
            Block(replace(header, slot=9), block.body, NoSeal()),
            "consensus.slot_not_height",
        ),
        Wrong(
            "fields",
            Block(replace(header, consensus=NoFields()), block.body, NoSeal()),
            "pow.fields_missing",
        ),
        Wrong(
            "root",
            Block(replace(header, validators_root=OTHER), block.body, NoSeal()),
            "consensus.validators_root_mismatch",
        ),
        Wrong("seal", replace(block, seal=SignatureSeal(SIGNATURE)), "pow.seal_present"),
        Wrong("op", lab.rework("good", header, (vote,)), "consensus.op_not_admitted"),
    )
    return _finish("header_rules", lab, rows, "good", "Mined blocks")


def _slots(
    name: str,
    consensus: ConsensusConfig,
    fields: NoFields | PosFields,
    wrong: NoFields | PosFields,
) -> Scenario:
    lab = make_lab(consensus)
    lab.add("a1", GENESIS, Wish(slot=1))
    block = lab.add("good", "a1", Wish(slot=2)).block
    header = block.header
    assert type(header.consensus) is type(fields), "the chain's own fields"
    owner = lab.tick("a1", 2).producer
    stranger = lab.genesis.validators[(owner + 1) % 4].operator
    rows = (
        Wrong(
            "time",
            lab.rework("good", replace(header, time_ms=header.time_ms + 1), ()),
            "slots.slot_not_of_time",
        ),
        Wrong(
            "fields", lab.rework("good", replace(header, consensus=wrong), ()), "slots.fields_wrong"
        ),
        Wrong(
            "set",
            lab.rework("good", replace(header, validators_root=OTHER), ()),
            "consensus.validators_root_mismatch",
        ),
        Wrong(
            "turn",
            lab.rework("good", replace(header, proposer=stranger), ()),
            "slots.producer_out_of_turn",
        ),
        Wrong("bare", replace(block, seal=NoSeal()), "slots.seal_not_signature"),
        Wrong("forged", replace(block, seal=SignatureSeal(SIGNATURE)), "slots.seal_invalid"),
    )
    return _finish(name, lab, rows, "good", "Blocks of a slot")


def _votes(name: str, consensus: ConsensusConfig) -> Scenario:
    lab = make_lab(consensus)
    last = grow(lab, ("a", GENESIS), range(1, EPOCH + 1), ())
    slot = EPOCH + 1
    (vote,) = lab.votes_on("a3", EPOCH, (0,))
    beside = lab.sign_ffg(replace(vote, target=Checkpoint(1, OTHER)))
    proof = DoubleFfgVote(vote, beside)
    header = lab.add("good", last, Wish(slot=slot, ops=(vote,))).block.header
    unjustified = lab.sign_ffg(replace(vote, source=Checkpoint(0, OTHER)))
    unknown = replace(vote, validator=9)
    against_unknown = DoubleFfgVote(unknown, replace(beside, validator=9))

    def spoil(*ops: FfgVote | DoubleFfgVote) -> Block:
        return lab.rework("good", header, ops)

    rows = [
        Wrong("target", spoil(beside), "ffg.target_not_open"),
        Wrong("source", spoil(unjustified), "ffg.source_not_justified"),
        Wrong("member", spoil(unknown), "ffg.voter_not_member"),
        Wrong("twice", spoil(vote, vote), "ffg.vote_repeated"),
        Wrong("unsigned", spoil(replace(vote, signature=SIGNATURE)), "ffg.signature_invalid"),
        Wrong("harmless", spoil(DoubleFfgVote(vote, vote)), "evidence.harmless"),
        Wrong(
            "unproved",
            spoil(DoubleFfgVote(vote, replace(beside, signature=SIGNATURE))),
            "evidence.signature_invalid",
        ),
        Wrong("stranger", spoil(against_unknown), "evidence.offender_unknown"),
        Wrong("again", spoil(proof, proof), "evidence.offender_convicted"),
        Wrong("gossip", replace(vote, signature=SIGNATURE), "ffg.signature_invalid"),
        Wrong("accused", DoubleFfgVote(vote, vote), "evidence.harmless"),
    ]
    if lab.config.rules.name != "hybrid":
        late = lab.add("late", last, Wish(slot=OLD_SLOT)).block
        rows.append(Wrong("old", lab.rework("late", late.header, (proof,)), "evidence.too_old"))
    return _finish(name, lab, tuple(rows), "good", "Votes and evidence in blocks and gossip")


def _rounds() -> Scenario:
    lab = make_lab(BFT)
    lab.add("a1", GENESIS)
    block = lab.add("good", "a1").block
    header, ops = block.header, block.body.ops
    lab.add("other", "a1", Wish(round=1))
    stranger = bytes([header.proposer[0]]) + OTHER[1:]
    (proof,) = _make_evidence(lab, 0)
    late = replace(lab.proposal("other", 1), valid_round_plus_one=3)
    vote = lab.round_vote(VoteType.PREVOTE, (2, 0), "good", 0)
    rows = (
        Wrong(
            "fields",
            lab.rework("good", replace(header, consensus=PowFields(1, 1)), ops),
            "bft.fields_present",
        ),
        Wrong(
            "set",
            lab.rework("good", replace(header, validators_root=OTHER), ops),
            "consensus.validators_root_mismatch",
        ),
        Wrong(
            "proposer",
            lab.rework("good", replace(header, proposer=stranger), ops),
            "bft.proposer_unknown",
        ),
        Wrong("bare", replace(block, seal=NoSeal()), "bft.seal_not_commit"),
        Wrong("ops", lab.rework("good", header, ()), "bft.op_count_wrong"),
        Wrong("op", lab.rework("good", header, (*ops, _make_vote())), "consensus.op_not_admitted"),
        Wrong(
            "seat",
            lab.rework("good", header, (*ops, *_make_evidence(lab, 9))),
            "evidence.offender_not_seated",
        ),
        Wrong(
            "many",
            lab.rework("good", header, (*ops, *(proof,) * (EVIDENCE_PER_BLOCK_MAX + 1))),
            "bft.evidence_too_much",
        ),
        Wrong("kind", replace(vote, kind=9), "bft.vote_malformed"),
        Wrong("unsigned", replace(vote, signature=SIGNATURE), "bft.message_signature_invalid"),
        Wrong("proposal", late, "bft.proposal_malformed"),
    )
    return _finish("message_rules", lab, rows, "good", "Blocks, votes and proposals")


def _make_vote() -> FfgVote:
    return FfgVote(0, OTHER, Checkpoint(0, OTHER), Checkpoint(1, OTHER), 0, SIGNATURE)


def _make_evidence(lab: Lab, validator: int) -> tuple[DoubleVote]:
    """Two prevotes of height 2, as of this validator, whoever signed them."""
    votes = (lab.round_vote(VoteType.PREVOTE, (2, 0), name, 0) for name in ("good", "other"))
    one, two = (replace(vote, validator=validator) for vote in votes)
    return (DoubleVote(one, two),)
