"""A permission counts for one chain, contract, action, set of arguments, nonce and time."""

from dataclasses import dataclass, replace
from hashlib import sha256

import pytest

from dsl.accounts import PUBLIC_KEYS, compute_account_address, compute_seed, sign_permit
from dsl.check_signed import SCHEMES
from dsl.compile import compile_source
from dsl.testing import run_tests
from spec.crypto.address import compute_contract_address, compute_key_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signing_keys import compute_public_key, sign
from spec.ir.host import BlockContext, CallInput, DeclaredFailure, Failed, Outcome, Succeeded
from spec.ir.linked import LinkedModule
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.permits import compute_permit_digest
from spec.ir.syntax import STANDARD_ERROR_COUNT
from spec.ir.values import EnumValue, Value, encode_record

SOURCE = """contract Permits:
    state:
        allowances: map[address, map[address, u64]]
        limits: map[address, map[address, u64]]

    action permit(owner: address, spender: address, amount: u64) signed by owner:
        allowances[owner][spender] = amount

    action limit(owner: address, spender: address, amount: u64) signed by owner:
        limits[owner][spender] = amount

    test "nobody else signs":
        deploy() as alice
        expect BadSignature: permit(bob, carol, 5) as alice with signer alice
        permit(bob, carol, 5) as alice
"""
ALICE, BOB, CAROL = (compute_account_address(name) for name in ("alice", "bob", "carol"))
CONTRACT = compute_contract_address(ALICE, 0)
OTHER = compute_contract_address(ALICE, 1)
CHAIN = sha256(b"a chain").digest()
EXPIRED, WRONG_NONCE, BAD_SIGNATURE = range(STANDARD_ERROR_COUNT, STANDARD_ERROR_COUNT + 3)


@dataclass(frozen=True)
class Permission:
    """What is signed, and by whom."""

    action: int = 0
    contract: bytes = CONTRACT
    chain: bytes = CHAIN
    spender: bytes = CAROL
    amount: int = 5
    nonce: int = 0
    deadline: int = 100
    signer: str = "bob"


GOOD = Permission()


def get_linked() -> LinkedModule:
    unit = compile_source(SOURCE, "permits.qc").unit
    assert unit is not None
    return unit.linked


LINKED = get_linked()


def sign_as(permission: Permission) -> Value:
    """The signature that a signer gives to a permission."""
    digest = compute_permit_digest(
        LINKED,
        LINKED.functions[permission.action],
        permission.contract,
        (BOB, permission.spender, permission.amount),
        (permission.nonce, permission.deadline),
    )
    signature = sign_permit(permission.signer, digest, permission.chain)
    return EnumValue(0, (bytes.fromhex(PUBLIC_KEYS[permission.signer]), signature))


def submit(
    world: MemoryWorld, used: Permission, signature: Value, *, now_ms: int = 50, owner: bytes = BOB
) -> Outcome:
    """Somebody sends a permission with a signature."""
    function = LINKED.functions[used.action]
    values = (owner, used.spender, used.amount, (used.nonce, used.deadline, signature))
    data = encode_record(LINKED.types, function.params, values)
    call = CallInput(
        used.contract, function.declared.selector, ALICE, 0, data, 10_000_000, is_view=False
    )
    return execute(world, BlockContext(used.chain, 3, now_ms), call)


def make_world() -> MemoryWorld:
    return MemoryWorld(codes={CONTRACT: LINKED, OTHER: LINKED})


def get_error(outcome: Outcome) -> int:
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.failure, DeclaredFailure)
    return outcome.failure.error


def test_a_permission_of_the_owner_is_good() -> None:
    assert isinstance(submit(make_world(), GOOD, sign_as(GOOD)), Succeeded)


@pytest.mark.parametrize(
    "other",
    [
        replace(GOOD, action=1),
        replace(GOOD, contract=OTHER),
        replace(GOOD, chain=sha256(b"another chain").digest()),
        replace(GOOD, spender=ALICE),
        replace(GOOD, amount=6),
        replace(GOOD, deadline=101),
    ],
    ids=str,
)
def test_a_signature_counts_for_nothing_else_than_it_was_made_for(other: Permission) -> None:
    assert get_error(submit(make_world(), other, sign_as(GOOD))) == BAD_SIGNATURE
    assert get_error(submit(make_world(), GOOD, sign_as(other))) == BAD_SIGNATURE


def test_only_the_owner_signs() -> None:
    by_alice = sign_as(replace(GOOD, signer="alice"))
    assert get_error(submit(make_world(), GOOD, by_alice)) == BAD_SIGNATURE
    assert get_error(submit(make_world(), GOOD, sign_as(GOOD), owner=ALICE)) == BAD_SIGNATURE


def test_a_permission_counts_once() -> None:
    world = make_world()
    assert isinstance(submit(world, GOOD, sign_as(GOOD)), Succeeded)
    assert get_error(submit(world, GOOD, sign_as(GOOD))) == WRONG_NONCE
    again = replace(GOOD, nonce=1)
    assert get_error(submit(world, again, sign_as(GOOD))) == BAD_SIGNATURE
    assert isinstance(submit(world, again, sign_as(again)), Succeeded)
    assert isinstance(
        submit(world, replace(GOOD, contract=OTHER), sign_as(replace(GOOD, contract=OTHER))),
        Succeeded,
    )


def test_a_permission_counts_until_its_deadline_and_the_deadline_counts() -> None:
    assert isinstance(submit(make_world(), GOOD, sign_as(GOOD), now_ms=100), Succeeded)
    assert get_error(submit(make_world(), GOOD, sign_as(GOOD), now_ms=101)) == EXPIRED


def test_failures_come_in_order() -> None:
    late = replace(GOOD, nonce=9)
    assert get_error(submit(make_world(), late, sign_as(late), now_ms=101)) == EXPIRED
    assert get_error(submit(make_world(), late, sign_as(GOOD))) == WRONG_NONCE


def test_the_last_nonce_is_never_used() -> None:
    last = replace(GOOD, nonce=(1 << 64) - 1)
    assert get_error(submit(make_world(), last, sign_as(last))) == WRONG_NONCE


@pytest.mark.parametrize("tag", range(len(SCHEMES)))
def test_each_scheme_signs(tag: int) -> None:
    scheme = SCHEMES[tag][1].number
    seed = sha256(b"some seed").digest()
    key = compute_public_key(scheme, seed)
    owner = compute_key_address(scheme, key)
    digest = compute_permit_digest(
        LINKED, LINKED.functions[0], CONTRACT, (owner, CAROL, 5), (0, 100)
    )
    root = compute_signing_root(Domain.CONTRACT_PERMIT, CHAIN, digest)
    good = EnumValue(tag, (key, sign(scheme, seed, root)))
    bad = EnumValue(tag, (key, sign(scheme, seed, digest)))
    assert isinstance(submit(make_world(), GOOD, good, owner=owner), Succeeded)
    assert get_error(submit(make_world(), GOOD, bad, owner=owner)) == BAD_SIGNATURE


@pytest.mark.parametrize("name", PUBLIC_KEYS)
def test_the_keys_of_accounts_are_those_of_their_seeds(name: str) -> None:
    assert compute_public_key(1, compute_seed(name)).hex() == PUBLIC_KEYS[name]


def test_tests_sign_with_these_keys() -> None:
    unit = compile_source(SOURCE, "permits.qc").unit
    assert unit is not None
    assert [each.problem for each in run_tests(unit)] == [""]
