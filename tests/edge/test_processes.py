"""What an edge consists of."""

import psutil

from tests.edge.edge_process import EdgeProcess


def test_the_process_that_takes_no_requests_holds_little(edge: EdgeProcess) -> None:
    first = psutil.Process(edge.child.pid)
    serving = [it for it in first.children(recursive=True) if it.memory_info().rss > 2**20]

    assert serving
    for process in serving:
        assert first.memory_info().rss < process.memory_info().rss * 0.6
