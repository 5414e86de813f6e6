"""Habits of other languages: what an author probably meant, and how it is said here.

One table for parse errors and for unknown names. A pattern applies if its match touches the place
of the error; the first that applies wins.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habit:
    """A way of writing that belongs to another language."""

    pattern: re.Pattern[str]
    found: str
    """What the author wrote, for the message."""
    advice: str


def _habit(pattern: str, found: str, advice: str) -> Habit:
    return Habit(re.compile(pattern), found, advice)


HABITS: tuple[Habit, ...] = (
    _habit(r"\bmsg\s*\.\s*sender\b", "msg.sender", "the caller is `caller`"),
    _habit(r"\bmsg\s*\.\s*value\b", "msg.value", "the coins of the call are `value`"),
    _habit(r"\bmsg\b", "msg", "use `caller` and `value`"),
    _habit(r"\btx\s*\.\s*origin\b", "tx.origin", "there is no origin; access is about `caller`"),
    _habit(r"\bblock\s*\.\s*timestamp\b", "block.timestamp", "the block's time in ms is `now`"),
    _habit(r"\bblock\s*\.\s*number\b", "block.number", "the block's height is `height`"),
    _habit(r"\baddress\s*\(\s*this\s*\)", "address(this)", "the contract's address is `this`"),
    _habit(
        r"\baddress\s*\(\s*0\s*\)", "address(0)", "there is no null address; use `option[address]`"
    ),
    _habit(r"\baddress\s*\(", "address(…)", "the address of a contract value is `token.address`"),
    _habit(
        r"\babi\s*\.\s*\w+",
        "abi.encode",
        "a call as data is `message(Token(t).transfer(to, n))`; `hash(a, b)` takes values",
    ),
    _habit(
        r"\bdelegatecall\b",
        "delegatecall",
        "no other code runs in this contract's state; call it through an `interface`",
    ),
    _habit(
        r"\.\s*(?:call|staticcall)\s*[({]|\b(?:extcall|staticcall)\b",
        ".call(…)",
        "calls go through an `interface`: `Token(t).transfer(to, n, value = …)`",
    ),
    _habit(
        r"\{\s*(?:value|gas)\s*:",
        "{value: …}",
        "coins and gas go along as arguments: `Bank(b).deposit(value = 5, gas = 9_000)`",
    ),
    _habit(
        r"\buint\d*\b", "uint256", "unsigned integers are `u8`, `u16`, `u32`, `u64`, `u128`, `u256`"
    ),
    _habit(r"\bint\d*\b", "int", "there are no signed integers; use `u8` to `u256`"),
    _habit(r"\bbytes\d+\b", "bytes32", "fixed bytes are written `bytes[32]`"),
    _habit(r"\bmapping\s*\(|\bHashMap\b", "mapping(…)", "a map is written `map[address, u256]`"),
    _habit(r"\b(?:String|str)\b", "String", "texts have a longest length: `string[32]`"),
    _habit(r"\bOption\b|\bOptional\b", "Option", "an optional value is `option[T]`"),
    _habit(
        r"\bDynArray\b|\bvector\b|\bVec\b", "DynArray", "a list has a longest length: `list[T, 16]`"
    ),
    _habit(
        r"\brequire\s*\(",
        "require(…)",
        "write `require condition, Error(…)`, or `fails Error when …`",
    ),
    _habit(
        r"\brevert\b|\braise\b|\bthrow\b",
        "revert",
        "write `fails Error when …` or `require …, Error(…)`",
    ),
    _habit(r"\bself\s*\.", "self.", "state is named directly: `balances[caller]`"),
    _habit(r"\bself\b", "self", "state is named directly; the contract's address is `this`"),
    _habit(r"\bthis\s*\.", "this.", "`this` is an address; state is named directly"),
    _habit(r"\bdef\b|\bfn\b|\bfun\b|\bfunc\b", "def", "write `action`, `view` or `function`"),
    _habit(r"\bconstructor\b|\b__init__\b", "constructor", "write `init(…):`"),
    _habit(
        r"\bmodifier\b|\bonlyOwner\b",
        "modifier",
        "say who may act with `by`: `action mint(…) by minter:`",
    ),
    _habit(
        r"\bpublic\b|\bexternal\b|\bprivate\b|\binternal\b",
        "public",
        "actions and views are public, functions internal",
    ),
    _habit(r"\bpragma\b", "pragma", "a file holds one contract and needs no header"),
    _habit(r"\bstruct\b", "struct", "write `record Name:` and one field a line"),
    _habit(r"\bemit\b|\blog\b", "emit", "events are part of the header: `emits Transfer(…)`"),
    _habit(r"\breturns\b", "returns", "a result is written `-> u256`"),
    _habit(
        r"\bmemory\b|\bstorage\b|\bcalldata\b",
        "memory",
        "values have no location; a `let` of a record is a copy",
    ),
    _habit(r"\bmut\b", "let mut", "a variable that changes is `var x = …`"),
    _habit(r"\bconstant\b|\bimmutable\b", "constant", "write `const NAME: type = value`"),
    _habit(r"\bconst\s+\w+\s*=(?!=)", "const NAME = …", "say its type: `const NAME: u64 = value`"),
    _habit(r"\bwhile\b|\bloop\b", "while", "loops run over a list or `range(n)`"),
    _habit(
        r"\btry\b|\bcatch\b|\bexcept\b",
        "try",
        "a failure fails the whole transaction; it can't be caught",
    ),
    _habit(
        r"\bnull\b|\bNone\b|\bnil\b|\bundefined\b",
        "null",
        "the absent value of an option is `none`",
    ),
    _habit(r"\bTrue\b|\bFalse\b", "True", "write `true` and `false`"),
    _habit(r"\belse\s+if\b", "else if", "write `elif`"),
    _habit(r"\bunchecked\b", "unchecked", "arithmetic is always checked"),
    _habit(r"\bkeccak256\b|\bsha3\b|\bsha256\b", "keccak256", "there is one hash, `hash(…)`"),
    _habit(r"\bselfdestruct\b", "selfdestruct", "the code at an address never changes"),
    _habit(
        r"\.\s*transfer\s*\(|\.\s*send\s*\(",
        ".transfer(…)",
        "coins are sent by `pay(to, amount)`, tokens through an interface",
    ),
    _habit(r"\.\s*(?:push|add)\s*\(", ".push(…)", "write `items.append(x)`"),
    _habit(
        r"\bether\b|\bwei\b|\bgwei\b", "ether", "amounts are whole numbers of the smallest coin"
    ),
    _habit(
        r"@\s*\w+",
        "@…",
        "write `payable` or `by …` after the parameters; views are `view name(…) -> type:`",
    ),
    _habit(r"&&", "&&", "write `and`"),
    _habit(r"\|\|", "||", "write `or`"),
    _habit(r"!(?!=)", "!", "write `not`"),
    _habit(r"\+\+", "++", "write `x += 1`"),
    _habit(r"=\+", "=+", "write `x += 1`; to set x, leave the `+` out"),
    _habit(r"--", "--", "write `x -= 1`"),
    _habit(r"\*\*", "**", "there is no power; write the number, or `u256.max` for the largest"),
    _habit(r"<<|>>|[&^~]", "bit operators", "there are no bit operators; use `*`, `//` and `%`"),
    _habit(r"(?<!/)/(?![/])", "/", "division says how it rounds: `//` (down) or `div_up(a, b)`"),
    _habit(r"\?", "?:", "write `a if condition else b`"),
    _habit(r"(?<!=)=>", "=>", "implication is `==>`"),
    _habit(r":=", ":=", "write `let x = …` or `x = …`"),
    _habit(r"'", "'…'", "texts stand in double quotes"),
    _habit(r";", ";", "a statement ends with its line"),
    _habit(r"[{}]", "{ }", "blocks are made by indentation after `:`"),
)


def find_leading_habit(line: str) -> Habit | None:
    """Return the habit that a line begins with, or None."""
    start = len(line) - len(line.lstrip())
    for habit in HABITS:
        if habit.pattern.match(line, start):
            return habit
    return None


def find_habit(line: str, start: int, end: int) -> Habit | None:
    """Return the habit whose match on `line` touches the columns [start, end), or None."""
    for habit in HABITS:
        for match in habit.pattern.finditer(line):
            if match.start() <= end and start <= match.end() + 1:
                return habit
    return None
