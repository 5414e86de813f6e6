"""What does consensus cost without signatures? PoS with 256 validators, and BFT steps.

An epoch of PoS is its 32 blocks through the rules alone: boundary, header, votes, what goes into
the state tree. A BFT step is one input of one node of four that agree on empty blocks, the ledger
included. A fixed loop of plain Python takes turns with both, so that the ratios say the same on a
fast machine, a slow one and a busy one. Targets: an epoch in 20 ms, and 10,000 steps a second,
where the loop takes `loop.LOOP_MS`.
"""

import argparse
import json
import sys
from dataclasses import replace
from functools import partial
from hashlib import sha256
from statistics import median

from benchmarks.loop import measure_s, run_loop
from qcref.sim.chains import GENESIS_TIME_MS, compute_chain
from qcref.sim.network import Network
from qcref.sim.plan import Plan
from qcref.sim.profiles import CALM
from spec.config import FinalityConfig, PosConfig
from spec.config.presets import DEVNET
from spec.consensus.interface import Parent, RulesContext
from spec.consensus.onion import compute_layer
from spec.consensus.pos.rules import PosRules
from spec.consensus.pos.state import PosState
from spec.ledger.codec import BlockId, get_draft
from spec.ledger.ops import FfgVote, PosFields
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView, RegisteredValidator
from spec.ledger.types import ZERO_BYTES32, Header
from spec.lib.result import Ok

VALIDATORS = 256
SLOTS = 32
"""Of an epoch; each has the votes of its committee of eight."""
EPOCHS = 12
"""Of one run; the first three, before anything is final, are not measured."""
WARM_EPOCHS = 3
EPOCH_LOOPS_MAX = 2
"""Loops that an epoch may cost: 20 ms."""

NODES = 4
TURNS = 9
TURN_MS = 2_000
"""Virtual time of a turn: some 3,500 steps."""
STEPS_LOOPS_MAX = 10
"""Loops that 1,000 steps may cost: 10,000 steps a second."""

CONTEXT = RulesContext(
    config=replace(
        DEVNET,
        consensus=PosConfig(
            finality=FinalityConfig(
                epoch_blocks=SLOTS,
                leak_after_epochs=8,
                leak_quotient=1 << 24,
                asynchrony_ms_max=10_000,
                reward=1_000_000,
                slash_quotient=32,
            ),
            boost_percent=40,
        ),
    ),
    genesis_id=sha256(b"benchmark").digest(),
    genesis_time_ms=0,
    verify=lambda _key, _root, _signature: True,
)
RULES = PosRules()
LAYERS_MAX = 16
"""Most blocks of one owner in a run."""


def compute_layers(validator: int) -> tuple[bytes, ...]:
    """What a validator reveals, first to last: each hashes to the one before."""
    layers = [compute_layer(validator.to_bytes(32, "little"), LAYERS_MAX - 1)]
    while len(layers) < LAYERS_MAX:
        layers.insert(0, sha256(layers[0]).digest())
    return tuple(layers)


LAYERS = tuple(compute_layers(validator) for validator in range(VALIDATORS))


def compute_view() -> LedgerView:
    """256 active validators of unlike stake."""
    return LedgerView(
        tuple(
            RegisteredValidator(
                validator=index,
                operator=sha256(b"operator" + index.to_bytes(2, "little")).digest(),
                consensus_key=sha256(b"key" + index.to_bytes(2, "little")).digest(),
                previous_key=ZERO_BYTES32,
                rotated_at_ms=0,
                stake=1_000_000 + 997 * index,
                unbonding=0,
                status=ValidatorStatus.ACTIVE,
                jailed_until_ms=0,
                withdrawable_at_ms=0,
            )
            for index in range(VALIDATORS)
        )
    )


class Chain:
    """A chain of full blocks, each by the owner of its slot."""

    def __init__(self) -> None:
        view = compute_view()
        state = RULES.genesis(CONTEXT, view)
        header = self._make_header(BlockId(CONTEXT.genesis_id), -1, 0, state, view)
        self.parent = Parent(BlockId(CONTEXT.genesis_id), header, state, view)
        self.layers = [0] * VALIDATORS
        self.finalised = 0

    def run_epoch(self, epoch: int) -> None:
        """The blocks of an epoch."""
        for slot in range(max(1, epoch * SLOTS), (epoch + 1) * SLOTS):
            self._add_block(slot)

    def _add_block(self, slot: int) -> None:
        """What a node does with a block, without its signatures and its ledger."""
        parent = self.parent
        ticked, _ = RULES.tick(CONTEXT, parent, slot)
        header = self._make_header(parent.block_id, parent.header.height, slot, ticked, parent.view)
        assert RULES.validate_header(CONTEXT, ticked, header) is None
        applied = RULES.apply_consensus(CONTEXT, ticked, get_draft(header), get_votes(ticked, slot))
        assert isinstance(applied, Ok)
        state, _ = applied.value
        RULES.encode_state(state)
        self.layers[ticked.producer] += 1
        block_id = BlockId(sha256(slot.to_bytes(8, "little")).digest())
        self.parent = Parent(block_id, header, state, parent.view)
        self.finalised = state.finality.ffg.finalised.epoch

    def _make_header(
        self, parent: BlockId, height: int, slot: int, ticked: PosState, view: LedgerView
    ) -> Header:
        current, previous = RULES.get_roots(ticked)
        layer = self.layers[ticked.producer] if slot else 0
        return Header(
            version=1,
            parent=parent,
            height=height + 1,
            slot=slot,
            time_ms=slot * CONTEXT.config.slot_ms,
            proposer=view.validators[ticked.producer].operator,
            state_root=ZERO_BYTES32,
            txs_root=ZERO_BYTES32,
            receipts_root=ZERO_BYTES32,
            ops_root=ZERO_BYTES32,
            validators_root=current,
            next_validators_root=previous,
            base_fee=1,
            gas_used=0,
            consensus=PosFields(LAYERS[ticked.producer][layer] if slot else ZERO_BYTES32),
        )


def get_votes(state: PosState, slot: int) -> tuple[FfgVote, ...]:
    """The votes of a slot's committee: each member votes once an epoch."""
    ffg = state.finality.ffg
    if not ffg.targets:
        return ()
    return tuple(
        FfgVote(slot, ZERO_BYTES32, ffg.justified, ffg.targets[-1].checkpoint, voter, bytes(64))
        for voter in range(slot % SLOTS, VALIDATORS, SLOTS)
    )


def measure_epochs() -> tuple[float, float]:
    """Milliseconds of an epoch: the best and the median ratio to the loop."""
    chain = Chain()
    pairs = []
    for epoch in range(EPOCHS):
        spent = measure_s(partial(chain.run_epoch, epoch))
        if epoch >= WARM_EPOCHS:
            pairs.append((spent, measure_s(run_loop)))
    assert chain.finalised == EPOCHS - 3, "the votes count: finality is three epochs behind"
    return 1_000 * min(spent for spent, _ in pairs), median(spent / loop for spent, loop in pairs)


def measure_steps() -> tuple[float, float]:
    """BFT steps a second: the best, and the median of the loops that 1,000 of them take."""
    calm = Plan(behaviours=(), delay_ms=CALM.delay_ms, faults_ms=0, faults=())
    network = Network(compute_chain("bft", NODES), calm, 1, (), is_forgetful=False)
    network.start()
    pairs = []
    for turn in range(1, TURNS + 1):
        before = network.events
        spent = measure_s(partial(network.run, GENESIS_TIME_MS + turn * TURN_MS))
        pairs.append((spent * 1_000 / (network.events - before), measure_s(run_loop)))
    return 1_000 / min(spent for spent, _ in pairs), median(spent / loop for spent, loop in pairs)


def main() -> int:
    """Measures and prints; 0 if both targets hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print as JSON")
    as_json: bool = parser.parse_args().json
    epoch_ms, epoch_ratio = measure_epochs()
    steps, steps_ratio = measure_steps()
    is_good = epoch_ratio <= EPOCH_LOOPS_MAX and steps_ratio <= STEPS_LOOPS_MAX
    view = {
        "pos_epoch_ms": epoch_ms,
        "pos_epoch_loops": epoch_ratio,
        "bft_steps_a_second": steps,
        "bft_1000_steps_loops": steps_ratio,
        "good": is_good,
    }
    if as_json:
        print(json.dumps(view))
    else:
        print(
            f"PoS epoch, {VALIDATORS} validators: {epoch_ms:.1f} ms, {epoch_ratio:.2f} loops ·"
            f" BFT: {steps:,.0f} steps/s, {steps_ratio:.1f} loops a 1,000 ·"
            f" targets {'hold' if is_good else 'do not hold'}"
        )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
