"""Parameters of a chain and its first state: what a chain's founders choose, once."""

from spec.config.algorithms import (
    BftConfig,
    ConsensusConfig,
    DposConfig,
    FinalityConfig,
    HybridConfig,
    PosConfig,
    PowConfig,
)
from spec.config.chain import (
    Allocation,
    ChainConfig,
    Fork,
    Genesis,
    GenesisValidator,
    compute_genesis_id,
    decode_genesis,
    encode_genesis,
)
from spec.config.errors import ConfigError
from spec.config.rules import KNOWN_RULES, Rules, get_rules
from spec.config.staking import StakingConfig
from spec.config.validity import (
    compute_config_failures,
    compute_genesis_failures,
    validate_config,
    validate_genesis,
)

__all__ = [
    "KNOWN_RULES",
    "Allocation",
    "BftConfig",
    "ChainConfig",
    "ConfigError",
    "ConsensusConfig",
    "DposConfig",
    "FinalityConfig",
    "Fork",
    "Genesis",
    "GenesisValidator",
    "HybridConfig",
    "PosConfig",
    "PowConfig",
    "Rules",
    "StakingConfig",
    "compute_config_failures",
    "compute_genesis_failures",
    "compute_genesis_id",
    "decode_genesis",
    "encode_genesis",
    "get_rules",
    "validate_config",
    "validate_genesis",
]
