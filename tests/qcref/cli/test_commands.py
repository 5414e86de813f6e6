"""Commands against a devnet, and what they say when something is wrong."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantumchain.cli import main
from tests.foreign import report_missing
from tests.qcref.cli.support import DevnetProcess, get_error, run_json, run_qc, running_devnet
from tests.qcref.support import ERC20

GOLD = ("Gold", "GLD", "18", "1000", "100")
PASSPHRASE = {"QC_PASSPHRASE": "correct horse"}


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevnetProcess]:
    with running_devnet(tmp_path_factory.mktemp("devnet")) as running:
        words = ("deploy", str(ERC20), *GOLD, "--from", "alice", "--no-verify")
        assert run_qc(running.folder, *words).returncode == 0
        yield running


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        ("call ERC20 transfr bob 1 --from alice", 2, "cli.function_unknown"),
        ("call ERC20 transfer bob --from alice", 2, "cli.arguments_wrong"),
        ("call ERC20 transfer bob 1", 2, "cli.sender_missing"),
        ("call ERC20 transfer bob 1 --from mallory", 1, "api.named_account_not_found"),
        ("call ERC20 transfer nobody 1 --from alice", 2, "abi.argument_invalid"),
        ("call ERC20 transfer bob -- -1", 2, "cli.sender_missing"),
        ("call ERC20 transfer bob 1e9 --from alice", 2, "abi.argument_invalid"),
        ("call ERC20 transfer bob 1 --from alice --value x", 2, "cli.amount_invalid"),
        ("call Nothing transfer bob 1 --from alice", 1, "api.contract_not_found"),
        ("call ../../x transfer", 1, "api.route_not_found"),
        ("account nobody", 1, "api.account_not_found"),
        ("account bob --faucet 1.0000000001", 2, "cli.amount_invalid"),
        ("block 99", 1, "api.block_not_found"),
        ("block --mine 0", 2, "api.request_invalid"),
        ("tx show 0x12", 2, "api.request_invalid"),
        ("tx send bob 99_999 --from alice", 2, "tx.insufficient_balance"),
        ("tx submit absent.json", 2, "cli.environment"),
        ("deploy absent.qc --from alice", 2, "contract.no_file"),
        ("deploy . --from alice", 2, "contract.no_file"),
        (f"deploy {ERC20} Gold --from alice", 2, "cli.arguments_wrong"),
        ("account bob --url ftp://x", 2, "cli.url_invalid"),
        ("account bob --url http://127.0.0.1:1", 2, "cli.node_unreachable"),
        ("account bob --colour red", 2, "cli.usage"),
        ("key show absent.json", 2, "keystore.file_unusable"),
    ],
)
def test_what_is_wrong_is_said_with_a_code(
    devnet: DevnetProcess, words: str, exit_code: int, code: str
) -> None:
    done = run_qc(devnet.folder, *words.split())
    assert (get_error(done), done.returncode) == (code, exit_code)


def test_without_a_devnet_the_way_out_is_said(tmp_path: Path) -> None:
    done = run_qc(tmp_path, "account", "bob")
    assert (done.returncode, get_error(done)) == (2, "cli.node_not_found")
    assert "qc devnet" in done.stderr


@pytest.mark.parametrize(
    ("content", "exit_code", "code"),
    [
        (b"\xff\xfe", 2, "contract.not_utf8"),
        (b" " * 70_000, 2, "contract.too_large"),
        (b"contract", 1, "cli.contract_has_errors"),
        (b"", 1, "cli.contract_has_errors"),
    ],
)
def test_a_file_that_is_no_contract_is_not_deployed(
    devnet: DevnetProcess, content: bytes, exit_code: int, code: str
) -> None:
    path = devnet.folder / "bad.qc"
    path.write_bytes(content)
    done = run_qc(devnet.folder, "deploy", "bad.qc", "--from", "alice")
    assert done.returncode == exit_code
    assert f"error[{code}]" in done.stderr


BROKEN = """\
contract Broken:
    state:
        supply: u256
        balances: map[address, u256]

    invariant backed: sum(balances) == supply

    init(first: u256):
        supply = first
        balances[caller] = first

    action mint(amount: u256) by anyone:
        balances[caller] += amount
"""


def test_a_broken_contract_is_deployed_by_force_only(devnet: DevnetProcess) -> None:
    require_solver()
    (devnet.folder / "broken.qc").write_text(BROKEN, "utf-8")
    words = ("deploy", "broken.qc", "5", "--from", "alice")
    refused = run_qc(devnet.folder, *words)
    assert (refused.returncode, get_error(refused)) == (1, "cli.contract_broken")
    assert "qc contract verify broken.qc" in refused.stderr
    deployed = run_json(devnet.folder, *words, "--force")
    assert deployed["contract"]["verdict"] == "broken"
    view = devnet.request("/v1/contracts/Broken")
    assert "broken" in {goal["verdict"] for goal in view["verification"]["goals"]}


def require_solver() -> None:
    if importlib.util.find_spec("z3") is None:
        report_missing("z3", "there is no solver to judge a contract")


def test_a_transfer_is_signed_elsewhere_and_submitted(devnet: DevnetProcess) -> None:
    folder = devnet.folder
    made = run_qc(folder, "key", "new", "key.json", "--json", environment=PASSPHRASE)
    key = json.loads(made.stdout)
    assert "correct horse" not in made.stdout
    assert run_qc(folder, "account", key["address"], "--faucet", "2").returncode == 0
    built = run_json(
        folder, "tx", "build", "bob", "0.5", "--public-key", key["public_key"], "--out", "tx.json"
    )
    assert (built["signature"], len(built["signing_root"])) == (None, 66)
    early = run_qc(folder, "tx", "submit", "tx.json")
    assert get_error(early) == "cli.not_signed"
    wrong = run_qc(
        folder, "tx", "sign", "tx.json", "--key", "key.json", environment={"QC_PASSPHRASE": "x"}
    )
    assert get_error(wrong) == "keystore.passphrase_wrong"
    signed = run_qc(folder, "tx", "sign", "tx.json", "--key", "key.json", environment=PASSPHRASE)
    assert signed.returncode == 0
    first = run_json(folder, "tx", "submit", "tx.json")
    assert run_json(folder, "tx", "submit", "tx.json") == first, "twice is once"
    assert first["receipt"]["status"] == "success"
    left = run_json(folder, "account", key["address"])["balance"]
    assert 1_499_000_000 < int(left) < 1_500_000_000


def test_keys_are_listed_without_a_passphrase(devnet: DevnetProcess) -> None:
    folder = devnet.folder / "wallet"
    folder.mkdir()
    for scheme in ("ed25519", "secp256k1", "ml-dsa-65"):
        words = ("key", "new", f"{scheme}.json", "--scheme", scheme)
        assert run_qc(folder, *words, environment=PASSPHRASE).returncode == 0
    items = run_json(folder, "key", "list", ".")["items"]
    assert [each["scheme"] for each in items] == ["ed25519", "ml-dsa-65", "secp256k1"]
    again = run_qc(folder, "key", "new", "ed25519.json", environment=PASSPHRASE)
    assert (again.returncode, get_error(again)) == (2, "keystore.file_exists")


def test_help_is_there_for_each_group(capsys: pytest.CaptureFixture[str]) -> None:
    for group in ("devnet", "deploy", "call", "account", "block", "tx", "key"):
        with pytest.raises(SystemExit) as left:
            main([group, "--help"])
        assert left.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: qc {group}")
