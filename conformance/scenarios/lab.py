"""Where scenarios get their blocks, votes and proposals: every key, every fork, no network.

A lab holds a genesis and the secrets of all its validators. It builds a block on any block it has
made, by the rules of the chain and the ledger, so that what an attacker sends is as valid as the
author wants it to be; `bend` spoils a header before it is sealed or mined.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

from conformance.clients.spec.engine import ENGINE
from conformance.clients.spec.played_node import seal_header, sign_message, verify_ed25519
from spec.chain import compute_genesis_anchor, compute_node_config
from spec.config import Genesis
from spec.consensus.bft.messages import NO_SIGNATURE, Proposal
from spec.consensus.bft.state import compute_proposer
from spec.consensus.bft.votes import NIL, VoteType
from spec.consensus.ffg import FfgState
from spec.consensus.interface import Parent
from spec.consensus.onion import compute_layer
from spec.consensus.pos.state import PosState, get_onion
from spec.consensus.pow.rules import compute_work_hash
from spec.consensus.slots import get_slot_time
from spec.crypto.signing import ED25519
from spec.crypto.signing_keys import compute_public_key, sign
from spec.ledger.block import Chain, Signed, authenticate, build_block
from spec.ledger.codec import BlockId, compute_block_id, compute_ops_root, compute_tx_signing_root
from spec.ledger.genesis import LedgerState
from spec.ledger.header import DraftChoice, compute_draft
from spec.ledger.ledger_ops import ConsensusStep, LedgerOp
from spec.ledger.ops import (
    Checkpoint,
    Commit,
    CommitSignature,
    ConsensusFields,
    DoubleProduction,
    FfgVote,
    NoFields,
    NoSeal,
    Op,
    PosFields,
    PowFields,
    RoundVote,
    Seal,
    SignatureSeal,
)
from spec.ledger.staking.view import LedgerView, compute_ledger_view
from spec.ledger.state import TreeReader
from spec.ledger.types import (
    Block,
    Body,
    Header,
    Payload,
    SenderKey,
    SignedTransaction,
    Transaction,
)
from spec.lib.result import Ok

ChainState = Any  # of which algorithm is data, as in `spec.chain`
GENESIS: Final = "genesis"
"""The name of the first block of every lab."""


@dataclass(frozen=True, slots=True)
class Made:
    """A block that the lab has made, and the states after it."""

    block: Block
    chain_state: ChainState
    view: LedgerView
    ledger: LedgerState

    @property
    def block_id(self) -> BlockId:
        """Its id."""
        return compute_block_id(self.block.header)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a block is to differ from the plain one."""

    slot: int | None = None
    """Where time has slots: which; else the height is."""
    time_ms: int | None = None
    """Where it has not: the header's time; the parent's plus `pace_ms` if None."""
    ops: tuple[Op, ...] = ()
    txs: tuple[SignedTransaction, ...] = ()
    miner: int = 0
    """Validator whose operator earns a mined block."""
    signers: tuple[int, ...] | None = None
    """BFT: who commits the block; everybody if None."""
    round: int = 0
    """BFT: of the commit, and whose proposer made the block."""
    bend: Callable[[Header], Header] | None = None
    """Spoils the header before it is sealed or mined."""


class Lab:
    """One chain with all its forks."""

    def __init__(self, genesis: Genesis, seeds: tuple[bytes, ...], pace_ms: int) -> None:
        """The chain with nothing but its genesis.

        Args:
            genesis: sound.
            seeds: secrets of the validators, 32 bytes each, in the order of their indices.
            pace_ms: between blocks, where time has no slots.
        """
        self.genesis = genesis
        self.seeds = seeds
        self.pace_ms = pace_ms
        self.config = compute_node_config(genesis, None, verify_ed25519)
        self.context = self.config.context
        self._chain = Chain(genesis.config, self.context.genesis_id, ENGINE)
        entry, ledger = compute_genesis_anchor(self.config, genesis)
        self.made: dict[str, Made] = {
            GENESIS: Made(entry.block, entry.chain_state, entry.view, ledger)
        }

    def get_id(self, name: str) -> BlockId:
        """The id of a block by its name."""
        return self.made[name].block_id

    def get_name(self, block_id: bytes) -> str:
        """The name of a block, or its id where no block has it."""
        for name, made in self.made.items():
            if made.block_id == block_id:
                return name
        return "0x" + block_id.hex()

    def get_time(self, slot: int) -> int:
        """When a slot begins, ms."""
        return get_slot_time(self.context, slot)

    # Blocks

    def tick(self, parent: str, slot: int) -> ChainState:
        """The state as a block of this slot on this parent finds it."""
        return self._tick(parent, slot)[0]

    def add(self, name: str, parent: str, wish: Wish = Wish()) -> Made:
        """Makes a valid block, but for what the wish bends.

        Args:
            name: new.
            parent: name of a block of the lab.
            wish: what is special about it.
        """
        assert name not in self.made, f"{name} is made already"
        before = self.made[parent]
        slot = wish.slot if wish.slot is not None else before.block.header.height + 1
        ticked, tick_ops = self._tick(parent, slot)
        ops = self._complete_ops(before, wish)
        draft = compute_draft(
            self.genesis.config, before.block.header, self._choose(before, ticked, slot, wish)
        )
        applied = self.config.rules.apply_consensus(self.context, ticked, draft, ops)
        assert isinstance(applied, Ok), f"{name}: {applied}"
        chain_state, ledger_ops = applied.value
        step = ConsensusStep(tick_ops + ledger_ops, self.config.rules.encode_state(chain_state))
        senders = authenticate(Body((), wish.txs))
        assert isinstance(senders, Ok), f"{name}: transactions are signed"
        candidates = tuple(map(Signed, wish.txs, senders.value))
        built = build_block(self._chain, before.ledger, (draft, ops), candidates, step)
        assert isinstance(built, Ok), f"{name}: {built}"
        assert not built.value.refusals, f"{name}: {built.value.refusals}"
        header = built.value.header if wish.bend is None else wish.bend(built.value.header)
        block = self._finish(ticked, Block(header, built.value.body, NoSeal()), wish)
        ledger = LedgerState(block.header, built.value.applied.state.tree)
        view = compute_ledger_view(TreeReader(ledger.tree))
        self.made[name] = Made(block, chain_state, view, ledger)
        return self.made[name]

    def add_row(self, names: tuple[str, ...], parent: str, wish: Wish = Wish()) -> None:
        """Makes blocks one upon the other, all by one wish, its slot counting up."""
        for number, name in enumerate(names):
            slot = None if wish.slot is None else wish.slot + number
            self.add(name, parent, replace(wish, slot=slot))
            parent = name

    def rework(self, name: str, header: Header, ops: tuple[Op, ...]) -> Block:
        """A block like one of the lab, with another header and other ops, sealed anew.

        Its state root is no longer right, which is what nodes see last.
        """
        made = self.made[name].block
        parent = self.get_name(made.header.parent)
        ticked = self.tick(parent, made.header.slot)
        reworked = replace(header, ops_root=compute_ops_root(ops))
        body = replace(made.body, ops=ops)
        return self._finish(ticked, Block(reworked, body, NoSeal()), Wish())

    def _tick(self, parent: str, slot: int) -> tuple[ChainState, tuple[LedgerOp, ...]]:
        before = self.made[parent]
        known = Parent(before.block_id, before.block.header, before.chain_state, before.view)
        return self.config.rules.tick(self.context, known, slot)

    def _complete_ops(self, before: Made, wish: Wish) -> tuple[Op, ...]:
        seal = before.block.seal
        return (seal, *wish.ops) if isinstance(seal, Commit) else wish.ops

    def _choose(self, before: Made, ticked: ChainState, slot: int, wish: Wish) -> DraftChoice:
        roots = self.config.rules.get_roots(ticked)
        owner = self._get_owner(ticked, wish)
        time_ms = wish.time_ms
        if time_ms is None:
            time_ms = before.block.header.time_ms + self.pace_ms
            if self.config.rules.name in ("pos", "dpos"):
                time_ms = self.get_time(slot)
        operator = self.genesis.validators[owner].operator
        fields = self._get_fields(ticked, owner)
        return DraftChoice(slot, time_ms, operator, *roots, fields)

    def _get_owner(self, ticked: ChainState, wish: Wish) -> int:
        match self.config.rules.name:
            case "pow" | "hybrid":
                return wish.miner
            case "bft":
                return compute_proposer(ticked.current, wish.round).validator
        owner: int = ticked.producer
        return owner

    def _get_fields(self, ticked: ChainState, owner: int) -> ConsensusFields:
        match self.config.rules.name:
            case "pow":
                return PowFields(ticked.target, 0)
            case "hybrid":
                return PowFields(ticked.work.target, 0)
            case "pos":
                assert isinstance(ticked, PosState), "the rules say so"
                onion = get_onion(ticked.onions, owner)
                layers = 0 if onion is None else onion.layers
                return PosFields(compute_layer(self.seeds[owner], layers))
        return NoFields()

    def _finish(self, ticked: ChainState, block: Block, wish: Wish) -> Block:
        """The block with its nonce, or its seal."""
        match self.config.rules.name:
            case "pow" | "hybrid":
                return mine(block)
            case "bft":
                voters = wish.signers
                if voters is None:
                    voters = tuple(seat.validator for seat in ticked.current.seats)
                return replace(block, seal=self.commit(block, wish.round, voters))
        seed = self.seeds[ticked.producer]
        return replace(block, seal=seal_header(self.context.genesis_id, seed, block.header))

    # What validators sign

    def commit(self, block: Block, round_: int, voters: tuple[int, ...]) -> Seal:
        """Precommits of these validators, as a seal."""
        block_id, height = compute_block_id(block.header), block.header.height
        votes = tuple(
            CommitSignature(
                voter,
                self._sign_vote(
                    RoundVote(VoteType.PRECOMMIT, height, round_, block_id, voter, NO_SIGNATURE)
                ).signature,
            )
            for voter in voters
        )
        return Commit(height, round_, block_id, votes)

    def round_vote(
        self, kind: VoteType, where: tuple[int, int], block: str | None, validator: int
    ) -> RoundVote:
        """A vote of (height, round) for a block by its name, for nil if None."""
        block_id = NIL if block is None else self.get_id(block)
        return self._sign_vote(
            RoundVote(kind, where[0], where[1], block_id, validator, NO_SIGNATURE)
        )

    def proposal(
        self, block: str, round_: int, valid: tuple[int, tuple[RoundVote, ...]] | None = None
    ) -> Proposal:
        """The proposal of a block by the proposer of a round.

        Args:
            block: its name.
            round_: of the proposal.
            valid: (round, prevotes) of the polka that justifies a block proposed before.
        """
        made = self.made[block]
        parent = self.get_name(made.block.header.parent)
        ticked = self.tick(parent, made.block.header.height)
        valid_round, polka = (-1, ()) if valid is None else valid
        unsigned = Proposal(
            height=made.block.header.height,
            round=round_,
            valid_round_plus_one=valid_round + 1,
            block=replace(made.block, seal=NoSeal()),
            polka=polka,
            validator=compute_proposer(ticked.current, round_).validator,
            signature=NO_SIGNATURE,
        )
        seed = self.seeds[unsigned.validator]
        signed = sign_message(self.context.genesis_id, seed, unsigned)
        assert isinstance(signed, Proposal), "signing keeps the kind"
        return signed

    def checkpoint(self, epoch: int, block: str) -> Checkpoint:
        """A checkpoint by the name of its block."""
        return Checkpoint(epoch, bytes(32) if block == GENESIS else self.get_id(block))

    def ffg_vote(
        self,
        validator: int,
        source: tuple[int, str],
        target: tuple[int, str],
        attested: tuple[int, str] | None = None,
    ) -> FfgVote:
        """A finality vote from (epoch, block) to (epoch, block); PoS attests (slot, head) too."""
        slot, head = (0, bytes(32)) if attested is None else (attested[0], attested[1])
        unsigned = FfgVote(
            slot=slot,
            head=head if isinstance(head, bytes) else self.get_id(head),
            source=self.checkpoint(*source),
            target=self.checkpoint(*target),
            validator=validator,
            signature=NO_SIGNATURE,
        )
        return self.sign_ffg(unsigned)

    def double_production(self, validator: int, one: str, other: str) -> DoubleProduction:
        """Evidence of two sealed blocks of one slot."""
        blocks = (self.made[one].block, self.made[other].block)
        seals = tuple(block.seal for block in blocks)
        first, second = seals
        assert isinstance(first, SignatureSeal), "producers seal"
        assert isinstance(second, SignatureSeal), "producers seal"
        ids = tuple(compute_block_id(block.header) for block in blocks)
        slot = blocks[0].header.slot
        return DoubleProduction(validator, slot, ids[0], first.signature, ids[1], second.signature)

    def get_ffg(self, parent: str, slot: int) -> FfgState:
        """The finality part of the state as a block of this slot finds it."""
        state: FfgState = self.tick(parent, slot).finality.ffg
        return state

    def votes_on(
        self, parent: str, slot: int, voters: tuple[int, ...], attested: bytes = bytes(32)
    ) -> tuple[FfgVote, ...]:
        """What honest voters vote for on a chain: from its justified to its newest checkpoint."""
        ffg = self.get_ffg(parent, slot)
        return tuple(
            self.sign_ffg(
                FfgVote(0, attested, ffg.justified, ffg.targets[-1].checkpoint, voter, NO_SIGNATURE)
            )
            for voter in voters
        )

    def sign_ffg(self, vote: FfgVote) -> FfgVote:
        """The vote with its voter's signature."""
        signed = sign_message(self.context.genesis_id, self.seeds[vote.validator], vote)
        assert isinstance(signed, FfgVote), "signing keeps the kind"
        return signed

    def sign_tx(self, sender: int, nonce: int, payload: Payload) -> SignedTransaction:
        """A transaction by a validator's operator, valid for as long as scenarios last."""
        key = compute_public_key(ED25519, self.seeds[sender])
        transaction = Transaction(
            genesis_id=self.context.genesis_id,
            sender=SenderKey(ED25519, key),
            nonce=nonce,
            gas_limit=20_000,
            fee_cap=100,
            tip=0,
            expires_at_ms=self.genesis.time_ms + 3_600_000,
            payload=payload,
        )
        root = compute_tx_signing_root(transaction)
        return SignedTransaction(transaction, sign(ED25519, self.seeds[sender], root))

    def _sign_vote(self, vote: RoundVote) -> RoundVote:
        signed = sign_message(self.context.genesis_id, self.seeds[vote.validator], vote)
        assert isinstance(signed, RoundVote), "signing keeps the kind"
        return signed


def mine(block: Block) -> Block:
    """The block with the first nonce whose work hash meets its target.

    Args:
        block: of a chain with an easy target.
    """
    fields = block.header.consensus
    assert isinstance(fields, PowFields), "a mined block"
    for nonce in count():
        header = replace(block.header, consensus=replace(fields, nonce=nonce))
        if compute_work_hash(header) <= fields.target:
            return replace(block, header=header)
    raise AssertionError("counting does not end")
