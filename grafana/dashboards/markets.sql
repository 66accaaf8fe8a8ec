-- What "Markets" asks. Lines and candles end with the last full window, as in content_steering.sql.
-- Prices are in a product's quote currency, volumes in its base currency: those of two products are
-- neither added nor drawn on one axis.

-- products: to choose from
SELECT DISTINCT product_id FROM candles_by_product_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
ORDER BY 1;

-- candles: of one product, by window
SELECT window_start AS time, open, high, low, close, volume
FROM candles_by_product
WHERE $__timeFilter(window_start) AND window_start + make_interval(secs => window_seconds + 5) <= now()
  AND product_id = '$product_of_candles'
ORDER BY 1;

-- candles_by_hour: of one product, full hours only
SELECT window_start AS time, open, high, low, close, volume
FROM candles_by_product_per_hour
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '1 hour 5 seconds'
  AND product_id = '$product_of_candles'
ORDER BY 1;

-- trades: a minute, by product
SELECT window_start AS time, window_seconds AS seconds, product_id AS metric,
       trades * 60.0 / window_seconds AS value
FROM candles_by_product
WHERE $__timeFilter(window_start)
  AND ('*' IN ($product) OR product_id IN ($product))
ORDER BY 1, 2;

-- spread: mean of each minute in basis points (1/100 %) of the price in the middle, from raw rows: the last
-- hour of the range
SELECT date_trunc('minute', market_ticks.time) AS time, product_id AS metric,
       avg(20000 * (best_ask - best_bid) / nullif(best_ask + best_bid, 0)) AS value
FROM market_ticks
WHERE $__timeFilter(market_ticks.time)
  AND market_ticks.time >= date_trunc('minute', least($__timeTo()::timestamptz, now()) - interval '1 hour')
  AND market_ticks.time < date_trunc('minute', now() - interval '5 seconds')
  AND ('*' IN ($product) OR product_id IN ($product))
GROUP BY 1, 2
ORDER BY 1, 2;

-- summary: what each product did in the range
SELECT product_id AS "Product",
       (array_agg(close ORDER BY window_start DESC))[1] AS "Last",
       100 * ((array_agg(close ORDER BY window_start DESC))[1] / (array_agg(open ORDER BY window_start))[1] - 1)
           AS "Change",
       max(high) AS "High", min(low) AS "Low", sum(volume) AS "Volume", sum(trades) AS "Trades",
       sum(missing) AS "Missing"
FROM candles_by_product
WHERE $__timeFilter(window_start) AND ('*' IN ($product) OR product_id IN ($product))
GROUP BY product_id
ORDER BY product_id;

-- ingestion: rows of each full minute, zeros where nothing came; the last 24 hours at most
SELECT window_start AS time, rows AS "Rows"
FROM ingestion_per_minute
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '65 seconds'
  AND stream = 'market_ticks'
ORDER BY 1;

-- silent_minutes: full minutes without a row after the first one with any, the last 24 hours at most; nothing where
-- there never was one
SELECT CASE WHEN max(before) > 0 THEN count(*) FILTER (WHERE rows = 0 AND before > 0) END AS minutes
FROM (SELECT window_start, rows, count(*) FILTER (WHERE rows > 0) OVER (ORDER BY window_start) AS before
      FROM ingestion_per_minute
      WHERE window_start <= now() - interval '65 seconds' AND stream = 'market_ticks') AS minutes
WHERE $__timeFilter(window_start);

-- gaps: the same minutes, those in a row as one gap, the latest first
SELECT min(window_start) AS "From", max(window_start) + interval '1 minute' AS "To", 60 * count(*) AS "Length"
FROM (SELECT window_start, rows, count(*) FILTER (WHERE rows > 0) OVER (ORDER BY window_start) AS before
      FROM ingestion_per_minute
      WHERE window_start <= now() - interval '65 seconds' AND stream = 'market_ticks') AS minutes
WHERE $__timeFilter(window_start) AND rows = 0 AND before > 0
GROUP BY before
ORDER BY 1 DESC
LIMIT 100;

-- missing: sequence numbers that were not seen, by window and product
SELECT window_start AS time, window_seconds AS seconds, product_id AS metric, missing AS value
FROM candles_by_product
WHERE $__timeFilter(window_start)
  AND ('*' IN ($product) OR product_id IN ($product))
ORDER BY 1, 2;

-- missing_share: of all sequence numbers in the range, percent
SELECT 100.0 * sum(missing) / nullif(sum(trades) + sum(missing), 0) AS missing
FROM candles_by_product
WHERE $__timeFilter(window_start) AND window_start + make_interval(secs => window_seconds + 5) <= now()
  AND ('*' IN ($product) OR product_id IN ($product));

-- rows_now: a minute, in the last full window
SELECT coalesce(sum(trades * 60.0 / window_seconds), 0) AS rows
FROM candles_by_product_windows
WHERE window_start = (SELECT last_full_window('candles_by_product', $__timeTo()));
