"""Laws of the BFT light client: what honest validators sealed is trusted, anything else is not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.config.presets import DEVNET, TINY
from spec.consensus.bft.state import SEATS
from spec.ledger.codec import compute_block_id
from spec.lib.result import Err, Ok
from spec.lib.ssz import encode, hash_tree_root
from spec.light.bft import (
    LIGHT_BLOCK,
    LightBlock,
    LightOptions,
    apply_light_block,
    compute_default_options,
    decode_light_block,
    follow_sequence,
    open_trust,
    validate_light_block,
    validate_options,
    validate_sealed,
)
from spec.light.bisection import apply_pursuit, begin_pursuit
from spec.light.errors import LightError, TrustTooLow
from spec.limits import LIGHT_HEADERS_MAX
from tests.spec.light.chains import (
    GENESIS_ID,
    START_MS,
    TRUSTING_MS,
    Powers,
    get_light_blocks,
    make_chain,
    make_client,
    make_commit,
    make_header,
    make_seats,
    run_nodes,
    seal,
    unwrap,
)

CLIENT = make_client()
NOW_MS = START_MS + 5_000
FOUR: Powers = {0: 1, 1: 1, 2: 1, 3: 1}

SETS = st.dictionaries(st.integers(0, 9), st.integers(1, 50), min_size=1, max_size=8)
HISTORIES = st.lists(SETS, min_size=3, max_size=20).map(tuple)


def get_code(error: LightError | None) -> str | None:
    return None if error is None else error.code


def judge(block: LightBlock, now_ms: int = NOW_MS) -> str | None:
    """The verdict on a block of a chain whose set is FOUR throughout, from its genesis."""
    trusted, _ = make_chain((FOUR, FOUR))
    return get_code(validate_light_block(CLIENT, trusted, block, now_ms))


@given(HISTORIES)
def test_consecutive_headers_are_trusted_however_the_sets_change(sets: tuple[Powers, ...]) -> None:
    trusted, blocks = make_chain(sets)
    after = unwrap(follow_sequence(CLIENT, trusted, blocks, NOW_MS))
    assert after.header == blocks[-1].header


@settings(max_examples=30)
@given(HISTORIES)
def test_a_pursuit_reaches_its_goal_and_trusts_what_the_sequence_trusts(
    sets: tuple[Powers, ...],
) -> None:
    trusted, blocks = make_chain(sets)
    pursuit = unwrap(begin_pursuit(trusted, len(blocks)))
    fetched = 0
    while pursuit.wanted is not None:
        assert pursuit.wanted > pursuit.trusted.header.height
        pursuit = unwrap(apply_pursuit(CLIENT, pursuit, blocks[pursuit.wanted - 1], NOW_MS))
        fetched += 1
    assert pursuit.trusted == unwrap(follow_sequence(CLIENT, trusted, blocks, NOW_MS))
    assert fetched <= 2 * len(blocks)


@given(SETS, SETS, st.data())
def test_a_skip_needs_more_than_a_third_of_the_trusted_power(
    known: Powers, shown: Powers, data: st.DataObject
) -> None:
    trusted, _ = make_chain((known, known))
    header = make_header(7, bytes(32), (shown, shown), b"far")
    voters = data.draw(st.sets(st.sampled_from(sorted(shown)), min_size=1))
    block = replace(seal(header, (shown, shown)), commit=make_commit(header, tuple(voters)))
    error = validate_light_block(CLIENT, trusted, block, NOW_MS)
    of_known = sum(power for v, power in known.items() if v in voters)
    of_shown = sum(power for v, power in shown.items() if v in voters)
    if 3 * of_known <= sum(known.values()):
        assert get_code(error) == "light.trust_too_low"
    elif 3 * of_shown <= 2 * sum(shown.values()):
        assert get_code(error) == "bft.commit_too_light"
    else:
        assert error is None


def test_an_index_with_another_key_counts_for_nothing() -> None:
    trusted, _ = make_chain((FOUR, FOUR))
    forged = tuple(
        replace(seat, consensus_key=make_seats({9: 1})[0].consensus_key)
        for seat in make_seats(FOUR)
    )
    header = replace(
        make_header(7, bytes(32), (FOUR, FOUR), b"far"),
        validators_root=hash_tree_root(SEATS, forged),
    )
    block = LightBlock(header, make_commit(header, (0, 1, 2, 3)), forged, make_seats(FOUR))
    error = validate_light_block(CLIENT, trusted, block, NOW_MS)
    assert error == TrustTooLow(0, 4)


@pytest.mark.parametrize("height", [1, 7])
def test_each_part_of_a_light_block_is_checked(height: int) -> None:
    trusted, blocks = make_chain((FOUR, FOUR))
    good = blocks[0]
    if height > 1:
        good = seal(make_header(height, bytes(32), (FOUR, FOUR), b"far"), (FOUR, FOUR))
    assert judge(good) is None
    commit = good.commit
    other = {0: 1, 1: 1, 2: 1, 4: 1}
    first = replace(commit.votes[0], signature=bytes(64))
    damaged = {
        "light.set_mismatch": replace(good, validators=make_seats(other)),
        "light.set_malformed": replace(good, validators=make_seats(FOUR)[::-1]),
        "bft.commit_signature_invalid": replace(
            good, commit=replace(commit, votes=(first, *commit.votes[1:]))
        ),
        "bft.commit_too_light": replace(good, commit=replace(commit, votes=commit.votes[:2])),
        "bft.commit_wrong_block": replace(good, commit=replace(commit, block=bytes(32))),
        "bft.commit_not_ascending": replace(
            good, commit=replace(commit, votes=commit.votes[:1] * 4 + commit.votes)
        ),
        "light.header_from_future": seal(replace(good.header, time_ms=NOW_MS + 4), (FOUR, FOUR)),
        "light.time_before_trusted": seal(replace(good.header, time_ms=START_MS - 1), (FOUR, FOUR)),
    }
    for code, block in damaged.items():
        assert judge(block) == code
    next_shown = replace(good, next_validators=make_seats(other))
    assert judge(next_shown) == "light.set_mismatch"
    powerless = tuple(replace(seat, power=0) for seat in good.next_validators)
    assert judge(replace(good, next_validators=powerless)) == "light.set_malformed"
    assert trusted.header.height == 0


def test_the_next_height_needs_the_named_set_and_the_trusted_parent() -> None:
    trusted, blocks = make_chain((FOUR, FOUR, FOUR))
    other = {0: 1, 1: 1, 2: 1, 3: 2}
    parent = compute_block_id(trusted.header)
    assert judge(seal(make_header(1, parent, (other, FOUR), b""), (other, FOUR))) == (
        "light.set_mismatch"
    )
    assert judge(seal(make_header(1, bytes(32), (FOUR, FOUR), b""), (FOUR, FOUR))) == (
        "light.parent_not_trusted"
    )
    skipped = follow_sequence(CLIENT, trusted, blocks[1:], NOW_MS)
    assert isinstance(skipped, Err)
    assert skipped.error.code == "light.height_not_wanted"
    again = follow_sequence(CLIENT, trusted, (blocks[0], blocks[0]), NOW_MS)
    assert isinstance(again, Err)


def test_trust_ends_with_its_period() -> None:
    trusted, blocks = make_chain((FOUR, FOUR))
    last_ms = trusted.header.time_ms + TRUSTING_MS - 1
    assert judge(blocks[0], last_ms) is None
    assert judge(blocks[0], last_ms + 1) == "light.trust_expired"


def test_a_header_at_or_below_the_trusted_height_is_refused() -> None:
    trusted, blocks = make_chain((FOUR, FOUR, FOUR))
    after = unwrap(follow_sequence(CLIENT, trusted, blocks, NOW_MS))
    for block in blocks:
        error = validate_light_block(CLIENT, after, block, NOW_MS)
        assert get_code(error) == "light.height_not_above"


def test_another_chains_seal_is_refused() -> None:
    trusted, blocks = make_chain((FOUR, FOUR))
    stranger = make_client(genesis_id=bytes(32))
    error = validate_light_block(stranger, trusted, blocks[0], NOW_MS)
    assert get_code(error) == "bft.commit_signature_invalid"
    header = blocks[0].header
    foreign = replace(blocks[0], commit=make_commit(header, (0, 1, 2, 3), bytes(32)))
    assert judge(foreign) == "bft.commit_signature_invalid"


def test_trust_opens_with_the_trusted_id_and_its_set_only() -> None:
    trusted, blocks = make_chain((FOUR, FOUR))
    header, block_id = blocks[0].header, compute_block_id(blocks[0].header)
    assert isinstance(open_trust(block_id, header, make_seats(FOUR)), Ok)
    wrong_id = open_trust(GENESIS_ID, header, make_seats(FOUR))
    wrong_set = open_trust(block_id, header, make_seats({0: 1}))
    assert isinstance(wrong_id, Err)
    assert wrong_id.error.code == "light.anchor_mismatch"
    assert isinstance(wrong_set, Err)
    assert wrong_set.error.code == "light.set_mismatch"
    assert trusted.header.height == 0


def test_a_pursuit_takes_the_height_it_asked_for_and_survives_a_bad_peer() -> None:
    trusted, blocks = make_chain(({0: 1}, {1: 1}, {2: 1}, {3: 1}))
    pursuit = unwrap(begin_pursuit(trusted, 3))
    assert isinstance(apply_pursuit(CLIENT, pursuit, blocks[0], NOW_MS), Err)
    pursuit = unwrap(apply_pursuit(CLIENT, pursuit, blocks[2], NOW_MS))
    assert pursuit.wanted == 1
    forged = replace(blocks[0], commit=replace(blocks[0].commit, votes=()))
    assert isinstance(apply_pursuit(CLIENT, pursuit, forged, NOW_MS), Err)
    pursuit = unwrap(apply_pursuit(CLIENT, pursuit, blocks[0], NOW_MS))
    assert pursuit.wanted == 2
    pursuit = unwrap(apply_pursuit(CLIENT, pursuit, blocks[1], NOW_MS))
    assert pursuit.trusted.header == blocks[2].header
    done = apply_pursuit(CLIENT, pursuit, blocks[2], NOW_MS)
    assert isinstance(done, Err)
    assert isinstance(begin_pursuit(trusted, 0), Err)


def test_more_headers_than_the_limit_are_refused_before_any_work() -> None:
    trusted, blocks = make_chain((FOUR, FOUR))
    many = follow_sequence(CLIENT, trusted, blocks * (LIGHT_HEADERS_MAX + 1), NOW_MS)
    assert isinstance(many, Err)
    assert many.error.code == "light.headers_too_many"


@given(st.data())
def test_cut_and_damaged_bytes_give_an_error_or_no_trust(data: st.DataObject) -> None:
    trusted, blocks = make_chain((FOUR, FOUR))
    encoded = encode(LIGHT_BLOCK, blocks[0])
    assert decode_light_block(encoded) == Ok(blocks[0])
    place = data.draw(st.integers(0, len(encoded) - 1))
    cut = decode_light_block(encoded[:place])
    assert isinstance(cut, Err) or cut.value != blocks[0]
    flipped = bytearray(encoded)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    decoded = decode_light_block(bytes(flipped))
    if isinstance(decoded, Ok):
        applied = apply_light_block(CLIENT, trusted, decoded.value, NOW_MS)
        assert isinstance(applied, Err), "every bit is covered"


@pytest.mark.parametrize(
    ("options", "is_safe"),
    [
        (LightOptions(59, 1, 3, 0), True),
        (LightOptions(59, 2, 3, 0), True),
        (LightOptions(60, 1, 3, 0), False),
        (LightOptions(0, 1, 3, 0), False),
        (LightOptions(59, 1, 4, 0), False),
        (LightOptions(59, 1, 1, 0), False),
        (LightOptions(59, 1, 0, 0), False),
        (LightOptions(59, 1, 3, -1), False),
    ],
)
def test_unsafe_options_are_refused(options: LightOptions, is_safe: bool) -> None:
    error = validate_options(TINY, options)
    assert (error is None) == is_safe
    assert error is None or error.code == "light.options_unsafe"


def test_default_options_are_safe() -> None:
    for config in (TINY, DEVNET):
        assert validate_options(config, compute_default_options(config)) is None


def test_what_real_nodes_sealed_is_trusted() -> None:
    shell = run_nodes(4, 2_300)
    trusted, blocks = get_light_blocks(shell)
    assert len(blocks) > 5
    client = make_client(genesis_id=shell.chain.genesis_id)
    now_ms = blocks[-1].header.time_ms
    after = unwrap(follow_sequence(client, trusted, blocks, now_ms))
    assert unwrap(apply_light_block(client, trusted, blocks[-1], now_ms)) == after
    assert validate_sealed(client.context, blocks[-1]) is None
