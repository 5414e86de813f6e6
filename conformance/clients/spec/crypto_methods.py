"""Addresses, signing roots and signatures."""

from conformance.clients.spec.answers import (
    Accept,
    Answer,
    JsonObject,
    Reject,
    RequestError,
    to_bytes,
    to_hex,
)
from spec.crypto.address import (
    compute_contract_address,
    compute_key_address,
    decode_address_text,
    render_address,
    validate_address,
)
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signing import validate_signature
from spec.lib.result import Err


def verify_signature(args: JsonObject) -> Answer:
    """`signature.verify`: whether a signature is the key's."""
    failure = validate_signature(
        args["scheme"],
        to_bytes(args["public_key"]),
        to_bytes(args["message"]),
        to_bytes(args["signature"]),
    )
    return Accept() if failure is None else Reject(failure.code)


def derive_key_address(args: JsonObject) -> Answer:
    """`address.of_key`: the address of a public key."""
    return Accept(to_hex(compute_key_address(args["scheme"], to_bytes(args["public_key"]))))


def derive_contract_address(args: JsonObject) -> Answer:
    """`address.of_contract`: the address of what a deployer's transaction of this nonce deploys."""
    return Accept(to_hex(compute_contract_address(to_bytes(args["deployer"]), int(args["nonce"]))))


def encode_address(args: JsonObject) -> Answer:
    """`address.to_text`: the bech32m text of an address."""
    return Accept(render_address(args["prefix"], to_bytes(args["address"])))


def decode_address(args: JsonObject) -> Answer:
    """`address.from_text`: the address that a text names on the chain of this prefix."""
    decoded = decode_address_text(args["prefix"], args["text"])
    return Reject(decoded.error.code) if isinstance(decoded, Err) else Accept(to_hex(decoded.value))


def check_address(args: JsonObject) -> Answer:
    """`address.check`: whether bytes are an address."""
    failure = validate_address(to_bytes(args["address"]))
    return Accept() if failure is None else Reject(failure.code)


def derive_signing_root(args: JsonObject) -> Answer:
    """`signing.root`: what is signed for an object of a domain on a chain."""
    domain = next((d for d in Domain if d.name.lower() == args["domain"]), None)
    if domain is None:
        raise RequestError(f"there is no domain {args['domain']!r}")
    genesis_id, object_root = to_bytes(args["genesis_id"]), to_bytes(args["object_root"])
    return Accept(to_hex(compute_signing_root(domain, genesis_id, object_root)))
