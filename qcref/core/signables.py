"""What a validator's key answers when its node asks it to sign, for every algorithm.

    RoundVote, Proposal    BFT: the signature stands in the message
    FfgVote                finality votes: likewise
    SealRequest            PoS, DPoS: the block comes back with its seal
    RevealRequest          PoS: no signature but the next layer of the key's hash onion

Nodes and simulations differ in the key alone.

Source: INTERFACE.md 2.11; CONSENSUS.md 1.
"""

from dataclasses import replace

from qcref.ports import Signer
from spec.consensus.bft.messages import Proposal, compute_proposal_root, compute_vote_root
from spec.consensus.evidence import compute_ffg_root, compute_seal_root
from spec.consensus.interface import RevealRequest, SealRequest, Signable
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import FfgVote, RoundVote, SignatureSeal


def sign_message(genesis_id: bytes, message: Signable, signer: Signer) -> Signable:
    """The message, signed or answered.

    Args:
        genesis_id: of the chain, 32 bytes.
        message: promised and logged before.
        signer: the key of the validator that the message names.
    """
    match message:
        case RoundVote():
            return replace(message, signature=signer.sign(compute_vote_root(genesis_id, message)))
        case FfgVote():
            return replace(message, signature=signer.sign(compute_ffg_root(genesis_id, message)))
        case Proposal():
            block_id = compute_block_id(message.block.header)
            root = compute_proposal_root(genesis_id, message, block_id)
            return replace(message, signature=signer.sign(root))
        case SealRequest(block, _):
            header = block.header
            root = compute_seal_root(genesis_id, header.slot, compute_block_id(header))
            return replace(message, block=replace(block, seal=SignatureSeal(signer.sign(root))))
        case RevealRequest():
            return replace(message, reveal=signer.reveal(message.layer))
