"""The vectors as files hold for the specification itself: level 0, without any process."""

import json
from pathlib import Path

from conformance.clients.spec.client import FEATURES, SpecClient
from conformance.runner.cli import main
from tests.conformance.published import VECTORS, load_published


def test_the_specification_answers_every_file_as_it_is_published(tmp_path: Path) -> None:
    published = load_published()
    client = SpecClient()
    lines = [{"client": "spec", "version": "0", "features": list(FEATURES)}]
    for record in published.records:
        pre = None if record.pre is None else published.states[record.pre]["state"]
        client.init(record.profile, pre)
        request = {"op": "apply", "method": record.method, "args": record.arguments}
        lines.append({"id": record.id, **client.answer(request)})
    results = tmp_path / "results.jsonl"
    results.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    words = ["judge", str(results), "--vectors", str(VECTORS), "--out", str(tmp_path)]
    assert main(words) == 0
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["level"] == 6
    assert report["counts"]["pass"] == len(published.records)


def test_every_feature_we_offer_is_asked_for() -> None:
    assert {record.feature for record in load_published().records} == set(FEATURES)
