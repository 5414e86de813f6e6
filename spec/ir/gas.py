"""What running costs: a node's cost, a basic block's charge, a function's static bound.

One gas is about the time in which the reference machine runs its simplest node. A value counts in
words: 32 bytes of encoding or one part of the value, whichever are more. What dominates is hashing,
as on a real node: reading an entry derives a storage key and walks the state tree, writing one also
rehashes its path to the root (about forty inner nodes), a signature check costs a thousand simple
nodes.

Basic blocks: a block starts at the first node of a function, at the first node of its body
(`guard_count`), at the first node of each arm, scope and fold body, behind the last block of an If,
Match, Fold or Scope, and behind a Call or Send. It ends before the next start in the list. Its
charge is the sum of its nodes' costs, to which a function's first block adds the entry cost; it is
taken when control reaches the start. What a node costs never depends on values, so the charges are
constants of the module.

The bound of a function is the most that any run can charge: the dearer arm of an If or Match, a
fold's body times its greatest number of runs, and the whole cap of every Call and Send.

Costs, where w(T) is the most words a value of T takes, and every node costs 1 beside what is said
here. w(T) is the greater of `parts_max` and 1 + `size_bytes_max` // 32 (`measure`), so that 32
bytes are two words; of an int of b bits (`validation.operators`) it is 1 + b // 256:


    ADD SUB NEG MIN MAX SELECT    w(result) - 1 if the result is an int
    MUL DIV MOD                   w(first) * w(second)
    EQ APPEND POP REPLACE         w(first operand)
    HASH                          20 + the sum of w(operand)
    VERIFY_SIGNATURE              2,000 + 32 * the sum of w(operand)
    IS_CONTRACT, IMPLEMENTS       20, and 5 for each member
    MESSAGE                       w(message)
    MakeRecord MakeList Variant   the number of operands
    Fail Fold Next Leave          the number of args, initials or values
    Get                           20 + w(entry); with AT 680 + w(entry)
    Set Update                    100 + w(entry); of a checkpointed cell 300 + w(entry)
    Pay Collect                   200
    Emit                          20 + the sum of w(field)
    Call                          200 + the sum of w(parameter) + w(result), and 200 if coins
                                  go along
    Send                          400 + w(message)
    entry of a function           20 + the sum of w(parameter) + w(result)

Source: IR.md 1 (Gas), LANGUAGE.md 4; decision record 0042.
"""

from dataclasses import dataclass
from itertools import pairwise

from spec.ir.linked import IntType, StaticType
from spec.ir.measure import Measure, compute_measure
from spec.ir.syntax import (
    NO_SOURCE,
    NO_VALUE,
    Agg,
    Call,
    Check,
    Code,
    CodeSection,
    Collect,
    Const,
    Context,
    Emit,
    Fail,
    Field,
    Fold,
    ForAll,
    Get,
    If,
    Item,
    Join,
    Leave,
    ListType,
    MakeList,
    MakeRecord,
    MapType,
    Match,
    Next,
    Node,
    Out,
    Param,
    Pay,
    Payload,
    Prim,
    PrimOp,
    Scope,
    Send,
    Set,
    TypeIndex,
    Update,
    Var,
    Variant,
    When,
)
from spec.ir.values import Types

WORD_SIZE_BYTES = 32
WORD_BITS = 256
GAS_NODE = 1
"""Any node that only moves a value."""
GAS_ENTRY = 20
"""Finding a function and setting its run up, beside decoding its arguments and encoding its
result."""
GAS_READ = 20
"""A storage key derived and the state tree walked."""
GAS_WRITE = 100
"""A read, and the path to the root hashed anew."""
GAS_EVENT = 20
"""An event becomes a leaf of the receipt."""
GAS_TRANSFER = 200
"""Two balances written."""
GAS_CALL = 200
"""Code found, caller set aside."""
GAS_HASH = 20
"""A hash set up."""
GAS_IS_CONTRACT = 20
"""One read."""
GAS_MEMBER = 5
"""One member compared by IMPLEMENTS."""
GAS_SIGNATURE = 2_000
"""Arithmetic on a curve or a lattice, whatever the scheme…"""
GAS_SIGNATURE_BYTE = 1
"""… which also grows with key and signature: 64 bytes of Ed25519, 5 kB of ML-DSA-65."""
CHECKPOINT_READS = 34
"""Count and binary search among 2**32 checkpoints: no chain has more blocks, nor an entry more of
them."""
CHECKPOINT_WRITES = 3
"""The live leaf, the count and the checkpoint."""


@dataclass(frozen=True, slots=True)
class CostContext:
    """What the cost of a node depends on, beside the node."""

    types: Types
    measures: tuple[Measure, ...]
    code: CodeSection


def compute_words(context: CostContext, kind: StaticType | None) -> int:
    """The most words that a value of the type takes."""
    if kind is None:
        return 0
    if isinstance(kind, IntType):
        return 1 + kind.bits // WORD_BITS
    measure = compute_measure(kind, context.measures)
    return max(measure.parts_max, 1 + measure.size_bytes_max // WORD_SIZE_BYTES)


def _compute_words_of(context: CostContext, indices: tuple[TypeIndex, ...]) -> int:
    return sum(compute_words(context, context.types[index]) for index in indices)


def compute_entry_cost(
    context: CostContext, params: tuple[TypeIndex, ...], result: tuple[TypeIndex, ...]
) -> int:
    """What entering a function costs, part of its first block's charge."""
    return GAS_ENTRY + _compute_words_of(context, params) + _compute_words_of(context, result)


def compute_node_cost(
    context: CostContext, node: Node, kind: StaticType | None, operands: tuple[StaticType, ...]
) -> int:
    """The cost of a node.

    `kind` is the type of its value, `operands` are the types of its operands in the order of its
    fields.
    """
    match node:
        case Prim():
            return GAS_NODE + _compute_prim_cost(context, node, kind, operands)
        case Get() | Set() | Update():
            return GAS_NODE + _compute_state_cost(context, node)
        case Call() | Send() | Emit() | Pay() | Collect():
            return GAS_NODE + _compute_effect_cost(context, node, kind, operands)
        case MakeRecord(_, args) | MakeList(_, args) | Variant(_, _, args) | Fail(_, _, args):
            return GAS_NODE + len(args)
        case Fold(_, _, _, values, _) | Next(_, values) | Leave(_, values):
            return GAS_NODE + len(values)
        case ForAll() | Agg():
            return 0
        case (
            Const()
            | Param()
            | Context()
            | Check()
            | Field()
            | Payload()
            | Item()
            | If()
            | Match()
            | Join()
            | Var()
            | Scope()
            | Out()
        ):
            return GAS_NODE


def _compute_prim_cost(
    context: CostContext, node: Prim, kind: StaticType | None, operands: tuple[StaticType, ...]
) -> int:
    words = [compute_words(context, operand) for operand in operands]
    match node.op:
        case PrimOp.MUL | PrimOp.DIV | PrimOp.MOD:
            return words[0] * words[1]
        case PrimOp.EQ | PrimOp.APPEND | PrimOp.POP | PrimOp.REPLACE:
            return words[0]
        case PrimOp.HASH:
            return GAS_HASH + sum(words)
        case PrimOp.VERIFY_SIGNATURE:
            return GAS_SIGNATURE + GAS_SIGNATURE_BYTE * WORD_SIZE_BYTES * sum(words)
        case PrimOp.IS_CONTRACT:
            return GAS_IS_CONTRACT
        case PrimOp.IMPLEMENTS:
            members = context.code.interfaces[node.immediates[0]].members
            return GAS_IS_CONTRACT + GAS_MEMBER * len(members)
        case PrimOp.MESSAGE:
            return compute_words(context, kind)
        case _:
            return compute_words(context, kind) - 1 if isinstance(kind, IntType) else 0


def _compute_state_cost(context: CostContext, node: Get | Set | Update) -> int:
    cell = context.code.cells[node.cell]
    leaf = context.types[cell.type]
    for _ in node.keys:
        if isinstance(leaf, MapType):
            leaf = context.types[leaf.value]
    words = compute_words(context, leaf)
    if isinstance(node, Get):
        return (GAS_READ * CHECKPOINT_READS if node.when == When.AT else GAS_READ) + words
    return (GAS_WRITE * CHECKPOINT_WRITES if cell.is_checkpointed else GAS_WRITE) + words


def _compute_effect_cost(
    context: CostContext,
    node: Call | Send | Emit | Pay | Collect,
    kind: StaticType | None,
    operands: tuple[StaticType, ...],
) -> int:
    match node:
        case Call(interface, member):
            params = context.code.interfaces[interface].members[member].params
            words = _compute_words_of(context, params) + compute_words(context, kind)
            coins = 0 if node.value == NO_VALUE else GAS_TRANSFER
            return GAS_CALL + words + coins
        case Send():
            return GAS_CALL + GAS_TRANSFER + compute_words(context, operands[0])
        case Emit(event):
            return GAS_EVENT + _compute_words_of(context, context.code.events[event].fields)
        case Pay() | Collect():
            return GAS_TRANSFER


# Basic blocks


def compute_block_starts(nodes: Code, ends: tuple[int, ...], guard_count: int) -> tuple[bool, ...]:
    """For each node, whether a basic block starts there. `ends` is as in `LinkedCode`."""
    starts = [False] * (len(nodes) + 1)
    starts[0] = starts[guard_count] = True
    for index, node in enumerate(nodes):
        match node:
            case If(_, then_count, _):
                starts[index + 1] = starts[index + 1 + then_count] = starts[ends[index]] = True
            case Match(_, arm_counts):
                start = index + 1
                for count in arm_counts:
                    starts[start] = True
                    start += count
                starts[ends[index]] = True
            case Fold() | Scope():
                starts[index + 1] = starts[ends[index]] = True
            case Call() | Send():
                starts[index + 1] = True
            case _:
                pass
    return tuple(starts[:-1])


def compute_block_charges(starts: tuple[bool, ...], costs: tuple[int, ...]) -> tuple[int, ...]:
    """The charge of each node that starts a basic block, 0 for the others."""
    leaders = [index for index, is_start in enumerate(starts) if is_start]
    charges = [0] * len(costs)
    for start, end in pairwise([*leaders, len(costs)]):
        charges[start] = sum(costs[start:end])
    return tuple(charges)


# Static bound


@dataclass(slots=True)
class _OpenHeader:
    """A header whose blocks are being summed up."""

    ends: list[int]
    """The end of each of its blocks, in order."""
    runs: int
    """How often its block may run."""
    total: int
    """Cost of the block being summed."""
    dearest: int
    """Cost of the dearest block before."""


def compute_gas_bound(
    nodes: Code, types: tuple[StaticType | None, ...], costs: tuple[int, ...]
) -> int:
    """The most gas that one run of the list can charge, calls included.

    One pass: `costs` are those of the nodes, `types` those of their values.
    """
    outer = _OpenHeader([len(nodes)], 1, 0, 0)
    stack = [outer]
    for index, node in enumerate(nodes):
        _close_blocks(stack, index)
        stack[-1].total += costs[index]
        match node:
            case If(_, then_count, else_count):
                stack.append(_open(index, (then_count, else_count), 1))
            case Match(_, arm_counts):
                stack.append(_open(index, arm_counts, 1))
            case Fold(_, _, _, _, body_count):
                stack.append(_open(index, (body_count,), _compute_runs(node, types)))
            case Scope(body_count):
                stack.append(_open(index, (body_count,), 1))
            case Call(gas=gas) | Send(gas=gas):
                stack[-1].total += gas
            case _:
                pass
    _close_blocks(stack, len(nodes))
    return outer.dearest


def _open(index: int, counts: tuple[int, ...], runs: int) -> _OpenHeader:
    ends: list[int] = []
    end = index + 1
    for count in counts:
        end += count
        ends.append(end)
    return _OpenHeader(ends, runs, 0, 0)


def _close_blocks(stack: list[_OpenHeader], index: int) -> None:
    """Ends the blocks that end at `index`; at most as many as are open."""
    while stack and stack[-1].ends[0] == index:
        header = stack[-1]
        header.dearest = max(header.dearest, header.total)
        header.total = 0
        header.ends.pop(0)
        if not header.ends:
            stack.pop()
            if stack:
                stack[-1].total += header.runs * header.dearest


def _compute_runs(node: Fold, types: tuple[StaticType | None, ...]) -> int:
    if node.source == NO_SOURCE:
        return node.high - node.low
    source = types[node.source]
    assert isinstance(source, ListType), "a fold's source is a list"
    return source.length_max
