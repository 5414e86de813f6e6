"""`qc key`: encrypted key files and the addresses of their keys."""

import argparse
import re
import secrets
from pathlib import Path

from qcref.cli.keys import SCHEMES, add_passphrase, ask_passphrase, make_error
from qcref.cli.output import GOOD, CliError, Json, add_json, print_json, report_error
from qcref.crypto.derivation import DEFAULT
from qcref.crypto.keyfile import read_key_text, write_key_file
from qcref.crypto.keystore import decode_sealed, open_foreign_key
from spec.crypto.address import compute_key_address, render_address
from spec.crypto.signing_keys import SEED_SIZE_BYTES, SecretKey, decode_secret_key
from spec.lib.result import Err, Ok

SCHEME_NAMES = {number: name for name, number in SCHEMES.items()}
FOLDER = Path(".qc") / "keys"
PREFIX = "qcdev"
"""The development chain's."""
DRAWS_MAX = 8
"""A seed of secp256k1 is refused once in 2^128 draws."""

_PREFIX = re.compile(r"[a-z]{1,16}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc key` to a parser."""
    commands = parser.add_subparsers(dest="key_command", metavar="COMMAND", required=True)
    new = commands.add_parser("new", help="make a key and encrypt it into a new file")
    new.add_argument("file", type=Path, nargs="?", help=f"default {FOLDER}/SCHEME-ADDRESS.json")
    new.add_argument("--scheme", choices=sorted(SCHEMES), default="ed25519")
    show = commands.add_parser("show", help="public key and address of a key file")
    show.add_argument("file", type=Path)
    listing = commands.add_parser("list", help="the key files of a folder")
    listing.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    load = commands.add_parser("import", help="encrypt another wallet's secp256k1 key anew")
    load.add_argument("source", type=Path, help="Web3 secret storage, version 3")
    load.add_argument("file", type=Path, nargs="?")
    for each in (new, load):
        add_passphrase(each)
    for each in (new, show, listing, load):
        each.add_argument("--prefix", default=PREFIX, help=f"of addresses (default {PREFIX})")
        add_json(each)


def run(args: argparse.Namespace) -> int:
    """Does what was asked; the exit code."""
    commands = {"new": _new, "show": _show, "list": _list, "import": _import}
    try:
        _check_prefix(args.prefix)
        return commands[args.key_command](args)
    except CliError as error:
        return report_error(error)


def _check_prefix(prefix: str) -> None:
    if _PREFIX.fullmatch(prefix) is None:
        raise CliError("cli.prefix_invalid", "--prefix is 1 to 16 letters a-z")


def _new(args: argparse.Namespace) -> int:
    key = _draw_key(SCHEMES[args.scheme])
    return _keep(args, key, ask_passphrase(args, "passphrase for the new key: "))


def _draw_key(scheme: int) -> SecretKey:
    for _ in range(DRAWS_MAX):
        key = decode_secret_key(scheme, secrets.token_bytes(SEED_SIZE_BYTES))
        if isinstance(key, Ok):
            return key.value
    raise AssertionError("one draw in 2^128 is no key")


def _keep(args: argparse.Namespace, key: SecretKey, passphrase: str) -> int:
    """Writes a key into a new file and shows what is public of it."""
    view = _make_view(args.prefix, key.scheme, key.public_key)
    path = args.file or FOLDER / f"{view['scheme']}-{view['address']}.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    failure = write_key_file(path, key, passphrase, DEFAULT)
    if failure is not None:
        raise make_error(failure)
    return _print(args, {"file": str(path), **view})


def _import(args: argparse.Namespace) -> int:
    text = read_key_text(args.source)
    if isinstance(text, Err):
        raise make_error(text.error)
    passphrase = ask_passphrase(args, f"passphrase of {args.source}: ")
    key = open_foreign_key(text.value, passphrase)
    if isinstance(key, Err):
        raise make_error(key.error)
    return _keep(args, key.value, passphrase)


def _show(args: argparse.Namespace) -> int:
    return _print(args, _read_view(args.prefix, args.file))


def _list(args: argparse.Namespace) -> int:
    if not args.folder.is_dir():
        sentence = f"there is no folder {args.folder}"
        raise CliError("cli.no_keys", sentence, ("make a key: qc key new",))
    views: list[Json] = []
    for path in sorted(args.folder.glob("*.json")):
        try:
            views.append(dict(_read_view(args.prefix, path)))
        except CliError as error:
            views.append({"file": str(path), "error": error.code})
    if args.json:
        print_json({"items": views})
        return GOOD
    for view in views:
        assert isinstance(view, dict), "made above"
        print("  ".join(str(value) for name, value in view.items() if name != "public_key"))
    return GOOD


def _read_view(prefix: str, path: Path) -> dict[str, Json]:
    """What a key file says in the open; no passphrase is needed."""
    text = read_key_text(path)
    sealed = text if isinstance(text, Err) else decode_sealed(text.value)
    if isinstance(sealed, Err):
        raise make_error(sealed.error)
    scheme, public_key = sealed.value.scheme, sealed.value.public_key
    if scheme is None or public_key is None or scheme not in SCHEME_NAMES:
        sentence = f"{path} is another program's key file"
        raise CliError("cli.key_foreign", sentence, (f"qc key import {path}",))
    return {"file": str(path), **_make_view(prefix, scheme, public_key)}


def _make_view(prefix: str, scheme: int, public_key: bytes) -> dict[str, Json]:
    return {
        "scheme": SCHEME_NAMES[scheme],
        "address": render_address(prefix, compute_key_address(scheme, public_key)),
        "public_key": "0x" + public_key.hex(),
    }


def _print(args: argparse.Namespace, view: dict[str, Json]) -> int:
    if args.json:
        print_json(view)
    else:
        print("\n".join(f"{name:<10} {value}" for name, value in view.items()))
    return GOOD
