"""Attacks on proof of work."""

from dataclasses import replace

from conformance.scenarios.chains import GENESIS_TIME_MS, PERIODS, WORK, make_lab
from conformance.scenarios.lab import GENESIS, Lab, Wish
from conformance.scenarios.script import BROKEN, DEFENDED, Scenario, Script, Story
from spec.consensus.difficulty import compute_work
from spec.consensus.pow.rules import compute_work_hash
from spec.ledger.ops import PowFields
from spec.ledger.types import Transfer

LATER_MS = GENESIS_TIME_MS + 100_000
"""When all that scenarios mine is in the past."""


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _majority_reorg(),
        _selfish_mining(),
        _first_seen(),
        _eclipse(),
        _timewarp(),
        _murch_zawy(),
        _future_time(),
        _hash_rate_leaves(),
        _easy_target(),
        _no_work(),
        _merkle_duplicate(),
    )


def _start(lab: Lab, now_ms: int = LATER_MS) -> Script:
    script = Script(lab, {"n": None})
    script.restart(now_ms)
    return script


def _row(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))


def _majority_reorg() -> Scenario:
    lab = make_lab(WORK)
    lab.add_row(_row("a", 6), GENESIS, Wish(miner=0))
    lab.add_row(_row("b", 7), GENESIS, Wish(miner=1))
    script = _start(lab)
    script.block(*_row("a", 6))
    script.check(head="a6", final=GENESIS, refused=[])
    script.block(*_row("b", 6))
    script.check(head="a6")
    script.block("b7")
    script.check(head="b7", final=GENESIS, refused=[])
    story = Story(
        title="Six confirmations are undone by a longer private chain",
        history=(
            "Bitcoin Gold, May 2018 and January 2020; Ethereum Classic, January 2019 and August "
            "2020: exchanges credited deposits that a rented majority of the hash power undid."
        ),
        attack="Pays on chain a, mines chain b in private, publishes it once it is the longer one.",
        defence=(
            "None can: work is all that proof of work counts. Nothing is reported as final; "
            "depth is a probability, and equal work does not displace what was seen first."
        ),
        rule="PowRules.get_weight (most work), choose_heaviest (first seen); no block is final",
        verdict=BROKEN,
        number="an attacker with 30 % reverses 6 confirmations with probability 0.0891 (exact); "
        "0.0876 of 20,000 races",
    )
    return script.finish("majority_reorg", story)


def _selfish_mining() -> Scenario:
    lab = make_lab(WORK)
    lab.add("h1", GENESIS, Wish(miner=0))
    lab.add_row(("s1", "s2"), GENESIS, Wish(miner=1))
    lab.add("h2", "s2", Wish(miner=0))
    script = _start(lab)
    script.block("h1")
    script.check(head="h1")
    script.block("s1")
    script.check(head="h1")
    script.block("s2")
    script.check(head="s2", refused=[])
    script.block("h2")
    script.check(head="h2")
    story = Story(
        title="Two blocks held back cost an honest miner its block",
        history=(
            "I. Eyal, E. G. Sirer, Majority is not enough (2013). Monacoin, May 2018, lost blocks "
            "to a miner that withheld its own."
        ),
        attack="Withholds s1 and s2; publishes both the moment an honest miner shows h1.",
        defence="None below a protocol change; first seen keeps the attacker's share of ties at 0.",
        rule="choose_heaviest: a tie does not move the head",
        verdict=BROKEN,
        number="pays from a third of the hash power on; with 40 % it earns 0.4837 of the blocks "
        "(Eyal and Sirer), 0.4825 of 1,000,000 finds",
    )
    return script.finish("selfish_mining", story)


def _first_seen() -> Scenario:
    lab = make_lab(WORK)
    lab.add("a1", GENESIS, Wish(miner=0))
    lab.add("b1", GENESIS, Wish(miner=1))
    lab.add("b2", "b1", Wish(miner=1))
    script = Script(lab, {"left": None, "right": None})
    for node, order in (("left", ("a1", "b1")), ("right", ("b1", "a1"))):
        script.restart(LATER_MS, node)
        script.block(*order, node=node)
    script.check("left", head="a1")
    script.check("right", head="b1")
    script.block("b2", node="left")
    script.block("b2", node="right")
    script.check("left", head="b2", refused=[])
    script.check("right", head="b2", refused=[])
    story = Story(
        title="A tie splits the network until the next block",
        history="Every proof-of-work chain, about once in a hundred Bitcoin blocks until 2013.",
        attack="None: two miners find a block at the same time.",
        defence="Each node keeps what it saw first; the next block decides for both.",
        rule="choose_heaviest (first seen), PowRules.get_weight",
        verdict=DEFENDED,
    )
    return script.finish("first_seen", story)


def _eclipse() -> Scenario:
    lab = make_lab(WORK)
    lab.add_row(_row("e", 3), GENESIS, Wish(miner=1))
    lab.add_row(_row("a", 5), GENESIS, Wish(miner=0))
    script = _start(lab)
    script.block(*_row("e", 3))
    script.check(head="e3")
    script.block("a5")
    script.check(head="e3", refused=[])
    script.block("a4", "a3", "a2", "a1")
    script.check(head="a5", refused=[])
    story = Story(
        title="An eclipsed node believes three confirmations that nobody else has",
        history=(
            "E. Heilman and others, Eclipse attacks on Bitcoin's peer-to-peer network (2015): all "
            "of a node's connections were the attacker's."
        ),
        attack="Is the node's only peer and feeds it a chain of its own, with less work.",
        defence="One honest connection ends it: the chain of more work, even newest block first.",
        rule="choose_heaviest; orphans wait for their parents",
        verdict=BROKEN,
        number="3 of 3 confirmations undone when the eclipse ends; none by the chain itself",
    )
    return script.finish("eclipse", story)


def _timewarp() -> Scenario:
    lab = make_lab(PERIODS)
    start = GENESIS_TIME_MS
    lab.add("a1", GENESIS, Wish(time_ms=start + 1))
    lab.add("a2", "a1", Wish(time_ms=start + 2))
    lab.add("a3", "a2", Wish(time_ms=start + 40_000))
    lab.add("warp", "a3", Wish(bend=lambda h: replace(h, time_ms=start + 4)))
    lab.add("a4", "a3", Wish(time_ms=start + 40_000))
    script = _start(lab)
    script.block("a1", "a2", "a3", "warp")
    script.check(head="a3", refused=[("warp", "block.time_before_parent")])
    script.block("a4")
    script.check(head="a4", refused=[])
    story = Story(
        title="The clock of a period runs ahead and is set back at its border",
        history=(
            "Verge, April 2018: difficulty fell by orders of magnitude. Bitcoin's variant was "
            "described in 2011 and is closed by BIP 54."
        ),
        attack=(
            "Dates the last block of a period far ahead, so that the target rises, and the first "
            "of the next far back, so that the time is not paid for."
        ),
        defence="Times never fall along a chain, so what was claimed at the end is paid after it.",
        rule="block.time_before_parent (decision record 0071), stricter than BIP 54",
        verdict=DEFENDED,
    )
    return script.finish("timewarp", story)


def _murch_zawy() -> Scenario:
    lab = make_lab(PERIODS)
    start = GENESIS_TIME_MS
    times = (1, 2, 3, 60_000, 60_000, 60_000, 60_000)
    parent = GENESIS
    for number, ahead in enumerate(times, start=1):
        lab.add(f"a{number}", parent, Wish(time_ms=start + ahead))
        parent = f"a{number}"
    low = replace(PERIODS).target_initial // 4
    lab.add("warp", "a6", Wish(bend=lambda h: replace(h, time_ms=start + 4_000)))
    script = _start(lab)
    script.block(*(f"a{number}" for number in range(1, 7)), "warp")
    script.check(head="a6", refused=[("warp", "block.time_before_parent")])
    script.block("a7")
    lab.add("b8", "a7", Wish(time_ms=start + 60_000))
    assert lab.made["b8"].chain_state.target < low, "a short period raises difficulty"
    script.block("b8")
    script.check(head="b8", refused=[])
    story = Story(
        title="A period that ends before it began",
        history=(
            "M. Erhardt and Zawy, 2018 to 2024: where only the median of eleven bounds times, the "
            "last block of a period may be older than the first. Closed by BIP 54."
        ),
        attack="Dates the first block of a period far ahead and the last one back at the old time.",
        defence=(
            "A period cannot end before it begins; one that claims no time at all makes mining "
            "four times as hard, the clamp of the rule."
        ),
        rule="block.time_before_parent; compute_btc_target clamps to 1/4 and 4",
        verdict=DEFENDED,
    )
    return script.finish("murch_zawy", story)


def _future_time() -> Scenario:
    lab = make_lab(WORK)
    now_ms = GENESIS_TIME_MS + 10_000
    lab.add("a1", GENESIS, Wish(time_ms=now_ms))
    lab.add("ahead", "a1", Wish(time_ms=now_ms + 301))
    script = _start(lab, now_ms)
    script.block("a1", "ahead")
    script.check(head="a1", refused=[])
    script.tick(now_ms + 1)
    script.check(head="ahead", refused=[])
    story = Story(
        title="A block from the future waits, and is not invalid for ever",
        history=(
            "Clients that cached such a block as invalid split from those that asked again; the "
            "two-hour rule of Bitcoin is one of the clock, not of the chain."
        ),
        attack="Sends a block a millisecond beyond the drift to some nodes earlier than to others.",
        defence="The node keeps it aside and imports it when its time has come.",
        rule="node.import_block (deferred), drift_ms_max; the rules of the chain know no clock",
        verdict=DEFENDED,
    )
    return script.finish("future_time", story)


def _hash_rate_leaves() -> Scenario:
    lab = make_lab(WORK)
    start = GENESIS_TIME_MS
    lab.add("a1", GENESIS, Wish(time_ms=start))
    lab.add("a2", "a1", Wish(time_ms=start))
    lab.add("a3", "a2", Wish(time_ms=start + 18_000))
    lab.add("a4", "a3", Wish(time_ms=start + 19_000))
    script = _start(lab)
    script.block("a1")
    script.check(weight=[4])
    script.block("a2", "a3", "a4")
    # Lag at a3 is 18 s - 2 blocks = 16 s, one half-life: the target of a4 is doubled, its work 2.
    works = [compute_work(lab.made[name].chain_state.target) for name in ("a2", "a3", "a4")]
    script.check(head="a4", weight=[4 + works[0] + works[1] + 2], refused=[])
    story = Story(
        title="Miners come for cheap blocks and leave dear ones behind",
        history=(
            "Bitcoin Cash, 2017 to 2020: its emergency and moving-average rules swung by half an "
            "order of magnitude as miners hopped; ASERT replaced them in November 2020."
        ),
        attack="Mines while the target is high, leaves when it has fallen.",
        defence="The target is a function of lag alone: a half-life behind is a target doubled.",
        rule="compute_asert_target (aserti3-2d)",
        verdict=DEFENDED,
    )
    return script.finish("hash_rate_leaves", story)


def _easy_target() -> Scenario:
    lab = make_lab(WORK)
    lab.add("a1", GENESIS)
    easy = (1 << 256) - 1
    lab.add("easy", "a1", Wish(bend=lambda h: replace(h, consensus=PowFields(easy, 0))))
    script = _start(lab)
    script.block("a1", "easy")
    script.check(head="a1", refused=[("easy", "pow.target_mismatch")])
    story = Story(
        title="A header that names its own difficulty",
        history=(
            "Clients that summed the work that headers claim, or checked a hash against the "
            "header's own bits alone, followed chains without work."
        ),
        attack="Writes the easiest target into the header and meets it with any nonce.",
        defence="The target of a block follows from its ancestors; the header only repeats it.",
        rule="pow.target_mismatch, checked before the work hash",
        verdict=DEFENDED,
    )
    return script.finish("easy_target", story)


def _no_work() -> Scenario:
    lab = make_lab(WORK)
    lab.add("a1", GENESIS)
    lab.add("a2", "a1")
    script = _start(lab)
    block = lab.made["a2"].block
    fields = block.header.consensus
    assert isinstance(fields, PowFields), "mined"
    nonce = next(
        n
        for n in range(1_000)
        if compute_work_hash(replace(block.header, consensus=replace(fields, nonce=n)))
        > fields.target
    )
    lazy = replace(block, header=replace(block.header, consensus=replace(fields, nonce=nonce)))
    script.block("a1")
    script.send(lazy, name="lazy")
    script.check(head="a1", refused=[("lazy", "pow.hash_above_target")])
    script.block("a2")
    script.check(head="a2")
    story = Story(
        title="A block without its work",
        history="The first check of every client; the vector that most ports get wrong is bytes.",
        attack="Sends a template with a nonce that does not meet the target.",
        defence="The work hash, little-endian, must not exceed the target.",
        rule="pow.hash_above_target",
        verdict=DEFENDED,
    )
    return script.finish("no_work", story)


def _merkle_duplicate() -> Scenario:
    lab = make_lab(WORK)
    to = lab.genesis.validators[1].operator
    paid = lab.sign_tx(0, 0, Transfer(to=to, amount=7))
    lab.add("a1", GENESIS, Wish(txs=(paid,)))
    block = lab.made["a1"].block
    twice = replace(block, body=replace(block.body, transactions=(paid, paid)))
    empty = replace(block, body=replace(block.body, transactions=()))
    script = _start(lab)
    script.send(twice, name="twice")
    script.send(empty, name="empty")
    script.check(
        head=GENESIS,
        refused=[("twice", "block.txs_root_mismatch"), ("empty", "block.txs_root_mismatch")],
    )
    script.block("a1")
    script.check(head="a1", refused=[])
    story = Story(
        title="A spoiled body under a good header",
        history=(
            "CVE-2012-2459: Bitcoin's tree of transactions gave a list and the same list with its "
            "end repeated one root. Nodes remembered the good block's id as invalid and forked."
        ),
        attack="Sends the good header with a transaction repeated, or left out, before the block.",
        defence=(
            "Roots mix in the length, so no two bodies share one; and a body that is not the "
            "header's says nothing about the block, which is taken when it comes whole."
        ),
        rule="block.txs_root_mismatch; only blocks whose body is theirs are remembered as invalid",
        verdict=DEFENDED,
    )
    return script.finish("merkle_duplicate", story)
