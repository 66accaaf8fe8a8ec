-- Words for what keeping and the roll-ups brought.
COMMENT ON TABLE kept_tables IS 'Tables that are cut by time, so that what is old goes without a DELETE';
COMMENT ON COLUMN kept_tables.name IS 'the table';
COMMENT ON COLUMN kept_tables.time_column IS 'what it is cut by';
COMMENT ON COLUMN kept_tables.kind IS 'raw: by day, or windows: by month (UTC)';
COMMENT ON COLUMN kept_tables.past_ends IS 'end of what was there before it was cut, if anything was';
COMMENT ON VIEW kept_partitions IS 'Partitions of the kept tables; TimescaleDB''s chunks are in timescaledb_information.chunks';
COMMENT ON COLUMN kept_partitions.name IS 'the table';
COMMENT ON COLUMN kept_partitions.kind IS 'raw or windows';
COMMENT ON COLUMN kept_partitions.partition IS 'the partition, a table too';
COMMENT ON COLUMN kept_partitions.starts IS 'begin of its rows'' times; null for everything before its end';
COMMENT ON COLUMN kept_partitions.ends IS 'end of its rows'' times, which it does not include';
COMMENT ON COLUMN kept_partitions.is_leaving IS 'it is just being dropped';
COMMENT ON FUNCTION bound_past IS 'Say where a table''s past will end, and remember it in kept_tables';
COMMENT ON FUNCTION has_timescaledb IS 'Whether the extension is there';
COMMENT ON FUNCTION keep_as_hypertable IS 'How keep_table does it with TimescaleDB';
COMMENT ON FUNCTION keep_as_partitions IS 'How keep_table does it without TimescaleDB';

DO $words$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT view, span
               FROM (VALUES ('traffic_by_cdn'), ('traffic_by_asn'), ('traffic_by_cdn_and_asn'),
                            ('media_events_by_type'), ('content_plays'), ('user_event_summary'),
                            ('user_activity_by_type'),
                            ('purchases_by_country'), ('candles_by_product')) AS views (view),
                    (VALUES ('hour'), ('day')) AS spans (span) LOOP
        EXECUTE format('COMMENT ON VIEW %I IS %L', one.view || '_' || one.span || 's',
                       format('Totals for %s_per_%s', one.view, one.span));
        EXECUTE format('COMMENT ON VIEW %I IS %L', one.view || '_per_' || one.span,
                       format('%s by %s (UTC)', one.view, one.span));
    END LOOP;
    FOR one IN SELECT * FROM (VALUES ('hour'), ('day')) AS spans (span) LOOP
        EXECUTE format('COMMENT ON COLUMN user_event_summary_per_%s.event_%1$s IS %L', one.span,
                       format('begin of the %s in UTC', one.span));
        EXECUTE format('COMMENT ON COLUMN user_event_summary_per_%s.event_count IS %L', one.span, 'events');
        EXECUTE format('COMMENT ON COLUMN purchases_by_country_per_%s.amount IS %L', one.span,
                       'paid, in the currency, exact');
        EXECUTE format('COMMENT ON COLUMN candles_by_product_per_%s.missing IS %L', one.span,
                       'sequence numbers not seen, for information: an exchange may count more than trades');
    END LOOP;
END
$words$;
