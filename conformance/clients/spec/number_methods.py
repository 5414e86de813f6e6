"""Level 6: the arithmetic of proof of work alone, without headers: targets, work, compact form."""

from conformance.clients.spec.answers import Accept, Answer, JsonObject
from spec.consensus.difficulty import (
    AsertAnchor,
    AsertRule,
    compute_asert_target,
    compute_btc_target,
    compute_work,
    decode_compact,
    encode_compact,
)


def compute_asert(args: JsonObject) -> Answer:
    """`consensus.asert`: the target of the block after one with this height and time."""
    anchor = AsertAnchor(
        int(args["anchor_height"]), int(args["anchor_parent_time"]), int(args["anchor_target"])
    )
    rule = AsertRule(
        anchor, int(args["block_time"]), int(args["half_life"]), int(args["target_max"])
    )
    return Accept(str(compute_asert_target(rule, int(args["height"]), int(args["time"]))))


def compute_retarget(args: JsonObject) -> Answer:
    """`consensus.retarget`: the target of the period after one that took so long."""
    found = compute_btc_target(
        int(args["target"]), int(args["took"]), int(args["should_take"]), int(args["target_max"])
    )
    return Accept(str(found))


def measure_target(args: JsonObject) -> Answer:
    """`consensus.work`: the work that a target stands for, and its compact form."""
    target = int(args["target"])
    found = {"work": str(compute_work(target)), "compact": encode_compact(target)}
    return Accept(found)


def read_compact(args: JsonObject) -> Answer:
    """`consensus.compact`: the target of a compact form, null if it has none."""
    target = decode_compact(int(args["compact"]))
    return Accept({"target": None if target is None else str(target)})
