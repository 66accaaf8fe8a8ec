-- What columns and tables are, with units; written only where it differs from what stands there, so that
-- running this again takes no lock. A view's column needs no words where its table's column of the same
-- name has them, and a raw table's or a key's are the contract's: docs/reference/data.md puts them together.
DO $comments$
DECLARE
    one record;
BEGIN
    FOR one IN
        WITH said (relation, name, words) AS (VALUES
            -- '%' is every relation that has the column and no words of its own here
            ('%', 'window_start', 'begin of the window, which it includes; the end it does not'),
            ('%', 'window_seconds', 'length of the window, seconds'),
            ('%', 'partition', 'Kafka partition that the totals are of'),
            ('%', 'kafka_partition', 'partition of the record'),
            ('%', 'kafka_offset', 'offset of the record in its partition'),
            ('%', 'epoch', 'life of the topic; "headrace epoch new" begins the next'),
            ('%', 'events', 'events'),
            ('%', 'kilobits', 'bitrate times seconds, summed: kbit'),
            ('%', 'session_seconds', 'viewing, seconds'),
            ('%', 'traffic_mbps', 'mean traffic over the window, Mbit/s'),
            ('%', 'concurrent_sessions', 'mean number of sessions over the window'),
            ('%', 'reported_seconds', 'viewing of those who say whether they stalled, seconds'),
            ('%', 'stalled_seconds', 'viewing that heartbeats with a stall stand for, seconds'),
            ('%', 'stalls', 'heartbeats with a stall'),
            ('%', 'startups', 'heartbeats that say how long the start took'),
            ('%', 'throughputs', 'heartbeats that say a throughput'),
            ('%', 'rebuffer_ratio', 'time stalled by time watched, of those who say so, 0 to 1 and beyond'),
            ('%', 'stalled_sessions', 'mean number of sessions with a stall over the window'),
            ('%', 'mean_startup_ms', 'mean start, milliseconds'),
            ('%', 'startup_ms_p50', 'median start, from buckets, milliseconds'),
            ('%', 'startup_ms_p95', 'start of the slowest twentieth, from buckets, milliseconds'),
            ('%', 'mean_throughput_kbps', 'mean throughput, kbit/s'),
            ('%', 'throughput_kbps_p05', 'throughput of the slowest twentieth, from buckets, kbit/s'),
            ('%', 'throughput_kbps_p50', 'median throughput, from buckets, kbit/s'),
            ('%', 'startups_from_0', 'starts from 0 ms to below the next one'),
            ('%', 'startups_from_250', 'starts from 250 ms to below the next one'),
            ('%', 'startups_from_500', 'starts from 500 ms to below the next one'),
            ('%', 'startups_from_1000', 'starts from 1000 ms to below the next one'),
            ('%', 'startups_from_2000', 'starts from 2000 ms to below the next one'),
            ('%', 'startups_from_4000', 'starts from 4000 ms to below the next one'),
            ('%', 'startups_from_8000', 'starts from 8000 ms to below the next one'),
            ('%', 'throughputs_from_0', 'throughputs from 0 kbit/s to below the next one'),
            ('%', 'throughputs_from_1000', 'throughputs from 1000 kbit/s to below the next one'),
            ('%', 'throughputs_from_2000', 'throughputs from 2000 kbit/s to below the next one'),
            ('%', 'throughputs_from_4000', 'throughputs from 4000 kbit/s to below the next one'),
            ('%', 'throughputs_from_8000', 'throughputs from 8000 kbit/s to below the next one'),
            ('%', 'throughputs_from_16000', 'throughputs from 16000 kbit/s to below the next one'),
            ('%', 'throughputs_from_32000', 'throughputs from 32000 kbit/s to below the next one'),
            ('quality_by_cdn_and_asn_windows', 'rebuffer_ms', 'stalled, milliseconds'),
            ('quality_by_cdn_and_asn_windows', 'errors', 'errors'),
            ('quality_by_cdn_and_asn_windows', 'startup_ms', 'starts added up, milliseconds'),
            ('quality_by_cdn_and_asn_windows', 'throughput_kbps', 'throughputs added up, kbit/s'),
            ('%', 'plays', 'events of type play'),
            ('%', 'stops', 'events of type stop'),
            ('%', 'purchases', 'events'),
            ('%', 'trades', 'events'),
            ('%', 'open', 'price of the first trade by sequence, quote currency'),
            ('%', 'high', 'highest price, quote currency'),
            ('%', 'low', 'lowest price, quote currency'),
            ('%', 'close', 'price of the last trade by sequence, quote currency'),
            ('%', 'volume', 'traded, base currency'),
            ('%', 'open_sequence', 'sequence of the first trade'),
            ('%', 'close_sequence', 'sequence of the last trade'),
            ('%', 'first_sequence', 'lowest sequence seen'),
            ('%', 'last_sequence', 'highest sequence seen'),
            ('media_events', 'extra', 'fields that the contract does not know, as they were sent'),
            ('purchases_by_country_windows', 'quantity', 'pieces'),
            ('purchases_by_country_windows', 'amount_minor', 'paid, in minor units of the currency: cents, yen, fils'),
            ('purchases_by_country', 'amount', 'paid, in the currency, exact'),
            ('purchase_summmary', 'created_at', 'begin of the window'),
            ('user_event_summary', 'event_hour', 'hour of event_minute, UTC'),
            ('user_event_summary', 'event_minute', 'minute in UTC'),
            ('user_event_summary', 'event_count', 'events'),
            ('candles_by_product', 'missing', 'sequence numbers not seen, for information: an exchange may count more than trades'),
            ('ingestion_per_minute', 'stream', 'name of the stream'),
            ('ingestion_per_minute', 'window_start', 'begin of the minute'),
            ('ingestion_per_minute', 'rows', 'events, 0 where nothing came'),
            ('cdn_capacity', 'cdn_name', 'as in current_cdn'),
            ('cdn_capacity', 'max_capacity_mbps', 'Mbit/s'),
            ('alert_settings', 'name', 'quiet_streams or database_bytes_allowed'),
            ('alert_settings', 'value', 'names of streams; bytes, 0 for no limit'),
            ('cdn_priority', 'asn', 'network (autonomous system); 0 is the default'),
            ('cdn_priority', 'priority_level', '1 is tried first'),
            ('cdn_priority', 'cdn_name', 'as in cdn_capacity'),
            ('event_dead_letters', 'topic', 'topic of the record, prefix included'),
            ('event_dead_letters', 'partition', 'partition of the record'),
            ('event_dead_letters', 'offset', 'offset of the record in its partition'),
            ('event_dead_letters', 'reason',
             'malformed, invalid, unknown_schema_version, from_the_future, expired, too_large or rejected_by_sink'),
            ('event_dead_letters', 'detail', 'what is wrong, for people: the same words for the same mistake'),
            ('event_dead_letters', 'context', 'what varies of it: numbers, values, the place in the payload'),
            ('event_dead_letters', 'payload', 'the record''s value, untouched; null for a tombstone'),
            ('event_dead_letters', 'stored_at', 'when it was stored: how long it is kept goes by this'),
            ('keeping_rounds', 'is_only', 'true: there is one row'),
            ('keeping_rounds', 'pid', 'session that keeps just now; null between rounds'),
            ('keeping_rounds', 'session_began', 'when that session began'),
            ('keeping_rounds', 'ended_at', 'end of the last round, by this server''s clock'),
            ('keeping_rounds', 'held_until', 'nothing is dropped before, since the clock had jumped'),
            ('keeping_rounds', 'leaving', 'expired partitions: rows written to each by then, and since when it is that many'),
            ('headrace_stream_files', 'name', 'topic and file, as topic/file.sql; the first releases'': the file alone'),
            ('headrace_stream_files', 'ran', 'when it was run'),
            ('headrace_stream_files', 'topic', 'topic of the stream; null from the first releases'),
            ('stream_positions', 'topic', 'full name, prefix included'),
            ('stream_positions', 'kafka_partition', 'partition of the topic'),
            ('media_events', NULL, 'Plays, pauses and stops, one row for each record'),
            ('user_activity', NULL, 'What users did on pages, one row for each record'),
            ('purchases', NULL, 'What shops sold, one row for each record'),
            ('market_ticks', NULL, 'The ticker after each trade, one row for each record')
        )
        SELECT DISTINCT ON (c.oid, a.attnum)
               c.relkind, c.relname, said.name, said.words, coalesce(a.attnum, 0) AS number
        FROM said
        JOIN pg_class c ON c.relname = said.relation OR said.relation = '%'
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = said.name
        WHERE c.relnamespace = 'public'::regnamespace
          AND c.relkind IN ('r', 'p', 'v', 'm')
          AND (a.attnum > 0 OR said.name IS NULL)
        ORDER BY c.oid, a.attnum, said.relation = '%'
    LOOP
        CONTINUE WHEN one.words
            IS NOT DISTINCT FROM
            CASE one.number WHEN 0 THEN obj_description(one.relname::regclass, 'pg_class')
                            ELSE col_description(one.relname::regclass, one.number) END;
        IF one.number = 0 THEN
            EXECUTE format('COMMENT ON TABLE %I IS %L', one.relname, one.words);
        ELSE
            EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', one.relname, one.name, one.words);
        END IF;
    END LOOP;
    -- ours, where TimescaleDB's is not
    IF EXISTS (SELECT FROM pg_proc p
               WHERE p.oid = to_regprocedure('public.time_bucket(interval, timestamptz)')
                 AND obj_description(p.oid, 'pg_proc') IS NULL
                 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')) THEN
        COMMENT ON FUNCTION public.time_bucket(interval, timestamptz)
            IS 'Begin of the bucket of a fixed width, as TimescaleDB''s function of this name gives it';
    END IF;
END
$comments$;
