-- Raw rows and windows of the other four streams, and what people read of them.
CREATE TABLE media_events (
    event_id         text             NOT NULL,
    event_type       text             NOT NULL,
    event_time       timestamptz      NOT NULL,
    user_id          text             NOT NULL,
    device_id        text             NOT NULL,
    ip_address       inet             NOT NULL,
    content_id       text             NOT NULL,
    content_type     text             NOT NULL,
    title            text             NOT NULL,
    genre            text[]           NOT NULL,
    duration_seconds integer          NOT NULL,
    language         text             NOT NULL,
    position_seconds double precision NOT NULL,
    schema_version   text             NOT NULL,
    event_source     text             NOT NULL,
    session_id       text,
    bitrate_kbps     integer,
    cdn              text,
    extra            jsonb,
    kafka_partition  integer          NOT NULL,
    kafka_offset     bigint           NOT NULL,
    epoch            integer          NOT NULL
);
CREATE INDEX media_events_time ON media_events USING brin (event_time) WITH (pages_per_range = 32);
SELECT keep_table('media_events', 'event_time', 'raw');

CREATE TABLE user_activity (
    event_time      timestamptz NOT NULL,
    event_id        text        NOT NULL,
    user_id         text        NOT NULL,
    event_type      text        NOT NULL,
    page            text        NOT NULL,
    element         text,
    device          text        NOT NULL,
    country         text        NOT NULL,
    kafka_partition integer     NOT NULL,
    kafka_offset    bigint      NOT NULL,
    epoch           integer     NOT NULL
);
CREATE INDEX user_activity_time ON user_activity USING brin (event_time) WITH (pages_per_range = 32);
SELECT keep_table('user_activity', 'event_time', 'raw');

CREATE TABLE purchases (
    event_time      timestamptz NOT NULL,
    purchase_id     text        NOT NULL,
    user_id         text        NOT NULL,
    country         text        NOT NULL,
    product         text        NOT NULL,
    category        text        NOT NULL,
    quantity        integer     NOT NULL,
    unit_price      numeric     NOT NULL,
    currency        text        NOT NULL,
    amount          numeric     NOT NULL,
    kafka_partition integer     NOT NULL,
    kafka_offset    bigint      NOT NULL,
    epoch           integer     NOT NULL
);
CREATE INDEX purchases_time ON purchases USING brin (event_time) WITH (pages_per_range = 32);
SELECT keep_table('purchases', 'event_time', 'raw');

CREATE TABLE market_ticks (
    sequence        bigint           NOT NULL,
    trade_id        bigint           NOT NULL,
    price           numeric          NOT NULL,
    last_size       numeric          NOT NULL,
    time            timestamptz      NOT NULL,
    product_id      text             NOT NULL,
    side            text             NOT NULL,
    open_24h        double precision NOT NULL,
    volume_24h      double precision NOT NULL,
    low_24h         double precision NOT NULL,
    high_24h        double precision NOT NULL,
    volume_30d      double precision NOT NULL,
    best_bid        double precision NOT NULL,
    best_bid_size   double precision NOT NULL,
    best_ask        double precision NOT NULL,
    best_ask_size   double precision NOT NULL,
    kafka_partition integer          NOT NULL,
    kafka_offset    bigint           NOT NULL,
    epoch           integer          NOT NULL
);
CREATE INDEX market_ticks_time ON market_ticks USING brin (time) WITH (pages_per_range = 32);
SELECT keep_table('market_ticks', 'time', 'raw');

CREATE TABLE media_events_by_type_windows (
    window_start   timestamptz NOT NULL,
    partition      integer     NOT NULL,
    event_type     text        NOT NULL,
    content_type   text        NOT NULL,
    events         bigint      NOT NULL,
    window_seconds integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, event_type, content_type)
) WITH (fillfactor = 70);
SELECT keep_table('media_events_by_type_windows', 'window_start', 'windows');

CREATE TABLE content_plays_windows (
    window_start   timestamptz NOT NULL,
    partition      integer     NOT NULL,
    content_id     text        NOT NULL,
    title          text        NOT NULL,
    plays          bigint      NOT NULL,
    stops          bigint      NOT NULL,
    window_seconds integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, content_id, title)
) WITH (fillfactor = 70);
SELECT keep_table('content_plays_windows', 'window_start', 'windows');

CREATE TABLE user_event_summary_windows (
    window_start   timestamptz NOT NULL,
    partition      integer     NOT NULL,
    user_id        text        NOT NULL,
    event_type     text        NOT NULL,
    events         bigint      NOT NULL,
    window_seconds integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, user_id, event_type)
) WITH (fillfactor = 70);
-- The minutes of the view user_event_summary are an expression, for which the primary key is no help.
CREATE INDEX user_event_summary_windows_minute ON user_event_summary_windows USING brin
    ((date_bin('1 minute', window_start, '2000-01-03 00:00:00+00') AT TIME ZONE 'UTC'))
    WITH (pages_per_range = 32);
SELECT keep_table('user_event_summary_windows', 'window_start', 'windows');

CREATE TABLE user_activity_by_type_windows (
    window_start   timestamptz NOT NULL,
    partition      integer     NOT NULL,
    event_type     text        NOT NULL,
    events         bigint      NOT NULL,
    window_seconds integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, event_type)
) WITH (fillfactor = 70);
SELECT keep_table('user_activity_by_type_windows', 'window_start', 'windows');

CREATE TABLE purchases_by_country_windows (
    window_start   timestamptz NOT NULL,
    partition      integer     NOT NULL,
    country        text        NOT NULL,
    currency       text        NOT NULL,
    purchases      bigint      NOT NULL,
    quantity       bigint      NOT NULL,
    amount_minor   bigint      NOT NULL,
    window_seconds integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, country, currency)
) WITH (fillfactor = 70);
SELECT keep_table('purchases_by_country_windows', 'window_start', 'windows');

CREATE TABLE candles_by_product_windows (
    window_start   timestamptz NOT NULL,
    partition      integer     NOT NULL,
    product_id     text        NOT NULL,
    trades         bigint      NOT NULL,
    open_sequence  bigint      NOT NULL,
    open           numeric     NOT NULL,
    high           numeric     NOT NULL,
    low            numeric     NOT NULL,
    close_sequence bigint      NOT NULL,
    close          numeric     NOT NULL,
    volume         numeric     NOT NULL,
    first_sequence bigint      NOT NULL,
    last_sequence  bigint      NOT NULL,
    window_seconds integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, product_id)
) WITH (fillfactor = 70);
-- what candle_missing() asks for: a product's windows before and after one
CREATE INDEX candles_by_product_windows_product ON candles_by_product_windows (product_id, window_start);
SELECT keep_table('candles_by_product_windows', 'window_start', 'windows');

-- The same list as models/money.py; tests/db compares the two.
CREATE FUNCTION minor_units(currency text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN CASE
    WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
                      'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    WHEN currency IN ('CLF', 'UYW') THEN 4
    ELSE 2
END;
COMMENT ON FUNCTION minor_units(text) IS 'Decimals of a currency, ISO 4217: 2 for EUR, 0 for JPY';

-- Multiplied, since a division of numerics may round.
CREATE FUNCTION major_units(minor numeric, currency text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN minor * trim_scale(10::numeric ^ -minor_units(currency));
COMMENT ON FUNCTION major_units(numeric, text) IS 'Cents, yen, fils as an exact amount in their currency';

-- Sequence numbers up to a candle's last that nobody has seen, counted from the last one of the windows
-- before (of the latest quarter of an hour that has any: one of them may hold only late ones). What the
-- next window holds from before its own begin was only late, and is taken off here again. A set of one
-- row, since PostgreSQL then plans it as a part of the query instead of once for every candle.
CREATE FUNCTION candle_missing(
    product text, starts timestamptz, length interval, first_seen bigint, last_seen bigint, seen bigint
) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    WITH before AS (
        SELECT coalesce(max(last_sequence), first_seen - 1) AS last_number
        FROM candles_by_product_windows
        WHERE product_id = product AND window_start < starts
          AND window_start >= (
              SELECT max(window_start) - interval '15 minutes'
              FROM candles_by_product_windows
              WHERE product_id = product AND window_start < starts)
    ), after AS (
        SELECT max(last_sequence) AS last_number, coalesce(sum(trades), 0)::bigint AS trades
        FROM candles_by_product_windows
        WHERE product_id = product AND window_start >= starts + length
          AND window_start < starts + 2 * length
    ), reached AS (
        SELECT greatest(last_seen, before.last_number) AS last_number FROM before
    )
    SELECT greatest(
        reached.last_number - before.last_number - seen
        + least(greatest(after.last_number, reached.last_number) - reached.last_number - after.trades, 0),
        0)
    FROM before, after, reached;
END;
COMMENT ON FUNCTION candle_missing IS 'Sequence numbers that a candle should have seen and did not';

-- The views add the partitions up.
CREATE VIEW media_events_by_type AS
SELECT window_start, event_type, content_type, sum(events)::bigint AS events
FROM media_events_by_type_windows
GROUP BY window_start, event_type, content_type;
COMMENT ON VIEW media_events_by_type IS 'Plays, pauses and stops by window and kind of content';

CREATE VIEW content_plays AS
SELECT window_start, content_id, title, sum(plays)::bigint AS plays, sum(stops)::bigint AS stops
FROM content_plays_windows
GROUP BY window_start, content_id, title;
COMMENT ON VIEW content_plays IS 'What is being watched: plays and stops by window and content';

-- Columns and primary key of seed 002: minutes even where windows are shorter, times without a zone.
CREATE VIEW user_event_summary AS
SELECT user_id,
       date_trunc('hour', event_minute) AS event_hour,
       event_minute,
       event_type,
       sum(events)::integer AS event_count
FROM (SELECT user_id, event_type, events,
             date_bin('1 minute', window_start, '2000-01-03 00:00:00+00') AT TIME ZONE 'UTC' AS event_minute
      FROM user_event_summary_windows) AS by_window
GROUP BY user_id, event_minute, event_type;
COMMENT ON VIEW user_event_summary IS 'How often each user did what, by minute; unique by user_id, event_minute and event_type';

CREATE VIEW user_activity_by_type AS
SELECT window_start, event_type, sum(events)::bigint AS events
FROM user_activity_by_type_windows
GROUP BY window_start, event_type;
COMMENT ON VIEW user_activity_by_type IS 'Clicks, views and scrolls of all users by window';

CREATE VIEW purchases_by_country AS
SELECT window_start, country, currency,
       sum(purchases)::bigint AS purchases,
       sum(quantity)::bigint AS quantity,
       major_units(sum(amount_minor), currency) AS amount
FROM purchases_by_country_windows
GROUP BY window_start, country, currency;
COMMENT ON VIEW purchases_by_country IS 'Purchases by window, country and currency';

CREATE VIEW candles_by_product AS
SELECT window_start, product_id, open, high, low, close, volume, trades, first_sequence, last_sequence,
       missing
FROM (SELECT window_start, product_id,
             (array_agg(open ORDER BY open_sequence, open))[1] AS open,
             max(high) AS high,
             min(low) AS low,
             (array_agg(close ORDER BY close_sequence DESC, close DESC))[1] AS close,
             sum(volume) AS volume,
             sum(trades)::bigint AS trades,
             min(first_sequence) AS first_sequence,
             max(last_sequence) AS last_sequence,
             max(window_seconds) AS window_seconds
      FROM candles_by_product_windows
      GROUP BY window_start, product_id) AS candle,
     candle_missing(product_id, window_start, make_interval(secs => window_seconds),
                    first_sequence, last_sequence, trades) AS missing;
COMMENT ON VIEW candles_by_product IS 'Prices and volume by window and product';

-- By the names that seeds 003 (sic) and 004 print.
CREATE VIEW purchase_summmary AS
SELECT window_start AS created_at, country, currency, purchases, quantity, amount
FROM purchases_by_country;
COMMENT ON VIEW purchase_summmary IS 'purchases_by_country by the name that seed 003 prints';

CREATE VIEW coinbase_ticker AS
SELECT sequence, trade_id, price::double precision AS price, last_size::double precision AS last_size,
       time, product_id, side, open_24h, volume_24h, low_24h, high_24h, volume_30d,
       best_bid, best_bid_size, best_ask, best_ask_size
FROM market_ticks;
COMMENT ON VIEW coinbase_ticker IS 'market_ticks by the name and types that seed 004 prints';
