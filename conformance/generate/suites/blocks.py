"""Level 4: blocks of several transactions, and every rule by which a block is refused."""

from dataclasses import replace
from typing import Any, Final

from conformance.clients.spec.answers import to_hex
from conformance.clients.spec.engine import ENGINE
from conformance.clients.spec.ledger_methods import make_ledger_state
from conformance.clients.spec.views import render_view
from conformance.generate.case import ACCEPT, Case, Suite
from conformance.generate.samples import COMMIT, HEADER
from conformance.generate.suites.signing import flip
from conformance.generate.world import (
    ALICE,
    BOB,
    CAROL,
    GENESIS_ID,
    NOW_MS,
    START,
    STRANGER,
    make_state,
    make_tx,
    make_view,
    sign_tx,
)
from spec.config.presets import TINY
from spec.crypto.address import compute_contract_address, compute_key_address
from spec.ledger.block import Chain, Signed, build_block
from spec.ledger.codec import compute_txs_root, encode_block
from spec.ledger.header import DraftChoice, compute_draft
from spec.ledger.ledger_ops import NO_CONSENSUS_STEP
from spec.ledger.ops import NoFields, NoSeal, Op, PowFields
from spec.ledger.types import BLOCK, Block, Body, Header, SignedTransaction, Transfer
from spec.ledger.types import HEADER as HEADER_TYPE
from spec.lib.result import Ok

METHOD: Final = "ledger.apply_block"
STATE: Final = make_state(START)
PRE: Final = make_view(START)
PROPOSER: Final = STRANGER.address
CHOICE: Final = DraftChoice(
    slot=HEADER.slot + 1,
    time_ms=NOW_MS,
    proposer=PROPOSER,
    validators_root=HEADER.validators_root,
    next_validators_root=HEADER.next_validators_root,
    consensus=NoFields(),
)


def build() -> tuple[Suite, ...]:
    """The suites of blocks."""
    return (
        Suite("ledger/block", "step", "ledger", _build_valid()),
        Suite("ledger/block_invalid", "step", "ledger", (*_build_headers(), *_build_bodies())),
    )


def make_block(
    transactions: tuple[SignedTransaction, ...] = (),
    ops: tuple[Op, ...] = (),
    choice: DraftChoice = CHOICE,
    parent: Header = HEADER,
) -> Block:
    """The block that the specification builds on the state of the given parent."""
    chain = Chain(TINY, GENESIS_ID, ENGINE)
    state = make_ledger_state(replace(STATE, parent=parent))
    candidates = tuple(Signed(signed, _get_sender(signed)) for signed in transactions)
    draft = compute_draft(TINY, parent, choice)
    built = build_block(chain, state, (draft, ops), candidates, NO_CONSENSUS_STEP)
    assert isinstance(built, Ok), "the draft follows its parent"
    assert not built.value.refusals, f"left out: {built.value.refusals}"
    return Block(built.value.header, built.value.body, NoSeal())


def _get_sender(signed: SignedTransaction) -> bytes:
    key = signed.transaction.sender
    return compute_key_address(key.scheme, key.public_key)


def _case(
    name: str, why: str, block: Block, expected: str = ACCEPT, rules: tuple[str, ...] = ()
) -> Case:
    args = {"block": to_hex(encode_block(block))}
    bug_class = "effect" if expected == ACCEPT else "check"
    return Case(name, why, bug_class, METHOD, args, expected, rules, render_view(BLOCK, block), PRE)


def _list_three() -> tuple[SignedTransaction, ...]:
    return (
        sign_tx(make_tx()),
        sign_tx(make_tx(nonce=4, payload=Transfer(STRANGER.address, 9))),
        sign_tx(make_tx(BOB, payload=Transfer(ALICE.address, 50)), BOB),
    )


def _build_valid() -> tuple[Case, ...]:
    contract = compute_contract_address(ALICE.address, 0)
    by_alice = replace(CHOICE, proposer=ALICE.address)
    to_contract = replace(CHOICE, proposer=contract)
    later = replace(CHOICE, slot=2**63, time_ms=2**53 - 1)
    same_time = replace(CHOICE, time_ms=HEADER.time_ms)
    proof_of_work = replace(CHOICE, consensus=PowFields(2**255, 7))
    in_time = sign_tx(make_tx(expires_at_ms=HEADER.time_ms))
    chained = (
        sign_tx(make_tx(payload=Transfer(STRANGER.address, 600_000))),
        sign_tx(make_tx(STRANGER, payload=Transfer(ALICE.address, 1)), STRANGER),
    )
    full = tuple(sign_tx(make_tx(nonce=3 + n, payload=Transfer(BOB.address, n))) for n in range(16))
    rows = (
        ("empty", "A block may carry nothing.", make_block()),
        (
            "one",
            "The tip reaches the proposer, the base fee is burnt.",
            make_block(_list_three()[:1]),
        ),
        ("three", "Transactions act in order, nonces follow on.", make_block(_list_three())),
        ("chained", "Coins of one transaction serve the next.", make_block(chained)),
        ("by_sender", "The proposer may be a sender.", make_block(_list_three(), choice=by_alice)),
        (
            "to_contract",
            "A contract's tips go to its inbox.",
            make_block(_list_three(), choice=to_contract),
        ),
        ("far_slot", "A far slot and the latest time cost no loop.", make_block(choice=later)),
        (
            "same_time",
            "A block may have its parent's time.",
            make_block((in_time,), choice=same_time),
        ),
        ("with_op", "Operations are committed to and not looked into.", make_block(ops=(COMMIT,))),
        (
            "pow_fields",
            "Fields of the consensus are part of the header.",
            make_block(choice=proof_of_work),
        ),
        ("full", "As many transactions as are allowed are allowed.", make_block(full)),
        (
            "post_quantum",
            "A block takes any scheme.",
            make_block((sign_tx(make_tx(CAROL), CAROL),)),
        ),
    )
    rules = ("block.state_root_mismatch", "block.gas_used_mismatch")
    cases = [_case(name, why, block, rules=rules) for name, why, block in rows]
    return (*cases, *_build_base_fees())


def _build_base_fees() -> tuple[Case, ...]:
    """How the base fee follows from the parent's gas."""
    target = TINY.block_gas_target
    rows = (
        ("at_target", 8, target),
        ("above", 800, target * 2),
        ("just_above", 8, target + 1),
        ("below", 800, target // 2),
        ("just_below", 800, target - 1),
        ("unused", 800, 0),
        ("at_floor", 1, 0),
        ("at_ceiling", 1_000, TINY.block_gas_limit),
        ("near_ceiling", 999, target + 1),
        ("tiny_rise", 1, target + 1),
    )
    cases = []
    for name, base_fee, gas_used in rows:
        parent = replace(HEADER, base_fee=base_fee, gas_used=gas_used)
        chain = {**PRE["chain"], "parent": render_view(HEADER_TYPE, parent)}
        block = make_block(parent=parent)
        why = "The base fee moves in proportion, a rise is at least 1, and it keeps its bounds."
        case = _case(f"base_fee_{name}", why, block, rules=("block.base_fee_mismatch",))
        cases.append(replace(case, pre={**PRE, "chain": chain}))
    return tuple(cases)


def _build_headers() -> tuple[Case, ...]:
    block = make_block(_list_three())
    header = block.header
    rows: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("parent", {"parent": bytes(32)}, "block.parent_mismatch"),
        ("height_same", {"height": HEADER.height}, "block.height_mismatch"),
        ("height_skipped", {"height": HEADER.height + 2}, "block.height_mismatch"),
        ("version", {"version": 2}, "block.version_mismatch"),
        ("version_zero", {"version": 0}, "block.version_mismatch"),
        ("slot_same", {"slot": HEADER.slot}, "block.slot_not_after_parent"),
        ("slot_before", {"slot": 0}, "block.slot_not_after_parent"),
        ("time_before", {"time_ms": HEADER.time_ms - 1}, "block.time_before_parent"),
        ("time_too_large", {"time_ms": 2**53}, "block.time_too_large"),
        ("time_max", {"time_ms": 2**64 - 1}, "block.time_too_large"),
        ("proposer", {"proposer": bytes(32)}, "block.proposer_invalid"),
        ("proposer_kind", {"proposer": b"\x07" * 32}, "block.proposer_invalid"),
        ("base_fee_low", {"base_fee": header.base_fee - 1}, "block.base_fee_mismatch"),
        ("base_fee_high", {"base_fee": header.base_fee + 1}, "block.base_fee_mismatch"),
        ("gas_used_low", {"gas_used": header.gas_used - 1}, "block.gas_used_mismatch"),
        ("gas_used_high", {"gas_used": header.gas_used + 1}, "block.gas_used_mismatch"),
        ("txs_root", {"txs_root": flip(header.txs_root, 0)}, "block.txs_root_mismatch"),
        ("ops_root", {"ops_root": bytes(32)}, "block.ops_root_mismatch"),
        ("receipts_root", {"receipts_root": bytes(32)}, "block.receipts_root_mismatch"),
        ("state_root", {"state_root": flip(header.state_root, 255)}, "block.state_root_mismatch"),
        ("state_root_of_parent", {"state_root": HEADER.state_root}, "block.state_root_mismatch"),
        ("two_faults", {"slot": 0, "height": 0}, "block.height_mismatch"),
        ("all_roots", {"txs_root": bytes(32), "state_root": bytes(32)}, "block.txs_root_mismatch"),
    )
    why = "A header that doesn't follow from its parent and its body is refused by the first rule."
    return tuple(
        _case(f"header_{name}", why, replace(block, header=replace(header, **changes)), rule)
        for name, changes, rule in rows
    )


def _build_bodies() -> tuple[Case, ...]:
    three = _list_three()
    block = make_block(three)
    spoiled = replace(three[1], signature=flip(three[1].signature, 8))
    rule = "block.transaction_invalid"
    data = encode_block(block)
    many = tuple(sign_tx(make_tx(nonce=3 + n)) for n in range(17))
    cases = [
        _case("tx_replayed", "A nonce serves once.", _with(block, (*three, three[0])), rule),
        _case("tx_reordered", "Order counts.", _with(block, three[::-1]), rule),
        _case(
            "tx_signature",
            "One bad signature spoils the block.",
            _with(block, (three[0], spoiled)),
            rule,
        ),
        _case(
            "tx_unpaid",
            "A transaction that can't pay is no part of a block.",
            _with(block, (sign_tx(make_tx(fee_cap=1, tip=0)),)),
            rule,
        ),
        _case(
            "body_swapped",
            "The header commits to the body.",
            replace(block, body=Body((), three[:2])),
            "block.txs_root_mismatch",
        ),
        _case(
            "op_added",
            "The header commits to operations.",
            replace(block, body=Body((COMMIT,), three)),
            "block.ops_root_mismatch",
        ),
        _case(
            "too_many",
            "A block holds a limited number.",
            _with(block, many),
            "block.too_many_transactions",
        ),
    ]
    why = "Bytes that are no block are refused before anything else."
    for name, spoiled_data, code in (
        ("empty", b"", "block.malformed"),
        ("truncated", data[:-2], "block.malformed"),
        ("surplus", data + b"\0", "block.malformed"),
        ("too_large", bytes(TINY.block_size_bytes_max + 1), "block.too_large"),
    ):
        args = {"block": to_hex(spoiled_data)}
        cases.append(Case(f"bytes_{name}", why, "malformed", METHOD, args, code, pre=PRE))
    return tuple(cases)


def _with(block: Block, transactions: tuple[SignedTransaction, ...]) -> Block:
    """The block with another body that its header commits to."""
    header = replace(block.header, txs_root=compute_txs_root(transactions))
    return replace(block, header=header, body=Body((), transactions))
