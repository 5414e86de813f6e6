"""The ledger's part of a node: blocks are built and executed here, and their states kept.

A state is kept for every block of the node's tree, so that a fork can be executed on any of them;
states share all that they have in common. What was executed and is not attached yet waits beside
them, as long as the node knows the block as a candidate.
"""

from collections.abc import Collection

from qcref.core.mempool import Mempool
from qcref.crypto.signing import validate_signature
from spec.consensus.interface import Build, Execute, Executed
from spec.ledger.block import Applied, Chain, apply_block, authenticate_by, build_block
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.genesis import LedgerState
from spec.ledger.ops import NoSeal
from spec.ledger.staking.view import compute_ledger_view
from spec.ledger.state import TreeReader
from spec.ledger.types import Block
from spec.lib.result import Err, Ok


class Executor:
    """States by block."""

    def __init__(self, chain: Chain, mempool: Mempool, root: LedgerState) -> None:
        """Begins at one block.

        Args:
            chain: whose blocks they are.
            mempool: what blocks are built from.
            root: the state after the first block of the node's tree.
        """
        self._chain, self._mempool = chain, mempool
        self._states: dict[BlockId, LedgerState] = {compute_block_id(root.header): root}
        self._applied: dict[BlockId, Applied] = {}
        self._built: BlockId | None = None

    def get_state(self, block_id: BlockId) -> LedgerState:
        """The state after a block of the tree."""
        return self._states[block_id]

    def build(self, build: Build) -> Block:
        """A block of what the mempool offers; what can't go into it now leaves the mempool."""
        parent = self._states[BlockId(build.draft.parent)]
        candidates = self._mempool.select(build.draft.base_fee)
        built = build_block(self._chain, parent, (build.draft, build.ops), candidates, build.step)
        assert isinstance(built, Ok), "a draft that the rules made follows its parent"
        for refusal in built.value.refusals:
            self._mempool.refuse(candidates[refusal.index], refusal.error)
        block = Block(built.value.header, built.value.body, NoSeal())
        self._built = compute_block_id(block.header)
        self._applied[self._built] = built.value.applied
        return block

    def execute(self, execute: Execute) -> Executed:
        """The ledger's verdict; a block that we built was executed by building it."""
        if execute.block_id not in self._applied:
            body = execute.block.body
            senders = authenticate_by(validate_signature, body)
            if isinstance(senders, Err):
                return Executed(execute.block_id, Err(senders.error.code))
            parent = self._states[BlockId(execute.block.header.parent)]
            block = (execute.block.header, body)
            applied = apply_block(self._chain, parent, block, senders.value, execute.step)
            if isinstance(applied, Err):
                return Executed(execute.block_id, Err(applied.error.code))
            self._applied[execute.block_id] = applied.value
        reader = TreeReader(self._applied[execute.block_id].state.tree)
        return Executed(execute.block_id, Ok(compute_ledger_view(reader)))

    def attach(self, block_id: BlockId) -> Applied:
        """A block joins the tree: what executing it gave."""
        applied = self._applied.pop(block_id)
        self._states[block_id] = applied.state
        return applied

    def prune(self, tree: Collection[BlockId], candidates: Collection[BlockId]) -> None:
        """Forgets what the node has forgotten; the block that was built last may still come.

        Args:
            tree: the node's blocks.
            candidates: those it waits for.
        """
        if len(self._states) != len(tree):
            self._states = {block_id: self._states[block_id] for block_id in tree}
        self._applied = {
            block_id: applied
            for block_id, applied in self._applied.items()
            if block_id in candidates or block_id == self._built
        }
