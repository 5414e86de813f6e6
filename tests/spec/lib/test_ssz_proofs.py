from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.lib.ssz import (
    Bitlist,
    Boolean,
    ByteVector,
    Container,
    Descriptor,
    List,
    Uint,
    Union,
    compute_merkle_proof,
    get_generalized_index,
    hash_tree_root,
    is_valid_merkle_branch,
)
from spec.lib.ssz.proofs import LENGTH, SELECTOR
from tests.spec.lib.ssz_model import TYPED_VALUES, fold, get_indices, grow_tree, walk


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Ledger:
    height: int
    entries: tuple[Entry, ...]
    counts: tuple[int, ...]
    best: Entry | None


ENTRY: Final = Container(Entry, (("number", Uint(64)), ("root", ByteVector(32))))
LEDGER: Final = Container(
    Ledger,
    (
        ("height", Uint(64)),
        ("entries", List(ENTRY, 5)),
        ("counts", List(Uint(64), 16)),
        ("best", Union(((None, None), (Entry, ENTRY)))),
    ),
)
VALUE: Final = Ledger(
    7, (Entry(1, b"a" * 32), Entry(2, b"b" * 32)), (1, 2, 3, 4, 5), Entry(3, b"c" * 32)
)


@given(TYPED_VALUES)
def test_roots_equal_those_of_the_whole_tree(typed: tuple[Descriptor[object], object]) -> None:
    descriptor, value = typed
    assert hash_tree_root(descriptor, value) == fold(grow_tree(descriptor, value))


@given(TYPED_VALUES, st.data())
def test_branches_equal_those_of_the_whole_tree(
    typed: tuple[Descriptor[object], object], data: st.DataObject
) -> None:
    descriptor, value = typed
    tree = grow_tree(descriptor, value)
    index = data.draw(st.sampled_from(get_indices(tree)))
    leaf, siblings = walk(tree, index)
    branch = compute_merkle_proof(descriptor, value, index)
    assert branch == tuple(siblings)
    assert is_valid_merkle_branch(leaf, branch, index, fold(tree))


@pytest.mark.parametrize(
    ("path", "leaf"),
    [
        ((), hash_tree_root(LEDGER, VALUE)),
        (("height",), (7).to_bytes(32, "little")),
        (("entries",), hash_tree_root(List(ENTRY, 5), VALUE.entries)),
        (("entries", 1), hash_tree_root(ENTRY, VALUE.entries[1])),
        (("entries", 1, "root"), b"b" * 32),
        (("entries", LENGTH), (2).to_bytes(32, "little")),
        (("entries", 4), bytes(32)),
        (("counts", 4), (5).to_bytes(32, "little")),
        (("counts", LENGTH), (5).to_bytes(32, "little")),
        (("best", 1, "number"), (3).to_bytes(32, "little")),
        (("best", SELECTOR), (1).to_bytes(32, "little")),
    ],
    ids=repr,
)
def test_a_part_is_proved_at_its_path(path: tuple[str | int, ...], leaf: bytes) -> None:
    root = hash_tree_root(LEDGER, VALUE)
    index = get_generalized_index(LEDGER, path)
    branch = compute_merkle_proof(LEDGER, VALUE, index)
    assert is_valid_merkle_branch(leaf, branch, index, root)
    assert not is_valid_merkle_branch(b"x" * 32, branch, index, root)
    if index > 1 and branch[0] != leaf:
        assert not is_valid_merkle_branch(leaf, branch, index ^ 1, root)
    assert not is_valid_merkle_branch(leaf, (*branch, bytes(32)), index, root)
    for i in range(len(branch)):
        assert not is_valid_merkle_branch(leaf, branch[:i] + branch[i + 1 :], index, root)
        wrong = bytes((branch[i][0] ^ 1,)) + branch[i][1:]
        assert not is_valid_merkle_branch(leaf, (*branch[:i], wrong, *branch[i + 1 :]), index, root)


def test_indices_are_those_of_the_standard() -> None:
    assert get_generalized_index(LEDGER, ("height",)) == 4
    assert get_generalized_index(LEDGER, ("entries", LENGTH)) == 5 * 2 + 1
    assert get_generalized_index(LEDGER, ("entries", 1, "root")) == ((5 * 2 * 8) + 1) * 2 + 1
    assert get_generalized_index(LEDGER, ("counts", 7)) == (6 * 2) * 4 + 1
    assert get_generalized_index(Bitlist(1024), (256,)) == 2 * 4 + 1
    assert get_generalized_index(List(Boolean(), 64), (33,)) == 2 * 2 + 1


@pytest.mark.parametrize(
    "path",
    [
        ("missing",),
        (0,),
        ("height", 0),
        ("height", LENGTH),
        ("entries", SELECTOR),
        ("entries", 5),
        ("entries", -1),
        ("entries", "0"),
        ("entries", LENGTH, 0),
        ("counts", 0, 0),
        ("best", 2),
        ("best", 0, "number"),
    ],
    ids=repr,
)
def test_a_path_that_leads_nowhere_is_an_assertion(path: tuple[str | int, ...]) -> None:
    with pytest.raises(AssertionError):
        get_generalized_index(LEDGER, path)


@pytest.mark.parametrize("index", [0, -1, 8, 1 << 200], ids=str)
def test_a_node_that_does_not_exist_is_an_assertion(index: int) -> None:
    with pytest.raises(AssertionError):
        compute_merkle_proof(LEDGER, VALUE, index)


def test_no_index_or_size_makes_the_verifier_raise() -> None:
    root = hash_tree_root(LEDGER, VALUE)
    assert is_valid_merkle_branch(root, (), 1, root)
    for index in (-1, 0, 2, 1 << 300):
        assert not is_valid_merkle_branch(root, (), index, root)


def test_a_branch_cut_at_other_places_is_refused() -> None:
    root = hash_tree_root(LEDGER, VALUE)
    left, right = (compute_merkle_proof(LEDGER, VALUE, index)[0] for index in (3, 2))
    assert is_valid_merkle_branch(left, (right,), 2, root)
    assert not is_valid_merkle_branch(left + right[:1], (right[1:],), 2, root)
    assert not is_valid_merkle_branch(left[:-1], (left[-1:] + right,), 2, root)
