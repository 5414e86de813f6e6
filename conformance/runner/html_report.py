"""The report as one self-contained page: clients by levels, suites and rules, down to each diff.

Several `report.json` files make one matrix with a column per client. Everything a client wrote is
escaped; there is no script, no style sheet and no picture from elsewhere.
"""

from __future__ import annotations

from html import escape
from typing import Any, Dict, List, Sequence

from conformance.runner.strict_json import JsonObject
from conformance.runner.verdict import CLASSES, NOT_OFFERED

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--pass:#2a7d3f;--no_reason:#a98500;
--wrong_reason:#c45f00;--fail:#c0262d;--crash:#7a1fa2;--not_offered:#777}
body{font:15px/1.45 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.6rem 0 1.6rem;display:block;overflow-x:auto}
th,td{border:1px solid var(--line);padding:.2rem .6rem;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
code,pre{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;border-left:3px solid var(--line);padding-left:.7rem}
details{border-top:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}
.b{display:inline-block;padding:0 .45rem;border-radius:.6rem;color:#fff;font-size:.85em}
.bar{display:inline-flex;width:9rem;height:.7rem;border-radius:.3rem;overflow:hidden}
""" + "".join([f".{name}{{background:var(--{name})}}" for name in CLASSES])
_LABELS = {name: name.replace("_", " ") for name in CLASSES}


def render_html(reports: Sequence[JsonObject]) -> str:
    """The page for one or more reports.

    Args:
        reports: objects as `report.json` holds them, at least one.
    """
    titles = [f"{r['client']['name']} {r['client']['version']}" for r in reports]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>Conformance: {_text(', '.join(titles))}</title><style>{_STYLE}</style>",
        "<h1>Conformance</h1>",
        "<p>" + " ".join([_render_badge(name, _LABELS[name]) for name in CLASSES]) + "</p>",
    ]
    for report, title in zip(reports, titles):
        parts.append(_render_client(report, title))
    parts.append(_render_matrix("Suites", "suites", reports, titles))
    parts.append(_render_matrix("Rules", "rules", reports, titles))
    for report, title in zip(reports, titles):
        parts.append(_render_findings(report, title))
    return "\n".join(parts) + "\n"


def _render_client(report: JsonObject, title: str) -> str:
    vectors = report["vectors"]
    rows = [
        f"<tr><th>{row['level']} {_text(row['name'])}</th>"
        + "".join([f"<td class=n>{_cell(row['counts'], name)}</td>" for name in CLASSES])
        + "</tr>"
        for row in report["levels"]
    ]
    head = "".join([f"<th>{_LABELS[name]}</th>" for name in CLASSES])
    return (
        f"<h2>{_text(title)}</h2><p><b>{_text(report['conclusion'])}</b> · offers "
        f"<code>{_text(' '.join(report['client']['features']))}</code> · qcv "
        f"{_text(vectors['version'])}, {vectors['asked']} of {vectors['records']} records · "
        f"{_text(report['seconds'])} s<br><small>index "
        f"<code>{_text(vectors['index_sha256'])}</code></small></p><table><tr><th>level</th>{head}</tr>{''.join(rows)}</table>"
    )


def _render_matrix(
    heading: str, key: str, reports: Sequence[JsonObject], titles: Sequence[str]
) -> str:
    cells: Dict[str, List[str]] = {}
    for column, report in enumerate(reports):
        for row in report[key]:
            line = cells.setdefault(row["name"], [""] * len(reports))
            line[column] = _render_bar(row["counts"])
    head = "".join([f"<th>{_text(title)}</th>" for title in titles])
    body = "".join(
        [
            f"<tr><th><code>{_text(name)}</code></th>"
            + "".join([f"<td>{cell}</td>" for cell in cells[name]])
            + "</tr>"
            for name in sorted(cells)
        ]
    )
    return f"<h2>{heading}</h2><table><tr><th></th>{head}</tr>{body}</table>"


def _render_bar(counts: JsonObject) -> str:
    total = sum(counts.values()) or 1
    parts = "".join(
        [
            f"<i class={name} style='width:{100 * counts[name] / total:.2f}%'></i>"
            for name in CLASSES
            if counts[name]
        ]
    )
    words = ", ".join([f"{counts[name]} {_LABELS[name]}" for name in CLASSES if counts[name]])
    return f"<span class=bar>{parts}</span> {words}"


def _render_findings(report: JsonObject, title: str) -> str:
    findings = report["findings"]
    if not findings:
        return f"<h2>Findings: {_text(title)}</h2><p>None.</p>"
    items = "".join([_render_finding(finding) for finding in findings])
    more = report["findings_left_out"]
    rest = f"<p>{more} more are left out of this page.</p>" if more else ""
    return f"<h2>Findings: {_text(title)}</h2>{items}{rest}"


def _render_finding(finding: JsonObject) -> str:
    badge = _render_badge(finding["verdict"], _LABELS.get(finding["verdict"], "?"))
    rows = "".join(
        [
            f"<tr><td><code>{_text(d['path'] or '(whole)')}</code></td>"
            f"<td><code>{_text(d['expected'])}</code></td><td><code>{_text(d['got'])}</code></td></tr>"
            for d in finding["differences"]
        ]
    )
    table = f"<table><tr><th>at</th><th>spec</th><th>client</th></tr>{rows}</table>" if rows else ""
    stderr = f"<p>Its error stream:</p><pre>{_text(finding['stderr'])}</pre>"
    return (
        f"<details><summary>{badge} <code>{_text(finding['id'])}</code> "
        f"{_text(finding['message'])}</summary><p>{_text(finding['why'])}</p>"
        f"<p>Rules: <code>{_text(' '.join(finding['rules']))}</code> · spec: "
        f"<code>{_text(finding['expected'])}</code></p>{table}"
        f"<p>Answer:</p><pre>{_text(finding['got'] or 'none')}</pre>"
        f"{stderr if finding['stderr'] else ''}"
        f"<p>Again: <code>rerun {_text(finding['repro'])}</code></p></details>"
    )


def _render_badge(name: str, label: str) -> str:
    return f"<span class='b {_text(name)}'>{_text(label)}</span>"


def _cell(counts: JsonObject, name: str) -> str:
    asked = sum(counts.values()) > counts[NOT_OFFERED]
    return str(counts[name]) if asked or name == NOT_OFFERED else "-"


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a report holds
    return escape(str(value), quote=True)
