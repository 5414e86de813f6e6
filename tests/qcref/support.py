"""Chains for tests: a devnet in a folder, and transactions of named accounts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dsl.compile import CompiledUnit, compile_source
from qcref.accounts import NamedAccount, get_named_account
from qcref.devnet import Devnet, Wish
from spec.ir.encoding import encode_module
from spec.ledger.codec import compute_block_id
from spec.ledger.types import Deploy, SignedTransaction, Transfer
from spec.lib.result import Ok

ROOT = Path(__file__).resolve().parents[2]
ERC20 = ROOT / "stdlib_contracts" / "erc20" / "erc20.qc"


@dataclass(frozen=True)
class ChainView:
    """What two runs of one chain must agree on."""

    height: int
    head_id: bytes
    state_root: bytes


def get_account(name: str) -> NamedAccount:
    account = get_named_account(name)
    assert account is not None
    return account


def get_view(devnet: Devnet) -> ChainView:
    header = devnet.runtime.head.header
    return ChainView(header.height, compute_block_id(header), devnet.runtime.head.tree.root)


@contextmanager
def running(folder: Path) -> Iterator[Devnet]:
    devnet = Devnet(folder)
    try:
        yield devnet
    finally:
        devnet.close()


def sign_transfer(devnet: Devnet, name: str, to: str, amount: int) -> SignedTransaction:
    wish = Wish(Transfer(get_account(to).address, amount))
    return devnet.sign(get_account(name), wish)


def transfer(devnet: Devnet, name: str = "alice", to: str = "bob", amount: int = 1) -> None:
    """A transfer in a block of its own."""
    assert isinstance(devnet.submit(sign_transfer(devnet, name, to, amount)), Ok)
    assert devnet.mine()


@cache
def compile_erc20() -> CompiledUnit:
    unit = compile_source(ERC20.read_text("utf-8"), ERC20.name).unit
    assert unit is not None
    return unit


def make_deploy() -> Deploy:
    from qcref.abi import parse_arguments
    from spec.ir.value_view import record_from_json
    from spec.ir.values import encode_record, get_fields

    unit = compile_erc20()
    functions = unit.abi["functions"]
    assert isinstance(functions, list)
    init = functions[0]
    assert isinstance(init, dict)
    params = init["params"]
    assert isinstance(params, list)
    views = parse_arguments(params, ["Gold", "GLD", 18, "1000", "100"], lambda _: None)
    assert isinstance(views, Ok)
    kinds = get_fields(unit.linked.types, unit.linked.functions[0].declared.params)
    values = record_from_json(unit.linked.types, kinds, views.value)
    assert isinstance(values, Ok)
    arguments = encode_record(unit.linked.types, kinds, values.value)
    return Deploy(encode_module(unit.module), arguments, 0)
