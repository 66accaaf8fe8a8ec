"""The tests that every sink and every source passes, for those of one's own too.

Needs pytest and pytest-asyncio; a source's also a Kafka broker: docs/guides/add-a-source.md.

```python
import pytest
from headrace.testing import SinkContract, Stored, Subject

class TestMySink(SinkContract):
    @pytest.fixture
    async def subject(self, tmp_path):
        sink = MySink(MyOptions(path=tmp_path), self.stream)
        yield Subject(sink, look=...)
        await sink.close()
```

A whole one: docs/guides/add-a-sink.md.
"""

import pytest

for _name in ("contract", "sources"):
    pytest.register_assert_rewrite(f"headrace.testing.{_name}")  # for whoever inherits them

from headrace.testing.contract import (  # noqa: E402 - see above
    NotesContract,
    SinkContract,
    Stored,
    Subject,
    WindowSinkContract,
)
from headrace.testing.records import batch_of, heartbeat  # noqa: E402
from headrace.testing.sources import Run, SourceContract, SourceSubject, committed  # noqa: E402

__all__ = [
    "NotesContract",
    "Run",
    "SinkContract",
    "SourceContract",
    "SourceSubject",
    "Stored",
    "Subject",
    "WindowSinkContract",
    "batch_of",
    "committed",
    "heartbeat",
]
