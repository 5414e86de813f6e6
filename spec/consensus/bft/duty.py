"""What a BFT validator does: the round machine joined to blocks, signatures and the log.

Before anything is signed it is in the signing guard and in the log; the guard never lets a
second, different message for one (height, round, kind) through, and nothing below the highest
height ever signed. After a crash the guard is rebuilt from the log, the height resumes in the
highest round that the node had spoken in, locked on the value it last precommitted, and its own
messages are signed again, byte for byte.

Source: arXiv 1807.04938, algorithm 1; INTERFACE.md 2.11 to 2.14, 3; DESIGN.md 2.16.
"""

from dataclasses import dataclass, replace

from spec.config import BftConfig
from spec.consensus.bft.duty_state import (
    EMPTY_DUTY_STATE,
    KIND_PROPOSAL,
    BftDutyState,
    Config,
    Outcome,
    Promised,
    State,
    Work,
    get_work,
)
from spec.consensus.bft.guard import (
    apply_promise,
    compute_resumption,
    get_guard_key,
    is_same_promise,
)
from spec.consensus.bft.making import compute_commit, compute_polka, compute_vote, make_build
from spec.consensus.bft.messages import NO_SIGNATURE, Proposal
from spec.consensus.bft.rounds import (
    NO_ROUND,
    Decide,
    Output,
    Promise,
    RoundState,
    Started,
    Step,
    Suggestion,
    TimeoutKind,
    Vote,
    Wait,
    apply_proposal,
    apply_start,
    apply_timeout,
    apply_validity,
    apply_vote,
    compute_round_state,
)
from spec.consensus.bft.state import compute_proposer
from spec.consensus.bft.validity import validate_proposal, validate_vote
from spec.consensus.bft.votes import (
    ROUNDS_AHEAD_MAX,
    Ballot,
    ValueId,
    VoteType,
    compute_keeper,
    has_room,
    is_new,
    is_quorum_of,
)
from spec.consensus.bft.witness import (
    drop_stale_evidence,
    take_evidence,
    witness_commit,
    witness_proposal,
    witness_vote,
)
from spec.consensus.interface import (
    Broadcast,
    CandidateRecord,
    Effect,
    Evidence,
    Message,
    Persist,
    Record,
    RejectMessage,
    Schedule,
    Sign,
    Signable,
    SignedRecord,
    Source,
)
from spec.consensus.node import (
    SELF,
    choose_heaviest,
    get_own_seat,
    get_parent,
    import_block,
    seal_candidate,
)
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ops import Commit, FfgVote, NoSeal, RoundVote
from spec.ledger.types import Block
from spec.limits import FUTURE_MESSAGES_MAX


@dataclass(frozen=True, slots=True)
class BftDuty:
    """The `Duty` of BFT."""

    def initial(self) -> BftDutyState:
        """Nothing promised, nothing in progress."""
        return EMPTY_DUTY_STATE

    def start(self, config: Config, node: State, wal: tuple[Record, ...]) -> Outcome:
        """Rebuilds the guard, then begins the height above the head."""
        signed = {
            get_guard_key(record.message): record.message
            for record in wal
            if isinstance(record, SignedRecord) and isinstance(record.message, Proposal | RoundVote)
        }
        restored = tuple(r.proposal for r in wal if isinstance(r, CandidateRecord))
        floor = max((height for height, _, _ in signed), default=0)
        duty = replace(node.duty, signed=signed, floor=floor, restored=restored)
        return _enter_height(config, replace(node, duty=duty))

    def on_tick(self, config: Config, node: State) -> Outcome:
        """Asks anew for a block that is still to be built, so that its time is of today."""
        work = get_work(node)
        rounds = work.rounds
        is_waiting = rounds.step is Step.PROPOSE and rounds.valid is None
        if config.validator is None or not is_waiting:
            return node, ()
        if (work.height, rounds.round, KIND_PROPOSAL) in node.duty.signed:
            return node, ()
        proposer = compute_proposer(work.ticked.current, rounds.round)
        if proposer.validator != config.validator:
            return node, ()
        return node, (make_build(config, node, rounds.round),)

    def on_message(
        self,
        config: Config,
        node: State,
        source: Source,
        message: Proposal | RoundVote | FfgVote | Evidence,
    ) -> Outcome:
        """Takes in a proposal or vote of this height, keeps one of the next; and evidence."""
        work = get_work(node)
        if isinstance(message, FfgVote):
            return node, ()
        if not isinstance(message, Proposal | RoundVote):
            return take_evidence(config, node, source, message)
        if message.height == work.height + 1:
            future = (*node.duty.future, (source, message))[-FUTURE_MESSAGES_MAX:]
            return replace(node, duty=replace(node.duty, future=future)), ()
        if message.height != work.height:
            return node, ()
        if isinstance(message, RoundVote):
            return _take_vote(config, node, source, message)
        return _take_proposal(config, node, source, message)

    def on_timeout(
        self, config: Config, node: State, timeout: tuple[TimeoutKind, int, int]
    ) -> Outcome:
        """Hands a timeout of this height to the round machine."""
        kind, height, round_ = timeout
        work = get_work(node)
        if height != work.height:
            return node, ()
        return _advance(config, node, apply_timeout(work.rounds, kind, round_))

    def on_built(self, config: Config, node: State, block: Block, tag: int) -> Outcome:
        """Proposes the block that was built for the current round."""
        work = get_work(node)
        if tag != work.rounds.round or block.header.parent != node.head:
            return node, ()
        return _propose(config, node, (block, NO_ROUND, ()))

    def on_signed(self, config: Config, node: State, message: Signable) -> Outcome:
        """Sends what was promised, and takes it in like anybody's message."""
        if not isinstance(message, Proposal | RoundVote):
            return node, ()
        promised = node.duty.signed.get(get_guard_key(message))
        if promised is None or not is_same_promise(promised, message):
            return node, ()
        signed = {**node.duty.signed, get_guard_key(message): message}
        node = replace(node, duty=replace(node.duty, signed=signed))
        node, effects = self.on_message(config, node, SELF, message)
        return node, (Broadcast(message), *effects)

    def on_verdict(
        self, config: Config, node: State, block_id: BlockId, *, is_valid: bool
    ) -> Outcome:
        """Tells the round machine what the ledger thinks of a proposed block."""
        work = get_work(node)
        if ValueId(block_id) not in work.proposals:
            return node, ()
        verdict = apply_validity(work.rounds, ValueId(block_id), is_valid=is_valid)
        return _advance(config, node, verdict)

    def on_mined(self, _config: Config, node: State, _block: Block) -> Outcome:
        """Nothing: no BFT block is mined."""
        return node, ()

    def choose(self, config: Config, node: State) -> BlockId:
        """The highest block: only certified blocks are in the tree."""
        return choose_heaviest(config, node)

    def get_gossip(self, _config: Config, node: State) -> tuple[Message, ...]:
        """Every message of our own for the height in progress, and evidence no block has yet."""
        work = node.duty.work
        own = tuple(
            message
            for (height, _, _), message in node.duty.signed.items()
            if work is not None and height == work.height and message.signature != NO_SIGNATURE
        )
        return (*own, *(evidence for _, evidence in sorted(node.duty.evidence.items())))

    def on_block(self, _config: Config, node: State, block_id: BlockId) -> Outcome:
        """Witnesses the precommits that sealed it."""
        seal = node.tree[block_id].block.seal
        return witness_commit(node, seal) if isinstance(seal, Commit) else (node, ())

    def on_head(self, config: Config, node: State) -> Outcome:
        """A new head is a new height."""
        return _enter_height(config, node)


# A height


def _enter_height(config: Config, node: State) -> Outcome:
    """Begins the height above the head, or resumes it where the guard says that we left it."""
    parent = get_parent(node, node.head)
    height = parent.header.height + 1
    ticked, tick_ops = config.rules.tick(config.context, parent, height)
    powers = {seat.validator: seat.power for seat in ticked.current.seats}
    signed = {k: m for k, m in node.duty.signed.items() if k[0] >= height}
    own = tuple(m for k, m in signed.items() if k[0] == height)
    rounds, round_, step = compute_resumption(compute_round_state(compute_keeper(powers)), own)
    work = Work(height, ticked, tick_ops, rounds, {}, {})
    future, restored = node.duty.future, node.duty.restored
    duty = replace(node.duty, work=work, signed=signed, future=(), restored=())
    node = drop_stale_evidence(config, replace(node, duty=duty))
    node, effects = _advance(config, node, apply_start(rounds, round_))
    if step is not Step.PROPOSE:
        work = get_work(node)
        work = replace(work, rounds=replace(work.rounds, step=step))
        node = _with_work(node, work)
    effects += tuple(Sign(m) for m in own if m.round <= round_ and not _is_open(m, round_))
    for proposal in restored:
        if proposal.height == height:
            node, more = _take_proposal(config, node, SELF, proposal)
            effects += more
    for source, message in future:
        node, more = config.duty.on_message(config, node, Source(source), message)
        effects += more
    return node, effects


def _is_open(message: Promised, round_: int) -> bool:
    """Whether the start of the round signs this message anyway."""
    return isinstance(message, Proposal) and message.round == round_


def _with_work(node: State, work: Work) -> State:
    return replace(node, duty=replace(node.duty, work=work))


def _advance(
    config: Config, node: State, transition: tuple[RoundState, tuple[Output, ...]]
) -> Outcome:
    """Takes over the round machine's new state and carries out what it asks for."""
    rounds, outputs = transition
    before = get_work(node).rounds
    node = _with_work(node, replace(get_work(node), rounds=rounds))
    effects: tuple[Effect, ...] = ()
    if rounds.valid is not None and rounds.valid != before.valid:
        effects += _persist_valid(node, rounds.valid)
    for output in outputs:
        node, more = _carry_out(config, node, output)
        effects += more
    return node, effects


def _persist_valid(node: State, valid: Promise) -> tuple[Effect, ...]:
    """Logs the block we hold valid, so that we can show it again after a crash."""
    proposal = get_work(node).proposals.get(valid.value)
    return () if proposal is None else (Persist(CandidateRecord(proposal)),)


def _carry_out(config: Config, node: State, output: Output) -> Outcome:
    work = get_work(node)
    match output:
        case Started():
            return _start_round(config, node, output)
        case Vote(type_, round_, value):
            return _vote(config, node, (type_, round_, value))
        case Wait(kind, round_):
            return node, (_schedule(config, work.height, kind, round_),)
        case Decide():
            return _decide(config, node, output)


def _schedule(config: Config, height: int, kind: TimeoutKind, round_: int) -> Schedule:
    """A wait that grows with the round."""
    times = config.context.config.consensus
    assert isinstance(times, BftConfig), "a BFT duty serves a BFT chain"
    base = times.timeout_propose_ms if kind is TimeoutKind.PROPOSE else times.timeout_vote_ms
    return Schedule(kind, height, round_, base + round_ * times.timeout_delta_ms)


def _decide(config: Config, node: State, decision: Decide) -> Outcome:
    """Makes the commit out of the precommits and seals the candidate with it."""
    work = get_work(node)
    candidate = node.candidates.get(BlockId(decision.value))
    if candidate is None:  # it was attached with a seal from a peer in the meantime
        return node, ()
    sealed = replace(candidate.block, seal=compute_commit(work, decision))
    node, effects = seal_candidate(config, node, sealed)
    return node, (Broadcast(sealed), *effects)


# Proposing


def _start_round(config: Config, node: State, started: Started) -> Outcome:
    """L14-21: the proposer proposes; everybody else waits for that."""
    work = get_work(node)
    proposer = compute_proposer(work.ticked.current, started.round)
    if proposer.validator != config.validator:
        return node, (_schedule(config, work.height, TimeoutKind.PROPOSE, started.round),)
    earlier = node.duty.signed.get((work.height, started.round, KIND_PROPOSAL))
    if earlier is not None:
        return node, (Sign(earlier),)
    if started.valid is None:  # L18
        return node, (make_build(config, node, started.round),)
    known = work.proposals.get(started.valid.value)
    if known is None:  # after a crash: our lock, but no longer its block
        return node, (_schedule(config, work.height, TimeoutKind.PROPOSE, started.round),)
    polka = compute_polka(work, started.valid)
    return _propose(config, node, (known.block, started.valid.round, polka))  # L16


def _propose(
    config: Config, node: State, what: tuple[Block, int, tuple[RoundVote, ...]]
) -> Outcome:
    """L19: promises and signs a proposal of (block, valid round, polka) for the current round."""
    block, valid_round, polka = what
    work = get_work(node)
    assert config.validator is not None, "only a validator proposes"
    proposal = Proposal(
        height=work.height,
        round=work.rounds.round,
        valid_round_plus_one=valid_round + 1,
        block=replace(block, seal=NoSeal()),
        polka=polka,
        validator=config.validator,
        signature=NO_SIGNATURE,
    )
    return apply_promise(node, proposal)


def _vote(config: Config, node: State, what: tuple[VoteType, int, ValueId]) -> Outcome:
    """Promises and signs a vote, if we have a seat."""
    work = get_work(node)
    type_, round_, value = what
    seat = get_own_seat(config, work.ticked.current.seats)
    if seat is None:
        return node, ()
    ballot = Ballot(type_, round_, seat.validator, value)
    return apply_promise(node, compute_vote(work, ballot, NO_SIGNATURE))


# Messages


def _take_vote(config: Config, node: State, source: Source, vote: RoundVote) -> Outcome:
    """A vote of this height from a peer."""
    error = validate_vote(config.context, get_work(node), vote)
    if error is not None:
        return node, (RejectMessage(source, error),)
    if not has_room(get_work(node).rounds.votes, _get_ballot(vote)):
        return node, ()
    return _count_vote(config, node, vote)


def _get_ballot(vote: RoundVote) -> Ballot:
    return Ballot(VoteType(vote.kind), vote.round, vote.validator, ValueId(vote.block))


def _count_vote(config: Config, node: State, vote: RoundVote) -> Outcome:
    """Counts a valid vote of this height, reporting who votes twice."""
    work, ballot = get_work(node), _get_ballot(vote)
    if not is_new(work.rounds.votes, ballot):
        return node, ()
    node, effects = witness_vote(node, ballot, vote)
    signatures = {**work.signatures, ballot: vote.signature}
    node = _with_work(node, replace(work, signatures=signatures))
    node, more = _advance(config, node, apply_vote(work.rounds, ballot))
    return node, effects + more


def _take_polka(
    config: Config, node: State, source: Source, polka: tuple[RoundVote, ...]
) -> Outcome:
    """The votes beside a proposal: a whole polka is counted, whatever its voters said besides."""
    work = get_work(node)
    errors = [validate_vote(config.context, work, vote) for vote in polka]
    valid = tuple(vote for vote, error in zip(polka, errors, strict=True) if error is None)
    is_whole = is_quorum_of(work.rounds.votes, tuple(vote.validator for vote in valid))
    effects: tuple[Effect, ...] = tuple(RejectMessage(source, e) for e in errors if e is not None)
    for vote in valid:
        if get_work(node).height != work.height:
            break
        if is_whole or has_room(get_work(node).rounds.votes, _get_ballot(vote)):
            node, more = _count_vote(config, node, vote)
            effects += more
    return node, effects


def _take_proposal(config: Config, node: State, source: Source, proposal: Proposal) -> Outcome:
    """Takes in a proposal: its polka, its block for the ledger, its word for the round machine."""
    work = get_work(node)
    if proposal.round > work.rounds.round + ROUNDS_AHEAD_MAX:
        return node, ()
    block_id = compute_block_id(proposal.block.header)
    error = validate_proposal(config.context, work, proposal, block_id)
    if error is not None:
        return node, (RejectMessage(source, error),)
    if proposal.block.header.parent != node.head:
        return node, ()
    node, effects = witness_proposal(node, proposal, block_id)
    node, more = _take_polka(config, node, source, proposal.polka)
    effects += more
    if get_work(node).height != proposal.height:
        return node, effects
    work = get_work(node)
    proposals = {**work.proposals, ValueId(block_id): proposal}
    node = _with_work(node, replace(work, proposals=proposals))
    node, more = import_block(config, node, source, proposal.block, needs_seal=False)
    effects += more
    suggestion = Suggestion(ValueId(block_id), proposal.valid_round_plus_one - 1)
    rounds = get_work(node).rounds
    known = node.candidates.get(block_id)
    if known is not None and known.view is not None:
        rounds, _ = apply_validity(rounds, ValueId(block_id), is_valid=True)
    if block_id in node.invalid:
        rounds, _ = apply_validity(rounds, ValueId(block_id), is_valid=False)
    node, more = _advance(config, node, apply_proposal(rounds, proposal.round, suggestion))
    return node, effects + more
