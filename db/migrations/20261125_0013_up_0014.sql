-- Windows of any length: views say how long each is, so that whoever makes a rate need not suppose a minute.
-- The column comes last, since a view that is replaced beside its readers keeps the ones it has.
SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE VIEW traffic_by_cdn AS
SELECT window_start, current_cdn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / max(window_seconds) / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / max(window_seconds))::double precision AS concurrent_sessions,
       max(window_seconds) AS window_seconds
FROM traffic_by_cdn_windows
GROUP BY window_start, current_cdn;
COMMENT ON VIEW traffic_by_cdn IS 'Traffic by window and CDN';

CREATE OR REPLACE VIEW traffic_by_asn AS
SELECT window_start, asn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / max(window_seconds) / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / max(window_seconds))::double precision AS concurrent_sessions,
       max(window_seconds) AS window_seconds
FROM traffic_by_asn_windows
GROUP BY window_start, asn;
COMMENT ON VIEW traffic_by_asn IS 'Traffic by window and network (autonomous system)';

CREATE OR REPLACE VIEW traffic_by_cdn_and_asn AS
SELECT window_start, current_cdn, asn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / max(window_seconds) / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / max(window_seconds))::double precision AS concurrent_sessions,
       max(window_seconds) AS window_seconds
FROM traffic_by_cdn_and_asn_windows
GROUP BY window_start, current_cdn, asn;
COMMENT ON VIEW traffic_by_cdn_and_asn IS 'Traffic by window, CDN and network';

CREATE OR REPLACE VIEW media_events_by_type AS
SELECT window_start, event_type, content_type, sum(events)::bigint AS events,
       max(window_seconds) AS window_seconds
FROM media_events_by_type_windows
GROUP BY window_start, event_type, content_type;

CREATE OR REPLACE VIEW content_plays AS
SELECT window_start, content_id, title, sum(plays)::bigint AS plays, sum(stops)::bigint AS stops,
       max(window_seconds) AS window_seconds
FROM content_plays_windows
GROUP BY window_start, content_id, title;

CREATE OR REPLACE VIEW user_activity_by_type AS
SELECT window_start, event_type, sum(events)::bigint AS events, max(window_seconds) AS window_seconds
FROM user_activity_by_type_windows
GROUP BY window_start, event_type;

CREATE OR REPLACE VIEW purchases_by_country AS
SELECT window_start, country, currency,
       sum(purchases)::bigint AS purchases,
       sum(quantity)::bigint AS quantity,
       major_units(sum(amount_minor), currency) AS amount,
       max(window_seconds) AS window_seconds
FROM purchases_by_country_windows
GROUP BY window_start, country, currency;

CREATE OR REPLACE VIEW candles_by_product AS
SELECT window_start, product_id, open, high, low, close, volume, trades, first_sequence, last_sequence,
       missing, window_seconds
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

CREATE FUNCTION window_length(of_view text, upto timestamptz) RETURNS interval
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT AS $function$
DECLARE
    seconds integer;
BEGIN
    EXECUTE format('SELECT window_seconds FROM %I WHERE window_start <= $1 ORDER BY window_start DESC LIMIT 1',
                   of_view || '_windows') INTO seconds USING upto;
    RETURN make_interval(secs => coalesce(seconds, 60));
END
$function$;
COMMENT ON FUNCTION window_length IS 'How long a view''s windows were at a time: as long as its newest one, a minute before there is any';

CREATE FUNCTION last_full_window(of_view text, upto timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE STRICT AS $function$
    SELECT date_bin(length, least(upto, now()) - interval '5 seconds', 'epoch') - length
    FROM window_length(of_view, least(upto, now())) AS length
$function$;
COMMENT ON FUNCTION last_full_window IS
    'Begin of the last window of a view that was over at a time; five seconds later, when what came late is stored too';

-- As it was, but for windows that are longer than a minute or lie in two: they are shared by time, and one
-- that is still open only among the minutes that have passed, or the latest ones would look like a fall.
CREATE OR REPLACE VIEW ingestion_per_minute AS
WITH span AS (
    SELECT date_bin('1 minute', now(), '2000-01-03 00:00:00+00') - interval '1439 minutes' AS first_minute,
           date_bin('1 minute', now(), '2000-01-03 00:00:00+00') AS last_minute
), counted AS (
    SELECT 'content_sessions' AS stream, window_start, window_seconds, events FROM traffic_by_cdn_windows
    UNION ALL
    SELECT 'media_events', window_start, window_seconds, events FROM media_events_by_type_windows
    UNION ALL
    SELECT 'user_activity', window_start, window_seconds, events FROM user_activity_by_type_windows
    UNION ALL
    SELECT 'purchases', window_start, window_seconds, purchases FROM purchases_by_country_windows
    UNION ALL
    SELECT 'market_ticks', window_start, window_seconds, trades FROM candles_by_product_windows
), recent AS (
    SELECT stream, window_start, sum(events) AS events,
           greatest(least(window_seconds, extract(epoch FROM now() - window_start)), 1) AS seconds
    FROM counted
    -- a day more, since a window may be as long
    WHERE window_start >= now() - interval '2 days' AND window_start <= now()
    GROUP BY stream, window_start, window_seconds
), shared AS (
    -- what lies before a minute's end less what lies before its begin, both rounded up: nothing gets lost
    SELECT stream, minute,
           ceil(events * least(extract(epoch FROM minute + interval '1 minute' - window_start), seconds) / seconds)
           - ceil(events * greatest(extract(epoch FROM minute - window_start), 0) / seconds) AS events
    FROM recent,
         generate_series(date_bin('1 minute', window_start, '2000-01-03 00:00:00+00'),
                         window_start + make_interval(secs => seconds::double precision)
                             - interval '1 microsecond',
                         interval '1 minute') AS minute
), per_minute AS (
    SELECT stream, minute, sum(events)::bigint AS events FROM shared GROUP BY stream, minute
)
SELECT stream, minute AS window_start, coalesce(events, 0) AS rows
FROM span,
     generate_series(first_minute, last_minute, interval '1 minute') AS minute
     CROSS JOIN unnest(ARRAY['content_sessions', 'media_events', 'user_activity', 'purchases',
                             'market_ticks']) AS stream
     LEFT JOIN per_minute USING (stream, minute);
