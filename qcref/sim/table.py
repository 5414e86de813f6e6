"""What a campaign measured, for people and as JSON; no clock, so both are reproducible."""

from fractions import Fraction

from qcref.sim.campaign import CANARY, CURVE_DEPTH, Point, Table, Tally, get_break
from qcref.sim.race import GRID, Reversal

Json = dict[str, object]

HEADINGS = (
    "alg",
    "safety",
    "heals",
    "finality p50/p99",
    "forks",
    "reorg max",
    "msgs/decision",
    "bytes/decision",
    "reports",
    "first break",
)


def render_table(table: Table) -> list[str]:
    """The table, a row for each algorithm."""
    rows = [HEADINGS, *render_rows(table)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if table.reversals:
        lines += ["", *_render_reversals(table.reversals)]
    return [*lines, "", render_canary(table)] if table.curves else lines


def render_rows(table: Table) -> list[tuple[str, ...]]:
    """The cells below the headings."""
    return [_render_row(table, tally) for tally in table.tallies]


def _render_row(table: Table, tally: Tally) -> tuple[str, ...]:
    decisions = max(1, tally.commits)
    median, late = tally.get_latency(50), tally.get_latency(99)
    finality = "none" if median is None or late is None else f"{median} / {late} ms"
    return (
        tally.setup.algorithm,
        f"{tally.unsafe} of {tally.runs} broken",
        f"{tally.healed}/{tally.runs} in {tally.healed_ms_max} ms",
        finality,
        f"{render_percent(tally.stale, tally.blocks)} %",
        str(tally.reorg_max),
        f"{tally.messages // decisions:,}",
        f"{tally.size_bytes // decisions:,}",
        f"{tally.reports:,}",
        render_break(table, tally.setup.algorithm),
    )


def render_break(table: Table, algorithm: str) -> str:
    """Where an algorithm breaks first, and how to see it."""
    points = table.curves.get(algorithm, ())
    point = get_break(algorithm, points)
    if point is None:
        return f"none up to {points[-1].share_percent} %" if points else "-"
    if algorithm == "pow":
        broken = f"p({CURVE_DEPTH}) {render_percent(point.broken, point.runs)} %"
        return f"hash share {point.share_percent} %: {broken}"
    return f"byzantine {point.byzantine} of {table.nodes}, seed {point.first_seed}"


def render_percent(part: int, whole: int) -> str:
    """A share with two decimals, rounded down."""
    hundredths = part * 10_000 // max(1, whole)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _render_reversals(reversals: tuple[Reversal, ...]) -> list[str]:
    share = reversals[0].race.share_percent
    lines = [f"pow, attacker with {share} % of the hash power: a payment k deep is taken back"]
    for reversal in reversals:
        verdict = "agrees" if reversal.is_predicted else "DIFFERS"
        lines.append(
            f"  p({reversal.race.depth}) = {_render_count(reversal)}"
            f"  99 % in [{_render_grid(reversal.low)}, {_render_grid(reversal.high)}]"
            f"  predicted {render_fraction(reversal.predicted)}"
            f" (never giving up {render_fraction(reversal.unlimited)}): {verdict}"
        )
    return lines


def _render_count(reversal: Reversal) -> str:
    measured = render_fraction(Fraction(reversal.reversed, max(1, reversal.trials)))
    return f"{measured} ({reversal.reversed} of {reversal.trials})"


def render_fraction(value: Fraction) -> str:
    """A probability with four decimals, rounded to the nearest."""
    scaled = (value.numerator * 2 * GRID + value.denominator) // (2 * value.denominator)
    return _render_grid(scaled)


def _render_grid(ten_thousandths: int) -> str:
    return f"{ten_thousandths // GRID}.{ten_thousandths % GRID:04}"


def render_canary(table: Table) -> str:
    """Whether the planted fault was found, and how to see it."""
    planted = "canary (promises forgotten in a crash)"
    if table.canary is None:
        return f"{planted}: NOT FOUND"
    again = (
        f"qc sim --algorithm {CANARY.algorithm} --nodes {CANARY.nodes}"
        f" --byzantine {CANARY.byzantine} --profile {CANARY.profile} --canary"
        f" --seed {table.canary}"
    )
    return f"{planted}: found at seed {table.canary} · again: {again}"


def encode_table(table: Table) -> Json:
    """The table as JSON: whole numbers only."""
    return {
        "nodes": table.nodes,
        "profile": table.profile,
        "first_seed": table.first_seed,
        "algorithms": [_encode_tally(table, tally) for tally in table.tallies],
        "reversals": [_encode_reversal(reversal) for reversal in table.reversals],
        "canary_seed": table.canary,
        "good": table.is_good,
    }


def _encode_tally(table: Table, tally: Tally) -> Json:
    points = table.curves.get(tally.setup.algorithm, ())
    found = get_break(tally.setup.algorithm, points)
    return {
        "algorithm": tally.setup.algorithm,
        "byzantine": tally.setup.byzantine,
        "runs": tally.runs,
        "unsafe": tally.unsafe,
        "first_unsafe": tally.first_unsafe,
        "healed": tally.healed,
        "first_stuck": tally.first_stuck,
        "healed_ms_max": tally.healed_ms_max,
        "finality_ms_p50": tally.get_latency(50),
        "finality_ms_p99": tally.get_latency(99),
        "commits": tally.commits,
        "blocks": tally.blocks,
        "stale": tally.stale,
        "reorg_max": tally.reorg_max,
        "events": tally.events,
        "messages": tally.messages,
        "size_bytes": tally.size_bytes,
        "reports": tally.reports,
        "crashes": tally.crashes,
        "first_break": None if found is None else _encode_point(found),
        "curve": [_encode_point(point) for point in points],
    }


def _encode_point(point: Point) -> Json:
    return {
        "share_percent": point.share_percent,
        "byzantine": point.byzantine,
        "broken": point.broken,
        "runs": point.runs,
        "first_seed": point.first_seed,
    }


def _encode_reversal(reversal: Reversal) -> Json:
    return {
        "share_percent": reversal.race.share_percent,
        "depth": reversal.race.depth,
        "trials": reversal.trials,
        "reversed": reversal.reversed,
        "interval_ten_thousandths": [reversal.low, reversal.high],
        "predicted": str(reversal.predicted),
        "predicted_unlimited": str(reversal.unlimited),
        "agrees": reversal.is_predicted,
    }
