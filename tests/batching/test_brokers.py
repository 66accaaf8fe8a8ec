"""Brokers as people write them, and what is no address at all."""

import pytest

from config.brokers import brokers


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("one:9092", "one:9092"),
        ("kafka://one:9092", "one:9092"),
        ("kafka://one", "one:9092"),
        ("kafka://one:9092,two:9093", "one:9092,two:9093"),
        ("kafka://one;kafka://two:9093/", "one:9092,two:9093"),
        ("one, two ,10.0.0.3:1", "one:9092,two:9092,10.0.0.3:1"),
        ("[::1]:9092,kafka://[fe80::1]", "[::1]:9092,[fe80::1]:9092"),
    ],
)
def test_what_is_an_address_is_read(written: str, read: str) -> None:
    assert brokers(written) == read
    assert brokers(read) == read


@pytest.mark.parametrize(
    "written",
    ["", "one:", "one:x", "one:0", "one:70000", "one:9092,", "http://one:9092", "one two", "::1"],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected host:port"):
        brokers(written)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="SASL") as refused:
        brokers("kafka://bob:hush@one:9092")

    assert "hush" not in str(refused.value)
