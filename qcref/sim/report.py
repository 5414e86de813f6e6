"""A campaign as one HTML page: table and plots as inline SVG; no script, nothing from outside."""

from html import escape

from qcref.sim.campaign import CURVE_DEPTH, Table
from qcref.sim.plots import Series, render_bars, render_lines
from qcref.sim.race import GRID, Race, compute_probability
from qcref.sim.table import HEADINGS, render_break, render_fraction, render_percent, render_rows

COLOURS = ("#1f6feb", "#c2410c", "#15803d", "#7e22ce", "#b45309")
"""Of the algorithms, in their order; they differ in lightness too."""
LATENCY_POINTS = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99)

STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --page: #0d1117; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
.good { color: #1a7f37; font-weight: 600; } .bad { color: #cf222e; font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .9rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--line); } svg .soft { fill: var(--soft); }
"""


def render_report(table: Table) -> str:
    """The page."""
    verdict = (
        '<span class="good">every law held, every network healed</span>'
        if table.is_good
        else '<span class="bad">something broke</span>'
    )
    runs = sum(tally.runs for tally in table.tallies)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>QuantumChain: simulated networks</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Simulated networks</h1>
<p class="soft">{runs:,} runs from seed {table.first_seed} · {table.nodes} validators · profile
{escape(table.profile)} · {verdict}</p>
<h2>The algorithms side by side</h2>
<div class="scroll">{_render_table(table)}</div>
<div class="plots">
{_render_forks(table)}
{_render_latency(table)}
{_render_breaks(table)}
</div>
{_render_reversals(table)}
</body>
</html>
"""


def _render_table(table: Table) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in HEADINGS)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in render_rows(table)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _render_forks(table: Table) -> str:
    bars = [
        (t.setup.algorithm, t.stale * 10_000 // max(1, t.blocks), COLOURS[place % len(COLOURS)])
        for place, t in enumerate(table.tallies)
    ]
    title = "Fork rate"
    says = "Blocks that an honest node attached and that the final main chain left behind."
    labels = [f"{render_percent(t.stale, t.blocks)} %" for t in table.tallies]
    return _frame(title, says, render_bars(title, bars, labels))


def _render_latency(table: Table) -> str:
    series = []
    for place, tally in enumerate(table.tallies):
        points = [(tally.get_latency(percent), percent) for percent in LATENCY_POINTS]
        known = tuple((ms, percent) for ms, percent in points if ms is not None)
        if known:
            series.append(Series(tally.setup.algorithm, known, COLOURS[place % len(COLOURS)]))
    title = "Finality latency"
    says = (
        "Share of final blocks that were final so long after their time, in faults and healing."
        " On a PoW chain nothing is ever final."
    )
    axes = ("milliseconds", "% of blocks")
    return _frame(title, says, render_lines(title, tuple(series), axes))


def _render_breaks(table: Table) -> str:
    series = []
    for place, tally in enumerate(table.tallies):
        name = tally.setup.algorithm
        points = tuple(
            (point.share_percent, point.broken * 100 // max(1, point.runs))
            for point in table.curves.get(name, ())
        )
        if points:
            series.append(Series(name, points, COLOURS[place % len(COLOURS)]))
    title = "Break point by the adversary's share"
    says = (
        "Runs in which a law broke, with so many validators as twins under partitions; for pow,"
        f" payments {CURVE_DEPTH} blocks deep that an attacker with the hash share took back."
    )
    axes = ("% of validators or hash power", "% broken")
    breaks = "".join(
        f"<li>{escape(t.setup.algorithm)}: {escape(render_break(table, t.setup.algorithm))}</li>"
        for t in table.tallies
    )
    return _frame(title, says, render_lines(title, tuple(series), axes) + f"<ul>{breaks}</ul>")


def _render_reversals(table: Table) -> str:
    if not table.reversals:
        return ""
    share = table.reversals[0].race.share_percent
    measured = tuple((r.race.depth, r.reversed * 100 // max(1, r.trials)) for r in table.reversals)
    depths = range(1, table.reversals[-1].race.depth + 1)
    predicted = tuple(
        (depth, int(compute_probability(Race(share, depth), None) * 100)) for depth in depths
    )
    title = "A payment on the PoW chain is taken back"
    series = (Series("measured", measured, COLOURS[1]), Series("predicted", predicted, COLOURS[0]))
    plot = render_lines(title, series, ("blocks deep", "% taken back"))
    rows = "".join(
        f"<tr><td>{r.race.depth}</td><td>{r.reversed} of {r.trials}</td>"
        f"<td>{render_fraction_range(r.low, r.high)}</td>"
        f"<td>{render_fraction(r.predicted)}</td>"
        f'<td class="{"good" if r.is_predicted else "bad"}">'
        f"{'agrees' if r.is_predicted else 'differs'}</td></tr>"
        for r in table.reversals
    )
    says = (
        f"An attacker with {share} % of the hash power, raced by real nodes; predicted by the"
        " negative binomial and the gambler's ruin (Nakamoto 2008, Rosenfeld 2014)."
    )
    return f"""<div class="plots">{_frame(title, says, plot)}
<div><h2>Measured and predicted</h2><div class="scroll"><table><thead><tr><th>depth</th>
<th>taken back</th><th>99 % interval</th><th>predicted</th><th></th></tr></thead>
<tbody>{rows}</tbody></table></div></div></div>"""


def render_fraction_range(low: int, high: int) -> str:
    """An interval in ten-thousandths."""
    return f"{low // GRID}.{low % GRID:04} to {high // GRID}.{high % GRID:04}"


def _frame(title: str, says: str, plot: str) -> str:
    return f"<figure><h2>{escape(title)}</h2><figcaption>{escape(says)}</figcaption>{plot}</figure>"
