"""Keeps its promises in a log and, after a crash, forgets what it was locked on."""

import sys
from dataclasses import replace

from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve
from spec.consensus.bft import duty
from spec.consensus.bft.duty_state import Promised
from spec.consensus.bft.guard import compute_resumption
from spec.consensus.bft.rounds import RoundState, Step


class ForgetsLock(SpecClient):
    """Our client, but for what a restarted validator is locked on."""

    name = "forgets-lock"


def _resume(rounds: RoundState, own: tuple[Promised, ...]) -> tuple[RoundState, int, Step]:
    resumed, round_, step = compute_resumption(rounds, own)
    return replace(resumed, locked=None, valid=None), round_, step


duty.compute_resumption = _resume  # type: ignore[attr-defined]  # the mistake, in this process
sys.exit(serve(ForgetsLock()))
