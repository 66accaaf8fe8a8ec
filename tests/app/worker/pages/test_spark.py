"""Pictures of numbers are well-formed SVG, also of nothing and of gaps."""

from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from app.worker.pages import spark

Draw = Callable[[Sequence[float | None], str], Markup]


@pytest.mark.parametrize("draw", [spark.line, spark.columns])
@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="nothing"),
        pytest.param([0.0, 0.0], id="zeros"),
        pytest.param([5.0], id="one"),
        pytest.param([None, None], id="gaps alone"),
        pytest.param([1.0, None, 3.0, 2.5, None], id="gaps between"),
        pytest.param([float(number) for number in range(150)], id="ten minutes"),
    ],
)
def test_svg_is_well_formed_and_labelled(draw: Draw, values: Sequence[float | None]) -> None:
    svg = ET.fromstring(draw(values, 'a "label" <b>'))  # noqa: S314 - made above

    assert svg.attrib["aria-label"] == 'a "label" <b>'
    assert svg.attrib["role"] == "img"
    assert "style" not in {name for part in svg.iter() for name in part.attrib}


def test_a_gap_parts_the_curve() -> None:
    whole = spark.line([1.0, 2.0, 3.0, 4.0], "x")
    parted = spark.line([1.0, 2.0, None, 4.0], "x")

    assert whole.count('class="line"') == 1
    assert parted.count('class="line"') == 2


@pytest.mark.parametrize(
    ("share", "width"), [(0.0, "0.0%"), (0.5, "50.0%"), (1.0, "100.0%"), (7.0, "100.0%")]
)
def test_a_bar_is_never_longer_than_its_place(share: float, width: str) -> None:
    assert f'width="{width}"' in spark.bar(share)
