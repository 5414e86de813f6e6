"""A world of stake: one layer over the genesis, in which transactions and ops act at any time."""

from dataclasses import dataclass, replace
from functools import cache

from spec.config import ChainConfig
from spec.crypto.signing import ED25519
from spec.crypto.signing_keys import sign
from spec.ledger.block import compute_environment
from spec.ledger.engine import Environment
from spec.ledger.errors import TxError
from spec.ledger.execution import apply_transaction
from spec.ledger.invariants import compute_coin_delta, compute_total_coins
from spec.ledger.ledger_ops import ConsensusStep, LedgerOp, apply_consensus_step
from spec.ledger.stake_actions import (
    Approval,
    Bond,
    Delegate,
    RotateKey,
    StakeAction,
)
from spec.ledger.staking.errors import StakeError
from spec.ledger.staking.queue import release_matured
from spec.ledger.staking.registry import (
    Validator,
    compute_validator_key,
    get_position,
    get_registry,
    get_validator,
    set_validator,
)
from spec.ledger.staking.stake_ops import StakeContext
from spec.ledger.staking.validity import (
    StakeCandidate,
    compute_all_failures,
    compute_possession_root,
)
from spec.ledger.state import Layer, TreeReader, compute_layer, get_supply
from spec.ledger.types import Payload, Receipt, Success, Supply, Transaction
from spec.lib.result import Ok, Result
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    DAVE,
    START,
    Person,
    make_tx,
    next_draft,
    person,
)

PEOPLE = (ALICE, BOB, CAROL, DAVE)
GAS_LIMIT = 100_000
NOW_MS = 2_000


@cache
def get_key(number: int) -> Person:
    """The holder of a consensus key."""
    return person(100 + number)


@cache
def prove(number: int, operator: bytes, genesis_id: bytes = CHAIN.genesis_id) -> bytes:
    key = get_key(number)
    root = compute_possession_root(genesis_id, key.key.public_key, operator)
    return sign(ED25519, key.seed, root)


def bond(operator: Person, number: int, amount: int) -> Bond:
    return Bond(get_key(number).key.public_key, prove(number, operator.address), amount)


def rotate(operator: Person, validator: int, number: int) -> RotateKey:
    key = get_key(number).key.public_key
    return RotateKey(validator, key, prove(number, operator.address))


def delegate(*approvals: tuple[int, int]) -> Delegate:
    return Delegate(tuple(Approval(validator, amount) for validator, amount in approvals))


@dataclass
class World:
    """Coins are counted as a block counts them."""

    config: ChainConfig
    layer: Layer
    supply: Supply
    now_ms: int = NOW_MS

    def check(self, sender: Person, action: StakeAction) -> tuple[StakeError, ...]:
        environment = self._environment()
        candidate = StakeCandidate(environment, self.layer, sender.address, sender.key, action)
        return compute_all_failures(candidate)

    def send(self, sender: Person, payload: Payload) -> Result[Receipt, TxError]:
        result = apply_transaction(
            self._environment(), self.layer, self.make(sender, payload), sender.address, GAS_LIMIT
        )
        if isinstance(result, Ok):
            fee = result.value.gas_used * result.value.gas_price
            self.supply = replace(self.supply, burnt=self.supply.burnt + fee)
        return result

    def make(self, sender: Person, payload: Payload) -> Transaction:
        nonce = self.layer.get_account(sender.address).nonce
        return make_tx(sender, payload, nonce=nonce, gas_limit=GAS_LIMIT, tip=0)

    def must(self, sender: Person, payload: Payload) -> Receipt:
        result = self.send(sender, payload)
        assert isinstance(result, Ok), result
        assert isinstance(result.value.status, Success)
        return result.value

    def op(self, *ops: LedgerOp) -> None:
        context = StakeContext(self.config.staking, self.config.supply_max, self.now_ms)
        step = ConsensusStep(ops, ())
        self.supply = apply_consensus_step(self.layer, self.supply, context, step)

    def pass_ms(self, delta_ms: int) -> None:
        """Time passes, and one block releases what has matured."""
        self.now_ms += delta_ms
        release_matured(self.layer, self.config.staking, self.now_ms)

    def get(self, index: int) -> Validator:
        validator = get_validator(self.layer, index)
        assert validator is not None
        return validator

    def bend(self, index: int, **changes: object) -> None:
        """Changes a record behind the ledger's back, counted as if coins were made for it."""
        before = self.get(index)
        after = replace(before, **changes)  # type: ignore[arg-type]  # tests name the fields
        set_validator(self.layer, index, after)
        delta = after.pool.tokens + after.unbonding.tokens
        delta -= before.pool.tokens + before.unbonding.tokens
        self.supply = replace(self.supply, minted=self.supply.minted + delta)

    def shares(self, holder: Person, index: int) -> int:
        return get_position(self.layer, holder.address, index).shares

    def balance(self, holder: Person) -> int:
        return self.layer.get_account(holder.address).balance

    def is_conserved(self) -> bool:
        coins = compute_total_coins(START.tree) + compute_coin_delta(self.layer)
        return coins == self.supply.minted - self.supply.burnt

    def has_record(self, index: int) -> bool:
        return self.layer.get_leaf(compute_validator_key(index)) is not None

    @property
    def listed(self) -> tuple[int, ...]:
        return get_registry(self.layer).listed

    def _environment(self) -> Environment:
        chain = replace(CHAIN, config=self.config)
        environment = compute_environment(chain, next_draft(CHAIN, START))
        return replace(environment, context=replace(environment.context, now_ms=self.now_ms))


def make_world(**changes: int) -> World:
    """The genesis chain with other parameters; validator 0 is Dave's, with a stake of 1."""
    config = replace(CHAIN.config, staking=replace(CHAIN.config.staking, **changes))
    reader = TreeReader(START.tree)
    return World(config, compute_layer(reader), get_supply(reader))
