"""Passphrases and key files, as several commands take them."""

import argparse
import os
from pathlib import Path
from typing import Protocol

from qcref.cli.output import CliError
from qcref.crypto.keyfile import (
    FromEnvironment,
    FromFile,
    FromPrompt,
    PassphraseSource,
    read_key_file,
    read_passphrase,
)
from spec.crypto.signing import ED25519, ML_DSA_65, SECP256K1
from spec.crypto.signing_keys import SecretKey
from spec.lib.result import Err

SCHEMES = {"ed25519": ED25519, "secp256k1": SECP256K1, "ml-dsa-65": ML_DSA_65}
"""Numbers of the signature schemes by what people call them."""
PASSPHRASE_VARIABLE = "QC_PASSPHRASE"  # noqa: S105  # the name of a variable


class Coded(Protocol):
    """An error with a code and a sentence."""

    @property
    def code(self) -> str:
        """The normative name."""

    @property
    def message(self) -> str:
        """One sentence."""


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """The option that says where a passphrase comes from; never the passphrase itself."""
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help=f"its first line (else {PASSPHRASE_VARIABLE}, else the terminal asks)",
    )


def make_error(error: Coded) -> CliError:
    """A coded error as the command's own."""
    return CliError(error.code, error.message)


def ask_passphrase(args: argparse.Namespace, prompt: str) -> str:
    """The passphrase from where the user says it is.

    Raises:
        CliError: it is not there, or not usable.
    """
    source: PassphraseSource = FromPrompt(prompt)
    if args.passphrase_file is not None:
        source = FromFile(args.passphrase_file)
    elif PASSPHRASE_VARIABLE in os.environ:
        source = FromEnvironment(PASSPHRASE_VARIABLE)
    passphrase = read_passphrase(source, os.environ)
    if isinstance(passphrase, Err):
        raise make_error(passphrase.error)
    return passphrase.value


def open_key(path: Path, args: argparse.Namespace) -> SecretKey:
    """The key in a key file.

    Raises:
        CliError: the file can't be read or opened.
    """
    key = read_key_file(path, ask_passphrase(args, f"passphrase of {path}: "))
    if isinstance(key, Err):
        raise make_error(key.error)
    return key.value
