"""What goes wrong with heartbeats."""

from generator.spoiling import of_any_stream, of_whole_number

KINDS = (
    *of_any_stream(time="time", text="channel", needed="session_id"),
    *of_whole_number("video_profile_kbps"),
)
