"""headrace.yaml from a person's side: made, checked with every error at once, shown, described."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

WRONG = """\
sinks:
  archive:
    kind: fil
    path: x
  core:
    kind: file
    path: x
  lines:
    kind: file
    pth: x
    rotate_bytes: many
    streams: [purchase]
  secret:
    kind: file
    path: ${NOT_SET_ANYWHERE}
  twice:
    kind: file
    path: a
    path: b
sink: {}
"""


def headrace(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return headrace_of(folder, "config", *arguments, **environment)


def headrace_of(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    mine = {key: value for key, value in os.environ.items() if not key.startswith("HEADRACE_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=folder,
        env={**mine, "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_new_file_is_good_and_is_never_overwritten(tmp_path: Path) -> None:
    made = headrace(tmp_path, "init")
    checked = headrace(tmp_path, "check")
    again = headrace(tmp_path, "init")

    assert made.returncode == checked.returncode == 0, made.stderr + checked.stderr
    assert "Sinks: lines" in checked.stdout
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_every_error_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(WRONG, encoding="utf-8")

    told = headrace(tmp_path, "check")

    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    for line in (
        "line 3: sinks.archive.kind: no such kind of sink; did you mean 'file'?",
        "line 6: sinks.core: a sink's name",
        "line 10: sinks.lines.pth: unknown option; did you mean 'path'?",
        "line 11: sinks.lines.rotate_bytes: ",
        "line 12: sinks.lines.streams.0: no such stream; did you mean 'purchases'?",
        "line 15: sinks.secret.path: environment variable NOT_SET_ANYWHERE is not set",
        "line 19: sinks.twice.path: is there twice",
        "line 20: sink: unknown; did you mean 'sinks'?",
    ):
        assert line in told.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("sinks: {a: &a [*a]}", "too large or nested too deeply", id="of itself"),
        pytest.param("sinks:\n\t- x", "line 2", id="a tab"),
        pytest.param("[1]", "expected `sinks:`", id="a list"),
        pytest.param("sinks: 3", "expected a name for each sink", id="a number"),
        pytest.param(
            "sinks: {generator: {kind: file, path: x}}",
            "none of core, edge, generator",
            id="a role",
        ),
    ],
)
def test_what_is_no_such_document_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "headrace.yaml").write_text(text, encoding="utf-8")

    told = headrace(tmp_path, "check")

    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_variables_are_put_in_and_shown_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks:\n  lines:\n    kind: file\n    path: ${FOLDER:-here}/x\n"
        "    rotate_bytes: ${ROTATE}\n",
        encoding="utf-8",
    )

    shown = headrace(tmp_path, "show", ROTATE="2048")

    assert shown.returncode == 0, shown.stderr
    lines = json.loads(shown.stdout)["sinks"]["lines"]
    assert (lines["path"], lines["rotate_bytes"], lines["start"]) == ("here/x", 2048, "earliest")


def test_the_schema_names_every_kind_with_its_options(tmp_path: Path) -> None:
    told = headrace(tmp_path, "schema")

    kinds = json.loads(told.stdout)["properties"]["sinks"]["additionalProperties"]["oneOf"]
    found = {kind["properties"]["kind"]["const"]: kind["properties"] for kind in kinds}
    assert {"clickhouse", "delta", "file", "parquet"} <= found.keys()
    assert "rotate_bytes" in found["file"]
    assert "flush_seconds" in found["parquet"]


def test_a_variable_is_a_text_and_never_read_as_yaml(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks:\n  lines:\n    kind: file\n    path: ${A}\n"
        "    streams: ${S}\n    rotate_bytes: ${N}\n"
    )
    values = {"A": "@hunter2 #x", "S": "purchases,media_events", "N": "2048"}

    shown = headrace(tmp_path, "show", **values)

    assert shown.returncode == 0, shown.stderr
    lines = json.loads(shown.stdout)["sinks"]["lines"]
    assert lines["path"] == "@hunter2 #x"
    assert lines["streams"] == ["purchases", "media_events"]
    assert lines["rotate_bytes"] == 2048
    assert lines["flush_records"] == 40_000  # what holds


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("sinks: {lines: {kind: file, path: '${A:-${B}}'}}", "without another inside"),
        ("sinks: {lines: {kind: file, path: '${A'}}", "expected ${NAME}"),
        ("sinks: {lines: {kind: file, path: 's3://a/b'}}", "expected a folder"),
        ("sinks: {lines: {kind: file, path: 2026-99-99}}", "put it in quotes"),
        ("sinks: {lines: {kind: !foo x, path: x}}", "put it in quotes"),
        ("sinks: {? [a] : {kind: file}}", "expected a name"),
        ("sinks: false", "expected a name for each sink"),
        ("[" * 3_000, "deep"),
        ("#" * 1_100_000, "larger than"),
        ("sinks: {lines: {path: '" + "${A:-" * 200_000 + "'}}", "without another inside"),
    ],
)
def test_what_is_no_document_is_told_in_one_line(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "headrace.yaml").write_text(written)

    checked = headrace(tmp_path, "check")

    assert checked.returncode == 2
    assert said in checked.stderr
    assert "Traceback" not in checked.stderr


def test_the_schema_finds_what_it_refers_to(tmp_path: Path) -> None:
    schema = json.loads(headrace(tmp_path, "schema").stdout)

    references = re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema))

    assert set(references) <= set(schema["$defs"])


def test_a_sink_is_migrated_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text("sinks: {lines: {kind: file, path: x}}")

    lines = headrace_of(tmp_path, "migrate", "--sink", "lines")
    other = headrace_of(tmp_path, "migrate", "--sink", "other")

    assert "nothing to do for a sink of kind file" in lines.stdout
    assert other.returncode == 2
    assert "no such sink; there are lines" in other.stderr


def test_a_worker_without_streams_says_so(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks: {lines: {kind: file, path: x, streams: [purchases]}}"
    )

    worker = headrace_of(tmp_path, "worker", "--role", "lines", "--streams", "media_events")

    assert worker.returncode == 2
    assert "none of them goes to sink lines" in worker.stderr


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("{kind: file, path: a/../x}", id="of one kind"),
        pytest.param("{kind: parquet, path: x}", id="of two kinds"),
        pytest.param("{kind: file, path: x, streams: [purchases, media_events]}", id="one of both"),
    ],
)
def test_two_sinks_of_one_place_are_refused(tmp_path: Path, other: str) -> None:
    text = f"sinks:\n  a: {{kind: file, path: x, streams: [purchases]}}\n  b: {other}\n"
    (tmp_path / "headrace.yaml").write_text(text)

    told = headrace(tmp_path, "check")

    assert told.returncode == 2
    assert "line 3: sinks.b.kind: stores where a does" in told.stderr


def test_two_sinks_of_files_in_one_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks:\n  one: {kind: file, path: x}\n  two: {kind: file, path: ./y/../x}\n"
    )

    told = headrace(tmp_path, "check")

    assert told.returncode == 2
    assert "sinks.two.kind: stores where one does" in told.stderr


def test_two_sinks_share_a_place_where_their_streams_differ(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks:\n  a: {kind: clickhouse, streams: [purchases], ttl_days: 9}\n"
        "  b: {kind: clickhouse, streams: [media_events]}\n"
        "  c: {kind: clickhouse, table_prefix: other_}\n"
    )

    checked = headrace(tmp_path, "check")

    assert checked.returncode == 0, checked.stderr


def test_a_sorting_key_of_no_column_is_told_before_a_worker_runs(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks:\n  c:\n    kind: clickhouse\n"
        "    order_by: {purchases: [contry, event_time], purchase: [country]}\n"
    )

    told = headrace(tmp_path, "check")

    assert told.returncode == 2
    assert "sinks.c.order_by.purchases: contry is no column that always has a value" in told.stderr
    assert "did you mean 'country'?" in told.stderr
    assert "order_by.purchase: no such stream goes there; did you mean 'purchases'?" in told.stderr


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ("{kind: file}", "path: is missing"),
        ("{kind: file, path: x, rotate_bytes: many}", "rotate_bytes: expected a whole number"),
        ("{kind: file, path: x, rotate_bytes: 1}", "expected a number greater than or equal to"),
        ("{kind: file, path: x, start: now}", "start: expected 'earliest' or 'latest'"),
        ("{kind: parquet, path: 's3://'}", "path: name a bucket"),
        ("{kind: delta, path: s3://a, ca_file: a.pem}", "ca_file: deltalake cannot be told of it"),
        ("{kind: parquet, path: ''}", "path: expected at least 1 character"),
        ("{kind: file, path: s3://a}", "path: expected a folder; the kind `parquet`"),
        ("{kind: file, path: ''}", "path: expected a folder"),
        ("{kind: file, path: [a]}", "path: expected a folder"),
        ("{kind: file, path: '~nobody-of-this-name/x'}", "path: there is no such user"),
        ("{kind: file, path: 's3:/bucket/x'}", "path: expected a folder"),
        (r'{kind: file, path: "a\0b"}', "path: has a character that no file"),
        (r'{kind: parquet, path: "\ud800"}', "path: has a character that no file"),
        ("{kind: parquet, path: x, allow_http: 7}", "allow_http: expected true or false"),
        ("{kind: clickhouse, url: [a]}", "url: expected a text"),
    ],
)
def test_errors_are_told_in_everyday_words(tmp_path: Path, sink: str, said: str) -> None:
    (tmp_path / "headrace.yaml").write_text(f"sinks: {{one: {sink}}}")

    told = headrace(tmp_path, "check").stderr

    assert said in told
    assert "Value error" not in told
    assert "Input should" not in told


def test_a_list_without_anything_is_told_in_everyday_words(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text("sources: {one: {kind: coinbase, products: []}}")

    told = headrace(tmp_path, "check").stderr

    assert "sources.one.products: expected at least 1 item\n" in told


@pytest.mark.parametrize(
    "sink",
    [
        "{kind: file, path: '${NOT_SET}'}",
        "{kind: parquet, path: '${NOT_SET}'}",
        "{kind: file, path: x, rotate_bytes: '${NOT_SET}'}",
        "{kind: parquet, path: s3://a, access_key_id: k, secret_access_key: '${NOT_SET}'}",
    ],
)
def test_a_variable_that_is_not_set_is_one_error(tmp_path: Path, sink: str) -> None:
    (tmp_path / "headrace.yaml").write_text(f"sinks: {{one: {sink}}}")

    told = headrace(tmp_path, "check").stderr

    assert told.count("headrace.yaml, line") == 1, told
    assert "environment variable NOT_SET is not set" in told


@pytest.mark.parametrize(
    ("path", "said"),
    [("s3://", "name a bucket"), ("ftp://x", "give a folder, or s3://"), ("", "at least 1 char")],
)
def test_a_path_that_a_replay_cannot_read_is_told(tmp_path: Path, path: str, said: str) -> None:
    of = ("--stream", "media_events", "--source", "parquet", "--into", "same")

    told = headrace_of(tmp_path, "replay", *of, "--path", path, HEADRACE_BROKER="127.0.0.1:1")

    assert told.returncode == 2
    assert "Invalid value for --path: " in told.stderr
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_what_is_wrong_of_sinks_and_of_sources_is_told_at_once(tmp_path: Path) -> None:
    text = "sinks:\n  a: {kind: file, path: x}\n  b: {kind: file, path: x}\n"
    text += "sources:\n  s: {kind: file, path: x}\n"
    (tmp_path / "headrace.yaml").write_text(text)

    told = headrace(tmp_path, "check")

    assert "sinks.b.kind: stores where a does" in told.stderr
    assert "line 5: sources.s.stream: say which stream its events go to" in told.stderr


ALL_AT_ONCE = """\
sinks:
  a:
    kind: file
    path: x
  b: {kind: file, path: x, streams: [purchase, purchases]}
  c:
    kind: file
    path: y
    start: now
    streams: [purchase]
    rotate_bytes: many
  Dd: {kind: file, pth: z}
  e: {streams: media_event}
sources:
  r: {kind: file, path: in}
  s: {kind: file, path: in, stream: market_tick, commit_seconds: never}
  t: {kind: file, path: '${NOT_SET_ANYWHERE}', stream: purchases}
"""


def test_nothing_waits_until_something_else_is_mended(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(ALL_AT_ONCE)

    told = headrace(tmp_path, "check").stderr

    for line in (
        "line 5: sinks.b.streams.0: no such stream; did you mean 'purchases'?",
        "line 5: sinks.b.kind: stores where a does",
        "line 9: sinks.c.start: expected 'earliest' or 'latest'",
        "line 10: sinks.c.streams.0: no such stream",
        "line 11: sinks.c.rotate_bytes: expected a whole number",
        "line 12: sinks.Dd: a sink's name has",
        "line 12: sinks.Dd.pth: unknown option",
        "line 12: sinks.Dd.path: is missing",
        "line 13: sinks.e.kind: is missing",
        "line 13: sinks.e.streams.0: no such stream; did you mean 'media_events'?",
        "line 15: sources.r.stream: say which stream",
        "line 16: sources.s.stream: no such stream; did you mean 'market_ticks'?",
        "line 16: sources.s.commit_seconds: expected a number",
        "line 17: sources.t.path: environment variable NOT_SET_ANYWHERE is not set",
    ):
        assert told.count(line) == 1, told
    assert told.count("headrace.yaml, line") == 14, told


def test_every_extra_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks:\n  a: {kind: parquet, path: x}\n  b: {kind: delta, path: y}\n"
        "sources:\n  c: {kind: s3, path: s3://z/, stream: purchases}\n"
    )
    # as where no extra is installed: nothing can be imported from a path that is not searched
    without = "import importlib.util as util; found = util.find_spec; util.find_spec = lambda name:"
    without += " None if name in {'pyarrow', 'deltalake', 'obstore'} else found(name);"
    done = subprocess.run(
        [sys.executable, "-c", f"{without} from app.cli import main; main(['config', 'check'])"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    for line in (
        "line 2: sinks.a.kind: parquet needs pyarrow",
        "line 3: sinks.b.kind: delta needs ",
        "line 5: sources.c.kind: s3 needs obstore, pyarrow",
    ):
        assert line in done.stderr


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "sinks:\n", "sources: {}\n"])
def test_a_file_that_names_nothing_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "headrace.yaml").write_text(text)

    checked = headrace(tmp_path, "check")

    assert checked.returncode == 0, checked.stderr
    assert "headrace.yaml names no sink and no source" in checked.stdout
    assert "all is well" not in checked.stdout


def test_a_folder_is_told(tmp_path: Path) -> None:
    told = headrace(tmp_path, "check", HEADRACE_CONFIG=str(tmp_path))

    assert told.returncode == 2
    assert f"{tmp_path}: is a folder; name the file in it" in told.stderr
