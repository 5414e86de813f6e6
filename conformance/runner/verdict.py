"""One answer against what the spec says: six classes, and which comparison decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from conformance.runner.diff import Difference, compute_differences, is_equal
from conformance.runner.records import Expect, Record
from conformance.runner.strict_json import JsonObject

PASS = "pass"  # noqa: S105 - a class of verdicts, no password
NO_REASON = "no_reason"
WRONG_REASON = "wrong_reason"
FAIL = "fail"
CRASH = "crash"
NOT_OFFERED = "not_offered"
CLASSES = (PASS, NO_REASON, WRONG_REASON, FAIL, CRASH, NOT_OFFERED)
GOOD = (PASS, NO_REASON)


@dataclass(frozen=True)
class Outcome:
    """What one record came to."""

    record: Record
    """The vector."""
    verdict: str
    """One of `CLASSES`."""
    detail: str = ""
    """Which comparison decided: accepted_invalid, rejected_valid, value, state_root, dirty_state,
    rule, crash, timeout, protocol, ...; empty for a pass."""
    message: str = ""
    """One sentence for people."""
    answer: Optional[JsonObject] = None
    """What the client said; None when it said nothing usable."""
    differences: Tuple[Difference, ...] = ()
    """Where its value or its state differs."""
    complaints: str = ""
    """The end of the client's error stream, of a crash."""


def judge(record: Record, answer: JsonObject) -> Outcome:
    """The verdict on one answer.

    Args:
        record: the vector that was asked.
        answer: an object with `result` and what goes with it (FORMAT.md).
    """
    expect = record.expect
    result = answer.get("result")
    if result == "unsupported":
        message = f"you offer {record.feature} and then say unsupported"
        return Outcome(record, FAIL, "unsupported", message, answer)
    if result not in ("accept", "reject"):
        message = f'"result" is {result!r}, expected "accept" or "reject"'
        return Outcome(record, CRASH, "protocol", message, answer)
    if result != expect.result:
        detail = "accepted_invalid" if result == "accept" else "rejected_valid"
        message = f"you: {describe_answer(answer)}   spec: {describe_expect(expect)}"
        return Outcome(record, FAIL, detail, message, answer)
    if result == "accept":
        return _judge_accept(record, answer)
    return _judge_reject(record, answer)


def describe_expect(expect: Expect) -> str:
    """What the spec says, in a few words."""
    return expect.result if expect.rule is None else f"{expect.result} {expect.rule}"


def describe_answer(answer: JsonObject) -> str:
    """What the client said, in a few words."""
    rule = answer.get("rule")
    result = str(answer.get("result"))[:40]
    return result if rule is None else f"{result} {str(rule)[:80]}"


def judge_root(record: Record, found: object, answer: JsonObject) -> Outcome:
    """The verdict on the state root a client shows when asked again after its answer."""
    expect = record.expect
    if expect.state_root is None or found == expect.state_root:
        return Outcome(record, PASS)
    if expect.result == "reject":
        message = (
            f"a rejected input changed your state: root {found}, before it {expect.state_root}"
        )
        return Outcome(record, FAIL, "dirty_state", message, answer)
    message = f"get_state gives root {found}, expected {expect.state_root}"
    return Outcome(record, FAIL, "state_root", message, answer)


def _judge_accept(record: Record, answer: JsonObject) -> Outcome:
    expect = record.expect
    if expect.value is not None and not is_equal(expect.value, answer.get("value")):
        differences = tuple(compute_differences(expect.value, answer.get("value")))
        message = "both accept, but your value differs"
        return Outcome(record, FAIL, "value", message, answer, differences)
    if expect.state_root is not None and answer.get("state_root") != expect.state_root:
        message = f"state root {answer.get('state_root')}, expected {expect.state_root}"
        return Outcome(record, FAIL, "state_root", message, answer)
    return Outcome(record, PASS, answer=answer)


def _judge_reject(record: Record, answer: JsonObject) -> Outcome:
    expect = record.expect
    claimed = answer.get("state_root")
    if expect.state_root is not None and claimed not in (None, expect.state_root):
        return judge_root(record, claimed, answer)
    rule = answer.get("rule")
    if rule is None:
        return Outcome(record, NO_REASON, "rule", "rejected, reason unknown", answer)
    if rule != expect.rule:
        later = " (true, but that rule is checked later)" if rule in expect.also else ""
        message = f"right verdict, wrong reason: you {str(rule)[:80]}{later}, spec {expect.rule}"
        return Outcome(record, WRONG_REASON, "rule", message, answer)
    return Outcome(record, PASS, answer=answer)
