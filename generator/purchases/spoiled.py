"""What goes wrong with purchases."""

from generator.spoiling import bad, change, of_any_stream, of_whole_number, put

KINDS = (
    *of_any_stream(time="event_time", text="product", needed="purchase_id"),
    *of_whole_number("quantity"),
    bad("nothing bought", "invalid", change, "quantity", 0),
    bad("impossible country", "invalid", change, "country", "XX"),
    bad("no such currency", "invalid", change, "currency", "EURO"),
    # a tenth of the smallest coin that any of the currencies has
    bad("too many decimals", "invalid", put, "amount", b'"1.0005"'),
    bad("negative price", "invalid", put, "unit_price", b"-1"),
    bad("price of infinity", "invalid", change, "unit_price", "Infinity"),
    bad("price in words", "invalid", change, "unit_price", "12,50 EUR"),
)
