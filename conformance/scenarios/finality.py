"""Attacks on chains whose blocks carry finality votes: PoS, DPoS and Hybrid, with real nodes."""

from dataclasses import replace

from conformance.scenarios.chains import DPOS, EPOCH, GENESIS_TIME_MS, HYBRID, POS, STAKE, make_lab
from conformance.scenarios.lab import GENESIS, Lab, Wish
from conformance.scenarios.script import BROKEN, DEFENDED, Scenario, Script, Story
from spec.config import ConsensusConfig
from spec.ledger.ops import DoubleFfgVote, FfgVote
from spec.ledger.stake_actions import Approval, Delegate

LATER_MS = GENESIS_TIME_MS + 100_000
ALL = (0, 1, 2, 3)
OLD, NEW = ALL, (4, 5, 6, 7)
FIRST_FINAL = 12
"""The slot whose block first records a finalised checkpoint, if all vote: that of epoch 1."""


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _final_holds("long_range", POS, _LONG_RANGE, ALL),
        _double_vote("double_vote", POS, _EQUIVOCATION),
        _surround(),
        _final_holds("majority_after_final", HYBRID, _MAJORITY_MINER, ()),
        _justified_minority(),
        _censorship(),
        _conflicting_finality(),
        _third_silent("half_of_stake_silent", HYBRID, _SILENT_STAKE),
        _smallest_deposit(),
        _third_silent("stall_at_half_silent", DPOS, _SILENT_DELEGATES),
        _unsafe_irreversibility(),
        _takeover(),
        _final_holds("schedule_change_in_fork", DPOS, _STALE_FORK, ()),
        _double_vote("delegate_votes_twice", DPOS, _DELEGATE_TWICE),
        _too_few_candidates(),
    )


def grow(
    lab: Lab, row: tuple[str, str], slots: range, voters: tuple[int, ...], miner: int = 0
) -> str:
    """Blocks of these slots, one upon the other; the first of each epoch holds its votes.

    Args:
        lab: where they are made.
        row: prefix of their names, and the name of the block they stand on.
        slots: of the blocks; heights where slot and height are one count.
        voters: who votes in each epoch.
        miner: who mines, on Hybrid chains.

    Returns:
        The name of the last.
    """
    prefix, parent = row
    for slot in slots:
        starts = slot % EPOCH == 0
        ops = lab.votes_on(parent, slot, voters) if starts else ()
        name = f"{prefix}{slot}"
        lab.add(name, parent, Wish(slot=slot, ops=ops, miner=miner))
        parent = name
    return parent


def _names(prefix: str, slots: range) -> tuple[str, ...]:
    return tuple(f"{prefix}{slot}" for slot in slots)


def _start(lab: Lab) -> Script:
    script = Script(lab, {"n": None})
    script.restart(LATER_MS)
    return script


_LONG_RANGE = Story(
    title="Old keys write another history from genesis",
    history=(
        "Long-range attacks (V. Buterin, 2014, and every proof-of-stake design since): keys of "
        "stake that has been withdrawn cost nothing and sign anything."
    ),
    attack="Buys the keys of all first validators; they seal and finalise a longer chain.",
    defence="A node never leaves what is final to it; new nodes need a checkpoint of their trust.",
    rule="node.import_block (nothing at or below the final height), node._prune",
    verdict=DEFENDED,
)
_MAJORITY_MINER = Story(
    title="A majority of the hash power against a finalised checkpoint",
    history=(
        "Ethereum Classic, 2019 and 2020: thousands of blocks undone. EIP-1011 was written to "
        "make that impossible below a voted checkpoint."
    ),
    attack="Mines a chain with more work from before the checkpoint and publishes it.",
    defence="Below the finalised checkpoint no work counts.",
    rule="Hybrid: (justified epoch, work), never below what is final",
    verdict=DEFENDED,
)
_STALE_FORK = Story(
    title="A minority goes on with the old schedule",
    history=(
        "EOS and Steem nodes on a fork whose schedule differs: each follows delegates that the "
        "other does not know."
    ),
    attack="Produces on an old fork by the schedule that it had there, longer than the real one.",
    defence="A fork that leaves the final chain is not followed, whatever its schedule.",
    rule="node.import_block (final height); the schedule's seed is the final checkpoint",
    verdict=DEFENDED,
)


def _final_holds(
    name: str, consensus: ConsensusConfig, story: Story, voters: tuple[int, ...]
) -> Scenario:
    """Chain a finalises epoch 1; chain b, from genesis, is longer and has votes of these."""
    lab = make_lab(consensus)
    slots = range(1, FIRST_FINAL + 1)
    grow(lab, ("a", GENESIS), slots, ALL)
    begin = 1 if lab.config.rules.name == "hybrid" else 2
    early, rest = range(begin, 2 * EPOCH), range(2 * EPOCH, FIRST_FINAL + 2 * EPOCH + 1)
    last = grow(lab, ("b", GENESIS), early, voters, miner=1)
    grow(lab, ("b", last), rest, voters, miner=1)
    script = _start(lab)
    script.block(*_names("b", early))
    script.check(head=last, final=GENESIS)
    script.block(*_names("a", slots))
    script.check(head="a12", justified="a7", final="a3", refused=[])
    script.block(*_names("b", rest))
    script.check(head="a12", final="a3", refused=[])
    script.block(*_names("b", early))
    script.check(head="a12", final="a3", refused=[])
    return script.finish(name, story)


_EQUIVOCATION = Story(
    title="A voter votes for two branches in one epoch",
    history=(
        "Ethereum's slashings, from December 2020 on, nearly all by operators who ran one key on "
        "two machines."
    ),
    attack="Votes for the checkpoint of each of two forks.",
    defence="Whoever sees both votes makes evidence of them; a block convicts, stake is lost.",
    rule="ffg.is_slashable (one target epoch twice); voter._keep_evidence",
    verdict=DEFENDED,
)
_DELEGATE_TWICE = replace(
    _EQUIVOCATION,
    title="A delegate votes for two forks of one round",
    history=(
        "DPoS without votes has no evidence for it: EOS and BitShares delegates could build on "
        "two forks and only the order of blocks would tell."
    ),
)


def _fork(lab: Lab) -> tuple[FfgVote, FfgVote]:
    """Two blocks before epoch 1 on one parent, and the votes of validator 2 for either."""
    lab.add("c1", GENESIS, Wish(slot=1))
    if lab.config.rules.name == "hybrid":
        lab.add_row(("a2", "a3"), "c1", Wish(miner=0))
        lab.add_row(("b2", "b3"), "c1", Wish(miner=1))
    else:
        lab.add("a3", "c1", Wish(slot=2))
        lab.add("b3", "c1", Wish(slot=3))
    one, other = (lab.votes_on(name, EPOCH, (2,))[0] for name in ("a3", "b3"))
    return one, other


def _double_vote(name: str, consensus: ConsensusConfig, story: Story) -> Scenario:
    lab = make_lab(consensus)
    one, other = _fork(lab)
    script = _start(lab)
    script.block("c1", "a3", "b3")
    script.send(one)
    script.send(one)
    script.check(offenders=[], reports=[], refused=[])
    script.send(other)
    script.check(offenders=[2], reports=["evidence.found"], refused=[])
    lab.add("a5", "a3", Wish(slot=5, ops=(DoubleFfgVote(one, other),)))
    assert lab.get_ffg("a5", 6).current[2].weight == 0, "the offender weighs nothing"
    assert lab.made["a5"].view.validators[2].stake < STAKE, "the offender lost stake"
    script.block("a5")
    script.check(head="a5", offenders=[], refused=[])
    return script.finish(name, story)


def _surround() -> Scenario:
    lab = make_lab(POS)
    slots = range(1, 9)
    grow(lab, ("a", GENESIS), slots, ALL)
    inner = lab.votes_on("a8", 12, (1,))[0]
    late = grow(lab, ("b", "a3"), range(5, 17), ())
    outer = lab.votes_on(late, 17, (1,))[0]
    assert outer.source.epoch < inner.source.epoch < inner.target.epoch < outer.target.epoch
    script = _start(lab)
    script.block(*_names("a", slots))
    script.send(inner)
    script.check(offenders=[], refused=[])
    script.send(outer)
    script.check(offenders=[1], reports=["evidence.found"], refused=[])
    story = Story(
        title="A vote around an earlier vote of the same voter",
        history="Casper's second slashing condition; it is what makes a source a commitment.",
        attack="Votes 1 -> 3 on a, then 0 -> 4 on a fork that never justified 1.",
        defence="Either order is an offence that both votes prove.",
        rule="ffg.is_slashable (surround)",
        verdict=DEFENDED,
    )
    return script.finish("surround", story)


def _justified_minority() -> Scenario:
    lab = make_lab(HYBRID)
    slots = range(1, 9)
    grow(lab, ("a", GENESIS), slots, ALL)
    longer = range(1, 12)
    grow(lab, ("b", GENESIS), longer, (), miner=1)
    script = _start(lab)
    script.block(*_names("b", longer))
    script.check(head="b11", justified=None)
    script.block(*_names("a", slots))
    script.check(head="a8", justified="a3", final=GENESIS, refused=[])
    story = Story(
        title="A branch with votes and less work wins over one with more work",
        history="EIP-1011 weighed votes by adding 10**40 to the difficulty; here they are a pair.",
        attack="Mines three blocks more than the branch that two thirds of the stake voted for.",
        defence="The justified epoch is compared first, work only among equals.",
        rule="HybridRules.get_weight (justified epoch, work)",
        verdict=DEFENDED,
    )
    return script.finish("justified_minority", story)


def _censorship() -> Scenario:
    lab = make_lab(HYBRID)
    slots = range(1, 13)
    grow(lab, ("a", GENESIS), slots, (), miner=1)
    script = _start(lab)
    script.block(*_names("a", range(1, 5)))
    for vote in lab.votes_on("a3", 4, ALL):
        script.send(vote)
    script.block(*_names("a", range(5, 13)))
    script.check(head="a12", justified=None, final=GENESIS, refused=[])
    story = Story(
        title="Miners leave the votes out",
        history="The open question of every hybrid: who includes the votes that bind the miners?",
        attack="All miners mine blocks without any of the votes that everybody has seen.",
        defence=(
            "None while no honest miner finds a block: finality stops, and work decides as in PoW. "
            "One honest block per epoch holds all votes."
        ),
        rule="votes count only inside blocks (rule G is a fold over the chain)",
        verdict=BROKEN,
        number="0 of 2 epochs justified while 100 % of the hash power censors; 4 of 4 votes seen",
    )
    return script.finish("miners_censor_votes", story)


def _conflicting_finality() -> Scenario:
    lab = make_lab(HYBRID)
    slots = range(1, FIRST_FINAL + 1)
    grow(lab, ("a", GENESIS), slots, ALL)
    grow(lab, ("b", GENESIS), slots, ALL, miner=1)
    script = Script(lab, {"left": None, "right": None})
    for node, prefix in (("left", "a"), ("right", "b")):
        script.restart(LATER_MS, node)
        script.block(*_names(prefix, slots), node=node)
        script.check(node, head=f"{prefix}12", final=f"{prefix}3", offenders=[])
    for node, prefix in (("left", "b"), ("right", "a")):
        for vote in lab.made[f"{prefix}4"].block.body.ops:
            assert isinstance(vote, FfgVote), "the first block of an epoch holds votes"
            script.send(vote, node)
        own = "a" if node == "left" else "b"
        script.check(node, final=f"{own}3", offenders=[0, 1, 2, 3])
    story = Story(
        title="All the stake finalises two chains, and all of it is convicted",
        history="Accountable safety, the promise of Casper: a fork has a price and names.",
        attack="Every validator votes on both chains, to different nodes.",
        defence="None above a third; each node that sees the other chain's votes convicts them.",
        rule="accountable safety (FFG.md 2); ffg.is_slashable",
        verdict=BROKEN,
        number="4 of 4 validators convicted, weight 400 of 400; more than a third must be",
    )
    return script.finish("conflicting_finality", story)


_SILENT_STAKE = Story(
    title="Half of the stake does not vote",
    history="Ethereum, May 2023; any hybrid whose voters are custodians in one place.",
    attack="None: two of four are silent; blocks are mined as ever.",
    defence="Nothing is final before two thirds vote; the third one's return is enough.",
    rule="rule G, G1: 3 * w > 2 * W",
    verdict=DEFENDED,
)
_SILENT_DELEGATES = Story(
    title="Two of four delegates do not vote",
    history=(
        "Stalls of EOS and Steem when a third of the producers was down or on another version."
    ),
    attack="None: delegates produce but do not confirm.",
    defence="Blocks go on, nothing is final; when a third delegate confirms, finality is back.",
    rule="rule G, G1: 3 * w > 2 * W",
    verdict=DEFENDED,
)


def _third_silent(name: str, consensus: ConsensusConfig, story: Story) -> Scenario:
    lab = make_lab(consensus)
    silent, back = range(1, 9), range(9, 21)
    last = grow(lab, ("a", GENESIS), silent, (0, 1))
    grow(lab, ("a", last), back, (0, 1, 2))
    script = _start(lab)
    script.block(*_names("a", range(1, 17)))
    script.check(head="a16", justified="a11", final=GENESIS, refused=[])
    script.block(*_names("a", range(17, 21)))
    script.check(head="a20", justified="a15", final="a11", refused=[])
    return script.finish(name, story)


def _smallest_deposit() -> Scenario:
    lab = make_lab(HYBRID, (900, 33, 33, 33))
    slots = range(1, 13)
    grow(lab, ("a", GENESIS), slots, (1, 2, 3))
    grow(lab, ("b", GENESIS), slots, (0,), miner=1)
    script = _start(lab)
    script.block(*_names("a", slots))
    script.check(head="a12", justified=None, final=GENESIS)
    script.block(*_names("b", slots))
    script.check(head="b12", justified="b7", final="b3", refused=[])
    story = Story(
        title="Many validators of the smallest deposit",
        history="Sybil voters: a protocol that counts heads is captured by whoever registers most.",
        attack="Registers three of four validators with a tenth of the stake.",
        defence="Votes weigh stake: three small ones justify nothing, the large one finalises.",
        rule="hybrid.rules.elect (weight is power, power is stake)",
        verdict=DEFENDED,
    )
    return script.finish("smallest_deposit", story)


def _unsafe_irreversibility() -> Scenario:
    lab = make_lab(DPOS)
    grow(lab, ("a", GENESIS), range(1, 9, 2), ())
    grow(lab, ("b", GENESIS), range(2, 13, 2), ())
    script = Script(lab, {"left": None, "right": None})
    for node, names in (("left", ("a1", "a3", "a5", "a7")), ("right", _names("b", range(2, 9, 2)))):
        script.restart(LATER_MS, node)
        script.block(*names, node=node)
        script.check(node, head=names[-1], final=GENESIS)
    script.block(*_names("b", range(2, 13, 2)), node="left")
    script.check("left", head="b12", final=GENESIS, refused=[])
    story = Story(
        title="Confirmation by building on a block makes two chains irreversible",
        history=(
            "BitShares, Steem and EOS took a block for irreversible once two thirds of the "
            "producers had built on it; EOS issue 2718 (2018) shows two such blocks that conflict."
        ),
        attack="None: a network that is cut for some slots, every producer honest.",
        defence=(
            "Building is no vote. A delegate signs one vote a round, and never contradicts it; a "
            "node that saw four producers on a still follows the longer b."
        ),
        rule="finality is rule G; `implicit` and `confirmed` are refuted by qc spec explore dpos",
        verdict=DEFENDED,
    )
    return script.finish("unsafe_irreversibility", story)


def _takeover() -> Scenario:
    lab = make_lab(DPOS, (100,) * 4 + (90,) * 4)
    buys = tuple(lab.sign_tx(index, 0, Delegate((Approval(index, 1_000_000),))) for index in NEW)
    lab.add("a1", GENESIS, Wish(slot=1, txs=buys))
    grow(lab, ("a", "a1"), range(2, 12), OLD)
    grow(lab, ("a", "a11"), range(12, 21), NEW)
    assert {m.validator for m in lab.get_ffg("a20", 21).current} == set(NEW), "the new set rules"
    last = lab.add("v13", "a12", Wish(slot=13, ops=lab.votes_on("a12", 13, OLD)))
    assert last.chain_state.finality.ffg.previous, "the outgoing set may still vote"
    grow(lab, ("v", "v13"), range(14, 16), ())
    grow(lab, ("v", "v15"), range(16, 20), (*OLD, *NEW))
    grow(lab, ("v", "v19"), range(20, 21), NEW)
    script = _start(lab)
    script.block(*_names("a", range(1, 21)))
    script.check(head="a20", final="a3", justified="a7", refused=[])
    script.block(*_names("v", range(13, 21)))
    script.check(head="v20", final="a11", justified="v15", refused=[])
    story = Story(
        title="Stake in custody elects a whole new set in one block",
        history=(
            "Steem, 2 March 2020: Binance, Huobi and Poloniex powered up customers' deposits and "
            "all twenty consensus witnesses were replaced; the losers forked away as Hive."
        ),
        attack="Buys votes for four newcomers in one block; the next promotion makes them the set.",
        defence=(
            "The newcomers own every slot, but finalise nothing until the outgoing set confirms "
            "too: it has a veto until the leak has taken its bond."
        ),
        rule="rule G, G1 (previous set) and G3; scenario dpos/silent_outgoing_set has the leak",
        verdict=DEFENDED,
    )
    return script.finish("takeover", story)


def _too_few_candidates() -> Scenario:
    lab = make_lab(DPOS, (100, 100))
    slots = range(1, 14)
    grow(lab, ("a", GENESIS), slots, (0, 1))
    producers = {lab.made[name].chain_state.producer for name in _names("a", slots)}
    assert producers == {0, 1}, "both own slots"
    script = _start(lab)
    script.block(*_names("a", slots))
    script.check(head="a13", justified="a7", final="a3", refused=[])
    story = Story(
        title="Two candidates for four seats",
        history="New and dying DPoS chains; a schedule with empty seats halts in more than one.",
        attack="None: fewer stand than the chain has seats for.",
        defence="The schedule is as long as the set; its owners come round again in a round.",
        rule="dpos.rules.get_owner (slot modulo schedule)",
        verdict=DEFENDED,
    )
    return script.finish("too_few_candidates", story)
