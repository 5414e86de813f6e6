"""Level 6: a scenario played step by step, and what its checks find.

`consensus.play` drives whole nodes; `consensus.weigh` and `consensus.finalise` ask for one rule
alone, without blocks or a ledger: GHOST on a tree with weights, and rule G on a chain of epochs.
"""

from typing import Any, Final

from conformance.clients.spec.answers import (
    Accept,
    Answer,
    JsonObject,
    Reject,
    RequestError,
    to_bytes,
    to_hex,
)
from conformance.clients.spec.played_node import PlayedNode
from conformance.clients.spec.views import render_view
from spec.chain import get_gossip
from spec.config import decode_genesis, validate_genesis
from spec.consensus.bft.messages import PROPOSAL, Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.ffg import (
    FfgState,
    Leak,
    apply_boundary,
    apply_vote,
    compute_genesis,
    compute_members,
    is_includable,
)
from spec.consensus.interface import (
    BlockRecord,
    Built,
    CandidateRecord,
    Input,
    Message,
    Mined,
    Received,
    Schedule,
    SetHead,
    Signable,
    SignedRecord,
    Source,
    Tick,
    Timeout,
)
from spec.consensus.pos.ghost import Leafward, compute_head
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ops import (
    CHECKPOINT,
    DOUBLE_FFG_VOTE,
    DOUBLE_PRODUCTION,
    DOUBLE_PROPOSAL,
    DOUBLE_VOTE,
    FFG_VOTE,
    ROUND_VOTE,
    Checkpoint,
    DoubleFfgVote,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    FfgVote,
    RoundVote,
)
from spec.ledger.types import BLOCK, Block
from spec.lib.result import Err
from spec.lib.ssz import Container, decode, hash_tree_root

MESSAGES: Final[dict[str, Container[Any]]] = {
    "block": BLOCK,
    "proposal": PROPOSAL,
    "round_vote": ROUND_VOTE,
    "ffg_vote": FFG_VOTE,
    "double_vote": DOUBLE_VOTE,
    "double_ffg_vote": DOUBLE_FFG_VOTE,
    "double_production": DOUBLE_PRODUCTION,
    "double_proposal": DOUBLE_PROPOSAL,
}
"""What a peer may send, by the name of its step."""
SENT: Final[dict[type, str]] = {
    Proposal: "proposal",
    RoundVote: "round_vote",
    FfgVote: "ffg_vote",
    DoubleVote: "double_vote",
    DoubleFfgVote: "double_ffg_vote",
    DoubleProduction: "double_production",
    DoubleProposal: "double_proposal",
}
LOGGED: Final[dict[type, str]] = {
    BlockRecord: "block",
    CandidateRecord: "candidate",
    SignedRecord: "signed",
}
PEER: Final = Source(b"peer")


# Whole nodes


def play(args: JsonObject) -> Answer:
    """`consensus.play`: what each check of a scenario finds, in order."""
    decoded = decode_genesis(to_bytes(args["genesis"]))
    if isinstance(decoded, Err):
        return Reject(decoded.error.code)
    failure = validate_genesis(decoded.value)
    if failure is not None:
        return Reject(failure.code)
    nodes = {
        row["name"]: PlayedNode(
            decoded.value,
            row["validator"],
            None if row["seed"] is None else to_bytes(row["seed"]),
        )
        for row in args["nodes"]
    }
    found: list[JsonObject] = []
    for number, row in enumerate(args["steps"]):
        node = nodes.get(row["node"])
        if node is None:
            raise RequestError(f"step {number}: there is no node {row['node']!r}")
        if row["do"] == "check":
            found.append({name: _ask(node, name) for name in row["ask"]})
            for name in row["ask"]:
                _forget(node, name)
        else:
            _do(node, number, row)
    return Accept(found)


def _do(node: PlayedNode, number: int, row: JsonObject) -> None:
    match row["do"]:
        case "restart":
            node.restart(number, int(row["now_ms"]), row["log"])
        case "crash":
            node.crash()
        case "crash_at_sign":
            node.dies_at_sign = True
        case "hold":
            node.hold(tuple(row["what"]))
        case "release":
            node.release(number)
        case _:
            node.feed(number, _read_input(row))


def _read_input(row: JsonObject) -> Input:
    match row["do"]:
        case "tick":
            return Tick(int(row["now_ms"]))
        case "timeout":
            kind = TimeoutKind[str(row["kind"]).upper()]
            return Timeout(kind, int(row["height"]), row["round"])
        case "mined":
            return Mined(_decode(BLOCK, row["bytes"]))
        case "built":
            return Built(_decode(BLOCK, row["bytes"]), int(row["tag"]))
    descriptor = MESSAGES.get(row["do"])
    if descriptor is None:
        raise RequestError(f"there is no step {row['do']!r}")
    return Received(PEER, _decode(descriptor, row["bytes"]))


def _decode(descriptor: Container[Any], data: object) -> Any:  # noqa: ANN401 - of the descriptor
    decoded = decode(descriptor, to_bytes(data))
    if isinstance(decoded, Err):
        raise RequestError(f"a message of a scenario is malformed: {decoded.error.code}")
    return decoded.value


def _ask(node: PlayedNode, name: str) -> Any:  # noqa: ANN401 - JSON
    state, log = node.node, node.log
    head = state.tree[state.head]
    match name:
        case "head":
            return to_hex(state.head)
        case "final":
            return to_hex(state.final)
        case "justified":
            found, _ = node.config.rules.get_checkpoints(
                node.config.context, head.chain_state, state.head, head.block.header
            )
            return None if found is None else to_hex(found)
        case "weight":
            weight = node.config.rules.get_weight(head.chain_state, head.block.header)
            return [str(part) for part in weight]
        case "refused":
            return [{"step": number, "rule": rule} for number, rule in log.refused]
        case "reports":
            return sorted(log.reports)
        case "offenders":
            return sorted(dict.fromkeys(log.offenders))
        case "signed":
            return [render_signed(message) for message in log.signed]
        case "waits":
            return [_render_wait(wait) for wait in log.waits]
    return _ask_effects(node, name)


def _ask_effects(node: PlayedNode, name: str) -> Any:  # noqa: ANN401 - JSON
    """What a node asked its shell to do."""
    match name:
        case "sent":
            return [render_sent(message) for message in node.log.sent]
        case "repeats":
            return [render_sent(message) for message in get_gossip(node.config, node.node)[1:]]
        case "fetched":
            return [to_hex(block_id) for block_id in node.log.fetched]
        case "logged":
            return [LOGGED[type(record)] for record in node.log.logged]
        case "moves":
            return [
                {"head" if isinstance(move, SetHead) else "final": to_hex(move.block_id)}
                for move in node.log.moves
            ]
    raise RequestError(f"no check is called {name!r}")


def _forget(node: PlayedNode, name: str) -> None:
    """What a node did is told once."""
    logs: dict[str, list[Any]] = {
        "refused": node.log.refused,
        "reports": node.log.reports,
        "offenders": node.log.offenders,
        "signed": node.log.signed,
        "waits": node.log.waits,
        "sent": node.log.sent,
        "fetched": node.log.fetched,
        "logged": node.log.logged,
        "moves": node.log.moves,
    }
    if name in logs:
        logs[name].clear()


def render_signed(message: Signable) -> JsonObject:
    """What was signed: what it binds its signer to, without signature and bulk."""
    match message:
        case RoundVote():
            return {
                "round_vote": {
                    "kind": {1: "prevote", 2: "precommit"}[message.kind],
                    "height": str(message.height),
                    "round": message.round,
                    "block": to_hex(message.block),
                }
            }
        case FfgVote():
            return {
                "ffg_vote": {
                    "source": render_view(CHECKPOINT, message.source),
                    "target": render_view(CHECKPOINT, message.target),
                }
            }
        case Proposal():
            return {
                "proposal": {
                    "height": str(message.height),
                    "round": message.round,
                    "valid_round_plus_one": message.valid_round_plus_one,
                    "parent": to_hex(message.block.header.parent),
                }
            }
        case _:
            header = message.block.header  # type: ignore[union-attr]  # reveals are no promises
            return {"block": {"slot": str(header.slot), "parent": to_hex(header.parent)}}


def render_sent(message: Message) -> JsonObject:
    """The kind of what was sent, and its block id or its root."""
    if isinstance(message, Block):  # whose seal may hold other precommits, and stand
        return {"block": to_hex(compute_block_id(message.header))}
    kind = SENT[type(message)]
    return {kind: to_hex(hash_tree_root(MESSAGES[kind], message))}


def _render_wait(wait: Schedule) -> JsonObject:
    return {
        "kind": wait.kind.name.lower(),
        "height": str(wait.height),
        "round": wait.round,
        "after_ms": str(wait.after_ms),
    }


# One rule alone


def weigh(args: JsonObject) -> Answer:
    """`consensus.weigh`: the head that GHOST finds in a tree with weights."""
    blocks = tuple(
        Leafward(
            BlockId(to_bytes(row["id"])), BlockId(to_bytes(row["parent"])), int(row["justified"])
        )
        for row in args["blocks"]
    )
    weights = {BlockId(to_bytes(row["id"])): int(row["weight"]) for row in args["blocks"]}
    return Accept(to_hex(compute_head(blocks, weights)))


def finalise(args: JsonObject) -> Answer:
    """`consensus.finalise`: rule G on each chain of a fork, epoch by epoch.

    A chain is a list of epochs: its checkpoint, whom a promotion there would elect, the votes its
    blocks hold. The value is, for each chain, what it has justified and finalised at the end, its
    dynasty, and the votes that no block of it may hold.
    """
    leak = Leak(int(args["leak"]["after_epochs"]), int(args["leak"]["quotient"]))
    return Accept([_finalise_chain(args["members"], leak, chain) for chain in args["chains"]])


def _finalise_chain(members: list[Any], leak: Leak, chain: list[Any]) -> JsonObject:
    state = compute_genesis(_read_members(members))
    refused: list[JsonObject] = []
    for row in chain:
        entered = _read_checkpoint(row["checkpoint"])
        state = apply_boundary(state, entered, _read_members(row["elects"]), leak).state
        for number, vote in enumerate(row["votes"]):
            typed = _read_vote(vote)
            if is_includable(state, typed):
                state = apply_vote(state, typed)
            else:
                refused.append({"epoch": row["checkpoint"]["epoch"], "vote": number})
    return _render_finality(state, refused)


def _render_finality(state: FfgState, refused: list[JsonObject]) -> JsonObject:
    return {
        "justified": render_view(CHECKPOINT, state.justified),
        "finalised": render_view(CHECKPOINT, state.finalised),
        "dynasty": str(state.dynasty),
        "weights": [[m.validator, str(m.weight)] for m in state.current],
        "refused": refused,
    }


def _read_members(rows: list[Any]) -> Any:  # noqa: ANN401 - a tuple of members
    return compute_members(tuple((row[0], int(row[1])) for row in rows))


def _read_checkpoint(view: JsonObject) -> Checkpoint:
    return Checkpoint(int(view["epoch"]), to_bytes(view["root"]))


def _read_vote(view: JsonObject) -> FfgVote:
    return FfgVote(
        slot=0,
        head=bytes(32),
        source=_read_checkpoint(view["source"]),
        target=_read_checkpoint(view["target"]),
        validator=view["validator"],
        signature=bytes(64),
    )
