"""What PostgreSQL's errors mean to who set the address, and what to do."""

import asyncpg

from db.connecting import DatabaseUnreachableError

_VARIABLE = "HEADRACE_DATABASE"

_MEANINGS: list[tuple[type[BaseException] | tuple[type[BaseException], ...], str]] = [
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "PostgreSQL refuses the user or the password. Correct them, or the server's pg_hba.conf",
    ),
    (
        asyncpg.InvalidCatalogNameError,
        "the server has no database of this name. Make it (createdb), or correct the name",
    ),
    (
        (
            asyncpg.UndefinedTableError,
            asyncpg.UndefinedColumnError,
            asyncpg.UndefinedFunctionError,
            asyncpg.InvalidSchemaNameError,
        ),
        "its tables are missing or older than this Headrace. Run: headrace migrate",
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        "its user may not do this. Grant it (docs/guides/operations.md), or name another user",
    ),
    (
        asyncpg.ReadOnlySQLTransactionError,
        "the server takes no writes (a standby). Name the primary, or all servers with commas",
    ),
    (
        asyncpg.TooManyConnectionsError,
        "the server has no connection left. Raise its max_connections, or close others",
    ),
    (
        asyncpg.OperatorInterventionError,
        "the server starts, stops, or broke it off after its time limit. Try again",
    ),
    (
        (asyncpg.PostgresConnectionError, asyncpg.ConnectionDoesNotExistError),
        "the connection was lost. Try again when the server is there",
    ),
    (asyncpg.InsufficientResourcesError, "the server is out of disk space, memory or the like"),
    (
        asyncpg.ClientConfigurationError,
        "the address cannot be used. Look at its parameters, and at PG* variables",
    ),
]


def meaning(error: BaseException, named_by: str = _VARIABLE) -> str | None:
    """Say in a line what is wrong and what to do; None for what is no everyday mistake.

    `named_by` is the variable or the option that has the address. It quotes nothing: PostgreSQL's
    own words may hold parts of the address.
    """
    if isinstance(error, DatabaseUnreachableError):
        return (
            f"{named_by}: no PostgreSQL to work with ({error}). Start it, or correct the address; "
            "`headrace up` starts one"
        )
    for kinds, words in _MEANINGS:
        if isinstance(error, kinds):
            return f"{named_by}: {words}"
    return None
