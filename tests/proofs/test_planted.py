"""A fault planted in the code refutes a theorem: the theorems speak of the code, not of a copy."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from proofs.runner import prove
from proofs.theorem import Theorem
from proofs.theorems import (
    asert,
    base_fee,
    conservation,
    ffg_no_framing,
    proposer_priorities,
    quorum_intersection,
    stake_pools,
    thresholds,
    work_and_retarget,
)
from spec.consensus import difficulty, ffg, quorum
from spec.consensus.bft import state
from spec.ledger import fees, ledger_ops
from spec.ledger.staking import pools

pytestmark = pytest.mark.xdist_group("proofs")

compute_asert_target = difficulty.compute_asert_target
apply_ledger_op = ledger_ops.apply_ledger_op


def let_two_thirds_decide(weight: int, total: int) -> bool:
    return 3 * weight >= 2 * total


def take_a_third_for_honest(weight: int, total: int) -> bool:
    return 3 * weight >= total


def forget_the_least_rise(config: Any, base_fee: int, gas_used: int) -> Any:
    target, denominator = config.block_gas_target, config.base_fee_change_denominator
    if gas_used > target:
        rise = base_fee * (gas_used - target) // target // denominator
        return min(config.base_fee_max, base_fee + rise)
    fall = base_fee * (target - gas_used) // target // denominator
    return max(config.base_fee_min, base_fee - fall)


def ignore_the_cap(tx: Any, base_fee: int) -> Any:
    del base_fee
    return tx.tip


def count_a_hash_too_many(target: int) -> int:
    return difficulty.TARGET_LIMIT // target


def make_one_harder(rule: Any, height: int, time: int) -> int:
    return compute_asert_target(rule, height, time) - 1


def overlook_surrounds(one: Any, other: Any) -> bool:
    return bool(one.target.epoch == other.target.epoch and one.target != other.target)


def vote_twice(guard: Any, source: Any, target: Any) -> bool:
    return bool(target.epoch >= guard.target_epoch and source.epoch >= guard.source_epoch)


def pick_the_first_seat(validators: Any) -> Any:
    raised = [p + s.power for s, p in zip(validators.seats, validators.priorities, strict=True)]
    raised[0] -= state.compute_total_power(validators)
    return replace(validators, priorities=tuple(raised)), validators.seats[0]


def sell_too_cheap(pool: Any, amount: int) -> Any:
    if pool.shares == 0:
        return pools.Purchase(shares=amount, cost=amount)
    shares = amount * pool.shares // pool.tokens
    return pools.Purchase(shares=shares, cost=shares * pool.tokens // pool.shares)


def burn_without_counting(layer: Any, supply: Any, supply_max: int, op: Any) -> Any:
    after = apply_ledger_op(layer, supply, supply_max, op)
    return supply if isinstance(op, ledger_ops.Burn) else after


FAULTS: list[tuple[ModuleType, str, Callable[..., object], ModuleType]] = [
    (quorum, "is_quorum", let_two_thirds_decide, quorum_intersection),
    (quorum, "is_quorum", let_two_thirds_decide, thresholds),
    (quorum, "has_honest", take_a_third_for_honest, thresholds),
    (fees, "compute_next_base_fee", forget_the_least_rise, base_fee),
    (fees, "compute_effective_tip", ignore_the_cap, conservation),
    (difficulty, "compute_work", count_a_hash_too_many, work_and_retarget),
    (difficulty, "compute_asert_target", make_one_harder, asert),
    (ffg, "is_slashable", overlook_surrounds, ffg_no_framing),
    (ffg, "is_honest_vote", vote_twice, ffg_no_framing),
    (state, "compute_queue_step", pick_the_first_seat, proposer_priorities),
    (pools, "compute_purchase", sell_too_cheap, stake_pools),
    (ledger_ops, "apply_ledger_op", burn_without_counting, conservation),
]


def load_again(module: ModuleType) -> Theorem:
    """The theorem as the code is now; the module that others use stays as it is."""
    found = importlib.util.find_spec(module.__name__)
    assert found is not None
    assert found.loader is not None
    fresh = importlib.util.module_from_spec(found)
    found.loader.exec_module(fresh)
    theorem = fresh.THEOREM
    assert isinstance(theorem, Theorem)
    return theorem


@pytest.mark.parametrize(
    ("module", "name", "fault", "proof"),
    FAULTS,
    ids=[f"{f[2].__name__}-{f[3].__name__}" for f in FAULTS],
)
def test_a_planted_fault_refutes_a_theorem(
    module: ModuleType,
    name: str,
    fault: Callable[..., object],
    proof: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, name, fault)
    theorem = load_again(proof)
    (outcome,) = prove([replace(theorem, mutants=theorem.mutants[:1])])
    lemmas = [d for d in outcome.decisions if d.query.kind == "lemma"]
    refuted = [d.query.name for d in lemmas if d.verdict == "refuted"]
    assert refuted != []
    assert outcome.verdict == "failed"
