"""Forks on disk: the head's chain stands by height, whatever the order in which blocks came."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcref.store.chain_store import ChainStore
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.types import Block
from tests.qcref.support import running, transfer

CHAIN = bytes(32)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Block:
    """A block with a transaction."""
    with running(tmp_path_factory.mktemp("template")) as devnet:
        transfer(devnet)
        stored = devnet.runtime.store.get_block(1)
        assert stored is not None
        return stored.block


def _make(template: Block, parent: Block | None, salt: int) -> Block:
    """A block on another; the salt tells it from its siblings. Only genesis has no transaction."""
    height = 0 if parent is None else parent.header.height + 1
    parent_id = bytes(32) if parent is None else compute_block_id(parent.header)
    header = replace(template.header, parent=parent_id, height=height, gas_used=salt)
    transactions = template.body.transactions if height == 1 else ()
    return replace(template, header=header, body=replace(template.body, transactions=transactions))


def _get_id(block: Block) -> BlockId:
    return compute_block_id(block.header)


def _list_chain(store: ChainStore) -> list[Block]:
    """The blocks by height, up to the tip."""
    found: list[Block] = []
    while (stored := store.get_block(len(found))) is not None:
        found.append(stored.block)
    return found


@settings(max_examples=15)
@given(
    parents=st.lists(st.integers(0, 1_000), min_size=1, max_size=10),
    heads=st.lists(st.integers(0, 1_000), max_size=6),
    is_reopened=st.booleans(),
)
def test_the_chain_is_always_the_heads_ancestors(
    template: Block,
    tmp_path_factory: pytest.TempPathFactory,
    parents: list[int],
    heads: list[int],
    is_reopened: bool,  # drawn
) -> None:
    path = tmp_path_factory.mktemp("tree") / "chain.sqlite"
    store = ChainStore(path, CHAIN)
    blocks = [_make(template, None, 0)]
    store.append(blocks[0], (), ())
    for salt, choice in enumerate(parents, 1):
        blocks.append(_make(template, blocks[choice % len(blocks)], salt))
        store.append(blocks[-1], (), ())
    for choice in heads:
        head = blocks[choice % len(blocks)]
        before = _list_chain(store)
        left = store.set_head(_get_id(head))
        if is_reopened:
            store.close()
            store = ChainStore(path, CHAIN)
        chain = _list_chain(store)
        assert (chain[-1], store.tip) == (head, _get_id(head))
        assert all(_get_id(one) == BlockId(two.header.parent) for one, two in pairwise(chain))
        assert list(left) == [block for block in before if block not in chain]
        assert all(store.find_block(_get_id(block)) == block for block in blocks)
        above = store.list_blocks_above(0)
        assert sorted(map(_get_id, above)) == sorted(map(_get_id, blocks[1:]))
        heights = [block.header.height for block in above]
        assert heights == sorted(heights), "parents come before children"
    store.close()


def test_finality_forgets_what_it_leaves_behind(template: Block, tmp_path: Path) -> None:
    store = ChainStore(tmp_path / "chain.sqlite", CHAIN)
    genesis = _make(template, None, 0)
    one, other = _make(template, genesis, 1), _make(template, genesis, 2)
    two = _make(template, other, 3)
    for block in (genesis, one, other, two):
        store.append(block, (), ())
    store.drop_branches(1)
    assert store.find_block(_get_id(other)) is None
    assert store.find_block(_get_id(one)) == one
    assert store.find_block(_get_id(two)) == two
    store.close()


def test_a_transaction_is_found_where_the_chain_has_it(template: Block, tmp_path: Path) -> None:
    store = ChainStore(tmp_path / "chain.sqlite", CHAIN)
    genesis = _make(template, None, 0)
    one, other = _make(template, genesis, 1), _make(template, genesis, 2)
    for block in (genesis, one, other):
        store.append(block, (), ())
    for head, height in ((other, 1), (genesis, None), (one, 1)):
        store.set_head(_get_id(head))
        count = store._db.execute("SELECT count(*), max(height) FROM transactions").fetchone()
        assert count == (len(template.body.transactions) if height else 0, height)
    store.close()
