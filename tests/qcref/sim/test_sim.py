"""Runs repeat; laws hold within the fault bound; beyond it, or with a planted fault, they break."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from qcref.sim.adversary import BEHAVIOURS
from qcref.sim.plan import Crash, Partition
from qcref.sim.profiles import PROFILES
from qcref.sim.run import TWINS, Setup, draw_run, run_plan, run_seed
from spec.consensus import slot_duty, voter
from spec.consensus.bft import guard, rounds
from spec.consensus.bft.duty_state import Promised
from spec.consensus.ffg import VoteGuard
from spec.ledger.ops import Checkpoint


@pytest.mark.parametrize("profile", ["stormy", "partitions", "crashes"])
@pytest.mark.parametrize("algorithm", ["bft", "hybrid", "dpos", "pos", "pow"])
def test_every_algorithm_is_safe_and_heals_within_its_fault_bound(
    algorithm: str, profile: str
) -> None:
    outcome = run_seed(Setup(algorithm, 4, 1, profile), 3)
    assert outcome.safety == ()
    assert outcome.liveness


@pytest.mark.parametrize("behaviour", [TWINS, *BEHAVIOURS])
@pytest.mark.parametrize("algorithm", ["bft", "hybrid", "dpos", "pos", "pow"])
def test_no_behaviour_of_one_in_four_breaks_a_law(algorithm: str, behaviour: str) -> None:
    outcome = run_seed(Setup(algorithm, 4, 1, "lossy", adversary=behaviour), 2)
    assert outcome.safety == ()
    assert outcome.liveness


@pytest.mark.parametrize(
    ("algorithm", "behaviour"),
    [("bft", TWINS), ("bft", "equivocate"), ("pos", "equivocate"), ("dpos", "equivocate")],
)
def test_contradictions_are_noticed(algorithm: str, behaviour: str) -> None:
    """Reports are counted, since zero would hide that evidence is missing."""
    outcome = run_seed(Setup(algorithm, 4, 1, "lossy", adversary=behaviour), 1)
    assert outcome.reports > 0


def test_a_selfish_miner_makes_forks() -> None:
    alone = run_seed(Setup("pow", 4, 0, "calm"), 1)
    attacked = run_seed(Setup("pow", 4, 1, "calm", adversary="selfish"), 1)
    assert attacked.stale * alone.blocks > alone.stale * attacked.blocks


@pytest.mark.parametrize(
    "algorithm",
    [
        pytest.param("bft", marks=pytest.mark.slow),  # its first seeds hold
        pytest.param("hybrid", marks=pytest.mark.slow),
        "dpos",
        "pos",
    ],
)
def test_agreement_breaks_beyond_the_bound(algorithm: str) -> None:
    setup = Setup(algorithm, 4, 2, "partitions", adversary=TWINS)
    for seed in range(20):
        outcome = run_seed(setup, seed)
        if any(violation.law == "agreement" for violation in outcome.safety):
            assert outcome.reports > 0
            return
    raise AssertionError("with two of four faulty, agreement breaks in some seed")


def test_a_fault_less_changes_nothing_before_it() -> None:
    """Minimisation rests on it: luck belongs to links and nodes, not to the order of events."""
    setup = Setup("bft", 4, 1, "stormy")
    plan = draw_run(setup, 7)
    late = [f for f in plan.faults if isinstance(f, Crash) and f.at_ms > 4_000]
    assert late
    fewer = replace(plan, faults=tuple(f for f in plan.faults if f != late[-1]))
    cut_ms = late[-1].at_ms
    for_all, for_fewer = (run_plan(setup, 7, replace(p, faults_ms=cut_ms)) for p in (plan, fewer))
    assert for_all.trace_sha256 == for_fewer.trace_sha256


def test_half_the_partitions_are_aligned_with_the_twins() -> None:
    apart = [
        fault.sides[0] != fault.sides[4]
        for seed in range(200)
        for fault in draw_run(Setup("bft", 4, 1, "partitions", adversary=TWINS), seed).faults
        if isinstance(fault, Partition)
    ]
    assert len(apart) // 2 < sum(apart) < len(apart)


def test_crashes_tear_logs() -> None:
    faults = [f for s in range(20) for f in draw_run(Setup("bft", 4, 1, "crashes"), s).faults]
    torn = [fault.is_torn for fault in faults if isinstance(fault, Crash)]
    assert 0 < sum(torn) < len(torn)
    assert run_seed(Setup("bft", 4, 1, "crashes"), 3).crashes > 0


def find_break(setup: Setup, seeds: range) -> int | None:
    for seed in seeds:
        outcome = run_seed(setup, seed)
        if outcome.safety or not outcome.liveness:
            return seed
    return None


@pytest.mark.slow
def test_canary_a_half_quorum_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("votes", "rules"):
        monkeypatch.setattr(f"spec.consensus.bft.{module}.is_quorum", lambda w, t: 2 * w > t)
    assert find_break(Setup("bft", 7, 2, "partitions"), range(30)) is not None


def test_canary_a_guard_that_forgets_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_same(_a: Promised, _b: Promised) -> bool:
        return False

    monkeypatch.setattr(guard, "compute_resumption", lambda state, _own: (state, 0, rounds.Step(1)))
    monkeypatch.setattr("spec.consensus.bft.duty.compute_resumption", guard.compute_resumption)
    monkeypatch.setattr("spec.consensus.bft.guard.is_same_promise", is_same)
    assert find_break(Setup("bft", 4, 1, "crashes"), range(30)) is not None


@pytest.mark.parametrize("algorithm", ["bft", "dpos", "pos"])
def test_canary_promises_that_do_not_survive_a_crash_are_found(algorithm: str) -> None:
    setup = Setup(algorithm, 4, 1, "crashes", is_forgetful=True)
    assert find_break(setup, range(30)) is not None


@pytest.mark.parametrize("algorithm", ["dpos", "pos"])
def test_canary_a_voter_without_a_guard_is_found(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_honest(_guard: VoteGuard, _source: Checkpoint, _target: Checkpoint) -> bool:
        return True

    monkeypatch.setattr(voter, "is_honest_vote", is_honest)
    monkeypatch.setattr(voter, "restore_voter", lambda _wal: (voter.EMPTY_VOTER_STATE, ()))
    monkeypatch.setattr(slot_duty, "restore_voter", voter.restore_voter)
    assert find_break(Setup(algorithm, 4, 1, "crashes"), range(30)) is not None


def get_traces(hash_seed: str, *words: str) -> list[str]:
    command = [sys.executable, "-m", "quantumchain", "sim", *words, "--seed", "7", "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    views = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(view["safety"] == [] and view["liveness"] is True for view in views)
    return [view["trace_sha256"] for view in views]


def test_the_same_seed_is_the_same_run_whatever_the_hash_seed() -> None:
    traces = [get_traces(seed, "--algorithm", "bft") for seed in ("0", "1", "random")]
    assert traces[0] == traces[1] == traces[2]


@pytest.mark.slow
def test_all_algorithms_repeat_whatever_the_hash_seed() -> None:
    traces = [get_traces(seed, "--all") for seed in ("0", "1", "random")]
    assert traces[0] == traces[1] == traces[2]
    assert len(traces[0]) == 5


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["bft", "hybrid", "dpos", "pos", "pow"])
@pytest.mark.parametrize("profile", tuple(PROFILES))
def test_campaign(algorithm: str, profile: str) -> None:
    for seed in range(100, 160):
        nodes = 4 if seed % 2 else 7
        outcome = run_seed(Setup(algorithm, nodes, (nodes - 1) // 3, profile), seed)
        assert outcome.safety == ()
        assert outcome.liveness
