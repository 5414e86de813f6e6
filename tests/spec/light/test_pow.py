"""Laws of header chains: a client without blocks follows the work that nodes follow."""

from dataclasses import dataclass, replace

import pytest

from spec.consensus.difficulty import compute_work
from spec.consensus.interface import RulesContext
from spec.consensus.pow.rules import STATE_KEY
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ops import PowFields
from spec.ledger.types import Header
from spec.lib.result import Err
from spec.lib.trie import find_leaf
from spec.lib.trie_proof import TrieProof, compute_proof
from spec.light.pow import WorkTip, choose_tip, follow_headers, open_tip
from spec.limits import LIGHT_HEADERS_MAX
from tests.spec.consensus.network import HYBRID, POW, Network, Shell
from tests.spec.light.chains import unwrap

NOW_MS = 10**6


@dataclass(frozen=True)
class Mined:
    context: RulesContext
    shell: Shell
    headers: tuple[Header, ...]
    """Of the node's chain, from genesis on."""

    def open_at(self, height: int) -> WorkTip:
        header = self.headers[height]
        block_id = compute_block_id(header)
        leaf, proof = self.prove(height)
        return unwrap(open_tip(block_id, header, leaf, proof))

    def prove(self, height: int) -> tuple[bytes, TrieProof]:
        tree = self.shell.ledgers[compute_block_id(self.headers[height])].tree
        leaf = find_leaf(tree, STATE_KEY)
        assert leaf is not None
        return leaf.value, compute_proof(tree, STATE_KEY)


def mine(consensus: object, until_ms: int = 3_500) -> Mined:
    network = Network(2, seed=1, consensus=consensus)  # type: ignore[arg-type]  # one of the below
    network.start()
    network.run(until_ms)
    shell = network.shells[0]
    chain: list[Header] = []
    block_id = shell.node.head
    while block_id in shell.ledgers:
        header = shell.ledgers[block_id].header
        chain.append(header)
        block_id = BlockId(header.parent)
    return Mined(shell.config.context, shell, tuple(reversed(chain)))


@pytest.fixture(scope="module")
def mined() -> Mined:
    return mine(POW)


CHAINS = [POW, replace(POW, is_asert=False), HYBRID]


@pytest.mark.parametrize("consensus", CHAINS, ids=["asert", "btc2016", "hybrid"])
def test_headers_alone_give_the_work_that_the_node_counts(consensus: object) -> None:
    found = mine(consensus)
    tip = unwrap(follow_headers(found.context, found.open_at(0), found.headers[1:], NOW_MS))
    assert tip == found.open_at(len(found.headers) - 1), "the state of each header is its state's"
    assert tip.header.height > 10


def test_a_client_may_begin_anywhere(mined: Mined) -> None:
    middle = len(mined.headers) // 2
    tip = unwrap(
        follow_headers(mined.context, mined.open_at(middle), mined.headers[middle + 1 :], NOW_MS)
    )
    assert tip == mined.open_at(len(mined.headers) - 1)


def get_code(mined: Mined, tip: WorkTip, *headers: Header) -> str:
    followed = follow_headers(mined.context, tip, headers, NOW_MS)
    assert isinstance(followed, Err)
    return followed.error.code


def test_each_damage_to_a_header_is_refused(mined: Mined) -> None:
    tip, good = mined.open_at(3), mined.headers[4]
    assert isinstance(good.consensus, PowFields)
    eased = replace(good.consensus, target=good.consensus.target * 2)
    damaged = {
        "block.parent_mismatch": replace(good, parent=bytes(32)),
        "block.height_mismatch": replace(good, height=5),
        "block.version_mismatch": replace(good, version=2),
        "block.time_before_parent": replace(good, time_ms=tip.header.time_ms - 1),
        "block.base_fee_mismatch": replace(good, base_fee=good.base_fee + 1),
        "pow.target_mismatch": replace(good, consensus=eased),
        "consensus.slot_not_height": replace(good, slot=5),
        "consensus.validators_root_mismatch": replace(good, validators_root=b"\1" * 32),
        "light.header_from_future": replace(good, time_ms=NOW_MS + 4),
    }
    for code, header in damaged.items():
        assert get_code(mined, tip, header) == code
    assert get_code(mined, tip, mined.headers[5]) == "block.parent_mismatch"


def test_a_header_without_its_work_is_refused(mined: Mined) -> None:
    tip, good = mined.open_at(0), mined.headers[1]
    others = (replace(good, state_root=bytes([n]) * 32) for n in range(64))
    judged = [follow_headers(mined.context, tip, (header,), NOW_MS) for header in others]
    missed = [j.error.code for j in judged if isinstance(j, Err)]
    assert set(missed) == {"pow.hash_above_target"}
    assert len(missed) > 32, "a quarter meets the first target"


def test_a_tip_opens_with_its_own_state_only(mined: Mined) -> None:
    header, other = mined.headers[4], mined.headers[5]
    leaf, proof = mined.prove(4)
    block_id = compute_block_id(header)
    wrong_id = open_tip(compute_block_id(other), header, leaf, proof)
    wrong_leaf = open_tip(block_id, header, leaf[:-1] + bytes([leaf[-1] ^ 1]), proof)
    other_proof = open_tip(block_id, header, *mined.prove(5))
    for opened in (wrong_id, wrong_leaf, other_proof):
        assert isinstance(opened, Err)
    assert isinstance(wrong_id, Err)
    assert wrong_id.error.code == "light.anchor_mismatch"


def test_the_most_work_wins_not_the_most_headers(mined: Mined) -> None:
    tip = mined.open_at(2)
    hard = replace(tip.state, work=tip.state.work + compute_work(1 << 250))
    long = replace(tip.header, height=tip.header.height + 3)
    heavy = WorkTip(tip.header, hard)
    light = WorkTip(long, tip.state)
    assert choose_tip((light, heavy)) is heavy
    assert choose_tip((heavy, light)) is heavy
    twin = replace(heavy, header=long)
    assert choose_tip((heavy, twin)) is heavy, "of equals the first"


def test_more_headers_than_the_limit_are_refused_before_any_work(mined: Mined) -> None:
    many = (mined.headers[1],) * (LIGHT_HEADERS_MAX + 1)
    assert get_code(mined, mined.open_at(0), *many) == "light.headers_too_many"
    assert unwrap(follow_headers(mined.context, mined.open_at(0), (), NOW_MS)) == mined.open_at(0)
