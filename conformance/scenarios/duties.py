"""What producers and voters of slots do under attack: sign once, weigh rightly, keep their turn."""

from dataclasses import replace
from itertools import count

from conformance.scenarios.chains import DPOS, EPOCH, GENESIS_TIME_MS, PACE_MS, POS, make_lab
from conformance.scenarios.lab import GENESIS, Lab, Wish
from conformance.scenarios.script import BROKEN, DEFENDED, Scenario, Script, Story
from spec.ledger.ops import FfgVote, PosFields
from spec.ledger.types import Transfer


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _one_vote_a_round(),
        _one_block_a_slot(),
        _double_production(),
        _missed_slots(),
        _boost_once(),
        _late_is_not_boosted(),
        _equivocator_weighs_nothing(),
        _votes_turn_the_head(),
        _wrong_reveal(),
        _last_revealer(),
    )


def _owner(lab: Lab, parent: str, slot: int) -> int:
    owner: int = lab.tick(parent, slot).producer
    return owner


def _one_vote_a_round() -> Scenario:
    lab = make_lab(DPOS)
    lab.add("c1", GENESIS, Wish(slot=1))
    lab.add_row(("a3", "a4"), "c1", Wish(slot=3))
    lab.add("b2", "c1", Wish(slot=2))
    lab.add_row(("b5", "b6"), "b2", Wish(slot=5))
    me = _owner(lab, "b6", 7)
    script = Script(lab, {"n": me})
    script.restart(lab.get_time(4))
    script.block("c1", "a3")
    script.crash_at_sign()
    script.block("a4")
    script.check(signed=[])
    script.restart(lab.get_time(6))
    vote = ("vote", (0, GENESIS), (1, "a3"))
    script.check(signed=[vote], head="a4")
    script.block("b2", "b5", "b6")
    script.slot(6, part_ms=500)
    script.check(head="b6", signed=[], refused=[])
    story = Story(
        title="A voter crashes, wakes on another fork, and does not vote again",
        history=(
            "Nothing at stake: voting for every fork costs nothing unless two votes are an "
            "offence. Most slashings are of honest operators whose machine did so after a crash."
        ),
        attack="Crashes the delegate between promise and signature, then shows it a better fork.",
        defence="The promise is in the log: the same vote is signed, no second one of its round.",
        rule="voter.cast_vote (Persist before Sign), ffg.is_honest_vote, restore_voter",
        verdict=DEFENDED,
    )
    return script.finish("one_vote_a_round", story)


def _one_block_a_slot() -> Scenario:
    lab = make_lab(DPOS)
    lab.add("c1", GENESIS, Wish(slot=1))
    lab.add("a2", "c1", Wish(slot=2))
    me = _owner(lab, "c1", 3)
    script = Script(lab, {"n": me})
    script.restart(lab.get_time(2))
    script.block("c1")
    script.crash_at_sign()
    script.slot(3)
    script.check(signed=[])
    script.restart(lab.get_time(3) + 100)
    script.check(signed=[("block", 3, "c1")])
    script.block("a2")
    script.slot(3, part_ms=300)
    script.check(signed=[], refused=[])
    story = Story(
        title="A producer crashes in its slot and sees another parent when it wakes",
        history="Double production by a failover machine: EOS, Steem and Ethereum operators alike.",
        attack="Crashes the producer after its promise; a block it had not seen arrives meanwhile.",
        defence="The sealed slot is in the log; the same block is signed, no other of that slot.",
        rule="slot_duty.on_built (Persist before Sign), start (highest sealed slot)",
        verdict=DEFENDED,
    )
    return script.finish("one_block_a_slot", story)


def _double_production() -> Scenario:
    lab = make_lab(DPOS)
    to = lab.genesis.validators[0].operator
    lab.add("a1", GENESIS, Wish(slot=1))
    lab.add("b1", GENESIS, Wish(slot=1, txs=(lab.sign_tx(1, 0, Transfer(to=to, amount=7)),)))
    owner = _owner(lab, GENESIS, 1)
    script = Script(lab, {"n": None})
    script.restart(GENESIS_TIME_MS + 100_000)
    script.block("a1", "b1")
    script.check(head="a1", offenders=[owner], reports=["evidence.found"], refused=[])
    proof = lab.double_production(owner, "a1", "b1")
    lab.add("a2", "a1", Wish(slot=2, ops=(proof,)))
    script.block("a2")
    script.check(head="a2", refused=[])
    story = Story(
        title="A delegate makes two blocks in its slot",
        history="Steem and EOS explorers show such pairs; chains without evidence only shrug.",
        attack="Seals one block for each half of the network.",
        defence="Two seals of one slot prove it by themselves; a block convicts the delegate.",
        rule="voter.witness_production; evidence.validate_evidence (double production)",
        verdict=DEFENDED,
    )
    return script.finish("double_production", story)


def _missed_slots() -> Scenario:
    lab = make_lab(replace(DPOS, missed_slots_max=3))
    absent = _owner(lab, GENESIS, 1)
    parent, made = GENESIS, []
    for slot in range(1, 5 * EPOCH):
        if _owner(lab, parent, slot) != absent:
            lab.add(f"a{slot}", parent, Wish(slot=slot))
            parent = f"a{slot}"
            made.append(parent)
    jailed = lab.made[parent].view.validators[absent]
    assert jailed.status.name == "JAILED", "three missed slots in a row"
    script = Script(lab, {"n": None})
    script.restart(GENESIS_TIME_MS + 100_000)
    script.block(*made)
    script.check(head=parent, refused=[])
    story = Story(
        title="A delegate that never produces",
        history="Paid and idle delegates; EOS added automatic removal in 2018 after votes did not.",
        attack="Keeps its seat and misses every slot.",
        defence="Three missed slots in a row, and it is in jail; the state of the block says so.",
        rule="dpos.rules._count_missed (missed_slots_max)",
        verdict=DEFENDED,
    )
    return script.finish("missed_slots", story)


def _add_twin(lab: Lab, name: str, than: str, wish: Wish) -> None:
    """A block beside another of its slot, with a greater id, so that it would win a tie."""
    to = lab.genesis.validators[0].operator
    parent = lab.get_name(lab.made[than].block.header.parent)
    for amount in count(1):
        lab.add(name, parent, replace(wish, txs=(lab.sign_tx(1, 0, Transfer(to, amount)),)))
        if lab.get_id(name) > lab.get_id(than):
            return
        del lab.made[name]


def _boost_once() -> Scenario:
    lab = make_lab(POS)
    lab.add("first", GENESIS, Wish(slot=1))
    _add_twin(lab, "second", "first", Wish(slot=1))
    script = Script(lab, {"n": None})
    script.restart(lab.get_time(1))
    script.block("first", "second")
    script.check(head="first", offenders=[_owner(lab, GENESIS, 1)], refused=[])
    script.slot(2)
    script.check(head="second")
    story = Story(
        title="A producer's second block gets no boost",
        history="If each timely block were boosted, an equivocator could boost both branches.",
        attack="Sends two blocks of its slot, the second with the id that wins ties.",
        defence="Only the first timely block of a slot is boosted; when the slot is over, none.",
        rule="slot_duty.on_block (is_first); pos.duty.compute_weights",
        verdict=DEFENDED,
    )
    return script.finish("boost_once", story)


def _late_is_not_boosted() -> Scenario:
    lab = make_lab(POS)
    lab.add("late", GENESIS, Wish(slot=1))
    _add_twin(lab, "later", "late", Wish(slot=1))
    script = Script(lab, {"n": None})
    script.restart(lab.get_time(1) + PACE_MS // 2)
    script.block("late", "later")
    script.check(head="later", refused=[])
    story = Story(
        title="A block after the first third of its slot is late",
        history="Timing games: proposers delay to earn more, and others build around them.",
        attack="Sends its block half a slot late and hopes for the boost.",
        defence="No boost; between two late blocks without votes the greater id decides.",
        rule="slot_duty.on_block (3 * late < slot)",
        verdict=DEFENDED,
    )
    return script.finish("late_not_boosted", story)


def _vote(lab: Lab, head: str, slot: int, voter: int) -> FfgVote:
    """A member's latest message for a head, signed."""
    vote = lab.votes_on(GENESIS, slot, (voter,))[0]
    return lab.sign_ffg(replace(vote, slot=slot, head=lab.get_id(head)))


def _two_heads() -> Lab:
    lab = make_lab(POS)
    lab.add("a", GENESIS, Wish(slot=1))
    _add_twin(lab, "b", "a", Wish(slot=1))
    return lab


def _equivocator_weighs_nothing() -> Scenario:
    lab = _two_heads()
    script = Script(lab, {"n": None})
    script.restart(lab.get_time(EPOCH + 2))
    script.block("a", "b")
    script.check(head="b", offenders=[_owner(lab, GENESIS, 1)])
    script.send(_vote(lab, "a", 4, 0 if _owner(lab, GENESIS, 1) else 1))
    voter = next(v for v in (2, 3) if v != _owner(lab, GENESIS, 1))
    script.send(_vote(lab, "a", 4, voter))
    script.send(_vote(lab, "b", 5, voter))
    script.slot(EPOCH + 2, part_ms=1)
    script.check(head="a", offenders=[voter], refused=[])
    story = Story(
        title="A member votes for both heads and loses its weight",
        history="J. Neu, E. N. Tas, D. Tse, Two more attacks on proof-of-stake GHOST (2022).",
        attack="Votes for a, then for b, within one epoch, to move both halves.",
        defence="Two votes of one epoch are evidence; none of its messages counts any more.",
        rule="pos.duty.compute_weights (members in voter.evidence)",
        verdict=DEFENDED,
    )
    return script.finish("equivocator_weighs_nothing", story)


def _votes_turn_the_head() -> Scenario:
    lab = _two_heads()
    script = Script(lab, {"n": None})
    script.restart(lab.get_time(EPOCH))
    script.block("a", "b")
    script.check(head="b")
    script.send(_vote(lab, "a", 4, 2))
    script.slot(EPOCH, part_ms=400)
    script.check(head="a", refused=[])
    for voter in (0, 3):
        script.send(_vote(lab, "b", 4, voter))
    script.slot(EPOCH, part_ms=500)
    script.check(head="b", refused=[])
    story = Story(
        title="The head follows the latest votes, block or no block",
        history="LMD-GHOST: a validator's newest message is its whole weight.",
        attack="None: votes arrive one by one.",
        defence="Each vote moves its voter's weight; the head is chosen anew when the clock ticks.",
        rule="pos.duty.compute_weights, ghost.compute_head",
        verdict=DEFENDED,
    )
    return script.finish("votes_turn_the_head", story)


def _find_second_turn(lab: Lab) -> tuple[str, int]:
    """A chain up to the slot in which somebody produces for the second time: (parent, slot)."""
    parent, seen = GENESIS, set[int]()
    for slot in count(1):
        owner = _owner(lab, parent, slot)
        if owner in seen:
            return parent, slot
        seen.add(owner)
        lab.add(f"a{slot}", parent, Wish(slot=slot))
        parent = f"a{slot}"
    raise AssertionError("four producers cannot fill five slots")


def _wrong_reveal() -> Scenario:
    lab = make_lab(POS)
    parent, slot = _find_second_turn(lab)
    other = PosFields(bytes([7]) * 32)
    lab.add("ground", parent, Wish(slot=slot, bend=lambda h: replace(h, consensus=other)))
    lab.add("fair", parent, Wish(slot=slot))
    script = Script(lab, {"n": None})
    script.restart(GENESIS_TIME_MS + 100_000)
    script.block(*(name for name in lab.made if name.startswith("a")), "ground")
    script.check(head=parent, refused=[("ground", "pos.reveal_wrong")])
    script.block("fair")
    script.check(head="fair", refused=[])
    story = Story(
        title="A producer tries many reveals until the seed suits it",
        history=(
            "Grinding: with values that their maker can choose, such as Ed25519 signatures, a "
            "producer draws until it is drawn again."
        ),
        attack="Puts another value into its block than the one it committed to.",
        defence="The reveal must hash to the one before it: there is one value, or no block.",
        rule="pos.reveal_wrong (hash onion, decision record 0074)",
        verdict=DEFENDED,
    )
    return script.finish("wrong_reveal", story)


def _last_revealer() -> Scenario:
    lab = make_lab(POS)
    parent, slot = _find_second_turn(lab)
    lab.add("shown", parent, Wish(slot=slot))
    epochs = slot // EPOCH + 1
    first = (epochs + 1) * EPOCH
    lab.add("with", "shown", Wish(slot=epochs * EPOCH))
    lab.add("without", parent, Wish(slot=epochs * EPOCH))
    seeds = [lab.made[name].chain_state.seed_next for name in ("with", "without")]
    assert seeds[0] != seeds[1], "one bit of choice"
    lab.add("w", "with", Wish(slot=first))
    lab.add("o", "without", Wish(slot=first))
    script = Script(lab, {"with": None, "without": None})
    rows = tuple(name for name in lab.made if name.startswith("a"))
    for node, names in (("with", ("shown", "with", "w")), ("without", ("without", "o"))):
        script.restart(GENESIS_TIME_MS + 100_000, node)
        script.block(*rows, *names, node=node)
        script.check(node, head=names[-1], refused=[])
    story = Story(
        title="The last producer of an epoch chooses between two seeds",
        history="RANDAO's known bias, from Ethereum's design notes on: withhold, or show.",
        attack="Computes both seeds and withholds its block when that one suits it better.",
        defence="One bit a withheld block, paid with its reward; nothing to grind beyond that.",
        rule="pos.rules (the mix moves by reveals alone)",
        verdict=BROKEN,
        number="2 seeds to choose from for each block at an epoch's end that one producer owns",
    )
    return script.finish("last_revealer", story)
