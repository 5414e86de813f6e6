"""Signing roots: each part counts, and no signature is good in another domain or chain."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.crypto.domains import SIGNING_FORMAT_VERSION, Domain, compute_signing_root
from spec.crypto.hashing import sha256
from spec.crypto.signing import ED25519, NotAuthentic, validate_signature
from spec.crypto.signing_keys import compute_public_key, sign

roots = st.binary(min_size=32, max_size=32)
GENESIS = sha256(b"one chain")
OTHER_GENESIS = sha256(b"another chain")
OBJECT = sha256(b"an object")
SEED = bytes(range(32))


def test_tags_are_unique_printable_and_of_one_length() -> None:
    tags = [domain.tag for domain in Domain]
    assert len(set(tags)) == len(tags) == len(Domain.__members__)
    for tag in tags:
        assert len(tag) == 32
        name, _, padding = tag.partition(b"\0")
        assert name.startswith(b"qc/")
        assert name.decode("ascii").isprintable()
        assert not any(padding)


@given(roots, roots)
def test_layout_is_the_documented_hundred_bytes(genesis_id: bytes, root: bytes) -> None:
    preimage = b"qc/transaction".ljust(32, b"\0") + b"\1\0\0\0" + genesis_id + root
    assert SIGNING_FORMAT_VERSION == 1
    assert len(preimage) == 100
    assert compute_signing_root(Domain.TRANSACTION, genesis_id, root) == sha256(preimage)


@given(roots, roots, roots)
def test_every_part_changes_the_root(genesis_id: bytes, root: bytes, other: bytes) -> None:
    original = compute_signing_root(Domain.PROPOSAL, genesis_id, root)
    assert (compute_signing_root(Domain.PROPOSAL, other, root) == original) == (other == genesis_id)
    assert (compute_signing_root(Domain.PROPOSAL, genesis_id, other) == original) == (other == root)
    assert compute_signing_root(Domain.ROUND_VOTE, genesis_id, root) != original


def test_no_two_domains_and_chains_share_a_root() -> None:
    all_roots = [
        compute_signing_root(domain, genesis_id, OBJECT)
        for domain, genesis_id in product(Domain, (GENESIS, OTHER_GENESIS, OBJECT))
    ]
    assert all(left != right for left, right in combinations(all_roots, 2))
    swapped = compute_signing_root(Domain.PROPOSAL, OBJECT, GENESIS)
    assert swapped != compute_signing_root(Domain.PROPOSAL, GENESIS, OBJECT)


@pytest.mark.parametrize("signed", Domain)
def test_signature_is_refused_in_every_other_domain_and_chain(signed: Domain) -> None:
    key = compute_public_key(ED25519, SEED)
    signature = sign(ED25519, SEED, compute_signing_root(signed, GENESIS, OBJECT))
    for claimed, genesis_id in product(Domain, (GENESIS, OTHER_GENESIS)):
        message = compute_signing_root(claimed, genesis_id, OBJECT)
        error = validate_signature(ED25519, key, message, signature)
        is_same = claimed is signed and genesis_id == GENESIS
        assert error == (None if is_same else NotAuthentic())


@pytest.mark.parametrize("length", [0, 31, 33])
def test_roots_of_another_length_are_a_defect_of_the_caller(length: int) -> None:
    with pytest.raises(AssertionError):
        compute_signing_root(Domain.TRANSACTION, bytes(length), OBJECT)
    with pytest.raises(AssertionError):
        compute_signing_root(Domain.TRANSACTION, GENESIS, bytes(length))
