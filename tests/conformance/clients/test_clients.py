"""Every client we keep does what it is kept for, through the runner and over the protocol."""

import shlex
import sys
from pathlib import Path

import pytest

from conformance.clients.spec.answers import RequestError
from conformance.clients.spec.client import SpecClient
from conformance.runner.cli import main
from conformance.runner.process import Launch, Limits
from conformance.runner.selftest import BrokenClient, explain_fault, load_manifest, try_client
from conformance.runner.session import Session
from conformance.runner.verdict import NOT_OFFERED, PASS
from tests.conformance.published import VECTORS, load_published

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "conformance" / "clients" / "broken" / "manifest.json"
SIX = {
    "always_accepts",
    "any_error_passes",
    "ignores_post_state",
    "dirty_after_reject",
    "crash_as_reject",
    "nonce_off_by_one",
}


def test_our_own_client_passes_every_record_of_levels_1_to_6() -> None:
    command = (sys.executable, "-m", "conformance.clients.spec")
    session = Session(Launch(command, str(ROOT), Limits(hello_s=30)), load_published())
    try:
        outcomes = session.run(load_published().records, lambda _: None)
    finally:
        session.close()
    assert [o.message for o in outcomes if o.verdict != PASS] == []
    assert {o.record.level.number for o in outcomes} == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("broken", load_manifest(MANIFEST), ids=lambda broken: broken.name)
def test_a_broken_client_is_flagged_for_its_own_mistake(broken: BrokenClient) -> None:
    findings = try_client(broken, load_published(), str(ROOT))
    assert explain_fault(broken, findings) == ""
    assert bool(findings) == (broken.name != "control")


def test_the_first_six_mistakes_are_all_kept() -> None:
    assert {broken.name for broken in load_manifest(MANIFEST)} >= SIX


def test_a_client_taken_for_another_is_a_fault_of_the_self_test() -> None:
    kept = {broken.name: broken for broken in load_manifest(MANIFEST)}
    crashing = try_client(kept["crash_as_reject"], load_published(), str(ROOT))
    assert "not flagged for" in explain_fault(kept["always_accepts"], crashing)
    assert "flagged for crash" in explain_fault(kept["control"], crashing)


def test_the_template_is_short_and_passes_its_suite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = ROOT / "conformance" / "templates" / "client.py"
    assert len(template.read_text(encoding="utf-8").splitlines()) <= 100
    client = shlex.join([sys.executable, str(template)])
    words = ["--suite", "codec/basic", "--out", str(tmp_path), "--vectors", str(VECTORS)]
    assert main(["run", "--client", client, *words]) == 0
    assert "0 failures" in capsys.readouterr().out


def test_what_the_template_cannot_do_fails_and_what_it_does_not_offer_is_shown(
    tmp_path: Path,
) -> None:
    template = ROOT / "conformance" / "templates" / "client.py"
    session = Session(Launch((sys.executable, str(template))), load_published())
    try:
        outcomes = session.run(load_published().records, lambda _: None)
    finally:
        session.close()
    assert {o.detail for o in outcomes if o.record.suite == "codec/account"} == {"unsupported"}
    assert {o.verdict for o in outcomes if o.record.feature == "hash"} == {NOT_OFFERED}


@pytest.mark.parametrize("request_", [{"op": "dance"}, {}])
def test_an_unknown_request_is_an_error_and_no_reject(request_: dict[str, str]) -> None:
    with pytest.raises(RequestError):
        SpecClient().answer(request_)


def test_an_unknown_method_is_an_error_and_no_reject() -> None:
    with pytest.raises(RequestError, match="no method"):
        SpecClient().apply("ssz.guess", {})
