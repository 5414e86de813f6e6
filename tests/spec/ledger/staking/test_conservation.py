"""Over any mix of transactions, consensus ops and releases, every coin is somewhere, once."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from spec.ledger.invariants import compute_total_coins, is_backed
from spec.ledger.ledger_ops import Burn, ConsensusStep, Jail, LedgerOp, Mint, Move, Reward, Slash
from spec.ledger.stake_actions import (
    Approval,
    Bond,
    Delegate,
    Exit,
    RotateKey,
    StakeAction,
    Unbond,
    Unjail,
)
from spec.ledger.staking.pools import compute_worth
from spec.ledger.staking.queue import get_queue, get_withdrawal
from spec.ledger.staking.registry import get_holder, get_registry, get_validator, is_listed
from spec.ledger.state import TreeReader, compute_changes, compute_layer
from spec.ledger.types import Payload, Transfer
from spec.lib.result import Err
from spec.lib.trie import StateTree
from tests.spec.ledger.staking.support import PEOPLE, World, get_key, make_world, prove
from tests.spec.ledger.support import (
    ALICE,
    CHAIN,
    DAVE,
    START,
    Person,
    apply_built,
    build,
    unsigned,
)

BATCH = 250
KEYS = 2_000
LISTED_AIM = 5
"""Fewer validators have more to do with one another."""
START_OPERATOR = DAVE.address
AMOUNTS = (0, 1, 2, 3, 7, 100, 1_001, 10**6)


def draw_index(rng: random.Random, world: World) -> int:
    """Mostly of a listed validator, else of one that left or never was."""
    if world.listed and rng.random() < 0.95:
        return rng.choice(world.listed)
    return rng.randrange(get_registry(world.layer).next_index + 1)


def draw_bond(rng: random.Random, sender: Person, number: int) -> Bond:
    proof = prove(number, sender.address) if rng.random() < 0.9 else bytes(64)
    return Bond(get_key(number).key.public_key, proof, rng.choice(AMOUNTS))


OPERATORS = {person.address: person for person in PEOPLE}


def draw_directive(rng: random.Random, world: World) -> tuple[Person, StakeAction]:
    """What an operator says of its validator, or sometimes somebody else does."""
    index = draw_index(rng, world)
    validator = get_validator(world.layer, index)
    sender = rng.choice(PEOPLE)
    if validator is not None and rng.random() < 0.9:
        sender = OPERATORS[validator.operator]
    number = rng.randrange(KEYS)
    rotation = RotateKey(index, get_key(number).key.public_key, prove(number, sender.address))
    return sender, rng.choice((Exit(index), Unjail(index), Unjail(index), rotation, rotation))


def draw_action(rng: random.Random, world: World, sender: Person) -> StakeAction:
    index = draw_index(rng, world)
    positions = get_holder(world.layer, sender.address).positions
    held = rng.choice(positions).validator if positions and rng.random() < 0.9 else index
    number = rng.randrange(KEYS)
    kind = rng.random()
    if kind < 0.25 and len(world.listed) < LISTED_AIM:
        return draw_bond(rng, sender, number)
    if kind < 0.5:
        targets = sorted({draw_index(rng, world) for _ in range(rng.randrange(1, 3))})
        return Delegate(tuple(Approval(t, rng.choice(AMOUNTS)) for t in targets))
    if kind < 0.85:
        shares = world.shares(sender, held)
        return Unbond(held, rng.choice((1, shares // 3, shares // 2, shares, shares + 1)))
    return Unjail(held) if kind < 0.99 else Exit(held)


def draw_op(rng: random.Random, world: World) -> LedgerOp:
    index = draw_index(rng, world)
    who, other = rng.choice(PEOPLE).address, rng.choice(PEOPLE).address
    amount = rng.choice(AMOUNTS)
    kind = rng.random()
    if kind < 0.5:
        return Reward(index, amount)
    if kind < 0.75:
        reporter = rng.choice((None, who))
        return Slash(index, amount, reporter, is_offence=rng.random() < 0.1)
    if kind < 0.8:
        return Jail(index)
    return rng.choice((Mint(who, amount), Burn(who, amount), Move(who, other, amount)))


def check_records(world: World) -> None:
    """The state agrees with itself: shares have owners, the list has records."""
    registry = get_registry(world.layer)
    held: Counter[int] = Counter()
    for person in PEOPLE:
        for position in get_holder(world.layer, person.address).positions:
            held[position.validator] += position.shares
    queue, waiting = get_queue(world.layer), Counter[int]()
    for number in range(queue.head, queue.tail):
        withdrawal = get_withdrawal(world.layer, number)
        assert withdrawal is not None
        waiting[withdrawal.validator] += withdrawal.shares
    for index in range(registry.next_index):
        validator = get_validator(world.layer, index)
        if validator is None:
            assert index not in registry.listed
            assert held[index] == waiting[index] == 0
            continue
        assert is_listed(validator) == (index in registry.listed)
        assert validator.pool.shares == held[index]
        assert validator.unbonding.shares == waiting[index]
        assert validator.unbonding.tokens <= validator.unbonding.shares
        for pool in (validator.pool, validator.unbonding):
            assert pool.shares > 0 or pool.tokens == 0


def commit(world: World, tree: StateTree) -> StateTree:
    """The layer's writes in the tree, and a new layer over it."""
    tree = tree.apply_batch(compute_changes(world.layer))
    world.layer = compute_layer(TreeReader(tree))
    return tree


def check_mix(count: int, seed: int) -> None:
    rng = random.Random(seed)
    world, tree = make_world(approvals_max=4), START.tree
    world.must(ALICE, Transfer(DAVE.address, 10**8))
    fates: Counter[str] = Counter()
    for step in range(count):
        sender = rng.choice(PEOPLE)
        if rng.random() < 0.7:
            payload: Payload = draw_action(rng, world, sender)
            if rng.random() < 0.15:
                sender, payload = draw_directive(rng, world)
            elif rng.random() < 0.05:
                payload = Transfer(rng.choice(PEOPLE).address, rng.choice(AMOUNTS))
            before = (dict(world.layer.accounts), dict(world.layer.leaves))
            result = world.send(sender, payload)
            if isinstance(result, Err):
                fates["refused"] += 1
                fates[type(payload).__name__ + result.error.code] += 1
                assert (world.layer.accounts, world.layer.leaves) == before
            else:
                fates[type(payload).__name__] += 1
        else:
            op = draw_op(rng, world)
            world.op(op)
            fates[type(op).__name__] += 1
        if rng.random() < 0.2:
            world.pass_ms(rng.choice((1, 10, 60)))
        if step % BATCH == BATCH - 1:
            check_records(world)
            tree = commit(world, tree)
            assert compute_total_coins(tree) == world.supply.minted - world.supply.burnt
    kinds = ("Bond", "Delegate", "Unbond", "Exit", "Unjail", "RotateKey", "Reward", "Slash", "Jail")
    # each kind is common enough to be tested
    assert min(fates[kind] for kind in kinds) > count // 800, fates


@pytest.mark.parametrize("seed", [11, 12])
def test_random_mixes_of_actions_and_ops_conserve_coins(seed: int) -> None:
    check_mix(5_000, seed)


@pytest.mark.slow
def test_a_hundred_thousand_actions_and_ops_conserve_coins() -> None:
    check_mix(100_000, seed=13)


def test_blocks_with_stake_are_conserved_and_accepted_as_built() -> None:
    """`apply_block` itself asserts conservation over the leaves it touches."""
    rng = random.Random(13)
    state = START
    for _ in range(60):
        probe = replace(make_world(), layer=compute_layer(TreeReader(state.tree)))
        senders = [rng.choice(PEOPLE) for _ in range(rng.randrange(6))]
        txs = [probe.make(s, draw_action(rng, probe, s)) for s in senders]
        ops = tuple(draw_op(rng, probe) for _ in range(rng.randrange(4)))
        step = ConsensusStep(ops, ())
        built = build(unsigned(*zip(senders, txs, strict=True)), parent=state, step=step)
        refused = {refusal.index for refusal in built.refusals}
        kept = tuple(s.address for n, s in enumerate(senders) if n not in refused)
        applied = apply_built(built, kept, parent=state, step=step)
        assert not isinstance(applied, Err)
        state = applied.value.state
        assert is_backed(state.tree, CHAIN.config.supply_max)


def test_holders_gain_nothing_together_and_one_at_most_what_others_lose_by_rounding() -> None:
    """Whatever they buy and give back without rewards: a unit for each action of another."""
    rng = random.Random(14)
    for _ in range(40):
        world = make_world()
        wealth = {p.address: world.balance(p) for p in PEOPLE}
        wealth[START_OPERATOR] += 1  # its stake from the genesis
        acted: Counter[bytes] = Counter()
        for _ in range(40):
            sender = rng.choice(PEOPLE)
            action: StakeAction = Delegate((Approval(0, rng.choice((1, 5, 1_001))),))
            if rng.random() < 0.4:
                action = Unbond(0, rng.choice((1, 2, max(1, world.shares(sender, 0) - 1))))
            if rng.random() < 0.1:
                world.op(Slash(0, rng.choice((0, 1, 3)), None, is_offence=False))
            result = world.send(sender, action)
            if not isinstance(result, Err):
                wealth[sender.address] -= result.value.gas_used * result.value.gas_price
                acted[sender.address] += 1
            world.pass_ms(rng.choice((0, 30)))
        while get_queue(world.layer).head < get_queue(world.layer).tail:
            world.pass_ms(1_000)
        pool = world.get(0).pool
        gains = [
            world.balance(p) + compute_worth(pool, world.shares(p, 0)) - wealth[p.address]
            for p in PEOPLE
        ]
        assert sum(gains) <= 0
        for holder, gain in zip(PEOPLE, gains, strict=True):
            assert gain <= acted.total() - acted[holder.address]
