"""Reading JSON that a stranger wrote, and writing the one canonical form of it.

`parse` refuses what the formats exclude: nesting beyond a limit (before the parser recurses),
duplicate keys, NaN and infinities, and integers that a JavaScript reader would round. `canonical`
is RFC 8785: the form whose SHA-256 is a record's hash.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any, Dict, List, NoReturn, Tuple, Union

Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]
JsonObject = Dict[str, Any]

DEPTH_MAX = 64  # levels of brackets; a record of ours needs about 12, and the parser recurses
INTEGER_MAX = 2**53 - 1  # the widest integer every JSON reader keeps; wider ones are strings
_BRACKET_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_POINT_EXPONENT_MAX = 21  # ECMAScript writes 1e21 and above with an exponent
_POINT_EXPONENT_MIN = -7  # ... and below 1e-6 too
_ENCODER = json.JSONEncoder(ensure_ascii=False)  # escapes strings as RFC 8785 wants them


class JsonRefusedError(ValueError):
    """The text is not JSON as these formats allow it; the message says where and why."""


def parse(text: str) -> Json:
    """The value of one JSON text.

    Args:
        text: any string; its length was limited by whoever read it.

    Raises:
        JsonRefusedError: malformed, nested deeper than `DEPTH_MAX`, a key twice in one object,
            an integer beyond 2^53 - 1 or a number that is not finite.
    """
    if text.count("[") + text.count("{") > DEPTH_MAX and _compute_depth(text) > DEPTH_MAX:
        raise JsonRefusedError(f"nested deeper than {DEPTH_MAX} levels")
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_to_object,
            parse_int=_to_integer,
            parse_float=_to_number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise JsonRefusedError(f"{error.msg} at character {error.pos}") from error
    except RecursionError as error:  # brackets inside a malformed string escape the count above
        raise JsonRefusedError(f"nested deeper than {DEPTH_MAX} levels") from error
    return value


def parse_object(text: str) -> JsonObject:
    """As `parse`, for a text whose outermost value must be an object."""
    value = parse(text)
    if not isinstance(value, dict):
        raise JsonRefusedError("expected an object: { … }")
    return value


def canonical(value: Json) -> str:
    """The RFC 8785 form of a value: sorted keys, no spaces, numbers as ECMAScript prints them.

    Raises:
        JsonRefusedError: a number that is not finite, a lone surrogate or a value not of JSON.
    """
    if isinstance(value, str):
        return _render_string(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return _render_number(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([canonical(item) for item in value]) + "]"
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join([_render_string(k) + ":" + canonical(v) for k, v in pairs]) + "}"
    raise JsonRefusedError(f"a {type(value).__name__} is no JSON value")


def compute_hash(value: Json) -> str:
    """SHA-256 of the canonical form, as lower-case 0x hex."""
    return "0x" + hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()


def _compute_depth(text: str) -> int:
    """The deepest nesting of brackets outside strings."""
    depth = deepest = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        bracket = match.group()[0]
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest


def _to_object(pairs: List[Tuple[str, Json]]) -> JsonObject:
    found: JsonObject = {}
    for key, value in pairs:
        if key in found:
            raise JsonRefusedError(f"the key {key[:40]!r} stands twice in one object")
        found[key] = value
    return found


def _to_integer(digits: str) -> int:
    if len(digits) > len(str(INTEGER_MAX)) + 1 or abs(int(digits)) > INTEGER_MAX:
        raise JsonRefusedError(f"the integer {digits[:24]} is too wide: write it as a string")
    return int(digits)


def _to_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise JsonRefusedError(f"the number {text[:24]} is not finite")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise JsonRefusedError(f"{name} is no JSON value")


def _render_string(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise JsonRefusedError("a string holds a lone surrogate") from error
    return _ENCODER.encode(text)


def _render_number(number: float) -> str:
    """A number as ECMAScript's Number::toString prints it (RFC 8785, 3.2.2.3)."""
    if isinstance(number, int):
        if abs(number) > INTEGER_MAX:
            raise JsonRefusedError(f"the integer {number} is too wide: write it as a string")
        return str(number)
    if not math.isfinite(number):
        raise JsonRefusedError("a number is not finite")
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    digits, point = _to_digits(abs(number))
    count = len(digits)
    if count <= point <= _POINT_EXPONENT_MAX:
        return sign + digits + "0" * (point - count)
    if 0 < point <= _POINT_EXPONENT_MAX:
        return sign + digits[:point] + "." + digits[point:]
    if _POINT_EXPONENT_MIN < point - 1 < 0:
        return sign + "0." + "0" * -point + digits
    exponent = point - 1
    mantissa = digits[0] + ("." + digits[1:] if count > 1 else "")
    return f"{sign}{mantissa}e{'+' if exponent >= 0 else '-'}{abs(exponent)}"


def _to_digits(number: float) -> Tuple[str, int]:
    """The shortest digits that read back as `number`, and n of 0.digits x 10^n."""
    mantissa, _, exponent = repr(number).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or "0")
    digits = whole + ("" if fraction == "0" else fraction)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return stripped.rstrip("0"), point
