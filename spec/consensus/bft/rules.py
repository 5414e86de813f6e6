"""The rules of a BFT chain: who seals, what a commit is, how sets change.

A block is valid when its header names the right sets and a proposer of the set, its ops begin with
the commit of its parent and go on with evidence, and its seal is a commit of its own. The round
stands outside the header, since a valid value is proposed again under the same id; who may propose
in which round is asked of proposals.

Source: CONSENSUS.md 1, 2; INTERFACE.md 3; arXiv 1807.04938.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from spec.consensus.bft.history import Mark, apply_height, compute_first_history
from spec.consensus.bft.messages import compute_vote_root
from spec.consensus.bft.penalties import apply_silence, fold_evidence, validate_bft_evidence
from spec.consensus.bft.state import (
    EMPTY_SET,
    BftState,
    ValidatorSet,
    compute_queue_step,
    compute_seats,
    compute_set,
    compute_set_root,
    compute_total_power,
    decode_bft_state,
    encode_bft_state,
    get_members,
)
from spec.consensus.bft.votes import VoteType
from spec.consensus.errors import (
    CommitNotAscending,
    CommitSignatureInvalid,
    CommitTooLight,
    CommitVoterUnknown,
    CommitWrongBlock,
    ConsensusError,
    EvidenceTooMuch,
    HeaderFieldsPresent,
    NextValidatorsRootMismatch,
    OpCountWrong,
    ProposerUnknown,
    SealNotCommit,
    SlotNotHeight,
    ValidatorsRootMismatch,
)
from spec.consensus.interface import Parent, RulesContext
from spec.consensus.quorum import is_quorum
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ledger_ops import LedgerOp
from spec.ledger.ops import Commit, CommitSignature, ConsensusFields, NoFields, Op, RoundVote, Seal
from spec.ledger.staking.view import LedgerView
from spec.ledger.state import compute_reserved_key
from spec.ledger.types import Draft, Header
from spec.lib.result import Err, Ok, Result
from spec.limits import EVIDENCE_PER_BLOCK_MAX

STATE_KEY = compute_reserved_key(b"consensus/bft")
HISTORY_KEY = compute_reserved_key(b"consensus/bft/history")


@dataclass(frozen=True, slots=True)
class BftRules:
    """The `ChainRules` of BFT."""

    name: ClassVar[str] = "bft"

    def genesis(self, _context: RulesContext, view: LedgerView) -> BftState:
        """The first set seals from height 1 on; nobody seals genesis."""
        first = compute_set(compute_seats(view), EMPTY_SET)
        history = compute_first_history(get_members(first))
        return BftState(last=EMPTY_SET, current=first, next=first, history=history, view=view)

    def get_genesis_fields(self, _context: RulesContext) -> ConsensusFields:
        """None: BFT puts nothing of its own into headers."""
        return NoFields()

    def encode_state(self, state: BftState) -> tuple[tuple[bytes, bytes], ...]:
        """Two leaves: sets and history."""
        sets, history = encode_bft_state(state)
        return (STATE_KEY, sets), (HISTORY_KEY, history)

    def decode_state(self, leaves: tuple[bytes, ...]) -> BftState:
        """The state that `encode_state` wrote."""
        return decode_bft_state(leaves)

    def get_roots(self, state: BftState) -> tuple[bytes, bytes]:
        """The sets that seal this block and the next."""
        return compute_set_root(state.current), compute_set_root(state.next)

    def tick(
        self, context: RulesContext, parent: Parent[BftState], _slot: int
    ) -> tuple[BftState, tuple[LedgerOp, ...]]:
        """Moves the sets on by one height and takes up the ledger's powers as the next set.

        When everybody has left, or is in jail, the last set goes on: without one nobody could ever
        return.
        """
        state = parent.chain_state
        queue, _ = compute_queue_step(state.next)
        next_set = compute_set(compute_seats(parent.view) or queue.seats, queue)
        history = apply_height(
            state.history,
            Mark(parent.header.height, parent.header.time_ms),
            (get_members(state.current), get_members(state.next)),
            context.config.staking.evidence_age_ms,
        )
        return BftState(state.current, state.next, next_set, history, parent.view), ()

    def validate_slot(self, _context: RulesContext, header: Header) -> ConsensusError | None:
        """Slot and height are one count here."""
        return None if header.slot == header.height else SlotNotHeight(header.slot, header.height)

    def validate_header(
        self, _context: RulesContext, ticked: BftState, header: Header
    ) -> ConsensusError | None:
        """Checks, in order: fields, slot, both set roots, proposer."""
        if header.consensus != NoFields():
            return HeaderFieldsPresent()
        if header.slot != header.height:
            return SlotNotHeight(header.slot, header.height)
        current, following = self.get_roots(ticked)
        if header.validators_root != current:
            return ValidatorsRootMismatch(header.validators_root, current)
        if header.next_validators_root != following:
            return NextValidatorsRootMismatch(header.next_validators_root, following)
        if all(seat.operator != header.proposer for seat in ticked.current.seats):
            return ProposerUnknown(header.proposer)
        return None

    def validate_seal(
        self, context: RulesContext, ticked: BftState, header: Header, seal: Seal
    ) -> ConsensusError | None:
        """A seal is a commit of the current set for this header."""
        if not isinstance(seal, Commit):
            return SealNotCommit()
        block_id = compute_block_id(header)
        return validate_commit(context, ticked.current, header.height, block_id, seal)

    def validate_op(
        self, context: RulesContext, ticked: BftState, draft: Draft, op: Op
    ) -> ConsensusError | None:
        """The parent's commit, by the set that sealed the parent, or evidence of an offence."""
        if isinstance(op, Commit):
            return validate_commit(context, ticked.last, draft.height - 1, draft.parent, op)
        when = (draft.height, draft.time_ms)
        return validate_bft_evidence(context, ticked, when, op, frozenset())

    def apply_consensus(
        self, context: RulesContext, ticked: BftState, draft: Draft, ops: tuple[Op, ...]
    ) -> Result[tuple[BftState, tuple[LedgerOp, ...]], ConsensusError]:
        """One commit for the parent, none at height 1, where the parent is genesis; then evidence.

        Commits count who was silent; evidence convicts, each validator once.
        """
        expected = 0 if draft.height == 1 else 1
        commits = tuple(op for op in ops[:expected] if isinstance(op, Commit))
        if len(commits) != expected:
            return Err(OpCountWrong(len(commits), expected))
        if len(ops) - expected > EVIDENCE_PER_BLOCK_MAX:
            return Err(EvidenceTooMuch(len(ops) - expected, EVIDENCE_PER_BLOCK_MAX))
        jails: tuple[LedgerOp, ...] = ()
        state = ticked
        for commit in commits:
            error = self.validate_op(context, ticked, draft, commit)
            if error is not None:
                return Err(error)
            state, jails = apply_silence(context, ticked, commit)
        folded = fold_evidence(context, ticked, draft, ops[expected:], skips=False)
        if isinstance(folded, Err):
            return folded
        _, slashes = folded.value
        return Ok((state, jails + slashes))

    def select(
        self, context: RulesContext, ticked: BftState, draft: Draft, pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], BftState, tuple[LedgerOp, ...]]:
        """Of a pool what fits into a block: (ops, the state after it, ops on the ledger).

        The pool begins with the parent's commit, if there is one, which is known to be valid.
        """
        commits = tuple(op for op in pool if isinstance(op, Commit))
        folded = fold_evidence(context, ticked, draft, pool[len(commits) :], skips=True)
        assert isinstance(folded, Ok), "what may not stand here is left out"
        kept = commits + folded.value[0][:EVIDENCE_PER_BLOCK_MAX]
        applied = self.apply_consensus(context, ticked, draft, kept)
        assert isinstance(applied, Ok), "each op was judged"
        state, ledger_ops = applied.value
        return kept, state, ledger_ops

    def get_checkpoints(
        self, _context: RulesContext, _state: BftState, block_id: BlockId, _header: Header
    ) -> tuple[BlockId | None, BlockId | None]:
        """A sealed block is final at once."""
        return block_id, block_id

    def get_weight(self, _state: BftState, header: Header) -> tuple[int, ...]:
        """The height: there are no forks to weigh."""
        return (header.height,)


def validate_commit(
    context: RulesContext, validators: ValidatorSet, height: int, block_id: bytes, commit: Commit
) -> ConsensusError | None:
    """Why `commit` is not the commit of this set for this block.

    Checks, in order: height and block, voters ascending, voters known, power, signatures.

    Args:
        context: chain and signature check.
        validators: the set that seals the block.
        height: of the block.
        block_id: 32 bytes.
        commit: untrusted.
    """
    if (commit.height, commit.block) != (height, block_id):
        return CommitWrongBlock(commit.height, commit.block)
    voters = tuple(vote.validator for vote in commit.votes)
    for before, after in pairwise(voters):
        if before >= after:
            return CommitNotAscending(after)
    seats = {seat.validator: seat for seat in validators.seats}
    for voter in voters:
        if voter not in seats:
            return CommitVoterUnknown(voter)
    weight, total = sum(seats[v].power for v in voters), compute_total_power(validators)
    if not is_quorum(weight, total):
        return CommitTooLight(weight, total)
    for vote in commit.votes:
        root = compute_vote_root(context.genesis_id, get_precommit(commit, vote))
        if not context.verify(seats[vote.validator].consensus_key, root, vote.signature):
            return CommitSignatureInvalid(vote.validator)
    return None


def get_precommit(commit: Commit, vote: CommitSignature) -> RoundVote:
    """The vote that stands behind one signature of a commit."""
    return RoundVote(
        kind=VoteType.PRECOMMIT,
        height=commit.height,
        round=commit.round,
        block=commit.block,
        validator=vote.validator,
        signature=vote.signature,
    )
