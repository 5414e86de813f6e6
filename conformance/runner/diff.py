"""Differences of two JSON values by JSON pointer, and the patches that vectors carry.

A pointer is RFC 6901 ("/accounts/alice/nonce"); a patch is the part of RFC 6902 that vectors use:
`add`, `replace` and `remove` of members of objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List

from conformance.runner.strict_json import Json, JsonObject, canonical

DIFFERENCES_MAX = 64  # shown of one record; one wrong root can change every leaf
SHOWN_LENGTH_MAX = 400  # characters of one value in a report
ABSENT = "(absent)"  # how a report shows a member that one side lacks


@dataclass(frozen=True)
class Difference:
    """One place where two values differ."""

    path: str
    """JSON pointer to the place."""
    expected: str
    """Canonical JSON of the spec's value there, or `ABSENT`."""
    got: str
    """Canonical JSON of the client's value there, or `ABSENT`."""


class _Missing:
    """The value of a member that isn't there."""


_MISSING = _Missing()


def compute_differences(expected: Json, got: Json) -> List[Difference]:
    """Where `got` differs from `expected`: the innermost places, at most `DIFFERENCES_MAX`."""
    found: List[Difference] = []
    pending: List[Any] = [("", expected, got)]
    while pending and len(found) < DIFFERENCES_MAX:
        path, left, right = pending.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            keys = sorted(set(left) | set(right), reverse=True)
            pending.extend(
                (f"{path}/{escape(key)}", left.get(key, _MISSING), right.get(key, _MISSING))
                for key in keys
            )
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            pending.extend(
                (f"{path}/{index}", left[index], right[index])
                for index in reversed(range(len(left)))
            )
        elif not is_equal(left, right):
            found.append(Difference(path, _show(left), _show(right)))
    return found


def is_equal(left: Any, right: Any) -> bool:  # noqa: ANN401 - any two values of JSON, or `_MISSING`
    """Equality of JSON values: `true` is not 1, and 1 is not "1"."""
    if isinstance(left, _Missing) or isinstance(right, _Missing):
        return left is right
    return canonical(left) == canonical(right)


def apply_patch(state: JsonObject, patch: List[JsonObject]) -> JsonObject:
    """The state after a patch; the given state is left as it was.

    Raises:
        KeyError: the patch names a member that isn't there (the vector file is damaged).
    """
    result = _copy(state)
    for step in patch:
        *parents, last = [unescape(part) for part in str(step["path"]).split("/")[1:]]
        target = result
        for part in parents:
            target = target[part]
        if step["op"] == "remove":
            del target[last]
        else:
            target[last] = step["value"]
    return result


def escape(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """The key that a part of a JSON pointer names."""
    return part.replace("~1", "/").replace("~0", "~")


def _copy(value: JsonObject) -> JsonObject:
    """A copy of all objects; lists and scalars are shared, for patches replace those whole."""
    return {key: _copy(item) if isinstance(item, dict) else item for key, item in value.items()}


def _show(value: Any) -> str:  # noqa: ANN401 - a value of JSON, or `_MISSING`
    if isinstance(value, _Missing):
        return ABSENT
    text = canonical(value)
    return text if len(text) <= SHOWN_LENGTH_MAX else text[:SHOWN_LENGTH_MAX] + "…"
