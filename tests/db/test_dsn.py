"""DSNs of one server and of several, and what asyncpg could not use."""

import pytest

from db.dsn import check, for_eyes, hosts, wanted_server


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://me@one/db", [("one", 5432)]),
        ("postgresql://me:a%40b@one:1,two:2/db", [("one", 1), ("two", 2)]),
        ("postgres://one,two:2/db?sslmode=disable", [("one", 5432), ("two", 2)]),
        ("postgresql://[::1]:1,[::2]/db", [("::1", 1), ("::2", 5432)]),
        ("postgresql:///db?host=one,two&port=1,2", [("one", 1), ("two", 2)]),
        ("postgresql:///db?host=one,two&port=1", [("one", 1), ("two", 1)]),
        ("postgresql:///db?host=/run/postgresql", [("/run/postgresql", 5432)]),
        ("postgresql:///db", []),
    ],
)
def test_hosts_are_read(dsn: str, expected: list[tuple[str, int]]) -> None:
    check(dsn)

    assert hosts(dsn) == expected


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "hush",
        "postgresql+psycopg://bob:hush@h/d",
        "postgresql://bob:hu/sh@h/d",
        "postgresql://bob:hu#sh@h/d",
        "postgresql://bob:hu?sh@h/d",
        "postgresql://bob:hu@sh@h/d",
        "postgresql://bob:12/hush@h/d",
        "postgresql://h:1:2/d",
        "postgresql://h:0/d",
        "postgresql://h:70000/d",
        "postgresql://one,,two/d",
        "postgresql:///d?host=one,two&port=1,2,3",
        "postgresql://[::1/d",
        "postgresql://h/d?sslmode",
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(dsn: str) -> None:
    with pytest.raises(ValueError, match=r"expected postgresql://user:password@host:port") as error:
        check(dsn)

    assert "hu" not in str(error.value)


@pytest.mark.parametrize(
    ("dsn", "wanted"),
    [
        ("postgresql://one/db", None),
        ("postgresql://one,two/db", "read-write"),
        ("postgresql://one,two/db?target_session_attrs=any", "any"),
        ("postgresql://one/db?target_session_attrs=primary", "primary"),
    ],
)
def test_of_several_the_one_is_wanted_that_takes_writes(dsn: str, wanted: str | None) -> None:
    assert wanted_server(dsn) == wanted


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://me:hush@one:1,two/db", "postgresql://me@one:1,two/db"),
        ("postgresql://one/db?password=hush&a=b", "postgresql://one/db?password=***&a=b"),
        ("postgresql://one/db?sslpassword=hush", "postgresql://one/db?sslpassword=***"),
        ("postgresql://one/db", "postgresql://one/db"),
    ],
)
def test_what_is_shown_has_no_password(dsn: str, shown: str) -> None:
    assert for_eyes(dsn) == shown
