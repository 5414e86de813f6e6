"""One self-contained HTML page of a contract: what it offers, what is proved, what is not."""

from collections.abc import Iterable, Sequence
from html import escape

from dsl.verify.mutate import Mutation
from dsl.verify.report import PROPERTY_KINDS, Tests, count_verdicts, get_worst
from dsl.verify.verify import GoalReport, Report

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #ddd;vertical-align:top}code,pre{font:14px/1.4 ui-monospace,monospace}
pre{background:#f6f6f6;padding:.8rem;overflow:auto}.proved{color:#176117}.broken,.not_inductive,
.conditional,.never_exercised{color:#a11212}.unknown{color:#8a5a00}
""".strip().replace("\n", "")


def render_page(
    report: Report, tests: Tests | None, mutation: Mutation | None, signatures: Sequence[str]
) -> str:
    """The page.

    Args:
        report: what the verifier says.
        tests: how the `test` blocks went, if they were run.
        mutation: the mutation score, if it is remembered.
        signatures: the functions as a caller sees them, in order.
    """
    verdict = report.verdict.replace("_", " ")
    counts = count_verdicts(report)
    proved = f"{counts['proved']} of {len(report.goals)} goals proved"
    code_id = f"id <code>{escape(report.code_id)}</code>"
    versions = " · ".join(f"{name} {text}" for name, text in report.versions.items())
    parts = [
        f"<h1>{escape(report.contract)}</h1>",
        f'<p><b class="{report.verdict}">{verdict}</b> · {proved} · {code_id}</p>',
        _make_section("Properties", _render_goals(_group(report, is_property=True))),
        _make_section("Functions", _render_functions(report, signatures)),
        _make_section("Attacks", _render_attacks(report)),
        _make_section("Open", _render_open(report)),
        _make_section("Tests", _render_tests(tests)),
        _make_section("Mutants", _render_mutants(mutation)),
        _make_section("Assumptions", _make_list(report.assumptions)),
        _make_section("Notes", _make_list(report.notes)),
        f"<p>{escape(versions)} · budget {report.rlimit:,} steps a goal</p>",
    ]
    title = escape(report.contract)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    body = "\n".join(part for part in parts if part)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _make_section(title: str, content: str) -> str:
    return f"<h2>{title}</h2>\n{content}" if content else ""


def _make_list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _make_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are HTML already."""
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{each}</th>" for each in heads)
    return f"<table><tr>{head}</tr>{body}</table>" if body else ""


def _make_verdict(verdict: str) -> str:
    return f'<span class="{verdict}">{verdict.replace("_", " ")}</span>'


def _group(report: Report, *, is_property: bool) -> dict[str, list[GoalReport]]:
    groups: dict[str, list[GoalReport]] = {}
    for goal in report.goals:
        if (goal.kind.split()[-1] in PROPERTY_KINDS) == is_property:
            groups.setdefault(goal.name if is_property else goal.action, []).append(goal)
    return groups


def _render_goals(groups: dict[str, list[GoalReport]]) -> str:
    return _make_table(
        ("name", "says", "status", "goals"),
        [
            (
                escape(name),
                f"<code>{escape(goals[0].text)}</code>",
                _make_verdict(get_worst(goals)),
                f"{sum(goal.verdict == 'proved' for goal in goals)} of {len(goals)}",
            )
            for name, goals in groups.items()
        ],
    )


def _render_functions(report: Report, signatures: Sequence[str]) -> str:
    groups = _group(report, is_property=False)
    gas = dict(report.gas_bounds)
    shown = {signature.split("(")[0].split()[-1]: signature for signature in signatures}
    return _make_table(
        ("function", "status", "goals", "gas"),
        [
            (
                f"<code>{escape(signature)}</code>",
                _make_verdict(get_worst(groups[name])) if name in groups else "",
                str(len(groups.get(name, []))),
                f"≤ {gas[name]:,}" if name in gas else "",
            )
            for name, signature in shown.items()
        ],
    )


def _render_attacks(report: Report) -> str:
    parts = [
        f"<h3>{escape(each.goal)}: {_make_verdict(each.verdict)}</h3>"
        f"<p><code>{escape(each.text)}</code></p>"
        f"<pre>{escape(chr(10).join((*each.story, *each.excerpt)))}</pre>"
        for each in report.counterexamples
    ]
    return "\n".join(parts)


def _render_open(report: Report) -> str:
    return _make_table(
        ("goal", "of", "status", "why"),
        [
            (
                escape(goal.name),
                escape(goal.action),
                _make_verdict(goal.verdict),
                escape(goal.reason),
            )
            for goal in report.goals
            if goal.verdict != "proved"
        ],
    )


def _render_tests(tests: Tests | None) -> str:
    if tests is None:
        return ""
    passed = f"<p>{tests.passed} pass, {len(tests.failed)} fail</p>"
    return passed + _make_list(tests.failed)


def _render_mutants(mutation: Mutation | None) -> str:
    if mutation is None:
        return "<p>not tried: <code>qc contract mutate</code></p>"
    rows = [
        (
            escape(each.action),
            str(each.line),
            escape(each.text),
            f"<code>{escape(each.code)}</code>",
        )
        for each in mutation.survivors
    ]
    score = f"<p>{mutation.killed} of {mutation.tried} killed</p>"
    return score + _make_table(("survives in", "line", "change", "code"), rows)
