"""The tables of cases, one module a chapter, in the order of the index."""

from conformance.generate.case import Suite
from conformance.generate.suites import (
    addresses,
    blocks,
    codec,
    compiling,
    deployments,
    ed25519,
    library,
    machine,
    ml_dsa,
    modules,
    permits,
    plays,
    roots,
    scenarios,
    secp256k1,
    stake,
    transactions,
    trie,
)


def build_suites() -> tuple[Suite, ...]:
    """Every suite of the set."""
    return (
        *codec.build(),
        *roots.build(),
        *addresses.build(),
        *trie.build(),
        *ed25519.build(),
        *secp256k1.build(),
        *ml_dsa.build(),
        *transactions.build(),
        *stake.build(),
        *blocks.build(),
        *deployments.build(),
        *modules.build(),
        *machine.build(),
        *library.build(),
        *permits.build(),
        *plays.build(),
        *compiling.build(),
        *scenarios.build(),
    )
