"""`qc tx`: send coins, show a transaction, and the three steps of signing elsewhere.

    build     a transaction for an address, and the exact 32 bytes that its key must sign
    sign      the signature by a key file
    submit    the signed transaction, from a file

`permit` signs the call of a signed action, which anybody may then send with `qc call`.

A transaction file is JSON: {"transaction": 0x…, "signing_root": 0x…, "signature": 0x… or null}.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

from qcref.cli import client as node
from qcref.cli import permits
from qcref.cli.keys import SCHEMES, add_passphrase, open_key
from qcref.cli.output import (
    AMOUNT_HELP,
    GOOD,
    CliError,
    Json,
    add_json,
    parse_amount,
    print_json,
    report_error,
)
from qcref.cli.results import get_exit_code, render_transaction, settle
from qcref.cli.words import find_function, parse_words
from spec.crypto.address import compute_key_address
from spec.crypto.signing import ED25519, ML_DSA_65, SECP256K1
from spec.ledger.codec import compute_tx_signing_root
from spec.ledger.types import (
    SIGNED_TRANSACTION,
    TRANSACTION,
    SenderKey,
    SignedTransaction,
    Transaction,
    Transfer,
)
from spec.lib.result import Err
from spec.lib.ssz import decode, encode

FILE_SIZE_BYTES_MAX = 2 << 20
LIFETIME_MS = 3_600_000
TRANSFER_GAS = {ED25519: 10_000, SECP256K1: 10_000, ML_DSA_65: 40_000}
"""Limits that suffice for a transfer; what is not used is not paid."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc tx` to a parser."""
    commands = parser.add_subparsers(dest="tx_command", metavar="COMMAND", required=True)
    send = commands.add_parser("send", help="coins from a named account of the devnet")
    send.add_argument("to", help="name or address")
    send.add_argument("amount", help=AMOUNT_HELP)
    send.add_argument("--from", dest="sender", required=True, metavar="NAME")
    show = commands.add_parser("show", help="a transaction with its receipt")
    show.add_argument("id", help="0x and 64 digits")
    build = commands.add_parser("build", help="print the exact bytes to sign of a transfer")
    build.add_argument("to", help="name or address")
    build.add_argument("amount", help=AMOUNT_HELP)
    build.add_argument("--public-key", required=True, metavar="0x…", help="the sender's")
    build.add_argument("--scheme", choices=sorted(SCHEMES), default="ed25519")
    build.add_argument("--out", type=Path, metavar="FILE", help="write a transaction file")
    sign = commands.add_parser("sign", help="sign a transaction file with a key file")
    sign.add_argument("file", type=Path)
    sign.add_argument("--key", type=Path, required=True, metavar="KEYFILE")
    add_passphrase(sign)
    permit = commands.add_parser(
        "permit", help="sign the call of a signed action, for others to send"
    )
    permit.add_argument("contract", help="its name or address")
    permit.add_argument("action", help="a signed action")
    permit.add_argument("args", nargs="*", help="one for each parameter but the last")
    permit.add_argument("--key", type=Path, metavar="KEYFILE", help="the signer's key file")
    permit.add_argument("--sign-as", metavar="NAME", help="or a named account of the devnet")
    permit.add_argument("--nonce", type=int, help="(default: the signer's next one)")
    permit.add_argument("--deadline", type=int, metavar="MS", help="(default: in an hour)")
    add_passphrase(permit)
    submit = commands.add_parser("submit", help="send a signed transaction file to the node")
    submit.add_argument("file", type=Path)
    for each in (send, show, build, submit, permit):
        node.add_url(each)
    for each in (send, show, build, sign, submit, permit):
        add_json(each)


def run(args: argparse.Namespace) -> int:
    """Does what was asked; 1 if the transaction failed or is not there."""
    commands = {
        "send": _send,
        "show": _show,
        "build": _build,
        "sign": _sign,
        "submit": _submit,
        "permit": _permit,
    }
    try:
        return commands[args.tx_command](args)
    except CliError as error:
        return report_error(error)


def _report(args: argparse.Namespace, view: dict[str, Json]) -> int:
    if args.json:
        print_json(view)
    else:
        print("\n".join(render_transaction(view)))
    return get_exit_code(view)


def _send(args: argparse.Namespace) -> int:
    client = node.connect(args)
    body = {"from": args.sender, "to": args.to, "amount": str(parse_amount(args.amount))}
    return _report(args, settle(client, client.post("dev/transfer", body)))


def _show(args: argparse.Namespace) -> int:
    return _report(args, node.connect(args).get("transactions", args.id))


def _build(args: argparse.Namespace) -> int:
    scheme = SCHEMES[args.scheme]
    public_key = _parse_hex("--public-key", args.public_key)
    client = node.connect(args)
    status = client.get("status")
    sender = compute_key_address(scheme, public_key)
    account = client.get("accounts", "0x" + sender.hex())
    to = client.get("accounts", args.to)
    tx = Transaction(
        genesis_id=bytes.fromhex(str(status["genesis_id"])[2:]),
        sender=SenderKey(scheme, public_key),
        nonce=int(str(account["nonce"])),
        gas_limit=TRANSFER_GAS[scheme],
        fee_cap=2 * int(str(status["base_fee"])),
        tip=0,
        expires_at_ms=int(str(status["now_ms"])) + LIFETIME_MS,
        payload=Transfer(bytes.fromhex(str(to["address"])[2:]), parse_amount(args.amount)),
    )
    document = _make_document(tx, None)
    if args.out is not None:
        args.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if args.json:
        print_json(document)
    else:
        print(f"sign these 32 bytes with the key of {account['text']}:")
        print(f"  {document['signing_root']}")
        print(f"of the transaction  {document['transaction']}")
        if args.out is not None:
            print(f"  next:  qc tx sign {args.out} --key KEYFILE   then  qc tx submit {args.out}")
    return GOOD


def _sign(args: argparse.Namespace) -> int:
    tx, _ = _read_document(args.file)
    key = open_key(args.key, args)
    if (key.scheme, key.public_key) != (tx.sender.scheme, tx.sender.public_key):
        sentence = f"{args.key} holds another key than the transaction's sender"
        raise CliError("cli.key_mismatch", sentence, ("build it with this key's --public-key",))
    document = _make_document(tx, key.sign(compute_tx_signing_root(tx)))
    args.file.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if args.json:
        print_json(document)
    else:
        print(f"signed · next:  qc tx submit {args.file}")
    return GOOD


def _permit(args: argparse.Namespace) -> int:
    if (args.key is None) == (args.sign_as is None):
        raise CliError(
            "cli.signer_missing", "who signs?", ("add --key KEYFILE, or --sign-as NAME",)
        )
    client = node.connect(args)
    entry = find_function(
        node.as_object(client.get("contracts", args.contract)["interface"]), args.action
    )
    if not permits.is_signed(entry):
        sentence = f"{args.action[:100]} is no signed action"
        raise CliError("cli.not_signed", sentence, ("call it by qc call",))
    params = cast("list[Json]", entry["params"])
    words = parse_words({**entry, "params": params[:-1]}, args.args)
    key = open_key(args.key, args) if args.key else permits.get_named_key(args.sign_as)
    terms = permits.Terms(key, args.nonce, args.deadline)
    proof = permits.sign_permission(client, args.contract, entry, words, terms)
    if args.json:
        print_json({"action": args.action, "args": [*words, proof]})
    else:
        print(json.dumps(proof))
    return GOOD


def _submit(args: argparse.Namespace) -> int:
    tx, signature = _read_document(args.file)
    if signature is None:
        sentence = f"{args.file} is not signed"
        raise CliError("cli.not_signed", sentence, (f"qc tx sign {args.file} --key KEYFILE",))
    client = node.connect(args)
    encoded = encode(SIGNED_TRANSACTION, replace(SignedTransaction(tx, b""), signature=signature))
    view = client.post("transactions", {"transaction": "0x" + encoded.hex()})
    return _report(args, settle(client, view))


# Transaction files


def _make_document(tx: Transaction, signature: bytes | None) -> dict[str, Json]:
    return {
        "transaction": "0x" + encode(TRANSACTION, tx).hex(),
        "signing_root": "0x" + compute_tx_signing_root(tx).hex(),
        "signature": None if signature is None else "0x" + signature.hex(),
    }


def _read_document(path: Path) -> tuple[Transaction, bytes | None]:
    """The transaction in a file and its signature, if there is one."""
    with path.open("rb") as file:
        data = file.read(FILE_SIZE_BYTES_MAX + 1)
    try:
        document = json.loads(data.decode("utf-8")) if len(data) <= FILE_SIZE_BYTES_MAX else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("transaction"), str):
        sentence = f"{path} is no transaction file"
        raise CliError("cli.no_transaction_file", sentence, ("make one: qc tx build … --out FILE",))
    decoded = decode(TRANSACTION, _parse_hex("transaction", document["transaction"]))
    if isinstance(decoded, Err):
        raise CliError("cli.no_transaction_file", f"{path}: {decoded.error.message}")
    signature = document.get("signature")
    return decoded.value, None if signature is None else _parse_hex("signature", signature)


def _parse_hex(what: str, text: object) -> bytes:
    if isinstance(text, str) and text.startswith("0x") and len(text) <= FILE_SIZE_BYTES_MAX:
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            pass
    raise CliError("cli.hex_invalid", f"{what} is 0x and pairs of hex digits")
