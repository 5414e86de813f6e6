"""A running node list: the values so far, the blocks open, and where control goes on.

There is one program counter and a stack of open blocks, no recursion. A frame is the working state
of one run and never outlives it.

    reached the end of             control goes on
    an arm of If or Match          behind the header's last arm
    a body of ForAll               at the body, for the next assignment; behind it, after the last
                                   one or the first for which the body is false

`Next` and `Leave` end folds and scopes; they are nodes, so no fold or scope runs to its end by
itself.

Source: IR.md 1 (header-first, one program counter), 3.7.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from spec.ir.linked import LinkedCode
from spec.ir.operators import get_enum, get_items
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    Fold,
    ForAll,
    If,
    Join,
    Leave,
    Match,
    Next,
    NodeIndex,
    Out,
    Scope,
    Var,
)
from spec.ir.values import Value

Row = tuple[Value, ...]


@dataclass(slots=True)
class OpenBlock:
    """A block that control is inside of; working state."""

    header: int
    end: int
    """Index behind its last node."""


@dataclass(slots=True)
class Loop:
    """A fold or quantifier that is running; working state."""

    count: int
    """How often its body runs at most."""
    get_row: Callable[[int], Row]
    """The bound variables of a run (0-based), before the carried values."""
    position: int
    """Which run it is."""


@dataclass(slots=True)
class Frame:
    """One run of a node list, as working state."""

    code: LinkedCode
    counter: int
    """Index of the node that runs next; the list's length when the run has ended."""
    values: list[Value | None]
    """Of each node, the value it had last."""
    blocks: list[OpenBlock] = field(default_factory=list)
    variables: dict[int, Row] = field(default_factory=dict)
    """What `Var` reads, by header."""
    outs: dict[int, Row] = field(default_factory=dict)
    """What `Out` reads, by header."""
    joined: dict[int, int] = field(default_factory=dict)
    """Which of its values a `Join` takes, by header."""
    loops: dict[int, Loop] = field(default_factory=dict)
    result: Row | None = None
    """What the function's `Leave` gave, once it has run."""


def make_frame(code: LinkedCode, variables: Row) -> Frame:
    """A run about to start; `variables` are an aggregate's parameters and keys."""
    frame = Frame(code, 0, [None] * len(code.nodes))
    frame.variables[FUNCTION_SCOPE] = variables
    return frame


def get_value(frame: Frame, index: NodeIndex) -> Value:
    """The value of a node that has run."""
    value = frame.values[index]
    assert value is not None, "validated: operands have run"
    return value


def get_values(frame: Frame, indices: tuple[NodeIndex, ...]) -> Row:
    """The values of nodes that have run."""
    return tuple(get_value(frame, index) for index in indices)


def is_ended(frame: Frame) -> bool:
    """Whether the run has come to its end."""
    return frame.result is not None or frame.counter == len(frame.code.nodes)


def settle(frame: Frame) -> None:
    """Leaves the blocks that end where control is; each round closes a block or repeats a body."""
    while frame.blocks and frame.blocks[-1].end == frame.counter:
        header = frame.blocks[-1].header
        if isinstance(frame.code.nodes[header], ForAll):
            _settle_for_all(frame, header)
            if frame.counter == header + 1:
                return
        else:
            frame.blocks.pop()
            frame.counter = frame.code.ends[header]


def find_last(code: LinkedCode, start: int, end: int) -> NodeIndex:
    """The last node that stands directly in the block that has the nodes start, …, end - 1."""
    last = start
    while code.ends[last] < end:
        last = code.ends[last]
    return NodeIndex(last)


def _settle_for_all(frame: Frame, header: int) -> None:
    is_true = bool(get_value(frame, find_last(frame.code, header + 1, frame.counter)))
    frame.values[header] = is_true
    loop = frame.loops[header]
    loop.position += 1
    if is_true and loop.position < loop.count:
        frame.variables[header] = loop.get_row(loop.position)
        frame.counter = header + 1
    else:
        frame.blocks.pop()


def enter_arm(frame: Frame, header: int, counts: tuple[int, ...], arm: int) -> None:
    """Control enters an arm; `counts` are the lengths of all arms of the header."""
    start = header + 1 + sum(counts[:arm])
    frame.joined[header] = _count_going_on(frame, header, counts[:arm])
    frame.counter = start
    frame.blocks.append(OpenBlock(header, start + counts[arm]))


def _count_going_on(frame: Frame, header: int, counts: tuple[int, ...]) -> int:
    """How many arms do not end in a `Leave`: a `Join` has a value for each of those only."""
    going_on = 0
    end = header + 1
    for count in counts:
        end += count
        is_leaving = count > 0 and isinstance(frame.code.nodes[end - 1], Leave)
        going_on += 0 if is_leaving else 1
    return going_on


def enter_loop(frame: Frame, header: int, loop: Loop, carried: Row) -> None:
    """A fold or quantifier begins; without any run it is over at once."""
    if loop.count == 0:
        frame.outs[header] = carried
        frame.counter = frame.code.ends[header]
        return
    frame.loops[header] = loop
    frame.variables[header] = (*loop.get_row(0), *carried)
    frame.blocks.append(OpenBlock(header, frame.code.ends[header]))
    frame.counter = header + 1


def _make_loop(frame: Frame, node: Fold) -> Loop:
    if node.source == NO_SOURCE:
        low = node.low
        return Loop(node.high - low, lambda position: (low + position,), 0)
    items = get_items(get_value(frame, NodeIndex(node.source)))
    return Loop(len(items), lambda position: (items[position],), 0)


def step_next(frame: Frame, node: Next) -> None:
    """The fold's body ends: the next run with the new carried values, or the fold's end."""
    carried = get_values(frame, node.values)
    loop = frame.loops[node.header]
    loop.position += 1
    if loop.position < loop.count:
        frame.variables[node.header] = (*loop.get_row(loop.position), *carried)
        frame.counter = node.header + 1
        return
    frame.blocks.pop()
    frame.outs[node.header] = carried
    frame.counter = frame.code.ends[node.header]


def step_leave(frame: Frame, node: Leave) -> None:
    """Ends the scope, or the run, and all blocks inside."""
    values = get_values(frame, node.values)
    if node.header == FUNCTION_SCOPE:
        frame.result = values
        return
    header = frame.blocks.pop().header
    while header != node.header:  # bounded: validated to be one of the open blocks
        header = frame.blocks.pop().header
    frame.outs[header] = values
    frame.counter = frame.code.ends[header]


def step_control(
    frame: Frame, node: If | Match | Join | Fold | Var | Next | Scope | Leave | Out
) -> None:
    """Runs a node of control flow; none of them fails."""
    index = frame.counter
    match node:
        case If(condition, then_count, else_count):
            arm = 0 if get_value(frame, condition) else 1
            enter_arm(frame, index, (then_count, else_count), arm)
        case Match(subject, arm_counts):
            enter_arm(frame, index, arm_counts, get_enum(get_value(frame, subject)).tag)
        case Fold():
            enter_loop(frame, index, _make_loop(frame, node), get_values(frame, node.initials))
        case Scope():
            frame.blocks.append(OpenBlock(index, frame.code.ends[index]))
            frame.counter += 1
        case Next():
            step_next(frame, node)
        case Leave():
            step_leave(frame, node)
        case Join() | Var() | Out():
            frame.values[index] = _get_carried(frame, node)
            frame.counter += 1


def _get_carried(frame: Frame, node: Join | Var | Out) -> Value:
    match node:
        case Join(header, values):
            return get_value(frame, values[frame.joined[header]])
        case Var(header, index):
            return frame.variables[header][index]
        case Out(header, index):
            return frame.outs[header][index]
