"""Level 4: what actions on stake do, and every rule by which a block may not hold one."""

from dataclasses import replace
from typing import Final

from conformance.clients.spec.answers import JsonObject, to_hex
from conformance.clients.spec.engine import ENGINE
from conformance.clients.spec.ledger_methods import make_ledger_state
from conformance.clients.spec.views import render_view
from conformance.generate.case import ACCEPT, Case, Suite
from conformance.generate.samples import HEADER
from conformance.generate.stake_world import (
    make_bond,
    make_key,
    make_proof,
    make_rotation,
    make_stake_state,
    make_stake_view,
)
from conformance.generate.suites.blocks import CHOICE
from conformance.generate.suites.transactions import make_case
from conformance.generate.world import (
    ALICE,
    BOB,
    GENESIS_ID,
    NOW_MS,
    STRANGER,
    Signer,
    make_tx,
    sign_tx,
)
from spec.config.presets import TINY
from spec.ledger.block import Chain, build_block
from spec.ledger.codec import encode_block
from spec.ledger.header import compute_draft
from spec.ledger.ledger_ops import NO_CONSENSUS_STEP
from spec.ledger.ops import NoSeal
from spec.ledger.stake_actions import (
    Approval,
    Bond,
    Delegate,
    Exit,
    RotateKey,
    StakeAction,
    Unbond,
    Unjail,
)
from spec.ledger.types import BLOCK, Block
from spec.lib.result import Ok

INDEX_MAX: Final = 2**32 - 1
VIEW: Final = make_stake_view()
NEW_KEY: Final = make_key("new")


def build() -> tuple[Suite, ...]:
    """The suite of actions on stake."""
    cases = (*_build_effects(), *_build_bounds(), *_build_registry(), *_build_releases())
    return (Suite("ledger/stake", "step", "ledger", cases),)


def _delegate(*approvals: tuple[int, int]) -> Delegate:
    return Delegate(tuple(Approval(validator, amount) for validator, amount in approvals))


def _case(  # noqa: PLR0913 - a row of the tables below, the rest by name
    name: str,
    why: str,
    signer: Signer,
    action: StakeAction,
    *,
    expected: str = ACCEPT,
    rules: tuple[str, ...] = (),
    pre: JsonObject = VIEW,
) -> Case:
    signed = sign_tx(make_tx(signer, payload=action), signer)
    return replace(make_case(name, why, signed, expected, rules), pre=pre)


def _build_effects() -> tuple[Case, ...]:
    rows: tuple[tuple[str, str, Signer, StakeAction], ...] = (
        ("bond", "A new validator gets the next index.", BOB, make_bond("new", BOB, 700)),
        ("delegate", "Shares at a token each.", BOB, _delegate((0, 50))),
        ("delegate_two", "Weight may be split.", BOB, _delegate((0, 50), (1, 1))),
        (
            "delegate_dear",
            "Shares cost what they are worth, rounded up; the rest is not taken.",
            BOB,
            _delegate((6, 50)),
        ),
        ("delegate_own", "An operator adds to its own stake.", ALICE, _delegate((6, 700))),
        ("delegate_jailed", "Who is in jail may be backed.", ALICE, _delegate((2, 5))),
        ("unbond_part", "Shares leave the pool for the queue.", BOB, Unbond(0, 150)),
        ("unbond_all", "A position lasts as long as its withdrawals.", BOB, Unbond(1, 100)),
        ("unbond_dear", "Worth is rounded down.", ALICE, Unbond(6, 250)),
        ("exit", "The operator's shares leave, others stay.", ALICE, Exit(0)),
        ("exit_jailed", "Who is in jail may leave.", ALICE, Exit(3)),
        ("exit_beside", "An exit waits beside other withdrawals.", ALICE, Exit(9)),
        ("rotate", "The key before is remembered.", ALICE, make_rotation(0, "new")),
    )
    return tuple(_case(name, why, signer, action) for name, why, signer, action in rows)


def _build_bounds() -> tuple[Case, ...]:
    """Each rule with an action just inside and one just outside."""
    stolen = RotateKey(0, NEW_KEY, make_proof("new", BOB))
    abroad = Bond(NEW_KEY, make_proof("new", BOB, bytes(32)), 700)
    new = make_bond("new", BOB, 700)
    rows: tuple[tuple[str, str, Signer, StakeAction, StakeAction], ...] = (
        ("tx.approvals_malformed", "none", BOB, _delegate((0, 5)), Delegate(())),
        ("tx.approvals_malformed", "zero", BOB, _delegate((0, 1)), _delegate((0, 0))),
        (
            "tx.approvals_malformed",
            "twice",
            BOB,
            _delegate((0, 5), (1, 5)),
            _delegate((0, 5), (0, 5)),
        ),
        ("tx.consensus_key_invalid", "zeros", BOB, new, Bond(bytes(32), bytes(64), 700)),
        (
            "tx.consensus_key_invalid",
            "own",
            ALICE,
            make_rotation(0, "new"),
            RotateKey(0, ALICE.public_key, bytes(64)),
        ),
        ("tx.validator_unknown", "unknown", ALICE, Exit(9), Exit(10)),
        ("tx.not_operator", "exit", ALICE, Exit(1), Unjail(2)),
        ("tx.positions_too_many", "others", BOB, _delegate((6, 5)), _delegate((6, 5), (7, 5))),
        ("tx.validator_status", "exiting", ALICE, Exit(3), Exit(4)),
        ("tx.validator_status", "not_jailed", ALICE, Unjail(2), Unjail(0)),
        ("tx.jail_not_over", "jail", ALICE, Unjail(2), Unjail(3)),
        (
            "tx.rotation_too_soon",
            "rotation",
            ALICE,
            make_rotation(8, "new"),
            make_rotation(7, "new"),
        ),
        ("tx.consensus_key_taken", "key", BOB, new, make_bond("4", BOB, 700)),
        ("tx.bond_too_small", "bond", BOB, make_bond("new", BOB, 1), make_bond("new", BOB, 0)),
        ("tx.bond_too_small", "unbond", ALICE, Unbond(0, 999), Unbond(0, 1_000)),
        ("tx.pool_depleted", "depleted", BOB, _delegate((7, 5)), _delegate((5, 5))),
        ("tx.stake_below_share", "share", BOB, _delegate((6, 2)), _delegate((6, 1))),
        ("tx.shares_missing", "shares", BOB, Unbond(0, 200), Unbond(0, 201)),
        ("tx.shares_missing", "shares_zero", BOB, Unbond(0, 1), Unbond(0, 0)),
        ("tx.unbondings_too_many", "waiting", ALICE, Unbond(0, 1), Unbond(9, 1)),
        ("tx.possession_invalid", "absent", BOB, new, replace(new, proof=bytes(64))),
        ("tx.possession_invalid", "of_another", ALICE, make_rotation(0, "new"), stolen),
        ("tx.possession_invalid", "of_another_chain", BOB, new, abroad),
    )
    cases: list[Case] = []
    for rule, name, signer, inside, outside in rows:
        why = f"What {rule} just admits, and what it does not."
        wrong = BOB if rule == "tx.not_operator" else signer
        cases.append(_case(f"{name}_inside", why, signer, inside, rules=(rule,)))
        cases.append(_case(f"{name}_outside", why, wrong, outside, expected=rule))
    return tuple(cases)


def _build_registry() -> tuple[Case, ...]:
    rule, why = "tx.registry_full", "An index is never given twice, so the last one is not given."
    bond = make_bond("new", BOB, 700)
    last, beyond = make_stake_view(INDEX_MAX - 1), make_stake_view(INDEX_MAX)
    return (
        _case("index_inside", why, BOB, bond, rules=(rule,), pre=last),
        _case("index_outside", why, BOB, bond, expected=rule, pre=beyond),
    )


def _build_releases() -> tuple[Case, ...]:
    """Empty blocks: what has matured is paid out, so many in a block, and a listing ends."""
    rows = (
        ("release_none", "Before its time nothing is paid out.", NOW_MS - 1),
        ("release_one", "At its time it is, and the validator has left.", NOW_MS),
        ("release_some", "A block releases so many, the oldest first.", NOW_MS + 10**6),
    )
    return tuple(_build_release(name, why, time_ms) for name, why, time_ms in rows)


def _build_release(name: str, why: str, time_ms: int) -> Case:
    chain = Chain(TINY, GENESIS_ID, ENGINE)
    choice = replace(CHOICE, time_ms=time_ms, proposer=STRANGER.address)
    plan = (compute_draft(TINY, HEADER, choice), ())
    parent = make_ledger_state(make_stake_state())
    built = build_block(chain, parent, plan, (), NO_CONSENSUS_STEP)
    assert isinstance(built, Ok), "the draft follows its parent"
    block = Block(built.value.header, built.value.body, NoSeal())
    args = {"block": to_hex(encode_block(block))}
    view = render_view(BLOCK, block)
    return Case(name, why, "effect", "ledger.apply_block", args, ACCEPT, (), view, VIEW)
