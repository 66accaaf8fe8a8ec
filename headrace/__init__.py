"""What code outside this repository imports: to declare a stream, or to write a sink or a source.

```python
from headrace import Event, EventTime, Stream, Sum, Text, Window
```

Promise: a name of this module (`__all__`) keeps its meaning within a minor version (0.2.x). Before
one goes or changes, the release before says so in CHANGELOG.md, and the old name still works in it
with a `DeprecationWarning`. Every other module of this repository may change at any time.

A stream: docs/guides/add-a-stream.md. A sink: `Sink`, and `headrace.testing` with the tests that
every sink passes. A source: `Source`, and its tests there: docs/guides/add-a-source.md.
"""

from models.batches import Batch, DecodedBatch
from models.dead_letters import DeadLetter
from models.events import Event, Together
from models.positions import Position, Positions, TopicPartition
from models.streams import Headline, Stream
from models.types import Country, Currency, EventTime, IpAddress, Number, StoredAs, Text, number
from models.versions import Version, Versions
from models.windows import First, Last, Max, Min, Sum, Window
from sinks.base import Fenced, Rejected, Since, Sink, SinkUnavailable, Totals
from sinks.ending import to_the_end
from sinks.kinds import Flush, SinkKind, Weight
from sources.base import Chunk, Record, Resume, Source, SourceRefused, SourceUnavailable
from sources.kinds import Opening, SourceKind
from telemetry.source_stats import SourceStats

__all__ = [
    "Batch",
    "Chunk",
    "Country",
    "Currency",
    "DeadLetter",
    "DecodedBatch",
    "Event",
    "EventTime",
    "Fenced",
    "First",
    "Flush",
    "Headline",
    "IpAddress",
    "Last",
    "Max",
    "Min",
    "Number",
    "Opening",
    "Position",
    "Positions",
    "Record",
    "Rejected",
    "Resume",
    "Since",
    "Sink",
    "SinkKind",
    "SinkUnavailable",
    "Source",
    "SourceKind",
    "SourceRefused",
    "SourceStats",
    "SourceUnavailable",
    "StoredAs",
    "Stream",
    "Sum",
    "Text",
    "Together",
    "TopicPartition",
    "Totals",
    "Version",
    "Versions",
    "Weight",
    "Window",
    "number",
    "to_the_end",
]
