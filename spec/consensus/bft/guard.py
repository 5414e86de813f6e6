"""The signing guard: no two different messages for one (height, round, kind), ever.

A promise is in the guard and in the log before it is signed. After a crash the guard is rebuilt
from the log, and binds the height in progress: its lock, its round, its step.

Source: INTERFACE.md 2.11 to 2.14, 3; DESIGN.md 2.16.
"""

from dataclasses import replace

from spec.consensus.bft.duty_state import KIND_PROPOSAL, Outcome, Promised, State
from spec.consensus.bft.messages import NO_SIGNATURE, Proposal
from spec.consensus.bft.rounds import Promise, RoundState, Step
from spec.consensus.bft.votes import NIL, ValueId, VoteType
from spec.consensus.interface import Persist, Report, Sign, SignedRecord
from spec.ledger.ops import RoundVote


def get_guard_key(message: Promised) -> tuple[int, int, int]:
    """What may be signed only once: (height, round, kind)."""
    kind = message.kind if isinstance(message, RoundVote) else KIND_PROPOSAL
    return message.height, message.round, kind


def is_same_promise(a: Promised, b: Promised) -> bool:
    """Whether two messages differ in nothing but the signature and the polka beside it."""
    if isinstance(a, Proposal) and isinstance(b, Proposal):
        return replace(a, polka=(), signature=NO_SIGNATURE) == replace(
            b, polka=(), signature=NO_SIGNATURE
        )
    if isinstance(a, RoundVote) and isinstance(b, RoundVote):
        return replace(a, signature=NO_SIGNATURE) == replace(b, signature=NO_SIGNATURE)
    return False


def compute_resumption(
    rounds: RoundState, own: tuple[Promised, ...]
) -> tuple[RoundState, int, Step]:
    """Lock, round and step that earlier promises of this height bind us to."""
    round_ = max((m.round for m in own), default=0)
    step, locked = Step.PROPOSE, rounds.locked
    for message in own:
        if not isinstance(message, RoundVote):
            continue
        if message.round == round_:
            step = max(step, Step(message.kind + 1))
        is_lock = message.kind == VoteType.PRECOMMIT and message.block != NIL
        if is_lock and (locked is None or message.round > locked.round):
            locked = Promise(message.round, ValueId(message.block))
    return replace(rounds, locked=locked, valid=locked), round_, step


def apply_promise(node: State, message: Promised) -> Outcome:
    """The signing guard: logs a promise before it is signed, refuses one that breaks another."""
    duty = node.duty
    earlier = duty.signed.get(get_guard_key(message))
    if earlier is not None:
        return node, (Sign(earlier),) if is_same_promise(earlier, message) else ()
    if message.height < duty.floor:
        return node, (
            Report("bft.below_floor", f"asked to sign at {message.height}, below {duty.floor}"),
        )
    signed = {**duty.signed, get_guard_key(message): message}
    duty = replace(duty, signed=signed, floor=max(duty.floor, message.height))
    return replace(node, duty=duty), (Persist(SignedRecord(message)), Sign(message))
