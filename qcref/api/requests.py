"""What people write, turned into what the chain takes; each failure is a problem with a code."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import cast

from pydantic import JsonValue

from qcref import abi
from qcref.abi import Json
from qcref.accounts import NamedAccount, get_named_account
from qcref.api import models
from qcref.api.problems import ApiError, ProblemError, make_not_found, make_problem
from qcref.contracts import Contract
from qcref.devnet import Wish
from qcref.module_abi import check_interface, compute_interface
from qcref.node import Node
from spec.ir.linked import LinkedFunction, LinkedModule
from spec.ir.value_view import record_from_json
from spec.ir.values import encode_record, get_fields
from spec.ledger.types import Call, Deploy, Payload
from spec.lib.result import Err

U128_MAX = (1 << 128) - 1
HASH_LENGTH = 66
"""0x and 64 digits."""


def make_invalid(detail: str) -> ProblemError:
    """The problem of a request whose form is right and whose content is not."""
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, ApiError.REQUEST_INVALID, detail)


def parse_hash(what: str, text: str) -> bytes:
    """32 bytes of lower-case hex behind 0x.

    Raises:
        ProblemError: it is none.
    """
    digits = text[2:]
    is_hex = all(digit in "0123456789abcdef" for digit in digits)
    if len(text) != HASH_LENGTH or not text.startswith("0x") or not is_hex:
        raise make_invalid(f"{what} is 0x and 64 lower-case hex digits")
    return bytes.fromhex(digits)


def parse_amount(text: str) -> int:
    """Base units.

    Raises:
        ProblemError: it is above 2^128 - 1.
    """
    amount = int(text)
    if amount > U128_MAX:
        raise make_invalid("an amount is below 2^128 base units")
    return amount


def find_address(node: Node, who: str) -> bytes:
    """The address that a text means.

    Raises:
        ProblemError: it means none.
    """
    address = node.directory.resolve(who)
    if address is None:
        raise make_not_found(ApiError.ACCOUNT_NOT_FOUND, repr(who[: models.TEXT_LENGTH_MAX]))
    return address


def find_signer(who: str) -> NamedAccount:
    """The named account that the devnet signs for.

    Raises:
        ProblemError: it has no such account.
    """
    account = get_named_account(who)
    if account is None:
        raise make_not_found(ApiError.NAMED_ACCOUNT_NOT_FOUND, repr(who[: models.TEXT_LENGTH_MAX]))
    return account


def find_contract(node: Node, who: str) -> Contract:
    """The deployed contract that a text means.

    Raises:
        ProblemError: there is none.
    """
    address = node.directory.resolve(who)
    contract = None if address is None else node.directory.get(address)
    if contract is None:
        raise make_not_found(ApiError.CONTRACT_NOT_FOUND, repr(who[: models.TEXT_LENGTH_MAX]))
    return contract


def find_function(contract: Contract, name: str) -> tuple[dict[str, Json], LinkedFunction]:
    """A function that may be called, by name or selector.

    Raises:
        ProblemError: there is none.
    """
    interface = contract.interface
    entry = abi.find_entry(interface, "functions", "name", name) or abi.find_entry(
        interface, "functions", "selector", name
    )
    if entry is None or entry["kind"] == "init":
        functions = cast("list[dict[str, Json]]", interface["functions"])
        names = ", ".join(str(each["name"]) for each in functions if each["kind"] != "init")
        detail = f"the contract has no function {name!r}; it has {names}"
        raise ProblemError(HTTPStatus.NOT_FOUND, ApiError.FUNCTION_NOT_FOUND, detail)
    return entry, _get_function(contract.linked, str(entry["selector"]))


def _get_function(linked: LinkedModule, selector: str) -> LinkedFunction:
    wanted = bytes.fromhex(selector[2:])
    return next(f for f in linked.functions if f.declared.selector == wanted)


def encode_arguments(
    node: Node,
    entry: dict[str, Json],
    linked: LinkedModule,
    written: Sequence[JsonValue],
) -> bytes:
    """Arguments as the machine takes them.

    Args:
        node: finds addresses by name.
        entry: the function in an interface.
        linked: the module it belongs to.
        written: one value for each parameter.

    Raises:
        ProblemError: one of them is no value of its parameter's type.
    """
    fields = cast("list[Json]", entry["params"])
    parsed = abi.parse_arguments(fields, cast("list[Json]", list(written)), node.directory.resolve)
    if isinstance(parsed, Err):
        raise make_problem(parsed.error)
    declared = _get_function(linked, str(entry["selector"])).declared
    kinds = get_fields(linked.types, declared.params)
    values = record_from_json(linked.types, kinds, parsed.value)
    if isinstance(values, Err):
        raise make_problem(values.error)
    return encode_record(linked.types, kinds, values.value)


def make_wish(payload: Payload, limits: models.Limits) -> Wish:
    """What a named account wants done, within what it is willing to pay."""
    return Wish(
        payload=payload,
        gas_limit=None if limits.gas_limit is None else int(limits.gas_limit),
        fee_cap=None if limits.fee_cap is None else int(limits.fee_cap),
        tip=int(limits.tip),
    )


def make_call(node: Node, request: models.CallRequest) -> Call:
    """The payload of a call.

    Raises:
        ProblemError: no such contract or action, or wrong arguments.
    """
    contract = find_contract(node, request.contract)
    entry, function = find_function(contract, request.action)
    if entry["kind"] == "view":
        detail = f"{entry['name']} is a view: read it by POST /v1/calls, no transaction is needed"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, ApiError.FUNCTION_IS_VIEW, detail)
    return Call(
        contract=contract.address,
        selector=function.declared.selector,
        arguments=encode_arguments(node, entry, contract.linked, request.args),
        value=parse_amount(request.value),
    )


def make_deploy(node: Node, request: models.DeployRequest) -> Deploy:
    """The payload of a deployment.

    Raises:
        ProblemError: the module is refused, the interface is not its own, or wrong arguments.
    """
    encoded = bytes.fromhex(request.module[2:])
    admitted = node.devnet.engine.admit_module(encoded)
    if isinstance(admitted, Err):
        detail = "the module is refused by the rules of the core IR"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, admitted.error, detail)
    linked = node.devnet.engine.load_module(admitted.value, encoded)
    assert isinstance(linked, LinkedModule), "the engine links modules"
    interface = compute_interface(linked, admitted.value)
    if request.interface is not None:
        published = cast("dict[str, Json]", request.interface)
        failure = check_interface(linked, admitted.value, published)
        if failure is not None:
            raise make_problem(failure)
        interface = published
    entry = abi.find_entry(interface, "functions", "kind", "init")
    if entry is None and request.args:
        raise make_invalid("the contract has no init, so it takes no arguments")
    arguments = b"" if entry is None else encode_arguments(node, entry, linked, request.args)
    return Deploy(module=encoded, arguments=arguments, value=parse_amount(request.value))
