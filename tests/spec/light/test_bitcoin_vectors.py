"""Real Bitcoin headers through the specification's compact form, retargets, work and median time.

Their rows say a difficulty as a whole number: the easiest target by the header's own.
"""

from dataclasses import replace
from typing import Final

from spec.consensus.difficulty import (
    TARGET_LIMIT,
    compute_btc_target,
    compute_work,
    decode_compact,
    encode_compact,
)
from tests.spec.light.bitcoin import (
    HEADER_SIZE,
    PERIOD_S,
    TARGET_MAX,
    BitcoinTip,
    Json,
    apply_bitcoin_header,
    compute_median_time,
    decode_header,
    follow,
    open_tip,
    parse_hex,
    read_document,
)

REAL_HEADERS: Final = 56
RETARGETS: Final = 9


def decode_real(entry: Json) -> tuple[bytes, bytes]:
    """(header, digest) of an entry."""
    return parse_hex(entry["hex"]), parse_hex(entry["digest_le"])


def open_suite(name: str) -> tuple[BitcoinTip, Json]:
    """The tip at a suite's first header; it tells when the period of a retarget began."""
    document = read_document(name)
    start = document.get("oldPeriodStart")
    began_s = None
    if start is not None:
        header = decode_header(parse_hex(start["hex"]))
        assert header is not None
        began_s = header.time_s
    genesis = document["genesis"]
    return open_tip(parse_hex(genesis["hex"]), genesis["height"], began_s), document


def test_every_real_header_has_its_digest_and_meets_its_target() -> None:
    seen = set()
    for name in ("headers", "headersReorgAndRetarget", "headersWithRetarget"):
        for part in read_document(name).values():
            for entry in part if isinstance(part, list) else [part]:
                if "height" not in entry:
                    continue
                data, digest = decode_real(entry)
                header = decode_header(data)
                assert header is not None
                assert header.digest == digest
                target = decode_compact(header.compact)
                assert target is not None
                assert encode_compact(target) == header.compact
                assert int.from_bytes(digest, "little") <= target
                seen.add(digest)
                if "timestamp" in entry:
                    assert header.time_s == entry["timestamp"]
                    assert header.compact.to_bytes(4, "little") == parse_hex(entry["nbits"])
                    assert TARGET_MAX // target == entry["difficulty"]
    assert len(seen) == REAL_HEADERS


def test_a_real_chain_is_followed_across_its_retarget() -> None:
    tip, document = open_suite("headersWithRetarget")
    headers = [parse_hex(entry["hex"]) for entry in document["chain"]]
    after = follow(tip, headers)
    assert isinstance(after, BitcoinTip)
    assert after.height == document["chain"][-1]["height"]
    before = encode_compact(decode_compact(tip.header.compact) or 0)
    assert after.header.compact != before, "the target moved"


def test_a_real_reorganisation_is_won_by_work() -> None:
    tip, document = open_suite("headersReorgAndRetarget")
    chain = [parse_hex(e["hex"]) for e in document["preRetargetChain"]]
    chain += [parse_hex(e["hex"]) for e in document["postRetargetChain"]]
    orphan = parse_hex(document["orphan_437478"]["hex"])
    main = follow(tip, chain)
    fork_height = document["orphan_437478"]["height"] - tip.height - 1
    fork = follow(tip, [*chain[:fork_height], orphan])
    assert isinstance(main, BitcoinTip)
    assert isinstance(fork, BitcoinTip)
    assert main.work > fork.work
    assert fork.header.digest != main.header.digest


def test_a_real_chain_without_a_retarget_and_its_orphan() -> None:
    tip, document = open_suite("headers")
    headers = [parse_hex(entry["hex"]) for entry in document["chain"]]
    after = follow(tip, headers)
    assert isinstance(after, BitcoinTip)
    assert after.height == tip.height + len(headers)
    orphan = document["orphan_562630"]
    place = orphan["height"] - tip.height - 1
    fork = follow(tip, [*headers[:place], parse_hex(orphan["hex"])])
    assert isinstance(fork, BitcoinTip)
    assert after.work > fork.work


def test_a_bad_header_a_gap_and_a_cut_are_refused() -> None:
    tip, document = open_suite("headers")
    headers = [parse_hex(entry["hex"]) for entry in document["chain"]]
    assert follow(tip, headers[1:]) == "link"
    assert follow(tip, [headers[0][:-1]]) == "size"
    assert isinstance(follow(tip, [*headers, parse_hex(document["badHeader"]["hex"])]), str)
    for place in (4, 40, 68, 72, 76):
        damaged = bytearray(headers[0])
        damaged[place] ^= 1
        assert isinstance(apply_bitcoin_header(tip, bytes(damaged)), str), place


def test_a_retarget_is_refused_that_did_not_happen() -> None:
    tip, document = open_suite("headersWithRetarget")
    headers = [parse_hex(entry["hex"]) for entry in document["chain"]]
    assert tip.period_start_s is not None
    moved = replace(tip, period_start_s=tip.period_start_s - 86_400)
    assert follow(moved, headers) == "target"


def test_every_foreign_retarget_row() -> None:
    rows = read_document("spv_testVectors")["retargetAlgorithm"]
    for row in rows:
        first, last, following = row["input"]
        target = decode_compact(int.from_bytes(parse_hex(first["nbits"]), "little"))
        assert target is not None
        took = last["timestamp"] - first["timestamp"]
        found = compute_btc_target(target, took, PERIOD_S, TARGET_MAX)
        expected = int.from_bytes(parse_hex(following["nbits"]), "little")
        assert encode_compact(found) == expected
        kept = decode_compact(expected)
        assert kept is not None
        assert TARGET_MAX // kept == row["output"]
    assert len(rows) == RETARGETS


def split_chain(text: str) -> list[bytes] | None:
    data = parse_hex(text)
    if len(data) % HEADER_SIZE:
        return None
    return [data[at : at + HEADER_SIZE] for at in range(0, len(data), HEADER_SIZE)]


def judge_chain(text: str) -> int | str:
    """The summed difficulty of headers that link and meet their targets, else what is wrong."""
    headers = split_chain(text)
    if headers is None:
        return "size"
    total, parent = 0, None
    for data in headers:
        header = decode_header(data)
        assert header is not None
        if parent is not None and header.parent != parent:
            return "link"
        target = decode_compact(header.compact)
        if target is None or int.from_bytes(header.digest, "little") > target:
            return "work"
        total += TARGET_MAX // target
        parent = header.digest
    return total


def test_every_foreign_chain_row() -> None:
    rows = read_document("spv_testVectors")
    for row in rows["validateHeaderChain"]:
        assert judge_chain(row["input"]) == row["output"]
    faults = [judge_chain(row["input"]) for row in rows["validateHeaderChainError"]]
    assert faults == ["size", "link", "work"]


def test_every_foreign_work_row() -> None:
    rows = read_document("spv_testVectors")
    for row in rows["extractTarget"]:
        header = decode_header(parse_hex(row["input"]))
        assert header is not None
        assert decode_compact(header.compact) == int(row["output"], 16)
    for row in (*rows["checkWork"], *rows["validateHeaderWork"]):
        asked = row["input"]
        if "header" in asked:
            header = decode_header(parse_hex(asked["header"]))
            assert header is not None
            digest, target = header.digest, int(asked["target"], 16)
        else:
            digest, target = parse_hex(asked["digest"]), int(asked["target"], 16)
        meets = 0 < int.from_bytes(digest, "little") <= target
        assert meets == row["output"], row


def test_the_heaviest_tip_is_the_foreign_one() -> None:
    rows = read_document("relays_testVectors")["chain"]["heaviestFromAncestor"]
    genesis = rows["genesis"]
    tip = open_tip(parse_hex(genesis["raw"]), genesis["height"], None)
    tips: dict[str, BitcoinTip] = {}
    following = tip
    for entry in rows["headers"]:
        if entry["height"] == rows["orphan"]["height"]:
            fork = apply_bitcoin_header(following, parse_hex(rows["orphan"]["raw"]))
            assert isinstance(fork, BitcoinTip)
            tips[rows["orphan"]["hash"]] = fork
        after = apply_bitcoin_header(following, parse_hex(entry["raw"]))
        assert isinstance(after, BitcoinTip)
        tips[entry["hash"]] = following = after
    judged = 0
    for case in rows["testCases"]:
        if case["error"]:
            continue
        best = max((tips[case["currentBest"]], tips[case["newBest"]]), key=lambda t: t.work)
        assert best is tips[case["output"]] or best.work == tips[case["output"]].work
        judged += 1
    assert judged == 4


def test_the_median_of_eleven_is_the_sixth() -> None:
    assert compute_median_time(tuple(range(11))) == 5
    assert compute_median_time((7,)) == 7
    assert compute_work(TARGET_LIMIT - 1) == 1
