"""Structural limits: equal on every chain, because they shape encodings, roots and validity.

Each has its unit in its name and its reason beneath. What a chain may choose stands in `config`.
Sections follow the chapters.
"""

# Chapter ir: contracts

IR_VERSION = 1
"""The only version of the code section there is."""
IR_TYPES_MAX = 256
"""Entries of a type table (code and spec each); a fifth of it serves the largest library
contract."""
IR_TYPE_DEPTH_MAX = 16
"""Types nested in types; functions over values recurse at most this deep."""
IR_TYPE_FIELDS_MAX = 64
"""Fields of a record, members of an enum, fields of a member, of an event, of an error."""
IR_VALUE_SIZE_BYTES_MAX = 65_536
"""Largest encoding of any value that a type admits; bounds what one leaf or message can hold."""
IR_LIST_LENGTH_MAX = 4_096
"""Elements of a list."""
IR_KEY_SIZE_BYTES_MAX = 64
"""Bytes of one map key; a key is hashed on each access."""
IR_MAP_DEPTH_MAX = 4
"""Maps nested in one cell, hence keys in one path."""
IR_LITERALS_MAX = 1_024
"""Entries of a literal pool (code and spec each)."""
IR_INTERFACES_MAX = 32
"""Interfaces of a module."""
IR_MEMBERS_MAX = 32
"""Members of an interface."""
IR_CELLS_MAX = 256
"""State variables of a module, balance and inbox included."""
IR_EVENTS_MAX = 128
"""Events of a module."""
IR_ERRORS_MAX = 128
"""Errors of a module."""
IR_FUNCTIONS_MAX = 128
"""Functions of a module."""
IR_PARAMS_MAX = 32
"""Parameters of a function."""
IR_NODES_MAX = 8_192
"""Nodes of one list; one function of the largest library contract needs a tenth of it."""
IR_OPERANDS_MAX = 64
"""Operands of one node; as many as a record has fields."""
IR_IMMEDIATES_MAX = 4
"""Immediates of one `Prim`."""
IR_NESTING_MAX = 16
"""Blocks open at once in a node list."""
IR_INT_BITS_MAX = 1_024
"""Widest int: a product of four u256, or a sum over a map of them."""
IR_FOLD_RUNS_MAX = 65_535
"""Runs of a fold over numbers."""
IR_AGGREGATES_MAX = 64
"""Aggregates of a module."""
IR_AGGREGATE_KEYS_MAX = 4
"""Keys an aggregate binds, and variables a `ForAll` binds."""
IR_PROPERTIES_MAX = 128
"""Invariants, transitions, and ensures of one function."""
IR_MODIFIED_MAX = 64
"""Places a function may change, and errors it leaves open."""
IR_FUNCTION_GAS_MAX = 10_000_000
"""Static gas bound of a function: no chain's block holds more, so no function could ever run."""
CALL_DEPTH_MAX = 16
"""Contracts active at once."""
MODULE_SIZE_BYTES_MAX = 1_048_576
"""Encoded module, both sections."""

# Chapter config: what founders choose

CHAIN_NAME_SIZE_BYTES_MAX = 32
"""A chain's name: fits a line of a terminal beside other words."""
HRP_SIZE_BYTES_MAX = 16
"""Letters of an address prefix: with 32 bytes of address bech32m stays below its 90 characters."""
FORKS_MAX = 64
"""Entries of a fork schedule: two upgrades a year for a generation."""
ALLOCATIONS_MAX = 1_048_576
"""Accounts that a genesis funds: the holders of a chain that is born by migration."""
VALIDATORS_MAX = 1_024
"""Validators and candidates registered at once; at most 256 of them are active."""
ACTIVE_VALIDATORS_MAX = 256
"""Validators that take part at once: each of them sends messages to all others."""
POWER_TOTAL_LIMIT = 1 << 60
"""Sum of voting powers stays below: three times it still fits 64 bits in every client."""
SUPPLY_LIMIT = 1 << 96
"""Coins are always fewer: the sum of all accounts, and products with 32-bit ratios, fit 128
bits."""
BLOCK_GAS_LIMIT_MAX = IR_FUNCTION_GAS_MAX
"""Gas of a block on any chain."""
BLOCK_SIZE_BYTES_MAX = 33_554_432
"""Encoded block on any chain: what a node can take in, hash and hold several of."""

# Chapter ledger: transactions, blocks, receipts

PUBLIC_KEY_SIZE_BYTES_MAX = 1_952
"""ML-DSA-65's public key, the largest of the schemes."""
SIGNATURE_SIZE_BYTES_MAX = 3_309
"""ML-DSA-65's signature, the largest of the schemes."""
ARGUMENTS_SIZE_BYTES_MAX = 1_048_576
"""Encoded arguments of a call or deployment; a chain's largest transaction is the tighter bound."""
SELECTOR_SIZE_BYTES = 8
"""A function's selector."""
BLOCK_TRANSACTIONS_MAX = 16_384
"""Transactions of a block on any chain: their tree is 14 levels deep."""
BLOCK_OPS_MAX = 1_024
"""Consensus operations of a block: one vote of each validator."""
EVENTS_MAX = 1_048_576
"""Events of one transaction: the gas of a block is spent long before, since each costs several
units."""
LOG_DATA_SIZE_BYTES_MAX = 8_388_608
"""Encoded fields of an event, of an error, or a result: 64 fields of the largest value, and
room."""
FAILURE_CODE_SIZE_BYTES_MAX = 64
"""The name of a machine failure or of a refused module."""
APPROVALS_MAX = 32
"""Validators that one holder may stand behind on any chain, beside those it operates."""
POSITIONS_MAX = 64
"""Pools in which one holder may have shares: they lie in one leaf."""
UNBONDINGS_MAX = 8
"""Withdrawals of one holder from one pool that wait at once."""
RELEASES_MAX = 1_024
"""Withdrawals that a block may release on any chain."""

# Chapter consensus: chains

TERMS_MAX = 2_048
"""Times with a seat that a BFT chain remembers; those that ended first are forgotten."""
EVIDENCE_PER_BLOCK_MAX = 64
"""Ops of evidence in a BFT block: each convicts one validator, and the next block takes more."""

# Chapter consensus: nodes

ROUNDS_MAX = 65_535
"""Rounds of one height: with growing timeouts that is weeks of silence."""
ORPHANS_MAX = 256
"""Blocks kept while their parent is unknown; more are dropped and fetched again."""
DEFERRED_MAX = 64
"""Blocks kept because their time has not come."""
CANDIDATES_MAX = 256
"""Blocks at the ledger, or waiting for a seal."""
TREE_BLOCKS_MAX = 4_096
"""Blocks of a node's tree while nothing becomes final."""
INVALID_MAX = 256
"""Ids of invalid blocks remembered, so that the same block is not executed twice."""
EPOCHS_PASSED_MAX = 1_024
"""Boundaries that one block passes one by one after a silence."""
VOTES_KEPT_MAX = 16
"""Finality votes of one validator that a node keeps: the latest, for blocks and as witnesses."""
PRODUCTIONS_KEPT_MAX = 1_024
"""Latest (producer, slot) pairs that a node remembers the block of, as a witness."""
VOTES_PER_BLOCK_MAX = 512
"""Votes and evidence that a producer puts into a block: both sets vote, and it stays small."""
FUTURE_MESSAGES_MAX = 1_024
"""Votes and proposals kept for the next height while this one is undecided."""

# Chapter light: what a client without the chain takes

LIGHT_HEADERS_MAX = 4_096
"""Headers in one call of a light client; whoever has more calls again."""
LIGHT_LEAF_SIZE_BYTES_MAX = 1 << 20
"""A leaf that a light client is shown; finality's largest, of six full sets, is a fifth of it."""
