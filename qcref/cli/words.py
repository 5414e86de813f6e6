"""Words of a command line as arguments of a contract's function."""

from collections.abc import Sequence
from typing import cast

from qcref import abi
from qcref.cli.output import CliError, Json


def parse_words(entry: dict[str, Json], words: Sequence[str]) -> list[Json]:
    """One value for each parameter; the node judges them by the parameters' types.

    Args:
        entry: the function in the contract's interface.
        words: as typed; a list, record or enum with fields is JSON.

    Raises:
        CliError: too few or too many.
    """
    params = cast("list[dict[str, Json]]", entry["params"])
    if len(words) != len(params):
        usage = " ".join(f"{p['name']}:{_name_type(p['type'])}" for p in params) or "none"
        raise CliError(
            "cli.arguments_wrong",
            f"{entry['name']} takes {len(params)} arguments, found {len(words)}",
            (f"arguments: {usage}",),
        )
    return [
        cast("Json", abi.parse_text(cast("abi.AbiType", param["type"]), word))
        for param, word in zip(params, words, strict=True)
    ]


def _name_type(kind: Json) -> str:
    return str(kind.get("name", kind["kind"])) if isinstance(kind, dict) else str(kind)


def is_cell(interface: dict[str, Json], name: str) -> bool:
    """Whether a contract has a state variable of this name, and no function."""
    functions = cast("list[dict[str, Json]]", interface["functions"])
    cells = cast("list[dict[str, Json]]", interface["cells"])
    is_function = any(name in (entry["name"], entry["selector"]) for entry in functions)
    return not is_function and any(name == cell["name"] for cell in cells)


def find_function(interface: dict[str, Json], name: str) -> dict[str, Json]:
    """A function of a contract's interface.

    Raises:
        CliError: it has no such function.
    """
    functions = cast("list[dict[str, Json]]", interface["functions"])
    for entry in functions:
        if entry["kind"] != "init" and name in (entry["name"], entry["selector"]):
            return entry
    names = ", ".join(str(entry["name"]) for entry in functions if entry["kind"] != "init")
    raise CliError(
        "cli.function_unknown",
        f"{interface['contract'] or 'the contract'} has no function {name[:100]!r}",
        (f"it has: {names}",),
    )
