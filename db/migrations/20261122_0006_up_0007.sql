-- Hours and days. Below, totals by hour and day ("<view>_hours", "<view>_days"): continuous aggregates
-- where TimescaleDB cuts the windows, plain views elsewhere. Above, what people read, by the same
-- names and with the same columns on both ("<view>_per_hour", "<view>_per_day").
SET LOCAL lock_timeout = '2s';

CREATE FUNCTION roll_up(of_view text, keys text, totals text) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    windows text := of_view || '_windows';
    span record;
    bucket text;
    query text;
BEGIN
    FOR span IN VALUES ('hours', '1 hour'), ('days', '1 day') LOOP
        IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(quote_ident(windows)) AND relkind = 'p') THEN
            bucket := format('date_bin(%L, window_start, ''2000-01-03 00:00:00+00'')', span.column2);
        ELSE
            bucket := format('time_bucket(%L, window_start)', span.column2);
        END IF;
        query := format('SELECT %s AS window_start, %s, %s FROM %I GROUP BY %s, %s', bucket, keys, totals,
                        windows, bucket, keys);
        IF bucket LIKE 'date_bin%' THEN
            EXECUTE format('CREATE VIEW %I AS %s', of_view || '_' || span.column1, query);
        ELSE
            EXECUTE format('CREATE MATERIALIZED VIEW %I WITH (timescaledb.continuous, '
                           'timescaledb.materialized_only = false) AS %s WITH NO DATA',
                           of_view || '_' || span.column1, query);
            -- late events change the past: all of it is looked at, what nobody touched costs nothing
            PERFORM add_continuous_aggregate_policy(
                to_regclass(quote_ident(of_view || '_' || span.column1)), start_offset => NULL,
                end_offset => span.column2::interval, schedule_interval => interval '10 minutes');
        END IF;
    END LOOP;
    -- Hours and days are expressions, for which the primary key is no help.
    IF bucket LIKE 'date_bin%' THEN
        EXECUTE format('CREATE INDEX %I ON %I USING brin (%s, %s) WITH (pages_per_range = 32)',
                       windows || '_spans', windows, replace(bucket, '1 day', '1 hour'), bucket);
    END IF;
END
$function$;
COMMENT ON FUNCTION roll_up IS 'Make <view>_hours and <view>_days of <view>_windows: keys and totals are lists of SQL expressions';

SELECT roll_up(traffic, keys, 'sum(events)::bigint AS events, sum(kilobits)::bigint AS kilobits, '
                              'sum(session_seconds)::bigint AS session_seconds')
FROM (VALUES ('traffic_by_cdn_and_asn', 'current_cdn, asn'),
             ('traffic_by_cdn', 'current_cdn'),
             ('traffic_by_asn', 'asn')) AS traffic (traffic, keys);
SELECT roll_up('media_events_by_type', 'event_type, content_type', 'sum(events)::bigint AS events');
SELECT roll_up('content_plays', 'content_id, title', 'sum(plays)::bigint AS plays, sum(stops)::bigint AS stops');
SELECT roll_up('user_event_summary', 'user_id, event_type', 'sum(events)::bigint AS events');
SELECT roll_up('user_activity_by_type', 'event_type', 'sum(events)::bigint AS events');
SELECT roll_up('purchases_by_country', 'country, currency', 'sum(purchases)::bigint AS purchases, '
               'sum(quantity)::bigint AS quantity, sum(amount_minor) AS amount_minor');
SELECT roll_up('candles_by_product', 'product_id',
               '(array_agg(open ORDER BY open_sequence, open))[1] AS open, max(high) AS high, min(low) AS low, '
               '(array_agg(close ORDER BY close_sequence DESC, close DESC))[1] AS close, '
               'sum(volume) AS volume, sum(trades)::bigint AS trades, '
               'min(first_sequence) AS first_sequence, max(last_sequence) AS last_sequence');

DO $views$
DECLARE
    span record;
BEGIN
    FOR span IN VALUES ('hour', 3600), ('day', 86400) LOOP
        EXECUTE replace(replace($traffic$
            CREATE VIEW traffic_by_cdn_per_{span} AS
            SELECT window_start, current_cdn, events, kilobits, session_seconds,
                   (kilobits::numeric / {seconds} / 1000)::double precision AS traffic_mbps,
                   (session_seconds::numeric / {seconds})::double precision AS concurrent_sessions
            FROM traffic_by_cdn_{span}s;

            CREATE VIEW traffic_by_asn_per_{span} AS
            SELECT window_start, asn, events, kilobits, session_seconds,
                   (kilobits::numeric / {seconds} / 1000)::double precision AS traffic_mbps,
                   (session_seconds::numeric / {seconds})::double precision AS concurrent_sessions
            FROM traffic_by_asn_{span}s;

            CREATE VIEW traffic_by_cdn_and_asn_per_{span} AS
            SELECT window_start, current_cdn, asn, events, kilobits, session_seconds,
                   (kilobits::numeric / {seconds} / 1000)::double precision AS traffic_mbps,
                   (session_seconds::numeric / {seconds})::double precision AS concurrent_sessions
            FROM traffic_by_cdn_and_asn_{span}s;

            CREATE VIEW media_events_by_type_per_{span} AS
            SELECT window_start, event_type, content_type, events FROM media_events_by_type_{span}s;

            CREATE VIEW content_plays_per_{span} AS
            SELECT window_start, content_id, title, plays, stops FROM content_plays_{span}s;

            CREATE VIEW user_event_summary_per_{span} AS
            SELECT user_id, window_start AT TIME ZONE 'UTC' AS event_{span}, event_type, events AS event_count
            FROM user_event_summary_{span}s;

            CREATE VIEW user_activity_by_type_per_{span} AS
            SELECT window_start, event_type, events FROM user_activity_by_type_{span}s;

            CREATE VIEW purchases_by_country_per_{span} AS
            SELECT window_start, country, currency, purchases, quantity,
                   major_units(amount_minor, currency) AS amount
            FROM purchases_by_country_{span}s;

            CREATE VIEW candles_by_product_per_{span} AS
            SELECT window_start, product_id, open, high, low, close, volume, trades, first_sequence, last_sequence,
                   missing
            FROM candles_by_product_{span}s,
                 candle_missing(product_id, window_start, '1 {span}', first_sequence, last_sequence, trades)
                     AS missing;
        $traffic$, '{span}', span.column1), '{seconds}', span.column2::text);
    END LOOP;
END
$views$;

-- Without TimescaleDB its time_bucket comes from us. The first release's had the same arguments, so that
-- the extension could not be added later; this one gives way to it.
DO $bucket$
DECLARE
    first_one regprocedure := to_regprocedure('time_bucket(interval, timestamptz)');
BEGIN
    IF has_timescaledb() OR first_one IS NULL
       OR pg_get_functiondef(first_one) NOT LIKE '%date_bin(bucket_width, ts, %2000-01-03%' THEN
        RETURN;
    END IF;
    CREATE FUNCTION time_bucket(bucket_width interval, ts anyelement) RETURNS anyelement
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $body$ SELECT date_bin(bucket_width, ts, '2000-01-03 00:00:00+00') $body$;
    COMMENT ON FUNCTION time_bucket(interval, anyelement) IS
        'The begin of the bucket of fixed width that a time lies in, as TimescaleDB counts them';
    DROP FUNCTION time_bucket(interval, timestamptz);
EXCEPTION
    WHEN dependent_objects_still_exist THEN
        RAISE NOTICE 'time_bucket stays as it is, since something uses it: adding TimescaleDB needs it gone';
END
$bucket$;
