"""Layers read like one map; kinds of leaves never meet; nothing is stored for nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from spec.ledger.state import (
    SUPPLY_KEY,
    TreeReader,
    add_coins,
    apply_layer,
    compute_changes,
    compute_code_key,
    compute_layer,
    compute_reserved_key,
    compute_storage_leaf_key,
    decode_account,
    encode_account,
    get_supply,
    remove_coins,
    set_supply,
)
from spec.ledger.types import EMPTY_ACCOUNT, Account, Supply
from spec.lib.trie import EMPTY, compute_trie_root
from tests.spec.ledger.support import ALICE, BOB, CONTRACT_ADDRESS

ADDRESSES = (ALICE.address, BOB.address, CONTRACT_ADDRESS)
KEYS = tuple(compute_storage_leaf_key(bytes((n,)) * 32) for n in range(3))
ACCOUNTS = st.builds(
    Account,
    nonce=st.integers(0, 2),
    balance=st.integers(0, 2),
    inbox=st.integers(0, 2),
    code_id=st.sampled_from([bytes(32), b"\x01" * 32]),
)
LEAVES = st.none() | st.binary(min_size=1, max_size=2)
WRITES = st.lists(
    st.tuples(st.sampled_from(ADDRESSES), ACCOUNTS) | st.tuples(st.sampled_from(KEYS), LEAVES),
    max_size=8,
)
Writes = list[tuple[bytes, Account | bytes | None]]


def write_all(writes: Writes, *layers: object) -> None:
    for key, value in writes:
        for layer in layers:
            if isinstance(value, Account):
                layer.set_account(key, value)  # type: ignore[attr-defined]  # a Layer or the model
            else:
                layer.set_leaf(key, value)  # type: ignore[attr-defined]  # a Layer or the model


@given(WRITES, WRITES, WRITES, st.booleans())
def test_layers_over_a_tree_read_like_one_map(
    old: Writes, lower_writes: Writes, upper_writes: Writes, is_kept: bool
) -> None:
    ground = compute_layer(TreeReader(EMPTY))
    write_all(old, ground)
    tree = EMPTY.apply_batch(compute_changes(ground))
    model = compute_layer(TreeReader(EMPTY))
    write_all(old + lower_writes, model)
    lower = compute_layer(TreeReader(tree))
    write_all(lower_writes, lower)
    upper = compute_layer(lower)
    write_all(upper_writes, upper)
    if is_kept:
        apply_layer(upper, lower)
        write_all(upper_writes, model)
    for address in ADDRESSES:
        assert lower.get_account(address) == model.get_account(address)
    for key in KEYS:
        assert lower.get_leaf(key) == model.get_leaf(key)
    after = tree.apply_batch(compute_changes(lower))
    items = tuple((key, leaf) for key, leaf in compute_changes(model) if leaf)
    assert after.root == compute_trie_root(items)


def test_an_account_of_zeros_is_no_leaf() -> None:
    assert encode_account(EMPTY_ACCOUNT) is None
    assert decode_account(None) == EMPTY_ACCOUNT
    for field, value in (("nonce", 1), ("balance", 1), ("inbox", 1), ("code_id", b"\x01" * 32)):
        account = replace(EMPTY_ACCOUNT, **{field: value})  # type: ignore[arg-type]  # by name
        assert decode_account(encode_account(account)) == account


@given(st.binary(min_size=32, max_size=32))
def test_kinds_of_leaves_never_share_a_key(digest: bytes) -> None:
    keys = (
        ALICE.address[:1] + digest[1:],
        CONTRACT_ADDRESS[:1] + digest[1:],
        compute_code_key(digest),
        compute_storage_leaf_key(digest),
        compute_reserved_key(digest),
    )
    assert len({key[0] for key in keys}) == len(keys)
    assert all(len(key) == 32 for key in keys)
    assert SUPPLY_KEY[0] == keys[-1][0]


def test_coins_from_outside_go_to_a_balance_or_an_inbox_by_the_kind_of_address() -> None:
    layer = compute_layer(TreeReader(EMPTY))
    add_coins(layer, ALICE.address, 5)
    add_coins(layer, CONTRACT_ADDRESS, 7)
    remove_coins(layer, ALICE.address, 2)
    assert layer.accounts == {
        ALICE.address: replace(EMPTY_ACCOUNT, balance=3),
        CONTRACT_ADDRESS: replace(EMPTY_ACCOUNT, inbox=7),
    }


def test_supply_starts_at_nothing_and_is_kept() -> None:
    layer = compute_layer(TreeReader(EMPTY))
    assert get_supply(layer) == Supply(0, 0)
    set_supply(layer, Supply(9, 4))
    tree = EMPTY.apply_batch(compute_changes(layer))
    assert get_supply(TreeReader(tree)) == Supply(9, 4)
