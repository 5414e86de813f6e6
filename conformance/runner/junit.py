"""The report as JUnit XML, which continuous integration reads."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Dict, List

from conformance.runner.report import Run
from conformance.runner.verdict import CRASH, NO_REASON, NOT_OFFERED, PASS, Outcome

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(run: Run) -> str:
    """One test suite per suite of vectors, one test case per record."""
    suites: Dict[str, List[Outcome]] = {}
    for outcome in run.outcomes:
        suites.setdefault(outcome.record.suite, []).append(outcome)
    root = ET.Element("testsuites", name=_clean(run.introduction.client))
    for name, outcomes in suites.items():
        verdicts = [outcome.verdict for outcome in outcomes]
        good = (PASS, NO_REASON, NOT_OFFERED, CRASH)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(outcomes)),
            failures=str(sum(verdict not in good for verdict in verdicts)),
            errors=str(verdicts.count(CRASH)),
            skipped=str(verdicts.count(NOT_OFFERED)),
        )
        for outcome in outcomes:
            _add_case(suite, outcome)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: ET.Element, outcome: Outcome) -> None:
    record = outcome.record
    case = ET.SubElement(suite, "testcase", classname=record.suite, name=record.id)
    if outcome.verdict == PASS:
        return
    text = _clean(outcome.message)
    if outcome.verdict == NO_REASON:
        ET.SubElement(case, "system-out").text = text
    elif outcome.verdict == NOT_OFFERED:
        ET.SubElement(case, "skipped", message=f"feature {record.feature} is not offered")
    else:
        tag = "error" if outcome.verdict == CRASH else "failure"
        element = ET.SubElement(case, tag, message=text, type=outcome.detail)
        places = [f"{d.path}: spec {d.expected}, you {d.got}" for d in outcome.differences]
        element.text = _clean("\n".join([record.why, *places, outcome.complaints]))


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return _NOT_XML.sub("?", text)
