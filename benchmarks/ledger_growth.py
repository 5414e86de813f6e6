"""Does a block cost more in a larger state? 200 signed ERC20 transfers at two sizes.

Measured in CPU time, the sizes taking turns: from the bytes of a block to the state after it, that
is decoding, authentication by the node's fast signatures, execution in the reference machine with
the node's memory of linked modules, receipts and all roots. The target is a ratio of at most 2.
"""

import argparse
import gc
import hashlib
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from dsl.compile import compile_source
from qcref.crypto.signing import validate_signature
from qcref.engine.cached import compute_cached_engine
from spec.config import Allocation, Genesis, GenesisValidator, compute_genesis_id
from spec.config.presets import DEVNET
from spec.crypto.address import compute_contract_address, compute_key_address
from spec.crypto.signing import ED25519
from spec.crypto.signing_keys import compute_public_key, sign
from spec.ir.encoding import encode_module
from spec.ir.storage import compute_storage_key
from spec.ledger.block import Chain, Signed, apply_block, authenticate_by, build_block
from spec.ledger.codec import compute_tx_signing_root, decode_block, encode_block
from spec.ledger.genesis import GenesisConsensus, LedgerState, compute_genesis_state
from spec.ledger.header import DraftChoice, compute_draft
from spec.ledger.ledger_ops import NO_CONSENSUS_STEP
from spec.ledger.ops import NoFields, NoSeal
from spec.ledger.state import compute_storage_leaf_key, encode_account
from spec.ledger.types import (
    Account,
    Block,
    Call,
    Deploy,
    Payload,
    SenderKey,
    SignedTransaction,
    Transaction,
)
from spec.lib.result import Ok

SIZES = (1_000, 100_000)
TRANSACTIONS = 200
ROUNDS = 7
RATIO_MAX = 2.0
COINS = 10**12
TOKEN_SOURCE = Path(__file__).parent.parent / "stdlib_contracts" / "erc20" / "erc20.qc"


@dataclass(frozen=True)
class Sender:
    """A key that sends."""

    seed: bytes
    key: SenderKey
    address: bytes


@dataclass(frozen=True)
class Case:
    """A chain with a state of some size, and the bytes of the block to apply to it."""

    chain: Chain
    state: LedgerState
    data: bytes


def make_sender(number: int) -> Sender:
    """The sender of a number."""
    seed = number.to_bytes(32, "big")
    key = SenderKey(ED25519, compute_public_key(ED25519, seed))
    return Sender(seed, key, compute_key_address(key.scheme, key.public_key))


def make_start(owner: Sender) -> tuple[Chain, LedgerState]:
    """A chain on which `owner` can deploy."""
    genesis = Genesis(
        config=DEVNET,
        time_ms=1_000,
        allocations=(Allocation(owner.address, COINS),),
        validators=(GenesisValidator(owner.address, owner.key.public_key, 1),),
    )
    consensus = GenesisConsensus(NO_CONSENSUS_STEP, bytes(32), bytes(32), NoFields())
    chain = Chain(genesis.config, compute_genesis_id(genesis), compute_cached_engine())
    return chain, compute_genesis_state(genesis, consensus)


def make_signed(chain: Chain, sender: Sender, payload: Payload, gas_limit: int) -> Signed:
    """A sender's first transaction, signed."""
    tx = Transaction(
        genesis_id=chain.genesis_id,
        sender=sender.key,
        nonce=0,
        gas_limit=gas_limit,
        fee_cap=100,
        tip=1,
        expires_at_ms=1 << 52,
        payload=payload,
    )
    signature = sign(sender.key.scheme, sender.seed, compute_tx_signing_root(tx))
    return Signed(SignedTransaction(tx, signature), sender.address)


def make_block(
    chain: Chain, state: LedgerState, txs: tuple[Signed, ...]
) -> tuple[Block, LedgerState]:
    """The next block with these transactions, and the state after it."""
    header = state.header
    choice = DraftChoice(
        slot=header.slot + 1,
        time_ms=header.time_ms + 1,
        proposer=txs[0].sender,
        validators_root=bytes(32),
        next_validators_root=bytes(32),
        consensus=NoFields(),
    )
    draft = compute_draft(chain.config, header, choice)
    built = build_block(chain, state, (draft, ()), txs, NO_CONSENSUS_STEP)
    assert isinstance(built, Ok), "the draft follows its parent"
    assert not built.value.refusals, "every transaction fits"
    return Block(built.value.header, built.value.body, NoSeal()), built.value.applied.state


def encode_init() -> bytes:
    """init("Gold", "GLD", 18, 10^30, 10^20) as one record."""
    head_bytes = 4 + 4 + 1 + 32 + 32
    name, symbol = b"Gold", b"GLD"
    offsets = head_bytes.to_bytes(4, "little") + (head_bytes + len(name)).to_bytes(4, "little")
    numbers = bytes((18,)) + (10**30).to_bytes(32, "little") + (10**20).to_bytes(32, "little")
    return offsets + numbers + name + symbol


def find_named(rows: object, name: str) -> int:
    """The place of the row of that name in a table of an ABI."""
    assert isinstance(rows, list), "an ABI's tables are lists"
    return [row["name"] for row in rows].index(name)


def make_case(senders: tuple[Sender, ...], accounts: int) -> Case:
    """A token with so many holders, who all have coins, and 200 transfers among them."""
    unit = compile_source(TOKEN_SOURCE.read_text("utf-8"), "erc20.qc").unit
    assert unit is not None, "the standard library compiles"
    owner = senders[0]
    chain, start = make_start(owner)
    module = encode_module(unit.module)
    deployment = make_signed(chain, owner, Deploy(module, encode_init(), 0), 800_000)
    _, state = make_block(chain, start, (deployment,))
    token = compute_contract_address(owner.address, 0)
    selector = unit.module.code.functions[find_named(unit.abi["functions"], "transfer")].selector
    balances = find_named(unit.abi["cells"], "balances")
    strangers = (
        bytes((1,)) + hashlib.sha256(number.to_bytes(8, "big")).digest()[:31]
        for number in range(accounts - len(senders))
    )
    holders = (*(sender.address for sender in senders), *strangers)
    coins = encode_account(Account(0, COINS, 0, bytes(32)))
    tokens = (10**12).to_bytes(32, "little")
    writes: dict[bytes, bytes | None] = {}
    for holder in holders:
        if holder != owner.address:
            writes[holder] = coins
        place = compute_storage_key(token, balances, (holder,))
        writes[compute_storage_leaf_key(place)] = tokens
    state = replace(state, tree=state.tree.apply_batch(tuple(sorted(writes.items()))))
    amount = (5).to_bytes(32, "little")
    txs = tuple(
        make_signed(
            chain, sender, Call(token, selector, holders[-1 - index] + amount, 0), gas_limit=10_000
        )
        for index, sender in enumerate(senders[1:])
    )
    # the tree was filled behind the header's back: the block only has to follow that header
    block, _ = make_block(chain, state, txs)
    return Case(chain, state, encode_block(block))


def measure_ms(case: Case) -> float:
    """CPU time from the bytes of the block to the state after it."""
    started = time.process_time()
    block = decode_block(case.chain.config, case.data)
    assert isinstance(block, Ok), "the block decodes"
    body = block.value.body
    senders = authenticate_by(validate_signature, body)
    assert isinstance(senders, Ok), "the signatures are good"
    applied = apply_block(
        case.chain, case.state, (block.value.header, body), senders.value, NO_CONSENSUS_STEP
    )
    assert isinstance(applied, Ok), "the block is valid"
    return (time.process_time() - started) * 1_000


def main() -> int:
    """Measures, prints, and says by the exit code whether the target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    senders = tuple(make_sender(number) for number in range(1, TRANSACTIONS + 2))
    cases = {size: make_case(senders, size) for size in SIZES}
    gc.collect()
    gc.freeze()
    times: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, case in cases.items():
            times[size].append(measure_ms(case))
    medians = {size: median(values) for size, values in times.items()}
    ratio = medians[SIZES[1]] / medians[SIZES[0]]
    if args.json:
        rows = {str(size): round(value, 2) for size, value in medians.items()}
        print(json.dumps({"block_ms": rows, "ratio": round(ratio, 3), "ratio_max": RATIO_MAX}))
    else:
        for size, value in medians.items():
            print(f"{size:>7} accounts  {value:7.1f} ms for {TRANSACTIONS} transfers")
        print(f"ratio {ratio:.2f}, at most {RATIO_MAX:.1f} is the target")
    return 0 if ratio <= RATIO_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
