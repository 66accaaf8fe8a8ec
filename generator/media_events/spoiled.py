"""What goes wrong with media events, of any version."""

from generator.spoiling import bad, change, of_any_stream, of_whole_number

_TIME = ("timestamp", "event_time")
_GENRES = ("genre", "genres")

KINDS = (
    *of_any_stream(time=_TIME, text="title", needed="content_id"),
    *of_whole_number(("duration_seconds", "duration_ms")),
    bad("unknown major version", "unknown_schema_version", change, "schema_version", "9.0"),
    bad("version that is none", "unknown_schema_version", change, "schema_version", "latest"),
    bad("version as a number", "invalid", change, "schema_version", 1.1),
    bad("invalid address", "invalid", change, "ip_address", "192.0.2.256"),
    bad("address with a port", "invalid", change, "ip_address", "192.0.2.1:443"),
    bad("genre as text", "invalid", change, _GENRES, "drama"),
    bad("genre of numbers", "invalid", change, _GENRES, [1, 2]),
    bad("unknown type", "invalid", change, "event_type", "rewind"),
)
