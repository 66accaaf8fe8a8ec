"""The tests that every sink passes, for sinks of one's own too. Needs pytest and pytest-asyncio.

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

pytest.register_assert_rewrite("headrace.testing.contract")  # for whoever inherits them

from headrace.testing.contract import (  # noqa: E402 - see above
    NotesContract,
    SinkContract,
    Stored,
    Subject,
    WindowSinkContract,
)
from headrace.testing.records import batch_of, heartbeat  # noqa: E402

__all__ = [
    "NotesContract",
    "SinkContract",
    "Stored",
    "Subject",
    "WindowSinkContract",
    "batch_of",
    "heartbeat",
]
