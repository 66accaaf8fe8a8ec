"""docs/guides/delta.md: its programs run, its options are those that there are."""

import re
from pathlib import Path

import pytest

from config.document import load
from models.all import STREAMS
from models.media_events import MEDIA_EVENTS
from models.positions import TopicPartition
from sinks.delta.options import DeltaOptions
from sinks.kinds import kinds
from tests.sinks.delta.sinks import sink_in, stored
from tests.sinks.delta.test_readable import store_some

_GUIDE = Path("docs/guides/delta.md").read_text()
_PROGRAMS = re.findall(r"```python\n(.*?)```", _GUIDE, re.DOTALL)
_LAKE = "s3://analytics/lake"
_TPS = [TopicPartition("media_events", number) for number in range(2)]


async def test_its_programs_run_one_after_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = {"path": str(tmp_path / "lake")}
    whole = await store_some(place, MEDIA_EVENTS)
    [reached, _] = {part.tp.partition: part.last_offset for part in whole.parts}.values()

    assert len(_PROGRAMS) == 3
    for program in _PROGRAMS:
        assert _LAKE in program
        exec(program.replace(_LAKE, place["path"]), {})  # noqa: S102 - the guide's own

    said = capsys.readouterr().out
    assert f"stored of partition 0: {reached}" in said
    assert "event_type" in said
    assert stored(place, "media_events").num_rows == whole.row_count
    held = await sink_in(place, MEDIA_EVENTS).positions(_TPS)
    assert {at.last_offset for at in held.values()} == {reached}


def test_its_document_is_right(tmp_path: Path) -> None:
    [document] = re.findall(r"```yaml\n(.*?)```", _GUIDE, re.DOTALL)
    (tmp_path / "headrace.yaml").write_text(document)
    models = {name: kind.options for name, kind in kinds().items()}

    found = load(tmp_path / "headrace.yaml", models, list(STREAMS))

    [lake] = found.sinks.values()
    assert isinstance(lake.options, DeltaOptions)
    assert lake.options.place == _LAKE


def test_it_tells_every_option() -> None:
    section = _GUIDE.split("## Options")[1].split("## Which")[0]

    told = set(re.findall(r"`(\w+)`", section))

    assert told >= set(DeltaOptions.model_fields) - {"allow_http"}
    assert "allow_http" in section
