"""What goes in and out: strict models, from which the OpenAPI document is made.

Integers wider than 32 bits are canonical decimal strings, bytes lower-case hex behind 0x. Unknown
members are refused, and nothing is converted: "1" is no number and 1 is no string.

Source: UX.md (everywhere).
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from qcref.api.problems import ApiError

StatusName = Literal["success", "refused", "stopped"]
HEX_LENGTH_MAX = 2 + 2 * 600_000
"""Above any transaction in hex."""
JSON_TYPE = "application/json"
ERRORS_SHOWN_MAX = 3
ERROR_LENGTH_MAX = 500
TEXT_LENGTH_MAX = 128
"""Of names and addresses."""
ARGUMENTS_MAX = 64
SOURCE_LENGTH_MAX = 1 << 16
MINE_COUNT_MAX = 1_000
ADVANCE_MS_MAX = 3_155_760_000_000
"""A hundred years."""

SNAPSHOTS_FULL = (HTTPStatus.CONFLICT, ApiError.SNAPSHOTS_FULL, "there are 1,024 snapshots already")
TIME_LIMIT = (
    HTTPStatus.UNPROCESSABLE_ENTITY,
    ApiError.TIME_LIMIT,
    "the clock does not go beyond the year 9999",
)

Amount = Annotated[
    str,
    Field(
        pattern=r"^(0|[1-9][0-9]{0,38})$",
        description="whole number below 2^128, decimal",
        examples=["1000000000"],
    ),
]
Gas = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,18})$", description="whole number, decimal")]
Hex = Annotated[str, Field(pattern=r"^0x([0-9a-f]{2})*$", max_length=HEX_LENGTH_MAX)]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
Who = Annotated[
    str,
    Field(
        min_length=1,
        max_length=TEXT_LENGTH_MAX,
        description="an account's name, a contract's name, bech32m text, or 0x and 64 digits",
        examples=["alice"],
    ),
]


class Model(BaseModel):
    """Strict in both directions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Problem(Model):
    """RFC 9457; `code` is the normative name of the error."""

    type: Literal["about:blank"]
    title: str
    status: int
    code: str
    detail: str


# Requests


class SubmitRequest(Model):
    """A signed transaction."""

    transaction: Hex
    """SSZ encoding of the signed transaction."""


class Limits(Model):
    """What a named account is willing to pay; what is left out is chosen well."""

    gas_limit: Gas | None = None
    fee_cap: Gas | None = None
    tip: Gas = "0"


class CallRequest(Limits):
    """A call of an action, signed by the devnet for a named account."""

    contract: Who
    action: Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX)]
    args: Annotated[list[JsonValue], Field(max_length=ARGUMENTS_MAX)] = []
    from_: Annotated[Who, Field(alias="from")]
    value: Amount = "0"


class TransferRequest(Limits):
    """Coins from a named account."""

    from_: Annotated[Who, Field(alias="from")]
    to: Who
    amount: Amount


class FaucetRequest(Model):
    """Coins from the faucet."""

    to: Who
    amount: Amount


class Goal(Model):
    """One property and what became of it."""

    name: Annotated[str, Field(max_length=1_000)]
    kind: Annotated[str, Field(max_length=100)]
    action: Annotated[str, Field(max_length=1_000)] | None
    verdict: Literal[
        "proved", "broken", "not_inductive", "conditional", "never_exercised", "unknown"
    ]


class Verification(Model):
    """The verifier's report, as whoever publishes it claims."""

    code_id: Hash
    verdict: Literal[
        "proved", "broken", "not_inductive", "conditional", "never_exercised", "unknown"
    ]
    goals: Annotated[list[Goal], Field(max_length=4_096)]
    assumptions: Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(max_length=256)]


class PublishRequest(Model):
    """What is told about a deployed contract."""

    contract: Who
    interface: dict[str, JsonValue]
    source: Annotated[str, Field(max_length=SOURCE_LENGTH_MAX)] | None = None
    verification: Verification | None = None


class DeployRequest(Limits):
    """A contract, deployed for a named account, and published."""

    from_: Annotated[Who, Field(alias="from")]
    module: Hex
    """SSZ encoding of the module."""
    args: Annotated[list[JsonValue], Field(max_length=ARGUMENTS_MAX)] = []
    value: Amount = "0"
    interface: dict[str, JsonValue] | None = None
    source: Annotated[str, Field(max_length=SOURCE_LENGTH_MAX)] | None = None
    verification: Verification | None = None


class SimulateRequest(Model):
    """A call that leaves no trace."""

    contract: Who
    function: Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX)]
    args: Annotated[list[JsonValue], Field(max_length=ARGUMENTS_MAX)] = []
    caller: Who = "alice"
    value: Amount = "0"


class MineRequest(Model):
    """How many blocks to make."""

    count: Annotated[int, Field(ge=1, le=MINE_COUNT_MAX)] = 1


class RevertRequest(Model):
    """Where to go back to."""

    snapshot: Annotated[int, Field(ge=0, le=1 << 31)]


class TimeRequest(Model):
    """How far to move the clock."""

    advance_ms: Annotated[int, Field(ge=0, le=ADVANCE_MS_MAX)]


# Responses


class Status(Model):
    """The chain and its head."""

    chain: str
    genesis_id: Hash
    head_height: str
    head_id: Hash
    final_id: Hash | None
    """None where nothing is ever final."""
    state_root: Hash
    time_ms: str
    """Of the head."""
    now_ms: str
    """The node's clock."""
    base_fee: str
    algorithm: str
    mining: str
    """When blocks come: instant, interval, manual, or by the network's consensus."""
    node: int
    """Which of the network's nodes answers, from 1."""
    nodes: int
    """How many nodes the network has."""
    mempool_count: int
    is_devnet: bool
    address_prefix: str


class Health(Model):
    """Whether the node serves."""

    status: Literal["ok"]


class BlockView(Model):
    """A block."""

    id: Hash
    height: str
    header: dict[str, JsonValue]
    seal: JsonValue
    ops: list[JsonValue]
    transactions: list[Hash]
    is_final: bool
    """Whether this node will never leave it."""


class BlockPage(Model):
    """Blocks, the latest first."""

    items: list[BlockView]
    next_cursor: str | None


class FaultView(Model):
    """How a contract failed."""

    code: str
    """`contract.refused` with a name and arguments, or the machine's reason."""
    contract: str
    name: str | None
    arguments: JsonValue
    data: Hex


class EventView(Model):
    """What a contract told the outside."""

    contract: str
    address: Hash
    name: str
    number: int
    fields: JsonValue
    data: Hex


class ReceiptView(Model):
    """What became of a transaction."""

    status: Literal["success", "refused", "stopped"]
    gas_used: str
    gas_price: str
    fee: str
    """Base units."""
    result: JsonValue
    """By the interface; the address after a deployment."""
    data: Hex
    error: FaultView | None
    causes: list[FaultView]
    events: list[EventView]


class RefusalView(Model):
    """Why a transaction left the pool."""

    code: str
    message: str


class TransactionView(Model):
    """A transaction wherever it is."""

    id: Hash
    state: Literal["pending", "included", "refused"]
    sender: str | None
    transaction: JsonValue
    call: JsonValue
    """A call's contract, function and arguments by their names."""
    signature: Hex | None
    height: str | None
    block_id: Hash | None
    position: int | None
    receipt: ReceiptView | None
    refusal: RefusalView | None
    is_final: bool
    """Whether it is in a block that this node will never leave."""


class ProofView(Model):
    """A Merkle proof against a block's state root (`spec.lib.trie_proof`)."""

    height: str
    block_id: Hash
    state_root: Hash
    key: Hash
    value: Hex | None
    """None: the proof is of absence."""
    proof: JsonValue
    """The proof's leaf and steps."""
    encoded: Hex
    """The same, SSZ."""


class AccountView(Model):
    """An account after the head."""

    address: Hash
    text: str
    name: str | None
    kind: Literal["key", "contract"]
    nonce: str
    balance: str
    inbox: str
    code_id: Hash
    proof: ProofView | None


class ContractSummary(Model):
    """A contract in a list."""

    address: Hash
    text: str
    name: str | None
    code_id: Hash
    verdict: str | None


class ContractPage(Model):
    """Contracts of which something is published, the oldest first."""

    items: list[ContractSummary]
    next_cursor: str | None


class ContractView(ContractSummary):
    """A contract."""

    balance: str
    inbox: str
    interface: dict[str, JsonValue]
    is_published: bool
    source: str | None
    verification: Verification | None


class ModuleView(Model):
    """The core IR."""

    code_id: Hash
    module: JsonValue


class CellView(Model):
    """A value of a contract's state."""

    contract: str
    cell: str
    number: int
    keys: list[JsonValue]
    value: JsonValue
    proof: ProofView | None


class SimulationView(Model):
    """What a call would do."""

    status: Literal["success", "refused", "stopped"]
    gas_used: str
    result: JsonValue
    data: Hex
    error: FaultView | None
    causes: list[FaultView]
    events: list[EventView]


class DeployedView(Model):
    """A deployment."""

    contract: ContractSummary | None
    """None unless it succeeded."""
    transaction: TransactionView


class DevAccountView(Model):
    """A named account, its secret included: it is worth nothing elsewhere."""

    name: str
    address: Hash
    text: str
    balance: str
    nonce: str
    scheme: int
    public_key: Hex
    secret_seed: Hex


class DevAccounts(Model):
    """All of them."""

    items: list[DevAccountView]


class Mined(Model):
    """The head after mining."""

    head_height: str
    head_id: Hash


class Snapshot(Model):
    """Its number, for `revert`."""

    snapshot: int
    head_height: str


class DevTime(Model):
    """The clock."""

    now_ms: str


def describe_errors(errors: Sequence[Mapping[str, object]]) -> str:
    """What is wrong with a request, for people; what was sent is not repeated."""
    shown: list[str] = []
    for error in errors[:ERRORS_SHOWN_MAX]:
        location = error["loc"]
        assert isinstance(location, tuple), "pydantic says where"
        where = ".".join(str(part)[:TEXT_LENGTH_MAX] for part in location)
        shown.append(f"{where}: {error['msg']}"[:ERROR_LENGTH_MAX])
    more = len(errors) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
