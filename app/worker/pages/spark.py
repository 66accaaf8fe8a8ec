"""Small pictures of numbers, as SVG: without a script, and without a style attribute."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

_WIDTH = 150
_HEIGHT = 32
_FEWEST = 30
"""So many slots are the least that a picture spans: two points are no curve."""

Values = Sequence[float | None]


def line(values: Values, label: str) -> Markup:
    """Draw a curve with the area below it, from 0 to the largest value; None leaves a gap."""
    top = _top(values)
    if not top:
        return _svg(label, Markup('<path class="line" d="M0 {y}H{x}"/>').format(y=31, x=_WIDTH))
    shapes = [_shape(stretch) for stretch in _stretches(values, top)]
    return _svg(label, Markup("").join(shapes))


def columns(values: Values, label: str) -> Markup:
    """Draw a column for each value."""
    top, step = _top(values), _step(values)
    drawn = [
        Markup('<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"/>').format(
            x=x - step, y=_HEIGHT - height, w=step * 0.8, h=height
        )
        for x, value in zip(_places(values), values, strict=True)
        if value and (height := max(2.0, value / top * _HEIGHT))
    ]
    return _svg(label, Markup("").join(drawn))


def bar(share: float) -> Markup:
    """Draw a bar of a share between 0 and 1, beside the number that it shows."""
    percent = min(max(share, 0.0), 1.0) * 100
    return Markup(
        '<svg class="bar" aria-hidden="true"><rect width="{percent:.1f}%" height="100%"/></svg>'
    ).format(percent=percent)


def _svg(label: str, shapes: Markup) -> Markup:
    return Markup(
        '<svg class="spark" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" '
        'aria-label="{label}"><title>{label}</title>{shapes}</svg>'
    ).format(width=_WIDTH, height=_HEIGHT, label=label, shapes=shapes)


def _shape(points: Sequence[tuple[float, float]]) -> Markup:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    first, last = points[0][0], points[-1][0]
    return Markup(
        '<path class="area" d="M{path}V32H{first:.1f}Z"/><path class="line" d="M{path}{end}"/>'
    ).format(path=path, first=first, end="" if last > first else "h1")


def _stretches(values: Values, top: float) -> Iterator[list[tuple[float, float]]]:
    stretch: list[tuple[float, float]] = []
    for x, value in zip(_places(values), values, strict=True):
        if value is None:
            if stretch:
                yield stretch
            stretch = []
        else:
            stretch.append((x, 31 - value / top * (_HEIGHT - 3)))
    if stretch:
        yield stretch


def _places(values: Values) -> list[float]:
    step = _step(values)
    return [_WIDTH - (len(values) - 1 - place) * step for place in range(len(values))]


def _step(values: Values) -> float:
    return _WIDTH / max(len(values) - 1, _FEWEST)


def _top(values: Values) -> float:
    return max((value for value in values if value is not None), default=0.0)
