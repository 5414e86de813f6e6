"""Fees: intrinsic gas, the price of gas, and how the base fee follows demand.

The sender pays `gas_used * price`, where price = base fee + effective tip. The base fee's part is
burnt, the tip's goes to the proposer. A block that misses the gas target by its whole size moves
the base fee by one part in `base_fee_change_denominator`, any other in proportion, and always
within the chain's bounds.

Source: EIP-1559 (the rule; here the floor is a parameter and there is a ceiling), DESIGN.md 2.12.
"""

from spec.config import ChainConfig, Rules
from spec.crypto.signing import ED25519
from spec.ledger.stake_actions import (
    Bond,
    RotateKey,
    StakeAction,
    compute_action_size_bytes,
    count_leaves,
    get_stake_value,
)
from spec.ledger.types import Call, Deploy, Transaction, Transfer


def compute_next_base_fee(config: ChainConfig, base_fee: int, gas_used: int) -> int:
    """The base fee of the block after one with these figures.

    The change rounds down, and a rise is at least 1, so that a low fee can grow.

    Args:
        config: a validated configuration.
        base_fee: of the parent, base units a gas, within the configured bounds.
        gas_used: of the parent, at most the block's gas limit.
    """
    target = config.block_gas_target
    if gas_used > target:
        numerator = base_fee * (gas_used - target)
        rise = max(1, numerator // target // config.base_fee_change_denominator)
        return min(config.base_fee_max, base_fee + rise)
    numerator = base_fee * (target - gas_used)
    fall = numerator // target // config.base_fee_change_denominator
    return max(config.base_fee_min, base_fee - fall)


def compute_effective_tip(tx: Transaction, base_fee: int) -> int:
    """What the proposer gets for a unit of gas: the tip, as far as the fee cap leaves room for it.

    Args:
        tx: a transaction whose fee cap is at least the base fee.
        base_fee: of the block, base units a gas.
    """
    return min(tx.tip, tx.fee_cap - base_fee)


def compute_signature_gas(rules: Rules, scheme: int) -> int:
    """The price of verifying a signature of a scheme; an unknown scheme costs as the dearest."""
    for known, gas in rules.signature_gas:
        if known == scheme:
            return gas
    return max(gas for _, gas in rules.signature_gas)


def compute_intrinsic_gas(rules: Rules, tx: Transaction) -> int:
    """Gas that a transaction costs before anything runs: its signature and its bytes.

    Args:
        rules: of the block's version.
        tx: any transaction.
    """
    gas = rules.transaction_gas + compute_signature_gas(rules, tx.sender.scheme)
    gas += rules.data_byte_gas * len(tx.sender.public_key)
    match tx.payload:
        case Transfer():
            return gas
        case Deploy(module=module, arguments=arguments):
            gas += rules.deploy_gas + rules.module_byte_gas * len(module)
            return gas + rules.data_byte_gas * len(arguments)
        case Call(arguments=arguments):
            return gas + rules.data_byte_gas * len(arguments)
        case action:
            return gas + compute_action_gas(rules, action)


def compute_action_gas(rules: Rules, action: StakeAction) -> int:
    """Gas of an action on stake: the leaves it writes, its bytes, its proof of possession."""
    gas = rules.stake_gas * count_leaves(action)
    gas += rules.data_byte_gas * compute_action_size_bytes(action)
    if isinstance(action, Bond | RotateKey):
        gas += compute_signature_gas(rules, ED25519)
    return gas


def get_value(tx: Transaction) -> int:
    """The most coins a transaction takes from its sender beside its fee."""
    match tx.payload:
        case Transfer(amount=amount):
            return amount
        case Deploy(value=value) | Call(value=value):
            return value
        case action:
            return get_stake_value(action)
