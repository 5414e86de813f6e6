"""The genesis of a development chain of several validators, one for each algorithm.

A chain begins when it is made, and that time is kept in its folder. Its parameters are those of
`spec.config.networks`; all else is as on a chain with one node: the same named accounts with the
same funds.

Source: CONSENSUS.md 2; UX.md (application developer); decision record 0102.
"""

from typing import Final

from qcref.accounts import FAUCET, NAMES, VALIDATORS, compute_named_account
from qcref.devnet import FAUCET_FUNDS, FUNDS
from spec.config import Allocation, Genesis, GenesisValidator
from spec.config.networks import COIN, compute_network_config

STAKE: Final = 1_000 * COIN
"""Of each validator."""


def compute_network_genesis(algorithm: str, nodes: int, time_ms: int) -> Genesis:
    """The genesis of a development chain.

    Args:
        algorithm: one of `ALGORITHMS`.
        nodes: at most as many as there are `VALIDATORS`, all of equal stake.
        time_ms: when it begins.
    """
    funds = {compute_named_account(name).address: FUNDS for name in NAMES}
    funds[FAUCET.address] = FAUCET_FUNDS
    return Genesis(
        config=compute_network_config(algorithm, nodes),
        time_ms=time_ms,
        allocations=tuple(Allocation(address, funds[address]) for address in sorted(funds)),
        validators=tuple(
            GenesisValidator(account.address, account.key.public_key, STAKE)
            for account in VALIDATORS[:nodes]
        ),
    )
