"""A tiny film as HLS and DASH: four segments of a second, made anew for each run."""

from fractions import Fraction
from pathlib import Path

import av

SEGMENTS = 4
SECONDS = 1
_RATE = 10
_WIDTH, _HEIGHT = 64, 36
_MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=64000,RESOLUTION=64x36,CODECS="avc1.42c00a"
level.m3u8
"""


def make(folder: Path) -> None:
    """Write `hls/` and `dash/` into a folder."""
    for form, name, options in (
        ("hls", "level.m3u8", {"hls_time": "1", "hls_segment_type": "fmp4", "hls_list_size": "0"}),
        ("dash", "main.mpd", {"seg_duration": "1", "use_template": "1", "use_timeline": "0"}),
    ):
        (folder / form).mkdir()
        _write(folder / form / name, form, options)
    (folder / "hls" / "main.m3u8").write_text(_MASTER)


def _write(path: Path, form: str, options: dict[str, str]) -> None:
    with av.open(str(path), "w", format=form, options=options) as container:
        coding = {"g": str(_RATE * SECONDS), "sc_threshold": "0", "profile": "baseline"}
        stream = container.add_stream("libx264", rate=_RATE, options=coding)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, _RATE)
        for number in range(SEGMENTS * SECONDS * _RATE):
            frame = av.VideoFrame(_WIDTH, _HEIGHT, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number % 200 + 16]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, _RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
