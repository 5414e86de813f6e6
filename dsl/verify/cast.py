"""Who plays the other contracts of a step: scripts that answer as a model says."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from dsl.verify.encoder import Encoder
from dsl.verify.leaves import complete_leaves, decode_leaves
from dsl.verify.run_frame import Made, Paid
from dsl.verify.scenario import Foreign
from dsl.verify.script import Answer, Asked, Moment, make_raw, make_script
from dsl.verify.terms import Symbol, Term
from spec.crypto.address import ADDRESS_SIZE_BYTES, is_contract_address
from spec.ir.linked import LinkedMember, LinkedModule
from spec.ir.syntax import PrimOp, Type
from spec.ir.values import SELECTOR_SIZE_BYTES, Value

ARGUMENTS_LENGTH = 3
"""Leaf of a message that says how many bytes its arguments are."""


class Answers(Protocol):
    """The numbers of a model, or of a test."""

    def get(self, term: Term) -> int:
        """The value of a term."""

    def get_value(self, kind: Type, leaves: Sequence[Term]) -> Value | None:
        """A value of a type, None if its bytes are no text."""

    def list_predicates(self) -> list[tuple[Symbol, tuple[int, ...], int]]:
        """What is said of the world: each question with its answer."""


class Subject(Protocol):
    """The module that calls, and how it is encoded."""

    @property
    def linked(self) -> LinkedModule:
        """The module."""

    @property
    def encoder(self) -> Encoder:
        """How."""


@dataclass(slots=True)
class _Part:
    """What one contract has to answer; working state."""

    answers: list[Answer] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    """Of each answer how many actions of any contract were called before."""
    offered: list[Asked] = field(default_factory=list)
    count: int = 0


def cast_step(
    vc: Subject, model: Answers, made: Sequence[Made | Paid], contract: bytes
) -> tuple[Foreign, ...] | None:
    """The other contracts of a step, None if none can answer so."""
    parts = _list_standing(vc, model)
    parts.pop(contract, None)
    total = 0
    inboxes: dict[bytes, int] = {}
    for each in made:
        if not model.get(each.guard):
            continue
        address = model.get(each.target).to_bytes(ADDRESS_SIZE_BYTES, "big")
        if isinstance(each, Paid):
            inboxes[address] = inboxes.get(address, 0) + model.get(each.amount)
            continue
        part = parts.setdefault(address, _Part())
        answer = _make_answer(vc, model, each, Moment(part.count, inboxes.get(address, 0)))
        if answer is None or address == contract or not is_contract_address(address):
            return None
        part.answers.append(answer)
        part.totals.append(total)
        if not each.is_view:
            part.count += 1
            total += 1
    return _make_scripts(vc, contract, parts)


def _list_standing(vc: Subject, model: Answers) -> dict[bytes, _Part]:
    """The contracts that must be there because something asks for them."""
    names = {number: name for name, number in vc.encoder.hashes.items()}
    parts: dict[bytes, _Part] = {}
    for symbol, args, value in model.list_predicates():
        op, immediates = names[symbol.key[0]][:2]
        address = args[0].to_bytes(ADDRESS_SIZE_BYTES, "big")
        if not value or not is_contract_address(address):
            continue
        if op is PrimOp.IS_CONTRACT:
            parts.setdefault(address, _Part())
        elif op is PrimOp.IMPLEMENTS:
            assert isinstance(immediates, tuple), "the interface asked for"
            members = vc.linked.interfaces[immediates[0]]
            offered = [_make_asked(vc, member) for member in members]
            parts.setdefault(address, _Part()).offered += offered
    return parts


def _make_asked(vc: Subject, member: LinkedMember) -> Asked:
    if not member.result:
        return Asked(member.selector, member.params, None, None, member.is_view)
    kind, layouts = member.result[0], vc.encoder.layouts
    leaves = complete_leaves(layouts, kind, (None,) * layouts.size(kind))
    default = decode_leaves(layouts, kind, leaves)
    return Asked(member.selector, member.params, kind, default, member.is_view)


def _make_answer(vc: Subject, model: Answers, made: Made, moment: Moment) -> Answer | None:
    selector = model.get(made.selector).to_bytes(SELECTOR_SIZE_BYTES, "big")
    gift = model.get(made.gift)
    if made.message is not None:
        raw = make_raw(selector, model.get(made.message.leaves[ARGUMENTS_LENGTH]))
        return Answer(raw, moment, (), None, gift)
    assert made.member is not None, "what is no message calls a member"
    interface, number = made.member
    member = vc.linked.interfaces[interface][number]
    args: list[Value] = []
    for kind, arg in zip(member.params, made.args, strict=True):
        value = model.get_value(kind, arg.leaves)
        if value is None:
            return None
        args.append(value)
    answer: Value | None = None
    if made.result is not None:
        answer = model.get_value(member.result[0], made.result.leaves)
        if answer is None:
            return None
    return Answer(_make_asked(vc, member), moment, tuple(args), answer, gift)


def _make_scripts(
    vc: Subject, contract: bytes, parts: dict[bytes, _Part]
) -> tuple[Foreign, ...] | None:
    is_ticking = any(_needs_others(part) for part in parts.values()) and len(parts) > 1
    cast: list[Foreign] = []
    for address, part in parts.items():
        answers, others = part.answers, tuple[bytes, ...]()
        if is_ticking:
            answers = [
                replace(each, moment=Moment(total, each.moment.inbox))
                for each, total in zip(answers, part.totals, strict=True)
            ]
            others = tuple(each for each in parts if each != address)
        module = make_script(vc.linked.types, answers, part.offered, contract, others)
        if module is None:
            return None
        cast.append(Foreign(address, sum(each.gift for each in answers), module))
    return tuple(cast)


def _needs_others(part: _Part) -> bool:
    """Whether a contract's views change their answers while only others are called."""
    seen: dict[Moment, set[int]] = {}
    for answer, total in zip(part.answers, part.totals, strict=True):
        if answer.asked.is_view:
            seen.setdefault(answer.moment, set()).add(total)
    return any(len(each) > 1 for each in seen.values())
