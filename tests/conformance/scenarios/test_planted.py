"""A scenario that stands for a rule fails when the rule is taken out of the specification.

Random simulation misses most of these faults: no lock, one set, promotion without finality of its
own, constant timeouts, no guard. Each is planted here, and the scenario that was written for it
must notice; what else notices is not asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from conformance.clients.spec.answers import Accept
from conformance.clients.spec.client import SpecClient
from conformance.scenarios.catalogue import build_scenarios
from spec.consensus import difficulty, ffg, node, slot_duty, voter
from spec.consensus.bft import duty, guard, rounds, rules, validity
from spec.consensus.dpos import rules as dpos_rules
from spec.consensus.hybrid import rules as hybrid_rules
from spec.consensus.pos import duty as pos_duty
from spec.consensus.pos import ghost
from spec.consensus.quorum import has_honest, is_quorum
from tests.conformance.scenarios.planting import plant


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule taken out."""

    name: str
    function: Callable[..., Any]
    swaps: tuple[tuple[str, str], ...]
    caught_by: str
    """The scenario that was written for the rule."""


FAULTS = (
    Fault(
        "no_lock",
        rounds._prevote_on_proposal,
        (("is_free = state.locked is None or state.locked.value == value", "is_free = True"),),
        "bft/lock_holds",
    ),
    Fault(
        "old_unlock_rule",
        rounds._prevote_on_proposal,
        (("state.locked.round <= valid_round or ", ""),),
        "bft/lock_yields",
    ),
    Fault(
        "lock_forgotten_on_restart",
        guard.compute_resumption,
        (("if is_lock and", "if False and"),),
        "bft/lock_after_crash",
    ),
    Fault(
        "no_signing_guard",
        duty.BftDuty.start,
        (
            (
                "get_guard_key(record.message): record.message\n        for record in wal",
                "get_guard_key(record.message): record.message\n        for record in ()",
            ),
        ),
        "bft/guard_after_crash",
    ),
    Fault(
        "sign_before_persist",
        guard.apply_promise,
        (
            (
                "(Persist(SignedRecord(message)), Sign(message))",
                "(Sign(message), Persist(SignedRecord(message)))",
            ),
        ),
        "bft/guard_after_crash",
    ),
    Fault(
        "constant_timeouts",
        duty._schedule,
        (("base + round_ * times.timeout_delta_ms", "base"),),
        "bft/growing_timeouts",
    ),
    Fault(
        "no_round_skip",
        rounds._skip_round,
        (("if reached else None", "if False else None"),),
        "bft/laggard",
    ),
    Fault("quorum_at_two_thirds", is_quorum, ((" > ", " >= "),), "bft/two_thirds"),
    Fault(
        "past_rounds_do_not_decide",
        rounds._decide,
        (
            (
                "for round_, suggestion in state.suggestions.items():",
                "for round_, suggestion in list(state.suggestions.items())[1:]:",
            ),
        ),
        "bft/past_round",
    ),
    Fault(
        "nil_polka_waits",
        rounds._precommit_nil,
        (("if state.step is Step.PREVOTE and", "if False and"),),
        "bft/nil_polka",
    ),
    Fault(
        "voters_may_repeat",
        rules.validate_commit,
        (("if before >= after:", "if before > after:"),),
        "bft/phantom_voter",
    ),
    Fault(
        "commit_for_another_block",
        rules.validate_commit,
        (
            (
                "if (commit.height, commit.block) != (height, block_id):",
                "if commit.height != height:",
            ),
        ),
        "bft/forged_commit",
    ),
    Fault(
        "anybody_proposes",
        validity.validate_proposal,
        (("if proposal.validator != seat.validator:", "if False:"),),
        "bft/wrong_proposer",
    ),
    Fault(
        "current_set_only",
        ffg._has_link,
        (("for members in (target.current, target.previous)", "for members in (target.current,)"),),
        "dpos/current_set_only",
    ),
    Fault(
        "previous_set_only",
        ffg._has_link,
        (
            (
                "for members in (target.current, target.previous)",
                "for members in (target.previous,)",
            ),
        ),
        "pos/previous_set_only",
    ),
    Fault(
        "eager_promotion",
        ffg.apply_boundary,
        (("and counted.finalised.epoch >= state.dynasty_start", ""),),
        "hybrid/eager_promotion",
    ),
    Fault(
        "promotion_without_finality",
        ffg.apply_boundary,
        (
            ("counted.finalised.epoch > state.finalised.epoch", "entered.epoch > 0"),
            ("and counted.finalised.epoch >= state.dynasty_start", ""),
        ),
        "dpos/dynasty_is_epoch",
    ),
    Fault(
        "leak_never_begins",
        ffg._leak,
        (("<= leak.after_epochs", "<= leak.after_epochs + 1000"),),
        "pos/offline_60_percent",
    ),
    Fault(
        "empty_previous_set_blocks",
        ffg._has_link,
        (("not _weigh(members)\n        or ", ""),),
        "dpos/silent_outgoing_set",
    ),
    Fault(
        "tree_not_filtered",
        ghost.compute_head,
        ((" and block.justified_epoch == highest", ""),),
        "pos/bouncing",
    ),
    Fault(
        "blocks_weigh",
        ghost.compute_head,
        (
            (
                "weights.get(block.block_id, 0) for block",
                "weights.get(block.block_id, 0) + 50 for block",
            ),
        ),
        "pos/ex_ante_reorg",
    ),
    Fault(
        "tie_moves_head",
        node.choose_heaviest,
        (("if weight > best_weight:", "if weight >= best_weight:"),),
        "pow/selfish_mining",
    ),
    Fault(
        "spoiled_body_is_remembered",
        node.import_block,
        (("if spoiled is not None:", "if False:"),),
        "pow/merkle_duplicate",
    ),
    Fault(
        "asert_ignores_lag",
        difficulty.compute_asert_target,
        (("behind * ASERT_FACTOR_ONE", "0"),),
        "pow/hash_rate_leaves",
    ),
    Fault(
        "older_polka_unlocks",
        rounds._prevote_on_proposal,
        (("state.locked.round <= valid_round", "True"),),
        "bft/old_polka",
    ),
    Fault(
        "polka_is_believed",
        rounds._prevote_on_proposal,
        (("and _has_polka(state, valid_round, value)", ""),),
        "bft/missing_polka",
    ),
    Fault(
        "valid_value_forgotten",
        rounds._start_round,
        (("Started(round_, state.valid)", "Started(round_, None)"),),
        "bft/proposes_valid",
    ),
    Fault("exact_third_skips", has_honest, ((" > ", " >= "),), "bft/exact_third"),
    Fault(
        "stale_timeouts_count",
        rounds.apply_timeout,
        (("or round_ != state.round", ""),),
        "bft/stale_timeout",
    ),
    Fault(
        "below_the_final_block",
        node._follow,
        (("_prune(replace(node, final=final, root=final))", "replace(node, final=final)"),),
        "pos/long_range",
    ),
    Fault(
        "work_before_votes",
        hybrid_rules.HybridRules.get_weight,
        (
            (
                "state.finality.ffg.justified.epoch, state.work.work",
                "state.work.work, state.finality.ffg.justified.epoch",
            ),
        ),
        "hybrid/justified_minority",
    ),
    Fault(
        "double_votes_are_no_offence",
        ffg.is_slashable,
        (("one.target.epoch == other.target.epoch or ", ""),),
        "dpos/delegate_votes_twice",
    ),
    Fault(
        "surround_is_no_offence",
        ffg.is_slashable,
        ((" or _surrounds(one, other) or _surrounds(other, one)", ""),),
        "pos/surround",
    ),
    Fault(
        "voter_guard_forgotten",
        voter.restore_voter,
        (("for record in wal:", "for record in ():"),),
        "dpos/one_vote_a_round",
    ),
    Fault(
        "vote_signed_before_logged",
        voter.cast_vote,
        (
            (
                "(Persist(SignedRecord(vote)), Sign(vote))",
                "(Sign(vote), Persist(SignedRecord(vote)))",
            ),
        ),
        "dpos/one_vote_a_round",
    ),
    Fault(
        "seal_guard_forgotten",
        slot_duty.SlotDuty.start,
        (("for record in wal:", "for record in ():"),),
        "dpos/one_block_a_slot",
    ),
    Fault(
        "second_block_is_boosted",
        slot_duty.SlotDuty.on_block,
        (("header.slot > duty.timely[0]", "header.slot >= duty.timely[0]"),),
        "pos/boost_once",
    ),
    Fault(
        "late_blocks_are_boosted",
        slot_duty.SlotDuty.on_block,
        (("3 * late_ms", "late_ms"),),
        "pos/late_not_boosted",
    ),
    Fault(
        "equivocators_weigh",
        pos_duty.compute_weights,
        (("if member.validator in voter.evidence:", "if False:"),),
        "pos/equivocator_weighs_nothing",
    ),
    Fault(
        "nobody_is_jailed",
        dpos_rules._count_missed,
        (("jails += (Jail(owner),)", "pass"),),
        "dpos/missed_slots",
    ),
)


def play(name: str) -> bool:
    """Whether the scenario comes out as its author says; a crash of the client is no."""
    scenario = next(s for s in build_scenarios() if s.scenario_id == name)
    answer = SpecClient().apply(scenario.method, scenario.args)
    return isinstance(answer, Accept) and answer.value == scenario.value


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_scenario_fails_without_its_rule(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert play(fault.caught_by)
    plant(monkeypatch, fault.function, *fault.swaps)
    assert not play(fault.caught_by)


def test_planting_changes_nothing_when_nothing_is_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, ffg.apply_boundary)
    plant(monkeypatch, voter.cast_vote)
    assert play("hybrid/eager_promotion")
