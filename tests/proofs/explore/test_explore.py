"""Small worlds are searched whole; rules known to be wrong break, by the committed traces."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from proofs.explore import cli
from proofs.explore.bft import BftModel, canonicalise
from proofs.explore.dpos import DposModel
from proofs.explore.search import explore

COUNTEREXAMPLES = Path(cli.__file__).parent / "counterexamples"


def run(*words: str) -> int:
    parser = ArgumentParser()
    cli.add_arguments(parser)
    args = parser.parse_args(words)
    assert cli.find_misuse(args) is None
    return cli.run(args)


def test_one_round_with_one_faulty_of_four_is_safe() -> None:
    result = explore(BftModel(4, 1, 1, "tendermint"), 10_000, 100)
    assert (result.is_complete, result.violation) == (True, None)
    assert result.states > 100


@pytest.mark.slow
def test_two_rounds_with_one_faulty_of_four_are_safe() -> None:
    result = explore(BftModel(4, 1, 2, "tendermint"), 1_000_000, 1_000)
    assert (result.is_complete, result.violation) == (True, None)
    assert result.states > 100_000


def test_every_decision_is_reachable() -> None:
    """The model is not safe for want of decisions."""
    model = BftModel(4, 1, 1, "tendermint")
    seen, layer = {model.start()}, [model.start()]
    while layer:
        layer = [after for state in layer for _, after in model.successors(state)]
        layer = [state for state in dict.fromkeys(layer) if state not in seen]
        seen.update(layer)
    assert any(all(m.local.decided == 1 for m in state) for state in seen)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bft_two_faulty", ["bft", "--faulty", "2"]),
        ("bft_no_lock", ["bft", "--variant", "no-lock"]),
        ("dpos_implicit", ["dpos", "--variant", "implicit"]),
        ("dpos_confirmed", ["dpos", "--variant", "confirmed"]),
    ],
)
def test_the_committed_counterexample_is_found_again(
    name: str, words: list[str], tmp_path: Path
) -> None:
    found = tmp_path / "found.itf.json"
    assert run(*words, "--itf", str(found)) == 1
    committed = COUNTEREXAMPLES / f"{name}.itf.json"
    assert found.read_text("utf-8") == committed.read_text("utf-8")
    document = json.loads(found.read_text("utf-8"))
    assert document["#meta"]["format"] == "ITF"
    assert all(set(document["vars"]) <= set(state) for state in document["states"])


def test_a_place_for_the_trace_is_tried_before_the_search(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        run("bft", "--nodes", "7", "--rounds", "4", "--itf", str(tmp_path))
    kept, new = tmp_path / "kept", tmp_path / "new"
    kept.write_text("what was there", "utf-8")
    for path in (kept, new):
        assert run("dpos", "--slots", "1", "--itf", str(path)) == 0
    assert kept.read_text("utf-8") == "what was there"
    assert not new.exists()


def test_every_committed_trace_is_one_of_those() -> None:
    names = {path.name for path in COUNTEREXAMPLES.glob("*.itf.json")}
    assert names == {
        "bft_no_lock.itf.json",
        "bft_two_faulty.itf.json",
        "dpos_confirmed.itf.json",
        "dpos_implicit.itf.json",
    }


def test_half_a_quorum_breaks_where_it_differs_from_two_thirds() -> None:
    assert explore(BftModel(5, 1, 1, "half-quorum"), 100_000, 100).violation is not None
    whole = explore(BftModel(5, 1, 1, "tendermint"), 100_000, 100)
    assert (whole.is_complete, whole.violation) == (True, None)


def test_a_search_that_was_cut_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bft", "--states", "50", "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["complete"], view["violation"]) == (False, None)


def test_without_delays_counting_producers_is_safe() -> None:
    """The checker does not cry wolf: if everybody always hears everything, one chain grows."""

    class Instant(DposModel):
        def _get_longer(self, state: object, own: int) -> list[int]:
            _ = own
            blocks = state.blocks  # type: ignore[attr-defined]  # the state is the base class's
            return [len(blocks) - 1] if blocks else []

    model = Instant(4, "implicit")
    state = model.start()
    for _ in range(12):
        *_, (_, state) = model.successors(state)
        assert model.find_violation(state) is None
    assert model.compute_irreversible(state, state.heads[-1]) > 0


def test_names_of_validators_and_values_do_not_matter() -> None:
    model = BftModel(4, 1, 2, "tendermint")
    state = model.start()
    for _ in range(6):
        state = max(after for _, after in model.successors(state))
        assert canonicalise(state) == state
        assert canonicalise(state[::-1]) == state


@pytest.mark.parametrize(
    "words",
    [
        ["bft", "--nodes", "0"],
        ["bft", "--faulty", "4"],
        ["dpos", "--slots", "99"],
        ["bft", "--variant", "implicit"],
    ],
)
def test_misuse_is_named(words: list[str]) -> None:
    parser = ArgumentParser()
    cli.add_arguments(parser)
    assert cli.find_misuse(parser.parse_args(words)) is not None
