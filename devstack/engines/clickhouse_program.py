"""`python -m devstack.engines.clickhouse_program LIBRARY PORT CONFIG DATA`: a ClickHouse server.

clickhouse-local since 26.7 can listen (SYSTEM START LISTEN), and `chdb_query_cmdline` of chDB's
library is its main(). It serves for as long as its query, which never ends, is answered.
"""

import ctypes
import sys

_FOR_EVER = (
    "SELECT ignore(sleepEachRow(1)) FROM system.numbers FORMAT Null SETTINGS max_block_size = 1,"
    " function_sleep_max_microseconds_per_block = 0, max_execution_time = 0"
)


def main(library: str, port: str, config: str, data: str) -> None:
    """Serve until a signal ends this process."""
    loaded = ctypes.CDLL(library)
    run = loaded.chdb_query_cmdline
    run.restype = ctypes.c_void_p
    run.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
    loaded.chdb_result_error.restype = ctypes.c_char_p
    loaded.chdb_result_error.argtypes = [ctypes.c_void_p]
    words = [
        "clickhouse",
        "--listen_host=127.0.0.1",
        f"--http_port={port}",
        f"--config-file={config}",
        f"--path={data}",
        f"--query=SYSTEM START LISTEN HTTP; {_FOR_EVER}",
    ]
    arguments = [word.encode() for word in words]
    result = run(len(arguments), (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None))
    if result:
        sys.exit(f"ended: {loaded.chdb_result_error(result)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
