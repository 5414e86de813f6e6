"""The light client of BFT chains: from a trusted header to a later one, by signatures alone.

A header of the next height is trusted if it stands on the trusted block, and more than two thirds
of the set that the trusted header named for it sealed it. A header further on is trusted if more
than a trust level (one third, unless the client asks for more) of that same set signed it, and more
than two thirds of its own: a third holds an honest validator, who signs what is valid only, and the
validators' stake stays at risk for longer than they are trusted. Where the sets have changed too
much, `TrustTooLow` says that a header between is needed; `spec.light.bisection` finds it.

A voter counts for the trusted set only with the index *and* the key that it had there: a forged set
may reuse an index, but not a key.

Source: S. Braithwaite et al., "A Tendermint Light Client", arXiv 2010.07031; CONSENSUS.md 2 (BFT);
decision record 0110.
"""

from dataclasses import dataclass
from itertools import pairwise

from spec.config import ChainConfig
from spec.consensus.bft.rules import validate_commit
from spec.consensus.bft.state import SEATS, Seat, ValidatorSet
from spec.consensus.interface import RulesContext
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import COMMIT, Commit
from spec.ledger.types import HEADER, Header
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import Container, decode, hash_tree_root
from spec.light.errors import (
    AnchorMismatch,
    HeaderFromFuture,
    HeadersTooMany,
    HeightNotAbove,
    HeightNotWanted,
    LightError,
    OptionsUnsafe,
    ParentNotTrusted,
    SetMalformed,
    SetMismatch,
    TimeBeforeTrusted,
    TrustExpired,
    TrustTooLow,
)
from spec.limits import ACTIVE_VALIDATORS_MAX, LIGHT_HEADERS_MAX

__all__ = [
    "LightBlock",
    "LightClient",
    "LightOptions",
    "Trusted",
    "apply_light_block",
    "compute_default_options",
    "decode_light_block",
    "follow_sequence",
    "open_trust",
    "validate_light_block",
    "validate_options",
    "validate_sealed",
]


@dataclass(frozen=True, slots=True)
class LightBlock:
    """A header with its seal, and the two sets whose roots it names."""

    header: Header
    commit: Commit
    validators: tuple[Seat, ...]
    """Who seals this block, ascending by index."""
    next_validators: tuple[Seat, ...]
    """Who seals the next."""


LIGHT_BLOCK = Container(
    LightBlock,
    (
        ("header", HEADER),
        ("commit", COMMIT),
        ("validators", SEATS),
        ("next_validators", SEATS),
    ),
)


@dataclass(frozen=True, slots=True)
class LightOptions:
    """What a client chooses to believe."""

    trusting_ms: int
    """How long a header is trusted after its time; shorter than stake stays at risk."""
    trust_numerator: int
    """More than this part of the trusted set must sign what is skipped to; 1/3 to 1."""
    trust_denominator: int
    drift_ms: int
    """How far the chain's clock may be ahead of the client's."""


@dataclass(frozen=True, slots=True)
class LightClient:
    """What never changes while a client runs."""

    context: RulesContext
    options: LightOptions


@dataclass(frozen=True, slots=True)
class Trusted:
    """The end of what a client trusts."""

    header: Header
    next_validators: tuple[Seat, ...]
    """Who seals the next height, as the header says."""


def compute_default_options(config: ChainConfig) -> LightOptions:
    """A third, for as long as the chain's parameters say that a set may be trusted."""
    return LightOptions(config.staking.trusting_ms, 1, 3, config.drift_ms_max)


def validate_options(config: ChainConfig, options: LightOptions) -> OptionsUnsafe | None:
    """Why options are not safe on a chain: a level below a third, or trust beyond the stake's risk.

    Args:
        config: of the chain.
        options: a client's wish.
    """
    numerator, denominator = options.trust_numerator, options.trust_denominator
    if not (0 < denominator <= 3 * numerator and numerator < denominator):
        return OptionsUnsafe("the trust level lies from 1/3 to below 1")
    at_risk_ms = config.staking.unbonding_ms - config.staking.evidence_age_ms
    if not 0 < options.trusting_ms < at_risk_ms:
        return OptionsUnsafe(f"trust must end before {at_risk_ms} ms, while stake is at risk")
    return None if options.drift_ms >= 0 else OptionsUnsafe("the drift is not negative")


def decode_light_block(data: bytes) -> Result[LightBlock, LightError]:
    """The light block that untrusted bytes encode, or why they encode none."""
    return decode(LIGHT_BLOCK, data)


def open_trust(
    block_id: bytes, header: Header, next_validators: tuple[Seat, ...]
) -> Result[Trusted, LightError]:
    """The beginning of all trust: a block whose id the user got from somebody they trust.

    Args:
        block_id: 32 bytes, trusted.
        header: untrusted; of any height, 0 included.
        next_validators: untrusted; the set that the header names for the next height.
    """
    found = compute_block_id(header)
    if found != block_id:
        return Err(AnchorMismatch(found, block_id))
    error = _validate_set(next_validators, header.next_validators_root)
    return Ok(Trusted(header, next_validators)) if error is None else Err(error)


def apply_light_block(
    client: LightClient, trusted: Trusted, block: LightBlock, now_ms: int
) -> Result[Trusted, LightError]:
    """The trust after a later block, or why it is not trusted; the entry point.

    Args:
        client: chain and options; `validate_options` accepts them.
        trusted: what is trusted so far.
        block: untrusted.
        now_ms: the client's clock.
    """
    error = validate_light_block(client, trusted, block, now_ms)
    return Ok(Trusted(block.header, block.next_validators)) if error is None else Err(error)


def validate_light_block(
    client: LightClient, trusted: Trusted, block: LightBlock, now_ms: int
) -> LightError | None:
    """Why a block is not trusted.

    Checks, in order: age of the trust, time, height, sets, then link and set (next height) or
    trusted power (further on), then the commit with its signatures.
    """
    options, header = client.options, block.header
    if trusted.header.time_ms + options.trusting_ms <= now_ms:
        return TrustExpired(trusted.header.time_ms, now_ms, options.trusting_ms)
    if header.time_ms > now_ms + options.drift_ms:
        return HeaderFromFuture(header.time_ms, now_ms + options.drift_ms)
    if header.height <= trusted.header.height:
        return HeightNotAbove(header.height, trusted.header.height)
    if header.time_ms < trusted.header.time_ms:
        return TimeBeforeTrusted(header.time_ms, trusted.header.time_ms)
    error = _validate_sets(block)
    if error is None and header.height == trusted.header.height + 1:
        error = _validate_next(trusted, header)
    elif error is None:
        error = _validate_overlap(options, trusted, block)
    return error if error is not None else _validate_block_commit(client.context, block)


def validate_sealed(context: RulesContext, block: LightBlock) -> LightError | None:
    """Why a block is not whole in itself: its sets are those its header names, its commit holds.

    This alone gives no trust: anybody can make a set and seal with it.
    """
    error = _validate_sets(block)
    return error if error is not None else _validate_block_commit(context, block)


def follow_sequence(
    client: LightClient, trusted: Trusted, blocks: tuple[LightBlock, ...], now_ms: int
) -> Result[Trusted, LightError]:
    """The trust after blocks of consecutive heights, each checked against the one before.

    Args:
        client: chain and options.
        trusted: what is trusted so far.
        blocks: untrusted, at most `LIGHT_HEADERS_MAX`, from the next height on.
        now_ms: the client's clock.
    """
    if len(blocks) > LIGHT_HEADERS_MAX:
        return Err(HeadersTooMany(len(blocks), LIGHT_HEADERS_MAX))
    for block in blocks:
        if block.header.height != trusted.header.height + 1:
            return Err(HeightNotWanted(block.header.height, trusted.header.height + 1))
        applied = apply_light_block(client, trusted, block, now_ms)
        if isinstance(applied, Err):
            return applied
        trusted = applied.value
    return Ok(trusted)


def _validate_sets(block: LightBlock) -> LightError | None:
    error = _validate_set(block.validators, block.header.validators_root)
    if error is not None:
        return error
    return _validate_set(block.next_validators, block.header.next_validators_root)


def _validate_set(seats: tuple[Seat, ...], root: bytes) -> LightError | None:
    """Whether seats are a set, and the one of this root; an empty one reaches no power at all."""
    if len(seats) > ACTIVE_VALIDATORS_MAX:
        return SetMalformed(f"it has {len(seats)} seats, at most {ACTIVE_VALIDATORS_MAX} are one")
    if any(before.validator >= after.validator for before, after in pairwise(seats)):
        return SetMalformed("its indices do not ascend")
    if any(seat.power < 1 for seat in seats):
        return SetMalformed("a seat has no power")
    found = hash_tree_root(SEATS, seats)
    return None if found == root else SetMismatch(found, root)


def _validate_next(trusted: Trusted, header: Header) -> LightError | None:
    """The next height stands on the trusted block and is sealed by the set it named."""
    trusted_id = compute_block_id(trusted.header)
    if header.parent != trusted_id:
        return ParentNotTrusted(header.parent, trusted_id)
    expected = trusted.header.next_validators_root
    found = header.validators_root
    return None if found == expected else SetMismatch(found, expected)


def _validate_overlap(
    options: LightOptions, trusted: Trusted, block: LightBlock
) -> TrustTooLow | None:
    """Whether enough of the trusted set is among the voters; signatures are judged afterwards."""
    voters = frozenset(vote.validator for vote in block.commit.votes)
    signers = frozenset(
        (seat.validator, seat.consensus_key)
        for seat in block.validators
        if seat.validator in voters
    )
    total = sum(seat.power for seat in trusted.next_validators)
    weight = sum(
        seat.power
        for seat in trusted.next_validators
        if (seat.validator, seat.consensus_key) in signers
    )
    if weight * options.trust_denominator > total * options.trust_numerator:
        return None
    return TrustTooLow(weight, total)


def _validate_block_commit(context: RulesContext, block: LightBlock) -> LightError | None:
    validators = ValidatorSet(block.validators, ())
    block_id = compute_block_id(block.header)
    return validate_commit(context, validators, block.header.height, block_id, block.commit)
