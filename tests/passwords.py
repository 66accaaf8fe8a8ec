"""A PostgreSQL that asks for passwords: those of the engines for tests trust everybody."""

from devstack.engines import Postgres

USER = "bob"


def require_password(postgres: Postgres, password: str) -> None:
    """Make a user who may do everything once the password is right."""
    postgres.query(f"CREATE ROLE {USER} SUPERUSER LOGIN PASSWORD '{password}'")
    rules = postgres.folder / "data" / "pg_hba.conf"
    trusted = rules.read_text(encoding="utf-8")
    rules.write_text(f"host all {USER} all scram-sha-256\n{trusted}", encoding="utf-8")
    postgres.query("SELECT pg_reload_conf()")


def dsn_with(postgres: Postgres, password: str) -> str:
    return postgres.dsn().replace("postgres@", f"{USER}:{password}@")
