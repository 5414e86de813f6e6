"""Laws of a BFT chain's memory: seats are remembered exactly, and as long as evidence may come."""

from hypothesis import given
from hypothesis import strategies as st

from spec.consensus.bft.history import (
    HISTORY,
    MARK_PARTS,
    MARKS_MAX,
    Absence,
    History,
    Mark,
    apply_absences,
    apply_height,
    compute_age_ms,
    compute_first_history,
    had_seat,
)
from spec.lib.result import Ok
from spec.lib.ssz import decode, encode
from spec.limits import TERMS_MAX

AGE_MS = 160
SETS = st.sets(st.integers(0, 5), min_size=1).map(lambda members: tuple(sorted(members)))
CHAINS = st.lists(st.tuples(SETS, st.integers(0, 40)), min_size=1, max_size=40)


def follow(chain: list[tuple[tuple[int, ...], int]]) -> tuple[History, list[int]]:
    """The memory after heights sealed by these sets, and the time of each height from genesis."""
    history, seated = compute_first_history(chain[0][0]), chain[0][0]
    times = [1_000]
    for height, (members, took_ms) in enumerate(chain):
        parent = Mark(height, times[-1])
        history = apply_height(history, parent, (seated, members), AGE_MS)
        times.append(times[-1] + took_ms)
        seated = members
    return history, times


@given(CHAINS)
def test_seats_are_remembered_exactly_while_evidence_may_come(
    chain: list[tuple[tuple[int, ...], int]],
) -> None:
    history, times = follow(chain)
    now_ms = times[len(chain) - 1]
    for height, (members, _) in enumerate(chain, start=1):
        if now_ms - times[min(height, len(chain) - 1)] > AGE_MS:
            continue
        for validator in range(6):
            assert had_seat(history, validator, height) == (validator in members)


@given(CHAINS)
def test_an_age_is_never_told_too_long_nor_much_too_short(
    chain: list[tuple[tuple[int, ...], int]],
) -> None:
    history, times = follow(chain)
    latest = len(chain) - 1
    for height in range(latest + 1):
        age_ms = times[latest] - times[height]
        told_ms = compute_age_ms(history, height, times[latest])
        assert told_ms <= age_ms
        if age_ms <= AGE_MS:
            assert age_ms - told_ms <= AGE_MS // MARK_PARTS + 40, "a part, and one block"
        if age_ms > AGE_MS + AGE_MS // MARK_PARTS + 80:
            assert told_ms > AGE_MS, "evidence that is too old is never taken for young"


@given(st.integers(1, 1_000), st.integers(1, 60))
def test_evidence_of_the_first_height_grows_too_old_however_long_the_chain(
    age_ms: int, step_ms: int
) -> None:
    history, time_ms = compute_first_history((0,)), 1_000
    for height in range(1, 2 * age_ms // step_ms + 60):
        history = apply_height(history, Mark(height, time_ms), ((0,), (0,)), age_ms)
        time_ms += step_ms
        assert len(history.marks) <= MARKS_MAX
    assert had_seat(history, 0, 1)
    assert compute_age_ms(history, 1, time_ms) > age_ms


@given(CHAINS)
def test_memory_is_bounded_and_encodes(chain: list[tuple[tuple[int, ...], int]]) -> None:
    history, _ = follow(chain)
    assert len(history.marks) <= MARKS_MAX
    assert decode(HISTORY, encode(HISTORY, history)) == Ok(history)


def test_the_list_of_terms_forgets_what_ended_first() -> None:
    seated: tuple[int, ...] = (0,)
    history = compute_first_history(seated)
    for height in range(1, TERMS_MAX + 9):
        members = (0, 1 + height % 2)
        history = apply_height(history, Mark(height, 1_000), (seated, members), AGE_MS)
        seated = members
    assert len(history.terms) == TERMS_MAX
    assert had_seat(history, 0, 1), "who never left is never forgotten"
    assert not had_seat(history, 1, 3)


def test_silence_is_counted_in_a_row_and_starts_anew() -> None:
    history = compute_first_history((0, 1, 2))
    history, none = apply_absences(history, (1, 2), 3)
    history, _ = apply_absences(history, (2,), 3)
    assert none == ()
    assert history.absences == (Absence(2, 2),)
    history, silent = apply_absences(history, (1, 2), 3)
    assert silent == (2,)
    assert history.absences == (Absence(1, 1),)
    assert apply_absences(history, (), 3) == (compute_first_history((0, 1, 2)), ())
