"""What is wrong is told in the same words each time; what varies stands beside."""

from datetime import timedelta
from typing import Any

import pytest

from models.decode import Decoder
from models.refusals import of_sink
from models.validation import Limits
from tests.models.examples import FORMS
from tests.models.records import NOW, batch_of

SHOP, MEDIA = FORMS["purchases"], FORMS["media_events 1.1"]
LONG = SHOP.event()


def at(**span: float) -> bytes:
    """Make an event that happened so long after its record's timestamp."""
    return SHOP.event(event_time=(NOW + timedelta(**span)).isoformat())


@pytest.mark.parametrize(
    ("form", "values", "varying"),
    [
        pytest.param(SHOP, [LONG[:40], LONG[:55]], ["", ""], id="cut off"),
        pytest.param(SHOP, [b"{nonsense", b"{      nonsense"], ["byte 1", "byte 7"], id="no JSON"),
        pytest.param(
            SHOP,
            [b'{"a": "\xff"}', b'{"abc": "\xfe"}'],
            ["byte 7: 0xff", "byte 9: 0xfe"],
            id="no UTF-8",
        ),
        pytest.param(
            MEDIA,
            [MEDIA.event(genre=["drama", None]), MEDIA.event(genre=["a", "b", "c", None])],
            ["genre.1", "genre.3"],
            id="an item",
        ),
        pytest.param(
            MEDIA,
            [MEDIA.event(schema_version="3.0"), MEDIA.event(schema_version="9.1")],
            ["schema_version '3.0'", "schema_version '9.1'"],
            id="a version",
        ),
        pytest.param(
            SHOP, [at(minutes=2), at(days=3)], ["120 s after", "259200 s after"], id="too early"
        ),
        pytest.param(
            SHOP, [at(days=-61), at(days=-70)], ["5270400 s before", "6048000 s"], id="too late"
        ),
        pytest.param(
            SHOP,
            [SHOP.event(currency="EUR"), SHOP.event(currency="JPY", unit_price=1, amount="0.5")],
            ["19.995 EUR, which has 2", "0.5 JPY, which has 0"],
            id="decimals",
        ),
    ],
)
def test_the_same_mistake_has_the_same_words(
    form: Any, values: list[bytes], varying: list[str]
) -> None:
    letters = Decoder(form.stream, Limits()).decode(batch_of(values)).dead_letters

    assert len(letters) == len(values)
    assert len({(letter.reason, letter.detail) for letter in letters}) == 1, letters
    for letter, said in zip(letters, varying, strict=True):
        assert said in letter.context


@pytest.mark.parametrize(
    ("words", "detail", "context"),
    [
        pytest.param(
            "windows: bigint out of range (SQLSTATE 22003)",
            "windows: bigint out of range (SQLSTATE 22003)",
            "",
            id="no number but the code",
        ),
        pytest.param(
            "t: index row size 2712 exceeds btree version 4 maximum 2704 (SQLSTATE 54000)",
            "t: index row size … exceeds btree version … maximum … (SQLSTATE 54000)",
            "t: index row size 2712 exceeds btree version 4 maximum 2704 (SQLSTATE 54000)",
            id="numbers",
        ),
        pytest.param("int4_check of column x2", "int4_check of column x2", "", id="names"),
    ],
)
def test_a_databases_words_lose_their_numbers(words: str, detail: str, context: str) -> None:
    assert of_sink(words) == (detail, context)
