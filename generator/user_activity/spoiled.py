"""What goes wrong with activity."""

from generator.spoiling import bad, change, of_any_stream, put

KINDS = (
    *of_any_stream(time="event_time", text="page", needed="user_id"),
    bad("impossible country", "invalid", change, "country", "XX"),
    bad("country by its name", "invalid", change, "country", "Germany"),
    bad("unknown type", "invalid", change, "event_type", "hover"),
    bad("beyond a double", "invalid", put, "device", b"1e400"),
)
