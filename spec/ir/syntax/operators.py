"""The operators of `Prim`, and the other choices among a few that a node may name."""

from enum import IntEnum

PERMIT_DOMAIN = 1
"""Domain of the typed hash of permissions (`permits`); `hash(…)` in source has the domain 0."""


class ContextKind(IntEnum):
    """What a `Context` node reads."""

    CALLER = 0
    """address: who called this function (the sender, or the calling contract)."""
    VALUE = 1
    """u128: the coins that came with the call."""
    NOW = 2
    """u64: the block's time in ms."""
    HEIGHT = 3
    """u64: the block's height."""
    THIS = 4
    """address: the contract itself."""
    GENESIS_ID = 5
    """bytes[32]: the chain."""
    FUNCTION = 6
    """u16 (properties only): the index of the function that ran."""


class PrimOp(IntEnum):
    """Operators of `Prim`. Strict in all operands; total except where said."""

    ADD = 0
    """(number, number) -> int."""
    SUB = 1
    """(number, number) -> int."""
    MUL = 2
    """(number, number) -> int."""
    NEG = 3
    """(number) -> int."""
    DIV = 4
    """(number, number) -> type of the first: floor of the quotient. The divisor must be positive;
    else a failure in a body, and 0 in guards and properties."""
    MOD = 5
    """(number, number) -> type of the first: what DIV leaves, in [0, divisor). The divisor must be
    positive; else a failure in a body, and the first operand in guards and properties."""
    MIN = 6
    """(number, number) -> the wider type."""
    MAX = 7
    """(number, number) -> the wider type."""
    EQ = 8
    """(a, a) -> bool: two numbers of any widths, or two values of one type."""
    LT = 9
    """(number, number) -> bool."""
    LE = 10
    """(number, number) -> bool."""
    AND = 11
    """(bool, bool) -> bool."""
    OR = 12
    """(bool, bool) -> bool."""
    NOT = 13
    """(bool) -> bool."""
    SELECT = 14
    """(bool, a, a) -> a: the second operand if the first is true, else the third."""
    LENGTH = 15
    """(list or string) -> u32."""
    APPEND = 16
    """(list, element) -> list; fails in a body when full, is the list itself in a guard."""
    POP = 17
    """(list) -> list without its last element; fails in a body when empty, is the list in a
    guard."""
    REPLACE = 18
    """(list, number, element) -> list; fails in a body when out of range, is the list in a
    guard."""
    IS_MEMBER = 19
    """(enum) -> bool, immediates (tag,)."""
    HASH = 20
    """(values…) -> bytes[32], immediates (domain,): SHA-256 over the domain, the operands' types'
    fingerprint and their canonical encodings."""
    VERIFY_SIGNATURE = 21
    """(address, bytes[32], bytes[k], bytes[s]) -> bool, immediates (scheme,): the key of that
    address signed the digest; key and signature sizes are the scheme's."""
    IS_CONTRACT = 22
    """(address) -> bool: code is deployed there."""
    IMPLEMENTS = 23
    """(address) -> bool, immediates (interface,): the code there has every member of the
    interface."""
    MESSAGE = 24
    """(target address, value u128, arguments…) -> message, immediates (type, interface, member)."""


class When(IntEnum):
    """Which state a `Get` or `Agg` reads."""

    NOW = 0
    OLD = 1
    """Properties only: the state before the call."""
    AT = 2
    """Checkpointed cells only: the end of the block whose height is the last operand in `keys`;
    fails in a body unless that height is below the current one, and is the default in a guard."""


class Sign(IntEnum):
    """Direction of an `Update`."""

    PLUS = 0
    MINUS = 1
