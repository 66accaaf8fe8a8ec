"""`python -m grafana` writes every generated file, `--check` only says which differ."""

import sys

import click

try:
    from grafana.alerts.alert import DOCS_URL
    from grafana.generated import HERE, generated
    from grafana.writing import write
except ModuleNotFoundError as error:
    if error.name is None or not error.name.startswith("grafana_foundation_sdk"):
        raise
    sys.exit(
        f"{error.name} is not installed; these files are written by developers, with the extra: "
        "pip install -c constraints.txt -e '.[test]'"
    )


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file differs.")
@click.option(
    "--docs", default="", envvar=DOCS_URL, help="Where docs/ are published: runbooks become links."
)
def main(*, check: bool, docs: str) -> None:
    """Write dashboards and alert rules from their code."""
    write(generated(docs), HERE.parent, check=check, command="python -m grafana")


if __name__ == "__main__":
    main()
