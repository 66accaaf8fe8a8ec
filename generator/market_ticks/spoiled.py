"""What goes wrong with ticks."""

from generator.spoiling import bad, change, of_any_stream, of_whole_number, put

KINDS = (
    *of_any_stream(time="time", text="product_id", needed="side"),
    *of_whole_number("sequence"),
    bad("price of 0", "invalid", put, "price", b'"0.00"'),
    bad("negative size", "invalid", put, "last_size", b'"-0.5"'),
    bad("price of infinity", "invalid", change, "price", "Infinity"),
    bad("price in words", "invalid", change, "price", "sixty thousand"),
    bad("too many decimals", "invalid", put, "price", b"1.0000000000001"),
    bad("unknown side", "invalid", change, "side", "hold"),
)
