"""Traces of Tendermint's models, written by others: the round machine walks them state by state.

itf_traces/DecideNonProposerTest0       one node's events over two heights, each with its answer
                                        and the state after it. Judged: all but the last state,
                                        which is no run of the algorithm: it claims a valid
                                        round of 200, with a valid value of nil.
cometbft_itf/pbts_2c_2f_counterexample  two honest nodes of four; agreement breaks. Judged: all
                                        states; our machine takes the same steps and breaks as
                                        theirs does. A value is theirs with its time and round;
                                        that a proposal's time is judged when it arrives is the
                                        driver's part, and has no counterpart in the machine.
itf_traces/counterexample               the same file once more: compared byte by byte.
itf_traces/TestInsufficientSuccess9     not judged: transfers of several denominations in a bank
                                        module, of which our ledger has no counterpart.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

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
    Transition,
    Vote,
    Wait,
    apply_proposal,
    apply_start,
    apply_timeout,
    apply_validity,
    apply_vote,
    compute_round_state,
)
from spec.consensus.bft.votes import NIL, Ballot, ValueId, VoteType, compute_keeper
from tests.foreign import get_vectors

Json = Any  # an ITF document has the shape that its model's variables have
Input = Callable[[RoundState], Transition]

NOTHING: Final = ("", "nil", "None")
PREVOTE, PRECOMMIT = VoteType.PREVOTE, VoteType.PRECOMMIT
STEPS: Final = {
    "propose": Step.PROPOSE,
    "prevote": Step.PREVOTE,
    "precommit": Step.PRECOMMIT,
}
TIMEOUTS: Final = {
    "TimeoutPropose": TimeoutKind.PROPOSE,
    "TimeoutPrevote": TimeoutKind.PREVOTE,
    "TimeoutPrecommit": TimeoutKind.PRECOMMIT,
}


def read(suite: str, name: str) -> list[Json]:
    document = json.loads((get_vectors(suite) / f"{name}.itf.json").read_text())
    states: list[Json] = document["states"]
    return states


def make_value(name: Json) -> ValueId:
    if name in NOTHING:
        return NIL
    return ValueId(sha256(json.dumps(name, sort_keys=True).encode()).digest())


def make_promise(round_: int, value: Json) -> Promise | None:
    return None if round_ == NO_ROUND else Promise(round_, make_value(value))


def begin() -> RoundState:
    return compute_round_state(compute_keeper(dict.fromkeys(range(4), 1)))


def run(state: RoundState, inputs: list[Input]) -> Transition:
    outputs: tuple[Output, ...] = ()
    for each in inputs:
        state, more = each(state)
        outputs += more
    return state, outputs


def count(ballot: Ballot) -> Input:
    return lambda state: apply_vote(state, ballot)


def suggest(round_: int, value: ValueId, valid_round: int = NO_ROUND) -> list[Input]:
    return [
        lambda state: apply_validity(state, value, is_valid=True),
        lambda state: apply_proposal(state, round_, Suggestion(value, valid_round)),
    ]


# One node over two heights


def make_inputs(event: Json) -> list[Input]:
    """What a driver would feed: their events say which rule fires, ours what arrives."""
    name, round_, value = event["name"], event["round"], make_value(event["value"])
    arrive = {
        "ProposalAndPolkaAndValid": (PREVOTE, value, value, value),
        "ProposalAndCommitAndValid": (PRECOMMIT, value, value, value),
        "PolkaAny": (PREVOTE, value, value, NIL),
        "PolkaNil": (PREVOTE, NIL, NIL, NIL),
        "PrecommitAny": (PRECOMMIT, value, value, NIL),
    }
    if name in TIMEOUTS:
        return [lambda state: apply_timeout(state, TIMEOUTS[name], round_)]
    if name in arrive:
        type_, *values = arrive[name]
        return [count(Ballot(type_, round_, v, value)) for v, value in enumerate(values, 1)]
    if name == "Proposal":
        return suggest(round_, value, event["vr"])
    assert name in {"NewRound", "NewRoundProposer"}
    return [lambda state: _enter(state, round_)]


def _enter(state: RoundState, round_: int) -> Transition:
    """A first round is begun; our machine has entered a later one with the timeout before it."""
    return apply_start(state, round_) if state.round < round_ else (state, ())


def make_expected(result: Json, state: RoundState) -> tuple[Output, ...]:
    """Their answer as ours; who waits for a proposal, or makes one, is told by `Started`."""
    kinds = {"timeoutPrevote": TimeoutKind.PREVOTE, "timeoutPrecommit": TimeoutKind.PRECOMMIT}
    match result["name"]:
        case "votemessage":
            vote = result["voteMessage"]
            type_ = PREVOTE if vote["step"] == "prevote" else PRECOMMIT
            return (Vote(type_, vote["round"], make_value(vote["id"])),)
        case "decided":
            return (Decide(state.round, make_value(result["decided"])),)
        case "skipRound":
            return (Started(result["skipRound"], state.valid),)
        case "timeout" if result["timeout"] in kinds:
            return (Wait(kinds[result["timeout"]], state.round),)
    return ()


def check_process(state: RoundState, process: Json, event: Json) -> None:
    assert state.locked == make_promise(process["lockedRound"], process["lockedValue"])
    assert state.valid == make_promise(process["validRound"], process["validValue"])
    if process["step"] == "decided":
        assert state.decision is not None
    elif event["name"] != "TimeoutPrecommit":  # they enter the round with the event after it
        assert (state.round, state.step) == (process["round"], STEPS[process["step"]])


def test_a_node_walks_the_trace_of_decide_non_proposer() -> None:
    states = read("itf_traces", "DecideNonProposerTest0")
    assert len(states) == 36
    state, judged = begin(), 0
    events = [(s["_Event"], s["_Result"], s["system"]["#map"][0][1]) for s in states]
    assert events[1:-1:2] == events[2:-1:2], "each event stands there twice, but the last"
    for event, result, process in events[1:-1:2]:
        if event["name"] == "NewHeight":
            state = begin()
            continue
        before = state
        state, outputs = run(state, make_inputs(event))
        expected = make_expected(result, before)
        if expected:
            assert expected[0] in outputs, event
        votes = [o for o in outputs if isinstance(o, Vote | Decide)]
        assert all(vote in expected for vote in votes), "no vote that theirs does not cast"
        check_process(state, process, event)
        judged += 1
    assert judged == 16
    assert states[-1]["system"]["#map"][0][1]["validRound"] == 200, "what is left out, and why"


# Two honest nodes of four

VALIDATORS: Final = {"c1": 0, "c2": 1, "f3": 2, "f4": 3}
HONEST: Final = ("c1", "c2")


def get_map(variable: Json) -> dict[str, Json]:
    return dict(variable["#map"])


def get_ballots(state: Json, type_: VoteType) -> list[Ballot]:
    """All votes that anybody sent by now, those of the faulty included."""
    name = "msgsPrevote" if type_ is PREVOTE else "msgsPrecommit"
    return [
        Ballot(type_, round_, VALIDATORS[vote["src"]], make_value(vote["id"]))
        for round_, votes in state[name]["#map"]
        for vote in votes["#set"]
    ]


def count_in(state: Json, type_: VoteType) -> list[Input]:
    return [count(ballot) for ballot in get_ballots(state, type_)]


def find_actor(before: Json, after: Json) -> str:
    (actor,) = [
        node
        for node in HONEST
        if any(get_map(before[v])[node] != get_map(after[v])[node] for v in ("step", "decision"))
    ]
    return actor


def make_actor_inputs(before: Json, after: Json, actor: str) -> list[Input]:
    if after["action"] == "UponProposalInPropose":
        (vote,) = [b for b in get_ballots(after, PREVOTE) if b not in get_ballots(before, PREVOTE)]
        assert vote.voter == VALIDATORS[actor]
        return suggest(vote.round, vote.value)
    is_lock = after["action"] == "UponProposalInPrevoteOrCommitAndPrevote"
    return count_in(before, PREVOTE if is_lock else PRECOMMIT)


def check_node(state: RoundState, theirs: Json, node: str) -> None:
    step = get_map(theirs["step"])[node]
    decided, round_ = get_map(theirs["decision"])[node]["#tup"]
    assert state.round == get_map(theirs["round"])[node]
    if step == "DECIDED":
        assert state.decision == Decide(round_, make_value(decided))
    else:
        assert (state.decision, state.step) == (None, STEPS[step.lower()])
    valid = get_map(theirs["validValue"])[node]
    assert state.valid == make_promise(get_map(theirs["validRound"])[node], valid)
    if get_map(theirs["lockedRound"])[node] == NO_ROUND:
        assert state.locked is None
    else:
        assert state.locked == state.valid
        assert get_map(theirs["lockedValue"])[node] == valid["#tup"][0]


def test_two_honest_nodes_of_four_disagree_as_in_the_counterexample() -> None:
    states = read("cometbft_itf", "pbts_2c_2f_counterexample")
    assert len(states) == 9
    nodes = {node: apply_start(begin(), 0)[0] for node in HONEST}
    acted = 0
    for before, after in pairwise(states):
        if after["action"] != "ReceiveProposal":  # only notes the time of arrival
            actor = find_actor(before, after)
            nodes[actor], outputs = run(nodes[actor], make_actor_inputs(before, after, actor))
            cast = [
                b
                for type_ in (PREVOTE, PRECOMMIT)
                for b in get_ballots(after, type_)
                if b not in get_ballots(before, type_)
            ]
            assert [Vote(b.type, b.round, b.value) for b in cast] == [
                o for o in outputs if isinstance(o, Vote)
            ]
            acted += 1
        for node in HONEST:
            check_node(nodes[node], after, node)
    assert acted == 6
    decisions = {node: state.decision for node, state in nodes.items()}
    assert None not in decisions.values()
    assert decisions["c1"] != decisions["c2"], "with two faulty of four agreement may break"


def test_the_disagreement_convicts_the_faulty_and_nobody_else() -> None:
    last = read("cometbft_itf", "pbts_2c_2f_counterexample")[-1]
    said: dict[tuple[VoteType, int, int], set[ValueId]] = {}
    for type_ in (PREVOTE, PRECOMMIT):
        for ballot in get_ballots(last, type_):
            said.setdefault((type_, ballot.round, ballot.voter), set()).add(ballot.value)
    twice = {voter for (_, _, voter), values in said.items() if len(values) > 1}
    assert twice == {VALIDATORS["f3"], VALIDATORS["f4"]}


def test_the_second_copy_of_the_counterexample_is_the_same() -> None:
    copy = get_vectors("itf_traces") / "counterexample.itf.json"
    original = get_vectors("cometbft_itf") / "pbts_2c_2f_counterexample.itf.json"
    assert copy.read_bytes() == original.read_bytes()
