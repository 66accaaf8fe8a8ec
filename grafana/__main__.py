"""`python -m grafana` writes every generated file, `--check` only says which differ."""

import sys

import click

try:
    from grafana.alerts.alert import DOCS_URL
    from grafana.generated import HERE, generated
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
    different = [
        (path, text)
        for path, text in generated(docs).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in different:
        click.echo(f"{path.relative_to(HERE.parent)} {'differs' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and different:
        click.echo("Run: python -m grafana")
        sys.exit(1)


if __name__ == "__main__":
    main()
