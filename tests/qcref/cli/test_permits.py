"""Whoever holds rights signs elsewhere; anybody sends it, once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.qcref.cli.support import DevnetProcess, get_error, run_json, run_qc, running_devnet

SOURCE = Path(__file__).parents[2] / "dsl" / "features" / "permits.qc"
SIGN = ("tx", "permit", "Permits", "permit")


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevnetProcess]:
    with running_devnet(tmp_path_factory.mktemp("devnet")) as running:
        words = ("deploy", str(SOURCE), "--from", "alice", "--no-verify")
        assert run_qc(running.folder, *words).returncode == 0
        yield running


def read(devnet: DevnetProcess, *words: str) -> object:
    return run_json(devnet.folder, "call", "Permits", *words)["value"]


def test_a_named_account_signs_and_another_sends(devnet: DevnetProcess) -> None:
    words = ("call", "Permits", "permit", "bob", "carol", "7", "--sign-as", "bob")
    done = run_qc(devnet.folder, *words, "--from", "dave")
    assert done.returncode == 0, done.stdout + done.stderr
    assert read(devnet, "allowances", "bob", "carol") == "7"
    assert read(devnet, "nonces", "bob") == "1"
    forged = ("call", "Permits", "permit", "bob", "carol", "9", "--sign-as", "dave")
    assert run_qc(devnet.folder, *forged, "--from", "dave").returncode == 1
    assert read(devnet, "allowances", "bob", "carol") == "7"


def test_a_permission_is_signed_first_and_sent_later_once(devnet: DevnetProcess) -> None:
    signed = run_qc(devnet.folder, *SIGN, "erin", "carol", "5", "--sign-as", "erin")
    assert signed.returncode == 0, signed.stderr
    proof = signed.stdout.strip()
    assert set(json.loads(proof)) == {"nonce", "deadline", "signature"}
    call = ("call", "Permits", "permit", "erin", "carol")
    tampered = run_qc(devnet.folder, *call, "6", proof, "--from", "dave")
    assert tampered.returncode == 1
    assert "BadSignature" in tampered.stdout
    assert run_qc(devnet.folder, *call, "5", proof, "--from", "dave").returncode == 0
    again = run_qc(devnet.folder, *call, "5", proof, "--from", "dave")
    assert again.returncode == 1
    assert "WrongNonce" in again.stdout
    assert read(devnet, "allowances", "erin", "carol") == "5"


def test_a_permission_that_is_too_old_is_refused(devnet: DevnetProcess) -> None:
    words = (*SIGN, "judy", "carol", "5", "--sign-as", "judy", "--deadline", "1")
    proof = run_qc(devnet.folder, *words).stdout.strip()
    call = ("call", "Permits", "permit", "judy", "carol", "5", proof, "--from", "dave")
    late = run_qc(devnet.folder, *call)
    assert late.returncode == 1
    assert "SignatureExpired" in late.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("tx permit Permits permit bob carol 5", "cli.signer_missing"),
        ("tx permit Permits approve carol 5 --sign-as bob", "cli.not_signed"),
        ("tx permit Permits permit bob carol --sign-as bob", "cli.arguments_wrong"),
        ("tx permit Permits permit bob carol x --sign-as bob", "abi.argument_invalid"),
        ("tx permit Permits permit bob carol 5 --sign-as mallory", "cli.account_unknown"),
        ("tx permit Permits permit bob carol 5 --key absent.json", "keystore.passphrase_unusable"),
    ],
)
def test_what_is_wrong_is_said_with_a_code(devnet: DevnetProcess, words: str, code: str) -> None:
    done = run_qc(devnet.folder, *words.split())
    assert (get_error(done), done.returncode) == (code, 2)
