"""A polka that a proposal shows is counted whole, whatever its voters said besides (ADR 0118)."""

from dataclasses import replace

import pytest

from spec.chain import step
from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.state import compute_proposer
from spec.consensus.bft.votes import ValueId, VoteType, get_ballots, has_quorum_for
from spec.consensus.interface import Received, Source
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import RoundVote
from tests.spec.consensus.network import Network, Shell, stub_sign_message

LIAR = 0


def make_lonely_network() -> tuple[Network, Proposal]:
    """Four nodes that hear nobody, and the proposal of height 1, round 0."""
    network = Network(4)
    network.is_cut = lambda _a, _b: True
    network.start()
    network.run(2_020)
    proposals = [m for s in network.shells for m in s.signed if isinstance(m, Proposal)]
    return network, next(p for p in proposals if p.round == 0)


def make_prevote(network: Network, voter: int, block_id: bytes) -> RoundVote:
    vote = RoundVote(VoteType.PREVOTE, 1, 0, block_id, voter, bytes(64))
    signed = stub_sign_message(network.shells[0].chain.genesis_id, vote)
    assert isinstance(signed, RoundVote)
    return signed


def tell(shell: Shell, message: RoundVote | Proposal) -> None:
    shell.node, _ = step(shell.config, shell.node, Received(Source(b"\x09"), message))


@pytest.mark.parametrize("voters", [(0, 2, 3), (0, 2)], ids=["whole", "part"])
def test_three_values_of_a_liar_hide_no_polka(voters: tuple[int, ...]) -> None:
    """Who counts only the first two of its values would be kept from a lock that others keep."""
    network, first = make_lonely_network()
    block_id = compute_block_id(first.block.header)
    shell = network.shells[1]
    for value in (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32):
        tell(shell, make_prevote(network, LIAR, value))
    tell(shell, make_prevote(network, LIAR, block_id))

    work = shell.node.duty.work
    said = [b.value for b in get_ballots(work.rounds.votes, 0, VoteType.PREVOTE) if b.voter == LIAR]
    assert said == [b"\x01" * 32, b"\x02" * 32]

    again = stub_sign_message(
        shell.chain.genesis_id,
        replace(
            first,
            round=1,
            valid_round_plus_one=1,
            polka=tuple(make_prevote(network, voter, block_id) for voter in voters),
            validator=compute_proposer(work.ticked.current, 1).validator,
        ),
    )
    assert isinstance(again, Proposal)
    tell(shell, again)
    assert shell.rejected == []
    votes = shell.node.duty.work.rounds.votes
    is_seen = has_quorum_for(votes, 0, VoteType.PREVOTE, ValueId(block_id))
    assert is_seen == (len(voters) == 3)
