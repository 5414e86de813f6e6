"""Level 4: what a transfer does, and every rule by which a block may not hold a transaction."""

from dataclasses import replace
from typing import Any, Final

from conformance.clients.spec.answers import JsonObject, to_hex
from conformance.clients.spec.views import render_view
from conformance.generate.case import ACCEPT, Case, Suite
from conformance.generate.suites.signing import flip
from conformance.generate.world import (
    ALICE,
    BASE_FEE,
    BOB,
    CAROL,
    COINS,
    GAS_AVAILABLE,
    HEIGHT,
    NOW_MS,
    START,
    STRANGER,
    get_intrinsic_gas,
    make_tx,
    make_view,
    sign_tx,
)
from spec.crypto.address import compute_contract_address
from spec.ledger.codec import encode_signed_transaction
from spec.ledger.types import SIGNED_TRANSACTION, Call, SignedTransaction, Transfer

METHOD: Final = "ledger.apply_transaction"
PRE: Final = make_view(START)
CONTRACT: Final = compute_contract_address(ALICE.address, 99)
GAS: Final = get_intrinsic_gas(make_tx())
U64_MAX: Final = 2**64 - 1


def build() -> tuple[Suite, ...]:
    """The suites of transactions that run no contract."""
    return (
        Suite("ledger/transfer", "step", "ledger", _build_transfers()),
        Suite("ledger/validity", "step", "ledger", (*_build_bounds(), *_build_masks())),
        Suite("ledger/signature", "step", "ledger", (*_build_signers(), *_build_bad_bytes())),
    )


def make_args(data: bytes) -> JsonObject:
    """The arguments of a request: the transaction and its circumstances."""
    circumstances = {
        "height": HEIGHT,
        "now_ms": NOW_MS,
        "base_fee": BASE_FEE,
        "gas_available": GAS_AVAILABLE,
    }
    shown = {name: str(number) for name, number in circumstances.items()}
    return {"transaction": to_hex(data), **shown}


def make_case(
    name: str,
    why: str,
    signed: SignedTransaction,
    expected: str = ACCEPT,
    rules: tuple[str, ...] = (),
) -> Case:
    """A case of one transaction on the chain of `world`."""
    bug_class = "effect" if expected == ACCEPT else "check"
    args = make_args(encode_signed_transaction(signed))
    view = render_view(SIGNED_TRANSACTION, signed)
    return Case(name, why, bug_class, METHOD, args, expected, rules, view, PRE)


def change(case: Case, **changes: int) -> Case:
    """The case in other circumstances."""
    shown = {name: str(number) for name, number in changes.items()}
    return replace(case, args={**case.args, **shown})


def _build_transfers() -> tuple[Case, ...]:
    fee_max = 20_000 * 20
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("to_key", "Amount and fee leave the sender, the amount arrives.", {}),
        (
            "to_stranger",
            "An address that never held anything gets an account.",
            {"payload": Transfer(STRANGER.address, 1)},
        ),
        (
            "to_contract",
            "Coins to a contract go to its inbox, never to its balance, deployed or not.",
            {"payload": Transfer(CONTRACT, 7)},
        ),
        (
            "to_self",
            "Reading both balances before writing either makes coins.",
            {"payload": Transfer(ALICE.address, 5)},
        ),
        (
            "zero",
            "An amount of zero moves nothing and costs the same.",
            {"payload": Transfer(BOB.address, 0)},
        ),
        (
            "zero_to_stranger",
            "An account that is all zero is no leaf.",
            {"payload": Transfer(STRANGER.address, 0)},
        ),
        (
            "everything",
            "The whole balance can be sent, the largest fee apart.",
            {"payload": Transfer(BOB.address, COINS - fee_max)},
        ),
        ("no_tip", "Without a tip the price is the base fee.", {"tip": 0}),
        ("tip_cut", "The tip is cut to what the fee cap leaves.", {"fee_cap": 9, "tip": 9}),
        ("tip_gone", "At the base fee nothing is left for the tip.", {"fee_cap": 8, "tip": 8}),
        ("gas_unused", "Only gas used is paid, not the limit.", {"gas_limit": 100_000}),
    )
    return tuple(make_case(n, why, sign_tx(make_tx(**changes))) for n, why, changes in rows)


def _build_bounds() -> tuple[Case, ...]:
    """Each rule at its bound, just inside and just outside."""
    pairs: tuple[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, int]], ...] = (
        ("tx.nonce_mismatch", "nonce", {"nonce": 3}, {"nonce": 2}, {}),
        ("tx.nonce_gap", "nonce_next", {"nonce": 3}, {"nonce": 4}, {}),
        ("tx.expired", "expiry", {"expires_at_ms": NOW_MS}, {"expires_at_ms": NOW_MS - 1}, {}),
        ("tx.tip_above_fee_cap", "tip", {"tip": 20}, {"tip": 21}, {}),
        ("tx.fee_cap_below_base_fee", "fee_cap", {"fee_cap": 8}, {"fee_cap": 7}, {}),
        ("tx.gas_below_intrinsic", "gas", {"gas_limit": GAS}, {"gas_limit": GAS - 1}, {}),
        (
            "tx.gas_above_block",
            "gas_left",
            {"gas_limit": 30_000},
            {"gas_limit": 30_001},
            {"gas_available": 30_000},
        ),
        (
            "tx.insufficient_balance",
            "balance",
            {"payload": Transfer(BOB.address, COINS - 400_000)},
            {"payload": Transfer(BOB.address, COINS - 399_999)},
            {},
        ),
    )
    cases: list[Case] = []
    for rule, name, inside, outside, changes in pairs:
        why = f"The bound of {rule} itself is allowed, one beyond it is not."
        good, bad = sign_tx(make_tx(**inside)), sign_tx(make_tx(**outside))
        cases.append(change(make_case(f"{name}_inside", why, good, rules=(rule,)), **changes))
        cases.append(change(make_case(f"{name}_outside", why, bad, rule), **changes))
    cases += _build_extremes()
    cases += _build_addresses()
    return tuple(cases)


def _build_extremes() -> list[Case]:
    why = "Products of 64-bit numbers need more than 64 bits."
    huge = sign_tx(make_tx(fee_cap=U64_MAX, gas_limit=200_000))
    amount = sign_tx(make_tx(payload=Transfer(BOB.address, 2**128 - 1)))
    last = sign_tx(make_tx(CAROL, nonce=U64_MAX - 1), CAROL)
    exhausted = sign_tx(make_tx(CAROL, nonce=U64_MAX), CAROL)
    poor = sign_tx(make_tx(STRANGER), STRANGER)
    balance = "tx.insufficient_balance"
    return [
        make_case("fee_overflow", why, huge, balance),
        make_case("amount_overflow", why, amount, balance),
        make_case("sender_without_account", "Nobody pays for a stranger.", poor, balance),
        make_case("nonce_last", "The last usable nonce is 2^64 - 2.", last),
        make_case(
            "nonce_exhausted", "No nonce may follow 2^64 - 1.", exhausted, "tx.nonce_exhausted"
        ),
        make_case(
            "nonce_zero",
            "An old transaction must not run again.",
            sign_tx(make_tx(nonce=0)),
            "tx.nonce_mismatch",
        ),
        make_case(
            "nonce_max",
            "The bound is checked before the gap.",
            sign_tx(make_tx(nonce=U64_MAX)),
            "tx.nonce_exhausted",
        ),
        make_case(
            "never_expires",
            "The latest expiry is no overflow.",
            sign_tx(make_tx(expires_at_ms=U64_MAX)),
        ),
        make_case(
            "expired_long_ago",
            "Zero is a time like any other.",
            sign_tx(make_tx(expires_at_ms=0)),
            "tx.expired",
        ),
        change(
            make_case(
                "block_full",
                "A full block takes nothing.",
                sign_tx(make_tx()),
                "tx.gas_above_block",
            ),
            gas_available=0,
        ),
    ]


def _build_addresses() -> list[Case]:
    why = "Coins sent to what is no address are lost."
    no_kind, other_kind = bytes(32), b"\x03" + bytes(31)
    call = Call(no_kind, bytes(8), b"", 0)
    rule = "tx.address_invalid"
    other_chain = sign_tx(make_tx(genesis_id=bytes(32)))
    large = Call(CONTRACT, bytes(8), bytes(10_000 - 177), 0)
    largest = Call(CONTRACT, b"selector", bytes(10_000 - 178), 0)
    return [
        make_case("to_zero", why, sign_tx(make_tx(payload=Transfer(no_kind, 1))), rule),
        make_case("to_unknown_kind", why, sign_tx(make_tx(payload=Transfer(other_kind, 1))), rule),
        make_case("call_of_zero", why, sign_tx(make_tx(payload=call)), rule),
        make_case(
            "other_chain",
            "A transaction of another chain must not be replayed.",
            other_chain,
            "tx.wrong_chain",
        ),
        make_case(
            "too_large",
            "The encoded transaction is bounded.",
            sign_tx(make_tx(payload=large)),
            "tx.too_large",
        ),
        replace(
            make_case(
                "largest",
                "The bound on its size is inclusive.",
                sign_tx(make_tx(payload=largest, gas_limit=40_000)),
                rules=("tx.too_large",),
            ),
            outcome="contract.no_code",
        ),
    ]


def _build_masks() -> tuple[Case, ...]:
    """Several rules broken at once: the first in the documented order is the verdict."""
    why = "Checks have an order: another first failure is another verdict."
    worst: dict[str, Any] = {
        "genesis_id": bytes(32),
        "payload": Transfer(bytes(32), 2**128 - 1),
        "tip": 30,
        "expires_at_ms": 0,
        "fee_cap": 1,
        "gas_limit": 0,
        "nonce": 0,
    }
    steps: tuple[tuple[str, str, Any], ...] = (
        ("tx.wrong_chain", "genesis_id", None),
        ("tx.address_invalid", "payload", Transfer(BOB.address, 2**128 - 1)),
        ("tx.tip_above_fee_cap", "tip", 0),
        ("tx.expired", "expires_at_ms", U64_MAX),
        ("tx.fee_cap_below_base_fee", "fee_cap", 20),
        ("tx.gas_below_intrinsic", "gas_limit", 20_000),
        ("tx.nonce_mismatch", "nonce", 3),
        ("tx.insufficient_balance", "payload", Transfer(BOB.address, 1)),
    )
    cases: list[Case] = []
    changes = dict(worst)
    for number, (rule, field, mended) in enumerate(steps):
        cases.append(make_case(f"order_{number}", why, sign_tx(make_tx(**changes)), rule))
        changes[field] = make_tx().genesis_id if mended is None else mended
    cases.append(make_case("order_mended", why, sign_tx(make_tx(**changes))))
    return tuple(cases)


def _build_signers() -> tuple[Case, ...]:
    cases: list[Case] = []
    for name, signer in (("ed25519", ALICE), ("secp256k1", BOB), ("ml_dsa_65", CAROL)):
        why = "Intrinsic gas depends on the scheme and on the length of the key."
        changes = {"payload": Transfer(STRANGER.address, 1)}
        cases.append(make_case(f"by_{name}", why, sign_tx(make_tx(signer, **changes), signer)))
        intrinsic = get_intrinsic_gas(make_tx(signer, **changes))
        short = make_tx(signer, gas_limit=intrinsic - 1, **changes)
        rule = "tx.gas_below_intrinsic"
        cases.append(make_case(f"by_{name}_short_of_gas", why, sign_tx(short, signer), rule))
    return tuple(cases)


def _build_bad_bytes() -> tuple[Case, ...]:
    tx = make_tx()
    good = sign_tx(tx)
    rule, malformed = "tx.signature_invalid", "tx.malformed"
    spoiled = replace(good, signature=flip(good.signature, 300))
    foreign = replace(good, signature=sign_tx(make_tx(genesis_id=bytes(32))).signature)
    data = encode_signed_transaction(good)
    signatures: tuple[tuple[str, SignedTransaction], ...] = (
        ("bit", spoiled),
        ("absent", replace(good, signature=b"")),
        ("by_another", replace(good, signature=sign_tx(tx, STRANGER).signature)),
        ("for_another_chain", foreign),
        ("for_another_nonce", replace(good, signature=sign_tx(make_tx(nonce=4)).signature)),
        ("scheme_unknown", _with_scheme(good, 9)),
        ("scheme_other", _with_scheme(good, 2)),
    )
    why = "What the sender didn't sign, exactly so and for this chain, does nothing."
    cases = [make_case(f"signature_{name}", why, signed, rule) for name, signed in signatures]
    why = "Bytes that are no transaction are refused before anything else."
    for name, spoiled_data in (
        ("empty", b""),
        ("truncated", data[:-70]),
        ("payload_unknown", data.replace(b"\x00" + BOB.address, b"\x09" + BOB.address)),
        ("offset", b"\x09" + data[1:]),
    ):
        args = make_args(spoiled_data)
        cases.append(Case(f"bytes_{name}", why, "malformed", METHOD, args, malformed, pre=PRE))
    args = make_args(bytes(100_000))
    cases.append(Case("bytes_too_many", why, "limit", METHOD, args, "tx.too_large", pre=PRE))
    return tuple(cases)


def _with_scheme(signed: SignedTransaction, scheme: int) -> SignedTransaction:
    tx = signed.transaction
    return replace(signed, transaction=replace(tx, sender=replace(tx.sender, scheme=scheme)))
