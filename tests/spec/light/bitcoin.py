"""Bitcoin's headers under a profile of their own, for tests: its format and its median-time rule.

Everything else is the specification's: compact form, the rule of periods, expected work. Bitcoin's
target stands for a whole period, counted from its first block; a client that begins within one is
told when it began.

Source: Bitcoin's header format and consensus rules, as the suites under `bitcoin_headers` use them.
"""

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from spec.consensus.difficulty import (
    compute_btc_target,
    compute_work,
    decode_compact,
    encode_compact,
)
from tests.foreign import get_vectors

HEADER_SIZE: Final = 80
PERIOD_BLOCKS: Final = 2016
PERIOD_S: Final = 14 * 86_400
TARGET_MAX: Final = 0xFFFF << 208
MEDIAN_COUNT: Final = 11

Json = dict[str, Any]


@dataclass(frozen=True)
class BitcoinHeader:
    parent: bytes
    time_s: int
    compact: int
    digest: bytes


@dataclass(frozen=True)
class BitcoinTip:
    height: int
    header: BitcoinHeader
    period_start_s: int | None
    """None if nobody told; then the next retarget can't be judged."""
    times: tuple[int, ...]
    """Of the latest headers, at most eleven."""
    work: int


def parse_hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def decode_header(data: bytes) -> BitcoinHeader | None:
    if len(data) != HEADER_SIZE:
        return None
    return BitcoinHeader(
        parent=data[4:36],
        time_s=int.from_bytes(data[68:72], "little"),
        compact=int.from_bytes(data[72:76], "little"),
        digest=sha256(sha256(data).digest()).digest(),
    )


def open_tip(data: bytes, height: int, period_start_s: int | None) -> BitcoinTip:
    header = decode_header(data)
    assert header is not None
    if height % PERIOD_BLOCKS == 0:
        period_start_s = header.time_s
    return BitcoinTip(height, header, period_start_s, (header.time_s,), 0)


def compute_median_time(times: tuple[int, ...]) -> int:
    return sorted(times)[len(times) // 2]


def compute_expected_compact(tip: BitcoinTip) -> int | None:
    if (tip.height + 1) % PERIOD_BLOCKS:
        return tip.header.compact
    target = decode_compact(tip.header.compact)
    if tip.period_start_s is None or target is None:
        return None
    took = tip.header.time_s - tip.period_start_s
    return encode_compact(compute_btc_target(target, took, PERIOD_S, TARGET_MAX))


def apply_bitcoin_header(tip: BitcoinTip, data: bytes) -> BitcoinTip | str:
    """The tip after a header, or what is wrong: size, link, time, target, work."""
    header = decode_header(data)
    if header is None:
        return "size"
    if header.parent != tip.header.digest:
        return "link"
    if len(tip.times) == MEDIAN_COUNT and header.time_s <= compute_median_time(tip.times):
        return "time"
    if header.compact != compute_expected_compact(tip):
        return "target"
    target = decode_compact(header.compact)
    if target is None or int.from_bytes(header.digest, "little") > target:
        return "work"
    height = tip.height + 1
    return replace(
        tip,
        height=height,
        header=header,
        period_start_s=header.time_s if height % PERIOD_BLOCKS == 0 else tip.period_start_s,
        times=(*tip.times, header.time_s)[-MEDIAN_COUNT:],
        work=tip.work + compute_work(target),
    )


def follow(tip: BitcoinTip, headers: list[bytes]) -> BitcoinTip | str:
    for data in headers:
        after = apply_bitcoin_header(tip, data)
        if isinstance(after, str):
            return after
        tip = after
    return tip


def read_document(name: str) -> Json:
    document: Json = json.loads((get_vectors("bitcoin_headers") / f"{name}.json").read_text())
    return document
