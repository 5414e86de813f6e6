"""The parameters of stake: who may register, how long it stays at risk, who gets which part.

Source: DESIGN.md 2.9, 2.13; decision record 0055.
"""

from dataclasses import dataclass

from spec.lib.ssz import Container, Uint

SHARE_WHOLE_BPS = 10_000
"""A whole in hundredths of a percent."""


@dataclass(frozen=True, slots=True)
class StakingConfig:
    """Stake on one chain. Times are in ms, amounts in base units."""

    bond_min: int
    """Least stake of its own that a validator registers with and keeps; at least 1."""
    unbonding_ms: int
    """How long stake that leaves stays at risk; longer than the next two together."""
    evidence_age_ms: int
    """Age of the oldest offence that evidence may show."""
    trusting_ms: int
    """How long a set of validators, once known, may be trusted by who was offline."""
    jail_ms: int
    """How long a jailed validator stays so at least."""
    approvals_max: int
    """Others' validators that a holder may delegate to; 0 where there is no delegation."""
    operator_share_bps: int
    """Part of a reward that goes to the operator before the pool, in hundredths of a percent."""
    reporter_share_bps: int
    """Part of what is slashed that goes to a reporter, in hundredths of a percent."""
    releases_max: int
    """Withdrawals that one block releases."""


STAKING_CONFIG = Container(
    StakingConfig,
    (
        ("bond_min", Uint(128)),
        ("unbonding_ms", Uint(64)),
        ("evidence_age_ms", Uint(64)),
        ("trusting_ms", Uint(64)),
        ("jail_ms", Uint(64)),
        ("approvals_max", Uint(64)),
        ("operator_share_bps", Uint(64)),
        ("reporter_share_bps", Uint(64)),
        ("releases_max", Uint(64)),
    ),
)
