"""Plots as inline SVG, drawn with whole numbers, so that a report is reproducible byte for byte."""

from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 28, 30, 48
"""Margins, for axes and the legend."""
STEPS = 5
"""Lines of the grid, beside the axis."""
NICE = (1, 2, 5)
"""Scales end at these times a power of ten."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot."""

    name: str
    points: tuple[tuple[int, int], ...]
    """(x, y), x ascending."""
    colour: str


def render_lines(title: str, series: tuple[Series, ...], axes: tuple[str, str]) -> str:
    """Lines over a grid, with points that say their values when pointed at.

    Args:
        title: for readers who hear the page.
        series: the lines.
        axes: what x and y count.
    """
    x_max = compute_scale(max((x for s in series for x, _ in s.points), default=1))
    y_max = compute_scale(max((y for s in series for _, y in s.points), default=1))
    marks = [_render_grid(y_max), *_render_ticks(x_max), _render_axes(axes)]
    for place, one in enumerate(series):
        marks.append(_render_line(one, x_max, y_max))
        marks.append(_render_key(place, one.name, one.colour))
    return _frame(title, marks)


def render_bars(title: str, bars: list[tuple[str, int, str]], labels: list[str]) -> str:
    """Upright bars over a grid.

    Args:
        title: for readers who hear the page.
        bars: (name, hundredths of a percent, colour).
        labels: the values, as they are written above the bars.
    """
    y_max = compute_scale(max((value for _, value, _ in bars), default=1))
    marks = [_render_grid(y_max, unit=100)]
    room = (WIDTH - LEFT - RIGHT) // max(1, len(bars))
    for place, ((name, value, colour), label) in enumerate(zip(bars, labels, strict=True)):
        x = LEFT + place * room + room // 5
        width, middle = room * 3 // 5, LEFT + place * room + room // 2
        y = _place_y(value, y_max)
        marks.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{HEIGHT - BOTTOM - y}" rx="2"'
            f' fill="{colour}"><title>{escape(name)}: {escape(label)}</title></rect>'
            f'<text x="{middle}" y="{y - 5}" text-anchor="middle">{escape(label)}</text>'
            f'<text x="{middle}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{escape(name)}</text>"
        )
    return _frame(title, marks)


def compute_scale(highest: int) -> int:
    """The end of a scale: at least the highest value, and easy to read."""
    power = 1
    while True:
        for factor in NICE:
            if factor * power >= max(1, highest):
                return max(STEPS, factor * power)
        power *= 10


def _place_x(x: int, x_max: int) -> int:
    return LEFT + x * (WIDTH - LEFT - RIGHT) // x_max


def _place_y(y: int, y_max: int) -> int:
    return HEIGHT - BOTTOM - y * (HEIGHT - BOTTOM - TOP) // y_max


def _render_grid(y_max: int, unit: int = 1) -> str:
    marks = []
    for step in range(STEPS + 1):
        value = y_max * step // STEPS
        y = _place_y(value, y_max)
        text = str(value) if unit == 1 else f"{value // unit}.{value % unit * 10 // unit} %"
        marks.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="soft" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{text}</text>'
        )
    return "".join(marks)


def _render_ticks(x_max: int) -> list[str]:
    return [
        f'<text class="soft" x="{_place_x(x_max * step // STEPS, x_max)}"'
        f' y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x_max * step // STEPS:,}</text>'
        for step in range(STEPS + 1)
    ]


def _render_axes(axes: tuple[str, str]) -> str:
    return (
        f'<text class="soft" x="{(LEFT + WIDTH - RIGHT) // 2}" y="{HEIGHT - 8}"'
        f' text-anchor="middle">{escape(axes[0])}</text>'
        f'<text class="soft" x="14" y="{(TOP + HEIGHT - BOTTOM) // 2}" text-anchor="middle"'
        f' transform="rotate(-90 14 {(TOP + HEIGHT - BOTTOM) // 2})">{escape(axes[1])}</text>'
    )


def _render_line(series: Series, x_max: int, y_max: int) -> str:
    places = [(_place_x(x, x_max), _place_y(y, y_max)) for x, y in series.points]
    path = " ".join(f"{x},{y}" for x, y in places)
    dots = "".join(
        f'<circle cx="{px}" cy="{py}" r="3.5" fill="{series.colour}">'
        f"<title>{escape(series.name)}: {x:,}, {y:,}</title></circle>"
        for (px, py), (x, y) in zip(places, series.points, strict=True)
    )
    stroke = f'fill="none" stroke="{series.colour}" stroke-width="2"'
    return f'<polyline points="{path}" {stroke}/>{dots}'


def _render_key(place: int, name: str, colour: str) -> str:
    x = LEFT + place * 84
    return (
        f'<rect x="{x}" y="8" width="12" height="12" rx="2" fill="{colour}"/>'
        f'<text x="{x + 17}" y="18">{escape(name)}</text>'
    )


def _frame(title: str, marks: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(marks)}</svg>"
    )
