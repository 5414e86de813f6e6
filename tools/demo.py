"""The main job, end to end, on real input: what `make demo` runs.

Four acts, each made of the commands a user would type: a contract is proved; a planted bug is
found and told as an attack; a client is held against the vectors; the contract runs on a local
chain of four BFT nodes, used through the REST interface of one and read at the others. Reports stay
in demo-out/. The demo ends with 0 only if each command ended as it must, the bug's with 1.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from tools.project import ROOT

OUT: Final = ROOT / "demo-out"
QC: Final = (sys.executable, "-m", "quantumchain")
CONTRACT: Final = ROOT / "stdlib_contracts" / "erc20" / "erc20.qc"
CLIENT: Final = "../.venv/bin/python -m conformance.clients.spec"

# The bug: `transfer` remembers the recipient's balance before the sender's is debited, so whoever
# sends to oneself doubles what was sent. Only the first of such lines in the file are replaced.
SOUND: Final = """\
        balances[caller] -= amount
        balances[to] += amount
"""
BROKEN: Final = """\
        let to_before = balances[to]
        balances[caller] -= amount
        balances[to] = to_before + amount
"""

# Where the verifier leaves the attack on the broken promise `sum(balances) == supply`.
ATTACK: Final = ".qc/ERC20.backed.transfer.cex.jsonl"

COMMAND_SECONDS_MAX: Final = 120
READY_SECONDS_MAX: Final = 20
FINAL_SECONDS_MAX: Final = 20
POLL_SECONDS: Final = 0.05
NODES: Final = 4
STOP_SECONDS_MAX: Final = 10


class DemoError(Exception):
    """Something did not go as the demo says it does: one sentence."""


def main() -> int:
    """Play all acts; 0 if everything went as said."""
    started = time.monotonic()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    try:
        prove()
        break_and_tell()
        judge_a_client()
        with running_devnet() as addresses:
            use_the_chain(addresses)
            say(f"done in {time.monotonic() - started:.0f} s")
            print(f"reports: {OUT.name}/conformance/report.html, {OUT.name}/.qc/")
            wait_for_reader(addresses[0])
    except DemoError as error:
        print(f"error[demo.failed]: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def prove() -> None:
    """Act 1: the library's token keeps its promises for every state and every transaction."""
    say("1  a token is proved")
    run_qc("contract", "verify", compute_path(CONTRACT))


def break_and_tell() -> None:
    """Act 2: the same token with one planted bug; the counterexample replays in the machine."""
    say("2  the same token with a bug planted in `transfer` (its files lie in demo-out/)")
    text = CONTRACT.read_text("utf-8")
    if SOUND not in text:
        raise DemoError(f"{CONTRACT.name} no longer has the lines that the bug replaces")
    bug = OUT / "broken.qc"
    bug.write_text(text.replace(SOUND, BROKEN, 1), "utf-8")
    run_qc("contract", "verify", bug.name, expected=1)
    run_qc("contract", "replay", ATTACK)


def judge_a_client() -> None:
    """Act 3: a client in a process of its own answers every vector it claims to know."""
    say("3  a client is held against the vectors")
    run_qc("conformance", "run", "--client", CLIENT, "--out", "conformance")


def use_the_chain(addresses: Sequence[str]) -> None:
    """Act 4: deploy the token from the command line, move some of it through REST.

    Args:
        addresses: of the devnet's nodes, such as "http://127.0.0.1:7700".
    """
    say(f"4  the token on a local chain of {NODES} BFT nodes")
    run_qc("deploy", compute_path(CONTRACT), "Gold", "GLD", "18", "1_000", "100", "--from", "alice")
    call = {"contract": "ERC20", "action": "transfer", "args": ["bob", "30"], "from": "alice"}
    tx_id = post(f"{addresses[0]}/v1/dev/call", call)["id"]
    for address in addresses:
        view = wait_for_final(f"{address}/v1/transactions/{tx_id}")
        shown = {key: view["receipt"][key] for key in ("status", "gas_used", "fee")}
        print(f"{address}: block {view['height']}, final, {json.dumps(shown)}")
        if view["receipt"]["status"] != "success":
            raise DemoError("the transfer did not succeed")
    run_qc("call", "ERC20", "balance_of", "bob", "--node", str(NODES))
    run_qc("block", "latest")


def compute_path(file: Path) -> str:
    """A file's path as seen from demo-out/, where the commands run."""
    return os.path.relpath(file, OUT)


@contextmanager
def running_devnet() -> Iterator[list[str]]:
    """A devnet on free ports, stopped at the end whatever happens; yields its nodes' addresses."""
    command = [*QC, "devnet", "--nodes", str(NODES), "--port", "0", "--json"]
    process = subprocess.Popen(command, cwd=OUT, stdout=subprocess.PIPE, text=True)
    try:
        yield read_addresses(process)
    finally:
        stop(process)


def read_addresses(process: subprocess.Popen[str]) -> list[str]:
    """The addresses in the devnet's line of readiness."""
    assert process.stdout is not None, "started with a pipe"
    alarm = signal.signal(signal.SIGALRM, _raise_late)
    signal.alarm(READY_SECONDS_MAX)
    try:
        line = process.stdout.readline()
        return [str(each) for each in json.loads(line)["addresses"]]
    except (ValueError, KeyError) as error:
        raise DemoError(f"the devnet did not say where it listens: {error}") from error
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, alarm)


def _raise_late(*_: object) -> None:
    raise DemoError(f"the devnet was not ready within {READY_SECONDS_MAX} s")


def stop(process: subprocess.Popen[str]) -> None:
    """Ask a process to stop as Ctrl-C does; insist where it does not."""
    process.send_signal(signal.SIGINT)
    try:
        code = process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise DemoError(f"the devnet did not stop within {STOP_SECONDS_MAX} s") from None
    if code != 0:
        raise DemoError(f"the devnet ended with {code}")


def run_qc(*words: str, expected: int = 0) -> None:
    """Show a command, run it in demo-out/, and hold it to the exit code it must have."""
    shown = " ".join(f'"{word}"' if " " in word else word for word in words)
    print(f"$ qc {shown}", flush=True)
    try:
        code = subprocess.call([*QC, *words], cwd=OUT, timeout=COMMAND_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        raise DemoError(f"`qc {shown}` took over {COMMAND_SECONDS_MAX} s") from None
    if code != expected:
        raise DemoError(f"`qc {shown}` ended with {code}, not with {expected}")


def post(url: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON is of any shape
    """The JSON answer to a POST of JSON."""
    print(f"$ curl {url} --json '{json.dumps(body)}'", flush=True)
    request = urllib.request.Request(  # noqa: S310 - the devnet's own address
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=COMMAND_SECONDS_MAX) as answer:  # noqa: S310 - as above
        return json.load(answer)


def wait_for_final(url: str) -> Any:  # noqa: ANN401 - JSON is of any shape
    """A transaction at one node, once its block is final there."""
    deadline = time.monotonic() + FINAL_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=COMMAND_SECONDS_MAX) as answer:  # noqa: S310 - as above
                view = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise
        else:
            if view["is_final"]:
                return view
        time.sleep(POLL_SECONDS)
    raise DemoError(f"the transfer was not final at {url} within {FINAL_SECONDS_MAX} s")


def say(title: str) -> None:
    """A heading between the acts."""
    print(f"\n── {title}", flush=True)


def wait_for_reader(address: str) -> None:
    """On a terminal, leave the chain running until Enter is pressed.

    Args:
        address: of the devnet, whose root is the explorer.
    """
    if sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI"):
        input(f"explorer at {address}/, press Enter to stop ")


if __name__ == "__main__":
    sys.exit(main())
