"""Laws of the whole node: agreement, progress, crashes, strangers' messages."""

from dataclasses import replace
from random import Random

import pytest

from spec.chain import step
from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.interface import Received, Restart, SignedRecord, Source, Tick, Timeout
from spec.ledger.ops import RoundVote
from tests.spec.consensus.network import Network, compute_shell


def check_agreement(network: Network) -> None:
    for a in network.shells:
        for b in network.shells:
            for height, block_id in a.decided.items():
                assert b.decided.get(height, block_id) == block_id


def check_no_equivocation(network: Network) -> None:
    for shell in network.shells:
        said: dict[tuple[int, int, int], object] = {}
        for message in shell.signed:
            assert isinstance(message, Proposal | RoundVote)
            if isinstance(message, RoundVote):
                key = (message.height, message.round, message.kind)
                word: object = message.block
            else:
                key = (message.height, message.round, 0)
                word = (message.block, message.valid_round_plus_one)
            assert said.setdefault(key, word) == word


@pytest.mark.parametrize("validators", [1, 4])
def test_blocks_are_decided(validators: int) -> None:
    network = Network(validators)
    network.start()
    network.run(2_200)
    assert all(len(shell.decided) > 8 for shell in network.shells)
    assert all(shell.rejected == [] for shell in network.shells)
    check_agreement(network)


def test_rounds_move_on_when_a_proposer_is_silent() -> None:
    network = Network(4)
    network.is_cut = lambda a, b: 3 in (a, b)
    network.start()
    network.run(2_600)
    assert all(len(shell.decided) > 8 for shell in network.shells[:3])
    check_agreement(network)


def test_a_node_that_was_cut_off_catches_up() -> None:
    network = Network(4)
    network.is_cut = lambda a, b: 3 in (a, b)
    network.start()
    network.run(2_300)
    behind = len(network.shells[3].decided)
    network.is_cut = lambda _a, _b: False
    network.run(2_900)
    assert len(network.shells[3].decided) > behind + 8
    check_agreement(network)


def test_half_a_network_decides_nothing() -> None:
    network = Network(4)
    network.is_cut = lambda a, b: (a < 2) != (b < 2)
    network.start()
    network.run(3_000)
    assert all(shell.decided == {} for shell in network.shells)


@pytest.mark.parametrize("seed", range(6))
def test_crashes_and_delays_break_neither_agreement_nor_promises(seed: int) -> None:
    network = Network(4, seed=seed, delay_ms=lambda rng: rng.choice((1, 2, 3, 30)))
    network.start()
    rng = Random(seed)
    for _ in range(10):
        network.run(network.now_ms + rng.randrange(1, 60))
        network.crash(rng.randrange(4))
    network.delay = lambda _rng: 1
    before = max(max(shell.decided, default=0) for shell in network.shells)
    network.run(network.now_ms + 400)
    check_agreement(network)
    check_no_equivocation(network)
    assert max(max(shell.decided, default=0) for shell in network.shells) > before


def test_a_single_validator_survives_a_crash_at_every_effect() -> None:
    """Every prefix of the log: whatever was promised before the crash is kept after it."""
    network = Network(1)
    network.start()
    network.run(2_021)
    log = network.shells[0].wal
    promised = [r.message for r in log if isinstance(r, SignedRecord)]
    for cut in range(len(log)):
        again = Network(1)
        again.shells[0].wal = log[:cut]
        again.shells[0].signed = [r.message for r in log[:cut] if isinstance(r, SignedRecord)]
        again.now_ms = network.now_ms
        again.feed(0, Restart(again.now_ms, tuple(log[:cut])))
        again.run(again.now_ms + 30)
        check_no_equivocation(again)
        assert len(again.shells[0].decided) > 0
    assert promised


def test_until_restart_nothing_happens() -> None:
    shell = compute_shell(Network(1).genesis, 0)
    for event in (Tick(9), Timeout(TimeoutKind.PROPOSE, 1, 0)):
        assert step(shell.config, shell.node, event) == (shell.node, ())


def test_a_second_restart_is_ignored() -> None:
    network = Network(1)
    network.start()
    node = network.shells[0].node
    assert step(network.shells[0].config, node, Restart(5, ())) == (node, ())


def test_forged_votes_are_rejected() -> None:
    network = Network(4)
    network.start()
    network.run(2_050)
    shell = network.shells[0]
    work = shell.node.duty.work
    assert work is not None
    vote = RoundVote(1, work.height, 0, bytes(32), 1, bytes(64))
    network.feed(0, Received(Source(b"\x02"), vote))
    assert shell.rejected[-1].error.code == "bft.message_signature_invalid"
    network.feed(0, Received(Source(b"\x02"), replace(vote, kind=9)))
    assert shell.rejected[-1].error.code == "bft.vote_malformed"


def test_proposals_out_of_turn_are_rejected() -> None:
    network = Network(4)
    network.start()
    network.run(2_050)
    proposals = [m for s in network.shells for m in s.signed if isinstance(m, Proposal)]
    work = network.shells[0].node.duty.work
    assert work is not None
    for proposal in proposals:
        moved = replace(proposal, height=work.height, validator=(proposal.validator + 1) % 4)
        network.feed(0, Received(Source(b"\x02"), moved))
    codes = {r.error.code for r in network.shells[0].rejected}
    assert "bft.proposal_wrong_proposer" in codes
    assert codes <= {
        "bft.proposal_wrong_proposer",
        "bft.proposal_malformed",
        "bft.message_signature_invalid",
    }
