"""Validators and finality as the API's models, for every algorithm."""

from typing import Final

from qcref.accounts import get_account_name
from qcref.api import render
from qcref.api.models_consensus import (
    BlockPoint,
    FinalityKind,
    FinalityView,
    ReversalView,
    ValidatorList,
    ValidatorView,
)
from qcref.core.reversal import compute_reversal_probability, render_probability
from qcref.node import Node
from spec.consensus.bft.state import BftState
from spec.consensus.dpos.state import DposState
from spec.consensus.ffg import FfgState
from spec.consensus.hybrid.state import HybridState
from spec.consensus.pos.state import PosState
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.staking.view import RegisteredValidator
from spec.ledger.types import Header

REVERSAL_DEPTHS: Final = (1, 2, 6, 12)
ATTACKER_PERCENTS: Final = (10, 25, 40)
PROBABILITY_DIGITS: Final = 6

_CHECKPOINTS = (
    "a block is final when more than two thirds of the stake voted for its checkpoint and for the "
    "next one: undoing it costs a third of the stake"
)
_STATEMENTS: Final[dict[str, tuple[FinalityKind, str]]] = {
    "bft": ("instant", "a block is final at once: more than two thirds of the power signed it"),
    "pos": ("checkpoints", _CHECKPOINTS),
    "dpos": ("checkpoints", _CHECKPOINTS.replace("stake voted", "delegates voted", 1)),
    "hybrid": (
        "checkpoints",
        f"{_CHECKPOINTS}; above, a block is undone with a probability that falls with its depth",
    ),
    "pow": (
        "probability",
        "nothing is ever final: a block is undone with a probability that falls with its depth",
    ),
}


def get_algorithm(node: Node) -> str:
    """The name of the chain's algorithm."""
    return str(node.devnet.runtime.config.rules.name)


def get_powers(state: object) -> dict[int, int]:
    """Weights by validator in the present set of a chain's consensus state."""
    match state:
        case BftState():
            return {seat.validator: seat.power for seat in state.current.seats}
        case PosState() | DposState() | HybridState():
            ffg: FfgState = state.finality.ffg
            return {member.validator: member.weight for member in ffg.current}
        case _:
            return {}


def render_validators(node: Node) -> ValidatorList:
    """Every listed validator after the head."""
    runtime = node.devnet.runtime
    entry = runtime.node.tree[runtime.node.head]
    powers = get_powers(entry.chain_state)
    return ValidatorList(
        algorithm=get_algorithm(node),
        height=str(entry.block.header.height),
        power_total=str(sum(powers.values())),
        items=[
            _render_validator(node, each, powers.get(each.validator, 0))
            for each in entry.view.validators
        ],
    )


def _render_validator(node: Node, entry: RegisteredValidator, power: int) -> ValidatorView:
    status = entry.status.name.lower()
    return ValidatorView.model_validate(
        {
            "index": entry.validator,
            "address": render.render_bytes(entry.operator),
            "text": node.directory.render_text(entry.operator),
            "name": get_account_name(entry.operator),
            "consensus_key": render.render_bytes(entry.consensus_key),
            "status": status,
            "stake": str(entry.stake),
            "unbonding": str(entry.unbonding),
            "power": str(power),
            "is_this_node": entry.validator == node.devnet.runtime.config.validator,
        }
    )


def render_finality(node: Node) -> FinalityView:
    """What is final on this node."""
    runtime = node.devnet.runtime
    header = runtime.head.header
    head_id = compute_block_id(header)
    algorithm = get_algorithm(node)
    kind, statement = _STATEMENTS[algorithm]
    state = runtime.node.tree[runtime.node.head].chain_state
    justified, _ = runtime.config.rules.get_checkpoints(
        runtime.config.context, state, head_id, header
    )
    final_height = runtime.final_height
    has_work = algorithm in ("pow", "hybrid")
    return FinalityView(
        algorithm=algorithm,
        kind=kind,
        statement=statement,
        head=_render_point(header),
        justified=None if kind == "probability" else _find_point(node, justified),
        finalized=None if final_height is None else _find_point(node, runtime.final_id),
        depth=str(header.height - (final_height or 0)),
        reversal=_render_reversal() if has_work else [],
    )


def _find_point(node: Node, block_id: BlockId | None) -> BlockPoint:
    """A block of the chain; None is genesis."""
    store = node.devnet.runtime.store
    stored = store.get_block(0) if block_id is None else store.get_block_by_id(block_id)
    assert stored is not None, "checkpoints are the head's ancestors"
    return _render_point(stored.block.header)


def _render_point(header: Header) -> BlockPoint:
    return BlockPoint(height=str(header.height), id=render.render_bytes(compute_block_id(header)))


def _render_reversal() -> list[ReversalView]:
    return [
        ReversalView(
            depth=depth,
            attacker_percent=percent,
            probability=render_probability(
                compute_reversal_probability(percent, depth, 0, None), PROBABILITY_DIGITS
            ),
        )
        for depth in REVERSAL_DEPTHS
        for percent in ATTACKER_PERCENTS
    ]
