"""Each kind of mistake gets its own verdict, and no mistake is taken for a pass or a reject."""

from pathlib import Path

import pytest

from conformance.runner.process import Launch, Limits
from conformance.runner.records import load
from conformance.runner.session import ClientUnusableError, Session
from conformance.runner.verdict import Outcome
from tests.conformance.runner.samples import make_record, make_records, write_client, write_vectors

ACCEPT = '{"result": "accept", "state_root": root(state)}'
REJECT = '{"result": "reject", "rule": "counter.too_much"}'


def run(folder: Path, *changes: tuple[str, str]) -> dict[str, Outcome]:
    vectors = load(write_vectors(folder, make_records()))
    launch = Launch(write_client(folder, *changes), limits=Limits(hello_s=30, answer_s=30))
    session = Session(launch, vectors)
    try:
        outcomes = session.run(vectors.records, lambda _: None)
    finally:
        session.close()
    return {outcome.record.id: outcome for outcome in outcomes}


def get_verdicts(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: f"{o.verdict}:{o.detail}".rstrip(":") for name, o in outcomes.items()}


GOOD = {
    "codec/double#three": "pass",
    "ledger/add#five": "pass",
    "ledger/add#six": "pass",
    "sig/made_up#one": "not_offered",
}


def test_a_right_client_passes_and_what_it_lacks_is_shown(tmp_path: Path) -> None:
    assert get_verdicts(run(tmp_path)) == GOOD


@pytest.mark.parametrize(
    ("old", "new", "record", "verdict"),
    [
        ("> 5", "> 6", "ledger/add#six", "fail:accepted_invalid"),
        ("> 5", ">= 5", "ledger/add#five", "fail:rejected_valid"),
        ("2 * r", "3 * r", "codec/double#three", "fail:value"),
        ("2 * r", "2.0 * r", "codec/double#three", "pass"),
        ("{" + '"twice": 2 * r["args"]["x"]}', "None", "codec/double#three", "fail:value"),
        (ACCEPT, ACCEPT.replace("state)", '{"n": 1})'), "ledger/add#five", "fail:state_root"),
        (ACCEPT, '{"result": "accept"}', "ledger/add#five", "fail:state_root"),
        (REJECT, '{"result": "reject"}', "ledger/add#six", "no_reason:rule"),
        ("counter.too_much", "counter.odd", "ledger/add#six", "wrong_reason:rule"),
        (REJECT, 'state.update(n=9) or {"result": "reject"}', "ledger/add#six", "fail:dirty_state"),
        (REJECT, '{"result": "unsupported"}', "ledger/add#six", "fail:unsupported"),
        (REJECT, '{"result": "no"}', "ledger/add#six", "crash:protocol"),
        (REJECT, '{"result": ["reject"]}', "ledger/add#six", "crash:protocol"),
        (REJECT, '{"error": "what?"}', "ledger/add#six", "crash:error"),
        (REJECT, "sys.exit(3)", "ledger/add#six", "crash:crash"),
        (REJECT, "print('debug') or {}", "ledger/add#six", "crash:protocol"),
        (REJECT, "print('[' * 10**6) or {}", "ledger/add#six", "crash:protocol"),
        (REJECT, "print('{\"seq\":1}') or {}", "ledger/add#six", "crash:protocol"),
        (REJECT, 'print("1" * 10000) or {}', "ledger/add#six", "crash:protocol"),
        (REJECT, "print('x' * (5 * 2**20)) or {}", "ledger/add#six", "crash:protocol"),
    ],
)
def test_each_mistake_has_its_verdict(
    tmp_path: Path, old: str, new: str, record: str, verdict: str
) -> None:
    found = get_verdicts(run(tmp_path, (old, new)))
    expected = {**GOOD, record: verdict}
    if verdict == "pass":  # 6.0 is the same JSON number as 6
        expected = GOOD
    assert found == expected


def test_a_client_that_hangs_costs_a_time_out_and_the_rest_is_still_asked(tmp_path: Path) -> None:
    vectors = load(write_vectors(tmp_path, make_records()))
    command = write_client(tmp_path, ("2 * r", "__import__('time').sleep(60) or r"))
    session = Session(Launch(command, limits=Limits(hello_s=30, answer_s=3)), vectors)
    try:
        outcomes = session.run(vectors.records, lambda _: None)
    finally:
        session.close()
    assert [o.verdict for o in outcomes] == ["crash", "pass", "pass", "not_offered"]
    assert "no answer to 'apply' within 3 s" in outcomes[0].message


def test_a_crash_shows_the_end_of_the_error_stream(tmp_path: Path) -> None:
    change = (REJECT, "print('out of memory', file=sys.stderr) or sys.exit(3)")
    outcome = run(tmp_path, change)["ledger/add#six"]
    assert outcome.message == "your client ended with exit code 3"
    assert outcome.complaints == "out of memory"


def test_a_line_that_is_no_json_is_echoed_with_its_number(tmp_path: Path) -> None:
    outcome = run(tmp_path, (REJECT, "print('debug: here') or {}"))["ledger/add#six"]
    assert "line 8 of your output is not JSON" in outcome.message
    assert "debug: here" in outcome.message


def test_a_wrong_result_shows_where_the_states_differ(tmp_path: Path) -> None:
    outcome = run(tmp_path, ("> 5", "> 6"))["ledger/add#six"]
    assert [(d.path, d.expected, d.got) for d in outcome.differences] == [("/n", "7", "13")]


def test_a_pre_state_read_wrongly_is_told_before_anything_is_applied(tmp_path: Path) -> None:
    change = ('r["pre"]["state"] if', '{"n": 8} if')
    outcome = run(tmp_path, change)["ledger/add#five"]
    assert (outcome.verdict, outcome.detail) == ("fail", "pre_state")


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("import json, sys", "import time; time.sleep(60)", "timeout", "flush stdout"),
        (
            "import json, sys",
            (
                "import json, sys; sys.stdout = open(1, 'w', buffering=2**16, closefd=False)\n"
                "def print(text, flush): sys.stdout.write(text)"
            ),
            "timeout",
            "flush stdout",
        ),
        ("import json, sys", "import sys; sys.exit(4)", "crash", "exit code 4"),
        ("qcap/1", "qcap/9", "protocol", "qcap/9"),
        ('["codec", "ledger"]', "7", "protocol", "list of strings"),
    ],
)
def test_a_client_that_does_not_introduce_itself_is_no_session(
    tmp_path: Path, old: str, new: str, code: str, words: str
) -> None:
    vectors = load(write_vectors(tmp_path, make_records()))
    launch = Launch(
        write_client(tmp_path, (old, new)),
        limits=Limits(hello_s=2.0 if code == "timeout" else 30.0),
    )
    with pytest.raises(ClientUnusableError, match=words) as caught:
        Session(launch, vectors)
    assert caught.value.code == code


def test_a_client_that_always_crashes_is_given_up(tmp_path: Path) -> None:
    expect = {"result": "accept", "value": {"twice": 2}}
    many = [
        make_record(f"codec/double#n{n}", "double", {"x": 1}, expect, feature="codec")
        for n in range(24)
    ]
    vectors = load(write_vectors(tmp_path, many))
    launch = Launch(write_client(tmp_path, ("2 * r", "sys.exit(1) or r")))
    session = Session(launch, vectors)
    try:
        outcomes = session.run(vectors.records, lambda _: None)
    finally:
        session.close()
    assert {o.verdict for o in outcomes} == {"crash"}
    assert [o.detail for o in outcomes[-3:]] == ["not_run"] * 3
