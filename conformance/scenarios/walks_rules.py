"""Single rules on drawn and on extreme numbers: work, targets, rule G and GHOST without a chain."""

from random import Random
from typing import Final

from conformance.clients.spec.answers import JsonObject, to_hex
from conformance.clients.spec.views import render_view
from conformance.generate.case import Case
from spec.consensus.difficulty import encode_compact
from spec.consensus.ffg import (
    FfgState,
    Leak,
    apply_boundary,
    apply_vote,
    compute_genesis,
    compute_members,
    is_includable,
)
from spec.crypto.hashing import sha256
from spec.ledger.ops import CHECKPOINT, Checkpoint, FfgVote

TOP: Final = (1 << 256) - 1
HALF_LIFE: Final = 172_800
BLOCK_TIME: Final = 600
FOLDS: Final = 24
TREES: Final = 24
EPOCHS: Final = 14
CUTS: Final = (5, 8, 11, EPOCHS)
"""Each chain is judged at these lengths."""


def build_work() -> tuple[Case, ...]:
    """Targets, their work and their compact form."""
    rows = [*_list_asert(), *_list_retargets(), *_list_targets(), *_list_compact()]
    return tuple(rows)


def _make(name: str, method: str, args: JsonObject, why: str) -> Case:
    return Case(name, why, "arithmetic", f"consensus.{method}", args)


def _list_asert() -> list[Case]:
    """A lag of each sign and size, on easy and on hard anchors."""
    rng = Random(1)  # noqa: S311 - a seed makes the records
    lags = [0, 1, -1, 2, -2, 3, -3, 100_000, -100_000, HALF_LIFE, -HALF_LIFE]
    lags += [sign * (HALF_LIFE * n + d) for sign in (1, -1) for n in (1, 17, 255) for d in (-1, 1)]
    lags += [sign * (HALF_LIFE * 300) for sign in (1, -1)]
    lags += [rng.randrange(-(10**7), 10**7) for _ in range(20)]
    made = []
    for number, lag in enumerate(lags):
        anchor, height = (1 << rng.choice((1, 40, 200, 224, 255))) - 1, rng.choice((1, 2, 1_000))
        time = 50_000_000 + lag + BLOCK_TIME * height
        args = {
            "anchor_height": "1",
            "anchor_parent_time": "50000000",
            "anchor_target": str(anchor),
            "block_time": str(BLOCK_TIME),
            "half_life": str(HALF_LIFE),
            "target_max": str(rng.choice((TOP, TOP >> 32))),
            "height": str(height),
            "time": str(time),
        }
        made.append(_make(f"asert_{number}", "asert", args, "A lag that rounds, clamps or shifts."))
    return made


def _list_retargets() -> list[Case]:
    rows = (
        (1 << 224, 600, 2_400, TOP),
        (1 << 224, 599, 2_400, TOP),
        (1 << 224, 1, 2_400, TOP),
        (1 << 224, 9_600, 2_400, TOP),
        (1 << 224, 9_601, 2_400, TOP),
        (1 << 224, 2_401, 2_400, TOP),
        (1 << 224, 0, 2_400, TOP),
        (1 << 224, -5, 2_400, TOP),
        (3, 600, 2_400, TOP),
        (1, 1, 2_400, TOP),
        (TOP, 9_600, 2_400, TOP),
        (TOP >> 32, 2_500, 2_400, TOP >> 32),
        (12_345_678_901, 1_234, 2_403, TOP),
    )
    return [
        _make(
            f"retarget_{number}",
            "retarget",
            {"target": str(a), "took": str(b), "should_take": str(c), "target_max": str(d)},
            "A period at the clamps, and one that leaves a remainder.",
        )
        for number, (a, b, c, d) in enumerate(rows)
    ]


def _list_targets() -> list[Case]:
    near = [
        (1 << bits) + d for bits in (1, 7, 8, 15, 16, 23, 24, 31, 32, 200, 255) for d in (-1, 0)
    ]
    targets = [1, 2, 3, 0x7FFFFF, 0x800000, 0x12345678, TOP, TOP - 1, *near]
    return [
        _make(f"work_{number}", "work", {"target": str(target)}, "Work, and the three bytes kept.")
        for number, target in enumerate(dict.fromkeys(targets))
    ]


def _list_compact() -> list[Case]:
    words = [0, 1, 0x01003456, 0x01123456, 0x02008000, 0x03000001, 0x03FFFFFF, 0x04800000]
    words += [0x04923456, 0x1D00FFFF, 0x207FFFFF, 0x2100FFFF, 0x21010000, 0x220000FF, 0xFF123456]
    words += [0x00FFFFFF, 0x03000000, 0x0280FFFF, 0x05009234, encode_compact(TOP)]
    return [
        _make(f"compact_{number}", "compact", {"compact": word}, "A sign, a zero, an overflow.")
        for number, word in enumerate(words)
    ]


# GHOST


def build_trees() -> tuple[Case, ...]:
    """Drawn trees with many ties."""
    return tuple(_draw_tree(Random(seed), seed) for seed in range(TREES))  # noqa: S311 - a seed


def _draw_tree(rng: Random, seed: int) -> Case:
    ids = [sha256(b"qc/walk/tree", bytes([seed, number])) for number in range(14)]
    rows: list[JsonObject] = []
    for number, each in enumerate(ids):
        parent = ids[rng.randrange(max(0, number - 4), number)] if number else bytes(32)
        rows.append(
            {
                "id": to_hex(each),
                "parent": to_hex(parent),
                "justified": str(rng.choice((0, 1, 1, 2)) if number else 0),
                "weight": str(rng.choice((0, 0, 5, 10, 10, 20, 35))),
            }
        )
    return _make(f"tree_{seed}", "weigh", {"blocks": rows}, "Ties, and leaves that are filtered.")


# Rule G


def build_folds(first: int, count: int) -> tuple[Case, ...]:
    """Drawn epochs: votes for both targets, sets that change, a leak.

    Args:
        first: seed.
        count: of chains.
    """
    return tuple(_draw_fold(Random(seed), seed) for seed in range(first, first + count))  # noqa: S311 - seed


def _draw_fold(rng: Random, seed: int) -> Case:
    weights = tuple((at, rng.choice((50, 97, 100, 100, 101, 200))) for at in range(4))
    leak = Leak(rng.choice((2, 3, 1_000)), rng.choice((8, 16)))
    keen = rng.choice((45, 80, 97))
    state, epoch = compute_genesis(compute_members(weights)), 0
    point = Checkpoint(0, bytes(32))
    chain: list[JsonObject] = []
    for _ in range(EPOCHS):
        elects = weights
        if rng.randrange(100) < 35:  # noqa: PLR2004 - parts of a hundred
            start = rng.randrange(5)
            elects = tuple((start + at, rng.choice((60, 100, 140))) for at in range(4))
        state = apply_boundary(state, point, compute_members(elects), leak).state
        votes = _draw_votes(rng, state, keen)
        for vote in votes:
            if is_includable(state, vote):
                state = apply_vote(state, vote)
        chain.append(_render_epoch(point, elects, votes))
        epoch += 1 if rng.randrange(100) < 92 else 2  # noqa: PLR2004 - of a hundred
        root = sha256(b"qc/walk/fold", seed.to_bytes(2, "big"), epoch.to_bytes(2, "big"))
        point = Checkpoint(epoch, root)
    args: JsonObject = {
        "members": [[validator, str(weight)] for validator, weight in weights],
        "leak": {"after_epochs": str(leak.after_epochs), "quotient": str(leak.quotient)},
        "chains": [chain[:at] for at in CUTS],
    }
    return _make(f"fold_{seed}", "finalise", args, "Links of every length, in every order.")


def _draw_votes(rng: Random, state: FfgState, keen: int) -> list[FfgVote]:
    """Most voters follow the chain; some name another source or target, or vote again."""
    known = [state.justified, state.finalised, *(past.checkpoint for past in state.history)]
    targets = [target.checkpoint for target in state.targets]
    target = targets[-1] if rng.randrange(100) < 80 else targets[0]  # noqa: PLR2004 - of a hundred
    source = state.justified if rng.randrange(100) < 75 else rng.choice(known)  # noqa: PLR2004 - of a hundred
    votes = []
    for voter in range(8):
        if rng.randrange(100) >= keen:
            continue
        is_odd = rng.randrange(100) < 8  # noqa: PLR2004 - of a hundred
        votes.append(
            FfgVote(
                slot=0,
                head=bytes(32),
                source=rng.choice(known) if is_odd else source,
                target=rng.choice([*targets, *known]) if is_odd else target,
                validator=voter,
                signature=bytes(64),
            )
        )
    return votes


def _render_epoch(
    point: Checkpoint, elects: tuple[tuple[int, int], ...], votes: list[FfgVote]
) -> JsonObject:
    return {
        "checkpoint": render_view(CHECKPOINT, point),
        "elects": [[validator, str(weight)] for validator, weight in elects],
        "votes": [
            {
                "validator": vote.validator,
                "source": render_view(CHECKPOINT, vote.source),
                "target": render_view(CHECKPOINT, vote.target),
            }
            for vote in votes
        ],
    }
