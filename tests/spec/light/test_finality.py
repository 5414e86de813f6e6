"""Laws of the light client of votes: what a known set signed is trusted, anything else is not."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.config import ConsensusConfig
from spec.consensus.evidence import validate_evidence
from spec.consensus.finality_state import STATE_KEY
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import Checkpoint, DoubleFfgVote
from spec.ledger.staking.registry import compute_validator_key
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import encode
from spec.lib.trie_proof import compute_proof
from spec.light.errors import LightError
from spec.light.finality import (
    CHECKPOINT_UPDATE,
    CheckpointState,
    CheckpointUpdate,
    ProvedRecord,
    TrustedCheckpoint,
    apply_checkpoint,
    decode_checkpoint_update,
    find_checkpoint_conflict,
    open_checkpoint,
)
from spec.limits import VALIDATORS_MAX
from tests.spec.consensus.network import (
    DPOS,
    HYBRID,
    POS,
    compute_stub_key,
    stub_verify,
)
from tests.spec.light.chains import GENESIS_ID, TRUSTING_MS, Powers, make_client, unwrap
from tests.spec.light.checkpoints import (
    Votes,
    make_state,
    make_tree,
    make_votes,
    open_state,
    run_nodes,
    sign,
)

CLIENT: Final = make_client()
FOUR: Final = dict.fromkeys(range(4), 10)
TRUSTED: Final = open_state(make_state(0, FOUR))
SHOWN: Final = make_state(4, FOUR)
NOW_MS: Final = SHOWN.header.time_ms
VOTES: Final = make_votes(SHOWN.header, (0, 1, 2))
SETS: Final = st.dictionaries(st.integers(0, 7), st.integers(1, 12), min_size=1)


def follow(
    shown: CheckpointState, votes: Votes, trusted: TrustedCheckpoint = TRUSTED, now_ms: int = NOW_MS
) -> Result[TrustedCheckpoint, LightError]:
    return apply_checkpoint(CLIENT, trusted, CheckpointUpdate(shown, votes), now_ms)


def get_code(result: Result[TrustedCheckpoint, LightError]) -> str:
    assert isinstance(result, Err), "it should be refused"
    return result.error.code


# What is trusted


@pytest.mark.parametrize(("consensus", "until_ms"), [(DPOS, 1_260), (POS, 1_260), (HYBRID, 2_500)])
def test_the_checkpoints_of_a_chain_are_followed_to_what_is_final(
    consensus: ConsensusConfig, until_ms: int
) -> None:
    chain = run_nodes(consensus, until_ms)
    trusted = chain.trusted
    assert len(chain.updates) >= 4
    for update in chain.updates:
        trusted = unwrap(apply_checkpoint(chain.client, trusted, update, chain.now_ms))
    assert trusted.ffg.finalised.epoch >= 1
    final = chain.shell.ledgers[chain.shell.node.final].header.height
    told = next(s.header for i, s in chain.shell.ledgers.items() if i == trusted.ffg.finalised.root)
    assert 0 < told.height <= final, "what the client holds final, the node does too"
    assert trusted.keys == tuple((v, compute_stub_key(v)) for v in range(4))


def is_more_than_two_thirds(powers: Powers, voters: tuple[int, ...]) -> bool:
    weight = sum(power for v, power in powers.items() if v in voters)
    return 3 * weight > 2 * sum(powers.values())


@given(SETS, SETS, st.sets(st.integers(0, 7)))
def test_more_than_two_thirds_of_the_known_and_of_the_shown_set_must_sign(
    known: Powers, shown: Powers, drawn: set[int]
) -> None:
    voters = tuple(sorted(drawn & (set(known) | set(shown))))
    state = make_state(4, shown)
    result = follow(state, make_votes(state.header, voters), open_state(make_state(0, known)))
    both = is_more_than_two_thirds(known, voters) and is_more_than_two_thirds(shown, voters)
    assert isinstance(result, Ok) == both
    if not both:
        assert get_code(result) == "light.trust_too_low"


def test_after_two_promotions_a_checkpoint_between_is_needed() -> None:
    others = dict.fromkeys(range(4, 8), 10)
    between, later = make_state(4, others, FOUR), make_state(8, others)
    last = make_votes(later.header, (4, 5, 6, 7))
    now_ms = later.header.time_ms
    assert get_code(follow(later, last, now_ms=now_ms)) == "light.trust_too_low"
    handed_over = make_votes(between.header, tuple(range(8)))
    trusted = unwrap(follow(between, handed_over, now_ms=now_ms))
    assert unwrap(follow(later, last, trusted, now_ms)).header == later.header


@pytest.mark.parametrize("voters", [range(4), range(4, 8)], ids=["known only", "shown only"])
def test_a_quorum_of_one_set_alone_is_refused(voters: range) -> None:
    shown = make_state(4, dict.fromkeys(range(4, 8), 10), FOUR)
    assert get_code(follow(shown, make_votes(shown.header, tuple(voters)))) == (
        "light.trust_too_low"
    )


def test_members_without_weight_give_none() -> None:
    convicted = {**FOUR, 0: 0, 1: 0, 2: 30}
    trusted = open_state(make_state(0, convicted))
    shown = make_state(4, convicted)
    for voters, is_trusted in (((0, 1, 3), False), ((0, 1, 2), True)):
        result = follow(shown, make_votes(shown.header, voters), trusted)
        assert isinstance(result, Ok) == is_trusted


def test_a_set_that_lost_all_weight_carries_nothing() -> None:
    empty = dict.fromkeys(range(4), 0)
    shown = make_state(4, empty)
    everybody = make_votes(shown.header, tuple(range(4)))
    assert get_code(follow(shown, everybody)) == "light.trust_too_low"


def test_a_vote_counts_by_the_key_that_each_state_names() -> None:
    fresh = b"\x33" * 32
    shown = make_state(4, FOUR, keys={0: fresh})
    old = make_votes(shown.header, (0, 1, 2))
    new = (sign(old[0], key=fresh), *old[1:])
    assert get_code(follow(shown, old)) == "light.trust_too_low"
    assert get_code(follow(shown, new)) == "light.trust_too_low"
    fourth = make_votes(shown.header, (1, 2, 3))
    assert isinstance(follow(shown, fourth), Ok)


def test_who_left_the_registry_is_proved_absent_and_signs_nothing_more() -> None:
    shown = make_state(4, FOUR, keys={3: None})
    assert [
        validator
        for validator, _ in unwrap(follow(shown, make_votes(shown.header, (0, 1, 2)))).keys
    ] == [0, 1, 2]
    trusted = unwrap(follow(shown, make_votes(shown.header, (0, 1, 2))))
    later = make_state(8, FOUR, keys={3: None})
    votes = make_votes(later.header, (0, 1, 2, 3))
    now_ms = later.header.time_ms
    assert get_code(follow(later, votes, trusted, now_ms)) == "ffg.voter_not_member"


# What is refused


def test_each_part_of_an_update_is_checked() -> None:
    other = make_state(8, {**FOUR, 0: 11})
    forged = replace(VOTES[0], signature=bytes(64))
    link = replace(VOTES[0], target=Checkpoint(1, bytes(32)))
    longer = replace(VOTES[0], target=replace(VOTES[0].target, epoch=2))
    backward = tuple(sign(replace(v, source=v.target)) for v in VOTES)
    stranger = make_votes(SHOWN.header, (0, 1, 2, 9))
    record = SHOWN.records[0]
    hidden = replace(record, leaf=b"")
    borrowed = replace(record, leaf=SHOWN.records[1].leaf, proof=SHOWN.records[1].proof)
    cut = replace(SHOWN.proof, steps=SHOWN.proof.steps[1:])
    short = replace(record, proof=replace(record.proof, steps=record.proof.steps[:-1]))
    rest = SHOWN.records[1:]
    refused: list[tuple[str, CheckpointState, Votes]] = [
        ("ffg.signature_invalid", SHOWN, (forged, *VOTES[1:])),
        ("ffg.voter_not_member", SHOWN, stranger),
        ("light.vote_not_for_target", SHOWN, (sign(link), *VOTES[1:])),
        ("light.vote_not_for_target", SHOWN, (*VOTES[:2], sign(replace(longer, validator=2)))),
        ("light.vote_not_for_target", SHOWN, backward),
        ("light.votes_not_ascending", SHOWN, (VOTES[0], *VOTES)),
        ("light.votes_not_ascending", SHOWN, VOTES[::-1]),
        ("light.votes_too_many", SHOWN, VOTES[:1] * (2 * VALIDATORS_MAX + 1)),
        ("light.set_malformed", replace(SHOWN, records=rest), VOTES),
        ("light.set_malformed", replace(SHOWN, records=(record, *SHOWN.records)), VOTES),
        ("trie.root_mismatch", replace(SHOWN, proof=cut), VOTES),
        ("trie.root_mismatch", replace(SHOWN, records=(short, *rest)), VOTES),
        ("trie.value_mismatch", replace(SHOWN, leaf=other.leaf), VOTES),
        ("trie.key_present", replace(SHOWN, records=(hidden, *rest)), VOTES),
        ("light.trust_too_low", SHOWN, ()),
    ]
    for code, shown, votes in refused:
        assert get_code(follow(shown, votes)) == code
    assert get_code(follow(replace(SHOWN, records=(borrowed, *rest)), VOTES)).startswith("trie.")
    assert isinstance(follow(SHOWN, VOTES), Ok), "undamaged it is trusted"


def test_another_set_root_makes_another_block() -> None:
    forged = make_state(4, {**FOUR, 0: 1_000})
    moved = replace(SHOWN, header=replace(SHOWN.header, state_root=forged.header.state_root))
    assert get_code(follow(moved, VOTES)) == "light.vote_not_for_target"
    assert get_code(follow(replace(forged, header=SHOWN.header), VOTES)) == "trie.root_mismatch"


def test_a_proved_leaf_must_decode() -> None:
    for key in (STATE_KEY, compute_validator_key(0)):
        tree = make_tree(FOUR, FOUR, {}).apply_batch(((key, b"\x01"),))
        header = replace(SHOWN.header, state_root=tree.root)
        leaf = tree.get(STATE_KEY)
        assert leaf is not None
        records = tuple(
            ProvedRecord(v, tree.get(k) or b"", compute_proof(tree, k))
            for v, k in ((v, compute_validator_key(v)) for v in FOUR)
        )
        shown = CheckpointState(header, leaf, compute_proof(tree, STATE_KEY), records)
        assert get_code(open_checkpoint(compute_block_id(header), shown)) == "light.leaf_malformed"


def test_another_chains_votes_are_refused() -> None:
    stranger = make_client(genesis_id=bytes(32))
    result = apply_checkpoint(stranger, TRUSTED, CheckpointUpdate(SHOWN, VOTES), NOW_MS)
    assert get_code(result) == "ffg.signature_invalid"


def test_trust_expires_and_only_rises() -> None:
    expired_ms = TRUSTED.header.time_ms + TRUSTING_MS
    assert isinstance(follow(SHOWN, VOTES, now_ms=expired_ms - 1), Ok)
    assert get_code(follow(SHOWN, VOTES, now_ms=expired_ms)) == "light.trust_expired"
    early_ms = NOW_MS - CLIENT.options.drift_ms
    assert isinstance(follow(SHOWN, VOTES, now_ms=early_ms), Ok)
    assert get_code(follow(SHOWN, VOTES, now_ms=early_ms - 1)) == "light.header_from_future"
    after = unwrap(follow(SHOWN, VOTES))
    assert get_code(follow(SHOWN, VOTES, after)) == "light.height_not_above"
    back = replace(SHOWN, header=replace(SHOWN.header, time_ms=0))
    assert get_code(follow(back, VOTES)) == "light.time_before_trusted"


def test_trust_begins_at_the_block_that_the_user_trusts_only() -> None:
    assert get_code(open_checkpoint(bytes(32), SHOWN)) == "light.anchor_mismatch"
    block_id = compute_block_id(SHOWN.header)
    assert isinstance(open_checkpoint(block_id, SHOWN), Ok)
    poor = replace(SHOWN, records=SHOWN.records[:-1])
    assert get_code(open_checkpoint(block_id, poor)) == "light.set_malformed"


def test_updates_travel_as_bytes_and_no_truncation_of_them_is_one() -> None:
    update = CheckpointUpdate(SHOWN, VOTES)
    data = encode(CHECKPOINT_UPDATE, update)
    assert unwrap(decode_checkpoint_update(data)) == update
    for size in range(0, len(data), 7):
        cut = decode_checkpoint_update(data[:size])
        if isinstance(cut, Ok):
            refused = apply_checkpoint(CLIENT, TRUSTED, cut.value, NOW_MS)
            assert isinstance(refused, Err)


@given(st.integers(0, 1 << 30), st.integers(1, 255))
def test_no_changed_byte_of_an_update_leads_elsewhere(place: int, change: int) -> None:
    data = bytearray(encode(CHECKPOINT_UPDATE, CheckpointUpdate(SHOWN, VOTES)))
    data[place % len(data)] ^= change
    decoded = decode_checkpoint_update(bytes(data))
    if isinstance(decoded, Ok):
        result = apply_checkpoint(CLIENT, TRUSTED, decoded.value, NOW_MS)
        assert not isinstance(result, Ok) or result.value.header == SHOWN.header


# Contradictions


def test_two_updates_that_contradict_each_other_convict_their_signers() -> None:
    rival = make_state(4, {**FOUR, 3: 11})
    other = make_votes(rival.header, (1, 2, 3))
    found = find_checkpoint_conflict(VOTES, other)
    assert [type(evidence) for evidence in found] == [DoubleFfgVote] * 2
    for validator, evidence in zip((1, 2), found, strict=True):
        key = compute_stub_key(validator)
        assert validate_evidence(GENESIS_ID, stub_verify, key, evidence) is None
    assert find_checkpoint_conflict(VOTES, VOTES) == ()


def test_two_updates_of_one_set_that_conflict_always_convict_a_third() -> None:
    rival = make_state(4, {**FOUR, 3: 11})
    for left_out in range(4):
        other = make_votes(rival.header, tuple(v for v in range(4) if v != left_out))
        assert isinstance(follow(rival, other), Ok), "the client alone can't tell them apart"
        guilty = len(find_checkpoint_conflict(VOTES, other))
        assert 3 * guilty > 4
