"""Signing the call of a signed action elsewhere: what goes in as its last argument.

The node tells module, nonce and chain; the key stays here. What is signed is
`spec.ir.permits`; the answer is the value of the parameter `signed`, which anybody may send.
"""

from dataclasses import dataclass
from typing import cast

from qcref import abi
from qcref.accounts import get_named_account
from qcref.cli import client as node
from qcref.cli.output import CliError, Json
from spec.crypto.address import compute_key_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signature_sizes import ED25519, ML_DSA_65, SECP256K1
from spec.crypto.signing_keys import SecretKey
from spec.ir.linked import LinkedFunction, LinkedModule
from spec.ir.module_view import module_from_json
from spec.ir.permits import compute_permit_digest
from spec.ir.validate import link
from spec.ir.value_view import record_from_json
from spec.ir.values import Value
from spec.lib.result import Err

LIFETIME_MS = 3_600_000
"""How long a permission counts if its signer does not say."""
SIGNED = "signed"
"""The parameter that a signed action has last."""
NONCES = "nonces"
"""The state variable that counts permissions."""
MEMBERS = {ED25519: "Ed25519", SECP256K1: "Secp256k1", ML_DSA_65: "MlDsa65"}
"""What a signature is called by scheme."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a signer says beside the arguments; None for the usual."""

    key: SecretKey
    nonce: int | None
    deadline_ms: int | None


def is_signed(entry: dict[str, Json]) -> bool:
    """Whether a function of an interface is a signed action."""
    params = cast("list[dict[str, Json]]", entry["params"])
    return bool(params) and params[-1]["name"] == SIGNED


def get_named_key(name: str) -> SecretKey:
    """The key of a named account of development chains.

    Raises:
        CliError: there is none of that name.
    """
    account = get_named_account(name)
    if account is None:
        raise CliError("cli.account_unknown", f"{name[:100]!r} is no named account", ("alice",))
    return account.key


def sign_permission(
    client: node.Client, contract: str, entry: dict[str, Json], words: list[Json], terms: Terms
) -> Json:
    """The last argument of a signed action: nonce, deadline and signature.

    Args:
        client: a node of the chain.
        contract: its name or address.
        entry: the action in the contract's interface.
        words: all arguments but the last.
        terms: the key, and what else the signer says.

    Raises:
        CliError: the node refuses, or an argument is none.
    """
    view = client.get("contracts", contract)
    status = client.get("status")
    linked, function = _find_function(client, contract, entry)
    values = _parse_values(client, linked, function, entry, words)
    owner = "0x" + compute_key_address(terms.key.scheme, terms.key.public_key).hex()
    nonce = terms.nonce
    if nonce is None:
        cell = client.get("contracts", contract, "cells", NONCES, query=[("key", owner)])
        nonce = int(str(cell["value"]))
    deadline = terms.deadline_ms
    if deadline is None:
        deadline = int(str(status["now_ms"])) + LIFETIME_MS
    address = bytes.fromhex(str(view["address"])[2:])
    digest = compute_permit_digest(linked, function, address, values, (nonce, deadline))
    genesis_id = bytes.fromhex(str(status["genesis_id"])[2:])
    root = compute_signing_root(Domain.CONTRACT_PERMIT, genesis_id, digest)
    signature = "0x" + terms.key.sign(root).hex()
    key = "0x" + terms.key.public_key.hex()
    proof: Json = {MEMBERS[terms.key.scheme]: {"key": key, "signature": signature}}
    return {"nonce": str(nonce), "deadline": str(deadline), "signature": proof}


def _find_function(
    client: node.Client, contract: str, entry: dict[str, Json]
) -> tuple[LinkedModule, LinkedFunction]:
    module = module_from_json(client.get("contracts", contract, "ir")["module"])
    linked = module if isinstance(module, Err) else link(module.value)
    if isinstance(linked, Err):
        raise CliError("cli.answer_invalid", "the node's module of this contract is none", ())
    for function in linked.value.functions:
        if "0x" + function.declared.selector.hex() == entry["selector"]:
            return linked.value, function
    raise CliError("cli.answer_invalid", "the module has no function of this selector", ())


def _parse_values(
    client: node.Client,
    linked: LinkedModule,
    function: LinkedFunction,
    entry: dict[str, Json],
    words: list[Json],
) -> tuple[Value, ...]:
    def resolve(text: str) -> bytes | None:
        return bytes.fromhex(str(client.get("accounts", text)["address"])[2:])

    params = cast("list[abi.Json]", entry["params"])
    views = abi.parse_arguments(params[:-1], cast("list[abi.Json]", words), resolve)
    if isinstance(views, Err):
        raise CliError(views.error.code, views.error.message, ())
    values = record_from_json(linked.types, function.params[:-1], views.value)
    if isinstance(values, Err):
        raise CliError(values.error.code, values.error.message, ())
    return values.value
