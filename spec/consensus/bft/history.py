"""What a BFT chain remembers of its past, so that it can judge evidence and silence.

    terms      who had a seat from which height to which
    marks      when some heights were: evidence is as old as the first mark at or above its height,
               so its age is told too short by at most a sixteenth of the longest, and a block;
               one mark older than the longest age is kept, so that older evidence is seen to be
    absences   commits in a row that lack a validator's vote

Terms that ended below the oldest mark are forgotten: evidence about them is too old.

Source: CONSENSUS.md 1 (BFT: double-sign slash, downtime jail); decision record 0112.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

from spec.lib.ssz import Container, List, Uint
from spec.limits import TERMS_MAX, VALIDATORS_MAX

STILL_SEATED = (1 << 64) - 1
"""The last height of a term that goes on."""
MARK_PARTS = 16
"""A mark is set each time this part of the longest age has passed."""
MARKS_MAX = MARK_PARTS + 2


@dataclass(frozen=True, slots=True)
class Term:
    """A time with a seat."""

    validator: int
    first: int
    """First height it sealed."""
    last: int
    """Last height, or `STILL_SEATED`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A block of the chain, and when it was."""

    height: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class Absence:
    """How many commits in a row lack a vote."""

    validator: int
    count: int


@dataclass(frozen=True, slots=True)
class History:
    """A chain's memory of its validators."""

    terms: tuple[Term, ...]
    """In order of their beginning, by validator where they began together."""
    marks: tuple[Mark, ...]
    """Ascending."""
    absences: tuple[Absence, ...]
    """Ascending by validator; zero is absent."""


HISTORY = Container(
    History,
    (
        (
            "terms",
            List(
                Container(Term, (("validator", Uint(32)), ("first", Uint(64)), ("last", Uint(64)))),
                TERMS_MAX,
            ),
        ),
        (
            "marks",
            List(Container(Mark, (("height", Uint(64)), ("time_ms", Uint(64)))), MARKS_MAX),
        ),
        (
            "absences",
            List(
                Container(Absence, (("validator", Uint(32)), ("count", Uint(64)))), VALIDATORS_MAX
            ),
        ),
    ),
)


def compute_first_history(seated: tuple[int, ...]) -> History:
    """Of the genesis: the first set seals from height 1 on."""
    return History(tuple(Term(v, 1, STILL_SEATED) for v in seated), (), ())


def apply_height(
    history: History, parent: Mark, sets: tuple[tuple[int, ...], tuple[int, ...]], age_ms: int
) -> History:
    """The memory as the block after `parent` finds it.

    Args:
        history: as the parent left it.
        parent: its height and time.
        sets: validators seated at the parent's height and at the next, ascending.
        age_ms: age of the oldest offence that evidence may show.
    """
    marks = _apply_mark(history.marks, parent, age_ms)
    terms = history.terms
    if sets[0] != sets[1]:
        terms = _change_seats(terms, parent.height, sets)
        seated = frozenset(sets[1])
        absences = tuple(a for a in history.absences if a.validator in seated)
        history = replace(history, absences=absences)
    if marks == history.marks and terms == history.terms:
        return history
    kept = tuple(term for term in terms if term.last >= marks[0].height)
    return replace(history, marks=marks, terms=kept[-TERMS_MAX:])


def _apply_mark(marks: tuple[Mark, ...], mark: Mark, age_ms: int) -> tuple[Mark, ...]:
    """One more if it is time, without those that a later one, too old as well, stands for.

    Marks stand at least a part of the age apart, rounded up: at most `MARKS_MAX` are needed.
    """
    spacing_ms = -(-age_ms // MARK_PARTS)
    if marks and mark.time_ms - marks[-1].time_ms < spacing_ms:
        return marks
    marks = (*marks, mark)
    kept = tuple(m for m, later in pairwise(marks) if later.time_ms + age_ms >= mark.time_ms)
    return (*kept, mark)


def _change_seats(
    terms: tuple[Term, ...], height: int, sets: tuple[tuple[int, ...], tuple[int, ...]]
) -> tuple[Term, ...]:
    """Ends the terms of those who left after `height`, and begins those of who came."""
    before, after = frozenset(sets[0]), frozenset(sets[1])
    ended = tuple(
        replace(term, last=height)
        if term.last == STILL_SEATED and term.validator not in after
        else term
        for term in terms
    )
    # Those that go on stand last, so that a full list forgets what ended first.
    over = tuple(term for term in ended if term.last != STILL_SEATED)
    going_on = tuple(term for term in ended if term.last == STILL_SEATED)
    begun = tuple(Term(v, height + 1, STILL_SEATED) for v in sets[1] if v not in before)
    return over + going_on + begun


def had_seat(history: History, validator: int, height: int) -> bool:
    """Whether a validator sealed a height, as far as the chain remembers."""
    return any(
        term.validator == validator and term.first <= height <= term.last for term in history.terms
    )


def compute_age_ms(history: History, height: int, now_ms: int) -> int:
    """How old a height is at least, in ms."""
    for mark in history.marks:
        if mark.height >= height:
            return now_ms - mark.time_ms
    return 0


def apply_absences(
    history: History, absent: tuple[int, ...], count_max: int
) -> tuple[History, tuple[int, ...]]:
    """The memory after a commit, and who has now been silent for too long, who starts anew.

    Args:
        history: before.
        absent: members of the set whose votes the commit lacks, ascending.
        count_max: at least 1.
    """
    counts = {a.validator: a.count for a in history.absences}
    raised = tuple((v, counts.get(v, 0) + 1) for v in absent)
    kept = tuple(Absence(v, count) for v, count in raised if count < count_max)
    after = history if kept == history.absences else replace(history, absences=kept)
    return after, tuple(v for v, count in raised if count >= count_max)
