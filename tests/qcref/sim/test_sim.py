"""Runs repeat; laws hold within the fault bound; beyond it, or with a planted fault, they break."""

import json
import os
import subprocess
import sys

import pytest

from qcref.sim.run import Setup, run_seed
from spec.consensus import slot_duty, voter
from spec.consensus.bft import guard, rounds
from spec.consensus.bft.duty_state import Promised
from spec.consensus.ffg import VoteGuard
from spec.ledger.ops import Checkpoint


@pytest.mark.parametrize("profile", ["stormy", "partitions", "crashes", "lossy"])
def test_bft_is_safe_and_heals_within_its_fault_bound(profile: str) -> None:
    for seed in (1, 2):
        outcome = run_seed(Setup("bft", 4, 1, profile), seed)
        assert outcome.safety == ()
        assert outcome.liveness


def test_pow_heals() -> None:
    outcome = run_seed(Setup("pow", 4, 0, "stormy"), 1)
    assert outcome.safety == ()
    assert outcome.liveness


@pytest.mark.parametrize("algorithm", ["hybrid", "dpos", "pos"])
@pytest.mark.parametrize("profile", ["stormy", "partitions", "crashes", "lossy"])
def test_finality_by_votes_is_safe_and_heals(algorithm: str, profile: str) -> None:
    outcome = run_seed(Setup(algorithm, 4, 1, profile), 3)
    assert outcome.safety == ()
    assert outcome.liveness


def test_twins_are_noticed() -> None:
    assert run_seed(Setup("bft", 4, 1, "calm"), 1).reports > 0


def test_beyond_the_bound_agreement_breaks() -> None:
    outcome = run_seed(Setup("bft", 4, 2, "partitions"), 0)
    assert any(violation.law == "agreement" for violation in outcome.safety)


@pytest.mark.parametrize(("algorithm", "seed"), [("hybrid", 0), ("dpos", 3), ("pos", 0)])
def test_finality_by_votes_breaks_beyond_the_bound(algorithm: str, seed: int) -> None:
    outcome = run_seed(Setup(algorithm, 4, 2, "partitions"), seed)
    assert any(violation.law == "agreement" for violation in outcome.safety)
    assert outcome.reports > 0


def find_break(setup: Setup, seeds: range) -> int | None:
    for seed in seeds:
        outcome = run_seed(setup, seed)
        if outcome.safety or not outcome.liveness:
            return seed
    return None


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


def test_the_same_seed_is_the_same_run_whatever_the_hash_seed() -> None:
    command = [sys.executable, "-m", "quantumchain", "sim", "--algorithm", "bft"]
    command += ["--seed", "7", "--byzantine", "1", "--json"]
    traces = set()
    for hash_seed in ("0", "1", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
        view = json.loads(done.stdout)
        assert view["safety"] == []
        traces.add(view["trace_sha256"])
    assert len(traces) == 1


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["bft", "hybrid", "dpos", "pos"])
@pytest.mark.parametrize("profile", ["stormy", "partitions", "crashes", "lossy"])
def test_campaign(algorithm: str, profile: str) -> None:
    for seed in range(100, 160):
        nodes = 4 if seed % 2 else 7
        outcome = run_seed(Setup(algorithm, nodes, (nodes - 1) // 3, profile), seed)
        assert outcome.safety == ()
        assert outcome.liveness
