"""The rules of each protocol version: the constants that an upgrade may change.

A chain's `fork_schedule` says from which height which version holds. Version 1 ships; version 2
exists so that switching is exercised by tests, and only chains with `is_test_chain` may schedule
it.

Gas is a measure of time: one unit is about the time of one cheap node of the core IR. A signature
costs what `spec.ir.gas` takes for one, and two units for each of its bytes.

Source: DESIGN.md 2.9, 2.12; decision record 0050.
"""

from dataclasses import dataclass, replace

from spec.config.chain import ChainConfig
from spec.crypto.signing import ED25519, ML_DSA_65, SECP256K1


@dataclass(frozen=True, slots=True)
class Rules:
    """What one version fixes. All amounts are gas."""

    version: int
    """Also the `version` of headers under these rules."""
    is_test_only: bool
    """Whether only test chains may schedule it."""
    transaction_gas: int
    """Every transaction: decoding, nonce and fee accounting, two account leaves."""
    deploy_gas: int
    """On top, a deployment: a new account leaf and a code leaf."""
    module_byte_gas: int
    """Each byte of a deployed module: it is decoded, validated, hashed and kept for ever."""
    data_byte_gas: int
    """Each byte of key and call arguments: it is decoded, hashed and kept in every block."""
    stake_gas: int
    """An action on stake, for each validator it is about: four leaves, and a release later."""
    signature_gas: tuple[tuple[int, int], ...]
    """(scheme, gas): verifying one signature and carrying its bytes."""


_V1 = Rules(
    version=1,
    is_test_only=False,
    transaction_gas=400,
    deploy_gas=2_000,
    module_byte_gas=16,
    data_byte_gas=2,
    stake_gas=2_000,
    signature_gas=((ED25519, 1_100), (SECP256K1, 1_600), (ML_DSA_65, 11_600)),
)
_V2 = replace(_V1, version=2, is_test_only=True, data_byte_gas=3)

KNOWN_RULES: tuple[Rules, ...] = (_V1, _V2)
"""Ascending by version."""


def get_rules_of_version(version: int) -> Rules | None:
    """The rules of a version, None if nobody knows it."""
    for rules in KNOWN_RULES:
        if rules.version == version:
            return rules
    return None


def get_rules(config: ChainConfig, height: int) -> Rules:
    """The rules that hold for the block at a height.

    Args:
        config: a validated configuration.
        height: block height, at least 0.
    """
    version = config.fork_schedule[0].version
    for fork in config.fork_schedule:
        if fork.height <= height:
            version = fork.version
    rules = get_rules_of_version(version)
    assert rules is not None, "a validated schedule names known versions only"
    return rules
