"""Bar charts as inline SVG: no script, no outside files, so that they print and go by mail as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 14, 32
_MOST_BARS = 62
# where a scale may end, so that the bars fill most of it
_FINE = tuple(map(Decimal, ("1", "1.2", "1.4", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")))

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label below, its parts from the bottom up (value, colour class), and what is said when pointing at it."""

    label: str
    parts: tuple[tuple[Number, str], ...]
    told: str

    @property
    def height(self) -> Decimal:
        return Decimal(sum(max(value, 0) for value, _ in self.parts))


def chart(bars: Sequence[Bar], title: str) -> Markup:
    """The bars as one SVG picture with a scale; `title` is read out to people who cannot see it."""
    shown = grouped(bars)
    top = _round_up(max((bar.height for bar in shown), default=Decimal(0)))
    step = Decimal(WIDTH - _LEFT - _RIGHT) / max(len(shown), 1)
    parts = [_scale(top), *(_bar(bar, place, step, top) for place, bar in enumerate(shown)), _labels(shown, step)]
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(WIDTH, HEIGHT, title)
    return Markup('<div class="plot">') + head + Markup("").join(parts) + Markup("</svg></div>")


def grouped(bars: Sequence[Bar]) -> list[Bar]:
    """So many bars that they can still be told apart: neighbours are added up where there are more."""
    each = -(-len(bars) // _MOST_BARS)
    if each <= 1:
        return list(bars)
    groups = [bars[start : start + each] for start in range(0, len(bars), each)]
    return [_sum(group) for group in groups]


def _sum(group: Sequence[Bar]) -> Bar:
    longest = max((bar.parts for bar in group), key=len)
    parts = tuple(
        (sum((bar.parts[place][0] for bar in group if place < len(bar.parts)), Decimal(0)), style)
        for place, (_, style) in enumerate(longest)
    )
    total = sum((value for value, _ in parts), Decimal(0))
    return Bar(group[0].label, parts, f"{group[0].label} to {group[-1].label}: {total:f}")


def _bar(bar: Bar, place: int, step: Decimal, top: Decimal) -> Markup:
    room = Decimal(HEIGHT - _TOP - _BOTTOM)
    left, width = _LEFT + step * place + step / 10, step * 8 / 10
    drawn, base = [], Decimal(HEIGHT - _BOTTOM)
    for value, style in bar.parts:
        height = room * Decimal(max(value, 0)) / top
        base -= height
        if height:
            rect = '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
            drawn.append(Markup(rect).format(style, left, base, width, height))
    return Markup("<g><title>{}</title>").format(bar.told) + Markup("").join(drawn) + Markup("</g>")


def _scale(top: Decimal) -> Markup:
    lines = []
    for share in (Decimal(0), Decimal("0.5"), Decimal(1)):
        y = HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share
        value = (top * share).normalize()
        lines.append(Markup('<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>').format(_LEFT, y, WIDTH - _RIGHT, y))
        lines.append(Markup('<text class="scale" x="{}" y="{:.1f}">{}</text>').format(_LEFT - 6, y + 4, f"{value:f}"))
    return Markup("").join(lines)


def _labels(bars: Sequence[Bar], step: Decimal) -> Markup:
    """As many labels as there is room for; every second one may be left out where there is less."""
    every = max(1, -(-len(bars) // 10))
    drawn = Markup('<text class="label{}" x="{:.1f}" y="{}">{}</text>')
    return Markup("").join(
        drawn.format(" second" if place // every % 2 else "", _LEFT + step * place + step / 2, HEIGHT - 8, escape(bar.label))
        for place, bar in enumerate(bars)
        if place % every == 0
    )


def _round_up(highest: Decimal) -> Decimal:
    """The end of the scale: a round number at or above the highest bar, even, so that its half is whole."""
    if highest <= 2:
        return Decimal(2)
    unit = Decimal(10) ** (highest.adjusted())
    fine = _FINE if unit > 1 else (2, 4, 6, 8, 10)
    return next(unit * factor for factor in fine if unit * factor >= highest)
