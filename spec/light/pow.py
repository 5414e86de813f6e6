"""The light client of proof of work: headers alone, each worth the work it shows.

A header must follow its parent as the ledger says, name the target that the past fixes, and meet
it. Of chains that do, the one with the most expected work is followed; nothing is final, and how
deep is deep enough is for the client to say. Whether the transactions are valid is not checked:
who controls most of the work controls what such a client believes.

A Hybrid chain's work is followed in the same way; its sets and checkpoints are not judged here.

Source: Bitcoin, section 8 (simplified payment verification); CONSENSUS.md 1, 2; decision records
0071, 0110.
"""

from dataclasses import dataclass, replace

from spec.config import HybridConfig
from spec.consensus.difficulty import compute_work
from spec.consensus.interface import RulesContext
from spec.consensus.pow.rules import (
    STATE_KEY,
    WORK_MAX,
    compute_ticked_work,
    get_config,
    validate_work_header,
)
from spec.consensus.pow.state import POW_STATE, PowState
from spec.ledger.codec import compute_block_id, get_draft
from spec.ledger.header import Succession, validate_draft
from spec.ledger.types import ZERO_BYTES32, Header
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import decode
from spec.lib.trie_proof import TrieProof, validate_proof
from spec.light.errors import (
    AnchorMismatch,
    HeaderFromFuture,
    HeadersTooMany,
    LeafMalformed,
    LightError,
)
from spec.limits import LIGHT_HEADERS_MAX


@dataclass(frozen=True, slots=True)
class WorkTip:
    """The end of a chain of headers."""

    header: Header
    state: PowState
    """The difficulty's memory and the work of the whole chain, after this header."""


def open_tip(
    block_id: bytes, header: Header, leaf: bytes, proof: TrieProof
) -> Result[WorkTip, LightError]:
    """Where a client begins: a block whose id it trusts, with the work its state says is behind it.

    Args:
        block_id: 32 bytes, trusted: the genesis block's, or a later one's.
        header: untrusted.
        leaf: untrusted; the encoded `PowState`.
        proof: untrusted; that the header's state holds the leaf.
    """
    found = compute_block_id(header)
    if found != block_id:
        return Err(AnchorMismatch(found, block_id))
    error = validate_proof(header.state_root, STATE_KEY, leaf, proof)
    if error is not None:
        return Err(error)
    decoded = decode(POW_STATE, leaf)
    return (
        Err(LeafMalformed("work"))
        if isinstance(decoded, Err)
        else Ok(WorkTip(header, decoded.value))
    )


def follow_headers(
    context: RulesContext, tip: WorkTip, headers: tuple[Header, ...], now_ms: int
) -> Result[WorkTip, LightError]:
    """The tip after more headers, or why the first bad one is bad; the entry point.

    Args:
        context: of a chain with proof of work.
        tip: where they begin.
        headers: untrusted, ascending from the tip's child, at most `LIGHT_HEADERS_MAX`.
        now_ms: the client's clock.
    """
    if len(headers) > LIGHT_HEADERS_MAX:
        return Err(HeadersTooMany(len(headers), LIGHT_HEADERS_MAX))
    time_ms_max = now_ms + context.config.drift_ms_max
    for header in headers:
        if header.time_ms > time_ms_max:
            return Err(HeaderFromFuture(header.time_ms, time_ms_max))
        applied = _apply_header(context, tip, header)
        if isinstance(applied, Err):
            return applied
        tip = applied.value
    return Ok(tip)


def choose_tip(tips: tuple[WorkTip, ...]) -> WorkTip:
    """The tip with the most work behind it; of equals the first.

    Args:
        tips: at least one.
    """
    assert tips, "there is a tip to choose"
    best = tips[0]
    for tip in tips[1:]:
        if tip.state.work > best.state.work:
            best = tip
    return best


def _apply_header(
    context: RulesContext, tip: WorkTip, header: Header
) -> Result[WorkTip, LightError]:
    """Checks, in order: what follows from the parent, fields, slot, set roots, target, work."""
    late = validate_draft(Succession(context.config, tip.header, get_draft(header)))
    if late is not None:
        return Err(late)
    ticked = compute_ticked_work(get_config(context), tip.state, tip.header)
    is_hybrid = isinstance(context.config.consensus, HybridConfig)
    shown = (header.validators_root, header.next_validators_root)
    roots = shown if is_hybrid else (ZERO_BYTES32, ZERO_BYTES32)
    error = validate_work_header(ticked, header, roots)
    if error is not None:
        return Err(error)
    work = min(ticked.work + compute_work(ticked.target), WORK_MAX)
    return Ok(WorkTip(header, replace(ticked, work=work)))
