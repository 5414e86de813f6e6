"""Accounts, a small chain and short ways to make transactions and blocks, for the tests of the
ledger."""

from dataclasses import dataclass, replace

from spec.config import Allocation, ChainConfig, Genesis, GenesisValidator, compute_genesis_id
from spec.config.presets import TINY
from spec.crypto.address import compute_key_address
from spec.crypto.signing import ED25519
from spec.crypto.signing_keys import compute_public_key, sign
from spec.ledger.block import Applied, Built, Chain, Signed, apply_block, build_block
from spec.ledger.codec import compute_tx_signing_root
from spec.ledger.errors import BlockError
from spec.ledger.genesis import GenesisConsensus, LedgerState, compute_genesis_state
from spec.ledger.header import DraftChoice, compute_draft
from spec.ledger.ledger_ops import NO_CONSENSUS_STEP, ConsensusStep
from spec.ledger.ops import NoFields
from spec.ledger.reference_engine import REFERENCE_ENGINE
from spec.ledger.types import (
    Draft,
    Payload,
    SenderKey,
    SignedTransaction,
    Transaction,
    Transfer,
)
from spec.lib.result import Ok, Result

FUNDS = 10**9
NEVER = (1 << 64) - 1


@dataclass(frozen=True)
class Person:
    """A key holder."""

    seed: bytes
    key: SenderKey
    address: bytes


def person(number: int, scheme: int = ED25519) -> Person:
    seed = number.to_bytes(32, "big")
    key = SenderKey(scheme, compute_public_key(scheme, seed))
    return Person(seed, key, compute_key_address(key.scheme, key.public_key))


ALICE, BOB, CAROL, DAVE = (person(number) for number in (1, 2, 3, 4))
PEOPLE = (ALICE, BOB, CAROL)
PROPOSER = DAVE
CONTRACT_ADDRESS = bytes((2,)) + bytes(range(31))
"""Of the kind contracts have; nothing is deployed there."""


def make_genesis(config: ChainConfig = TINY, *people: Person) -> Genesis:
    holders = sorted(p.address for p in people or PEOPLE)
    return Genesis(
        config=config,
        time_ms=1_000,
        allocations=tuple(Allocation(address, FUNDS) for address in holders),
        validators=(GenesisValidator(DAVE.address, DAVE.key.public_key, 1),),
    )


PLAIN_CONSENSUS = GenesisConsensus(NO_CONSENSUS_STEP, bytes(32), bytes(32), NoFields())


def make_chain(genesis: Genesis) -> tuple[Chain, LedgerState]:
    chain = Chain(genesis.config, compute_genesis_id(genesis), REFERENCE_ENGINE)
    return chain, compute_genesis_state(genesis, PLAIN_CONSENSUS)


GENESIS = make_genesis()
CHAIN, START = make_chain(GENESIS)


def make_tx(sender: Person, payload: Payload, **changes: object) -> Transaction:
    tx = Transaction(
        genesis_id=CHAIN.genesis_id,
        sender=sender.key,
        nonce=0,
        gas_limit=20_000,
        fee_cap=100,
        tip=2,
        expires_at_ms=NEVER,
        payload=payload,
    )
    return replace(tx, **changes)  # type: ignore[arg-type]  # tests name the fields they bend


def pay(sender: Person, to: bytes, amount: int, **changes: object) -> Transaction:
    return make_tx(sender, Transfer(to, amount), **changes)


def sign_tx(sender: Person, tx: Transaction) -> SignedTransaction:
    return SignedTransaction(tx, sign(sender.key.scheme, sender.seed, compute_tx_signing_root(tx)))


def unsigned(*txs: tuple[Person, Transaction]) -> tuple[Signed, ...]:
    """Transactions whose sender is supposed, as in a simulation."""
    return tuple(Signed(SignedTransaction(tx, b""), sender.address) for sender, tx in txs)


def next_draft(chain: Chain, parent: LedgerState, **changes: object) -> Draft:
    choice = DraftChoice(
        slot=parent.header.slot + 1,
        time_ms=parent.header.time_ms + chain.config.slot_ms,
        proposer=PROPOSER.address,
        validators_root=bytes(32),
        next_validators_root=bytes(32),
        consensus=NoFields(),
    )
    choice = replace(choice, **changes)  # type: ignore[arg-type]  # tests name the fields they bend
    return compute_draft(chain.config, parent.header, choice)


def build(
    candidates: tuple[Signed, ...],
    chain: Chain = CHAIN,
    parent: LedgerState = START,
    step: ConsensusStep = NO_CONSENSUS_STEP,
) -> Built:
    built = build_block(chain, parent, (next_draft(chain, parent), ()), candidates, step)
    assert isinstance(built, Ok), built
    return built.value


def apply_built(
    built: Built,
    senders: tuple[bytes, ...],
    chain: Chain = CHAIN,
    parent: LedgerState = START,
    step: ConsensusStep = NO_CONSENSUS_STEP,
) -> Result[Applied, BlockError]:
    return apply_block(chain, parent, (built.header, built.body), senders, step)
