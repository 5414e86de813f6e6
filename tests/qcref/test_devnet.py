"""Liberties of a development chain, and what it keeps of the rules nevertheless."""

from dataclasses import replace
from pathlib import Path

from qcref.devnet import FUNDS, SNAPSHOTS_MAX, TIME_MS_MAX, Wish
from spec.ledger.codec import compute_tx_signing_root
from spec.ledger.errors import TxExpired, TxNonceMismatch, TxSignatureInvalid, TxWrongChain
from spec.ledger.types import Success, Transfer
from spec.lib.result import Err, Ok
from tests.qcref.support import (
    get_account,
    make_deploy,
    running,
    sign_transfer,
    transfer,
)


def test_two_devnets_begin_alike(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one, running(tmp_path / "other") as other:
        assert one.runtime.head.header == other.runtime.head.header
        assert one.get_account(get_account("judy").address).balance == FUNDS


def test_a_transfer_moves_coins_and_pays_its_fee(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        transfer(devnet, "alice", "bob", 5)
        alice = devnet.get_account(get_account("alice").address)
        assert devnet.get_account(get_account("bob").address).balance == FUNDS + 5
        assert alice.nonce == 1
        assert FUNDS - 5 - alice.balance > 0, "the fee"


def test_a_deployment_fits_the_gas_that_was_estimated(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        added = devnet.submit(devnet.sign(get_account("alice"), Wish(make_deploy())))
        assert isinstance(added, Ok)
        assert devnet.mine()
        included = devnet.get_included(added.value)
        assert included is not None
        assert isinstance(included.receipt.status, Success)


def test_forged_and_replayed_transactions_are_refused(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        signed = sign_transfer(devnet, "alice", "bob", 5)
        forged = replace(signed, signature=bytes(64))
        other = replace(signed, transaction=replace(signed.transaction, genesis_id=bytes(32)))
        assert _get_error(devnet.submit(forged)) is TxSignatureInvalid
        assert _get_error(devnet.submit(other)) is TxSignatureInvalid, "the chain is signed too"
        assert isinstance(devnet.submit(signed), Ok)
        assert devnet.mine()
        assert _get_error(devnet.submit(signed)) is TxNonceMismatch


def test_a_transaction_for_another_chain_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        signed = sign_transfer(devnet, "alice", "bob", 5)
        tx = replace(signed.transaction, genesis_id=bytes(32))
        foreign = replace(
            signed,
            transaction=tx,
            signature=get_account("alice").key.sign(compute_tx_signing_root(tx)),
        )
        assert _get_error(devnet.submit(foreign)) is TxWrongChain


def test_time_moves_forward_and_what_it_passes_expires(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        signed = sign_transfer(devnet, "alice", "bob", 5)
        assert devnet.advance_time(2 * 3_600_000)
        assert _get_error(devnet.submit(signed)) is TxExpired
        transfer(devnet)
        time_ms = devnet.runtime.head.header.time_ms
        assert not devnet.advance_time(TIME_MS_MAX)
    with running(tmp_path) as again:
        assert again.clock.now_ms() >= time_ms, "a restart does not turn it back"


def test_reverting_forgets_later_snapshots_and_keeps_its_own(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        first = devnet.snapshot()
        transfer(devnet)
        second = devnet.snapshot()
        assert (first, second) == (0, 1)
        assert devnet.revert(0)
        assert not devnet.revert(1)
        assert devnet.revert(0)


def test_snapshots_are_bounded(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        numbers = [devnet.snapshot() for _ in range(SNAPSHOTS_MAX + 1)]
        assert numbers[-2:] == [SNAPSHOTS_MAX - 1, None]


def test_waiting_transactions_get_the_following_nonces(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        for amount in (1, 2, 3):
            assert isinstance(devnet.submit(sign_transfer(devnet, "alice", "bob", amount)), Ok)
        assert devnet.mine()
        assert devnet.get_account(get_account("alice").address).nonce == 3
        stored = devnet.runtime.store.get_block(1)
        assert stored is not None
        amounts = [
            signed.transaction.payload.amount
            for signed in stored.block.body.transactions
            if isinstance(signed.transaction.payload, Transfer)
        ]
        assert amounts == [1, 2, 3]


def _get_error(result: object) -> type | None:
    return type(result.error) if isinstance(result, Err) else None
