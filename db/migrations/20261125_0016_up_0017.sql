-- What players may say of viewing since content_sessions 1.1, and windows of it. Short locks: a column that may
-- be null and has no default rewrites nothing. Workers of before know neither: they store rows with nulls, and
-- nothing of theirs comes into the windows, which are a table of their own and count what was said alone.
SET LOCAL lock_timeout = '2s';

ALTER TABLE content_sessions ADD COLUMN buffer_ms integer;
ALTER TABLE content_sessions ADD COLUMN rebuffer_ms integer;
ALTER TABLE content_sessions ADD COLUMN throughput_kbps integer;
ALTER TABLE content_sessions ADD COLUMN errors integer;
ALTER TABLE content_sessions ADD COLUMN startup_ms integer;
ALTER TABLE content_sessions ADD COLUMN player text;

CREATE TABLE quality_by_cdn_and_asn_windows (
    window_start           timestamptz NOT NULL,
    partition              integer     NOT NULL,
    current_cdn            text        NOT NULL,
    asn                    bigint      NOT NULL,
    reported_seconds       bigint      NOT NULL,
    stalled_seconds        bigint      NOT NULL,
    stalls                 bigint      NOT NULL,
    rebuffer_ms            bigint      NOT NULL,
    errors                 bigint      NOT NULL,
    startups               bigint      NOT NULL,
    startup_ms             bigint      NOT NULL,
    throughputs            bigint      NOT NULL,
    throughput_kbps        bigint      NOT NULL,
    startups_from_0        bigint      NOT NULL,
    startups_from_250      bigint      NOT NULL,
    startups_from_500      bigint      NOT NULL,
    startups_from_1000     bigint      NOT NULL,
    startups_from_2000     bigint      NOT NULL,
    startups_from_4000     bigint      NOT NULL,
    startups_from_8000     bigint      NOT NULL,
    throughputs_from_0     bigint      NOT NULL,
    throughputs_from_1000  bigint      NOT NULL,
    throughputs_from_2000  bigint      NOT NULL,
    throughputs_from_4000  bigint      NOT NULL,
    throughputs_from_8000  bigint      NOT NULL,
    throughputs_from_16000 bigint      NOT NULL,
    throughputs_from_32000 bigint      NOT NULL,
    window_seconds         integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, current_cdn, asn)
) WITH (fillfactor = 70);
SELECT keep_table('quality_by_cdn_and_asn_windows', 'window_start', 'windows');
SELECT roll_up('quality_by_cdn_and_asn', 'current_cdn, asn',
               'sum(reported_seconds)::bigint AS reported_seconds, sum(stalled_seconds)::bigint AS '
               'stalled_seconds, sum(stalls)::bigint AS stalls, sum(rebuffer_ms)::bigint AS rebuffer_ms, '
               'sum(errors)::bigint AS errors, sum(startups)::bigint AS startups, sum(startup_ms)::bigint AS '
               'startup_ms, sum(throughputs)::bigint AS throughputs, sum(throughput_kbps)::bigint AS '
               'throughput_kbps, sum(startups_from_0)::bigint AS startups_from_0, sum(startups_from_250)::bigint '
               'AS startups_from_250, sum(startups_from_500)::bigint AS startups_from_500, '
               'sum(startups_from_1000)::bigint AS startups_from_1000, sum(startups_from_2000)::bigint AS '
               'startups_from_2000, sum(startups_from_4000)::bigint AS startups_from_4000, '
               'sum(startups_from_8000)::bigint AS startups_from_8000, sum(throughputs_from_0)::bigint AS '
               'throughputs_from_0, sum(throughputs_from_1000)::bigint AS throughputs_from_1000, '
               'sum(throughputs_from_2000)::bigint AS throughputs_from_2000, sum(throughputs_from_4000)::bigint AS '
               'throughputs_from_4000, sum(throughputs_from_8000)::bigint AS throughputs_from_8000, '
               'sum(throughputs_from_16000)::bigint AS throughputs_from_16000, sum(throughputs_from_32000)::bigint '
               'AS throughputs_from_32000');

-- Counts of buckets make a quantile: it lies in the bucket that reaches it, as far in as the counts say. Of the
-- last bucket, which has no end, nothing is known but where it begins.
CREATE FUNCTION bucket_quantile(counts bigint[], begins double precision[], wanted double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $function$
    SELECT CASE WHEN ends IS NULL OR held = 0 THEN begins_at
                ELSE begins_at + (ends - begins_at) * (rank - (upto - held)) / held END
    FROM (SELECT place, held, begins[place] AS begins_at, begins[place + 1] AS ends,
                 sum(held) OVER (ORDER BY place) AS upto,
                 wanted * sum(held) OVER () AS rank, sum(held) OVER () AS together
          FROM unnest(counts) WITH ORDINALITY AS bucket (held, place)) AS buckets
    WHERE together > 0 AND upto >= rank AND held > 0
    ORDER BY place
    LIMIT 1
$function$;
COMMENT ON FUNCTION bucket_quantile IS
    'A quantile (0 to 1) of counts by bucket, given where each bucket begins; null where nothing was counted';

CREATE FUNCTION startup_quantile(counts bigint[], wanted double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN bucket_quantile(counts, ARRAY[0, 250, 500, 1000, 2000, 4000, 8000], wanted);
COMMENT ON FUNCTION startup_quantile IS 'A quantile (0 to 1) of the columns startups_from_..., ms';

CREATE FUNCTION throughput_quantile(counts bigint[], wanted double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN bucket_quantile(counts, ARRAY[0, 1000, 2000, 4000, 8000, 16000, 32000], wanted);
COMMENT ON FUNCTION throughput_quantile IS 'A quantile (0 to 1) of the columns throughputs_from_..., kbit/s';

-- Each view adds up partitions (and CDNs or networks), and makes of the sums what does not add up itself.
DO $views$
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT view || suffix AS view, source, keys, length
        FROM (VALUES ('quality_by_cdn_and_asn', 'current_cdn, asn'),
                     ('quality_by_cdn', 'current_cdn'),
                     ('quality_by_asn', 'asn')) AS views (view, keys),
             (VALUES ('', 'quality_by_cdn_and_asn_windows', 'max(window_seconds)'),
                     ('_per_hour', 'quality_by_cdn_and_asn_hours', '3600'),
                     ('_per_day', 'quality_by_cdn_and_asn_days', '86400')) AS spans (suffix, source, length)
    LOOP
        EXECUTE replace(replace(replace(replace($view$
            CREATE VIEW {view} AS
            SELECT window_start, {keys}, reported_seconds, stalled_seconds, stalls, rebuffer_ms, errors, startups, startup_ms, throughputs, throughput_kbps,
                   rebuffer_ms / 1000.0::double precision / nullif(reported_seconds, 0) AS rebuffer_ratio,
                   stalled_seconds::double precision / window_seconds AS stalled_sessions,
                   startup_ms::double precision / nullif(startups, 0) AS mean_startup_ms,
                   startup_quantile(startup_counts, 0.5) AS startup_ms_p50,
                   startup_quantile(startup_counts, 0.95) AS startup_ms_p95,
                   throughput_kbps::double precision / nullif(throughputs, 0) AS mean_throughput_kbps,
                   throughput_quantile(throughput_counts, 0.05) AS throughput_kbps_p05,
                   throughput_quantile(throughput_counts, 0.5) AS throughput_kbps_p50,
                   startups_from_0, startups_from_250, startups_from_500, startups_from_1000,
                   startups_from_2000, startups_from_4000, startups_from_8000, throughputs_from_0,
                   throughputs_from_1000, throughputs_from_2000, throughputs_from_4000, throughputs_from_8000,
                   throughputs_from_16000, throughputs_from_32000, window_seconds
            FROM (SELECT window_start, {keys},
                         sum(reported_seconds)::bigint AS reported_seconds, sum(stalled_seconds)::bigint AS
                         stalled_seconds, sum(stalls)::bigint AS stalls, sum(rebuffer_ms)::bigint AS rebuffer_ms,
                         sum(errors)::bigint AS errors, sum(startups)::bigint AS startups, sum(startup_ms)::bigint AS
                         startup_ms, sum(throughputs)::bigint AS throughputs, sum(throughput_kbps)::bigint AS
                         throughput_kbps, sum(startups_from_0)::bigint AS startups_from_0,
                         sum(startups_from_250)::bigint AS startups_from_250, sum(startups_from_500)::bigint AS
                         startups_from_500, sum(startups_from_1000)::bigint AS startups_from_1000,
                         sum(startups_from_2000)::bigint AS startups_from_2000, sum(startups_from_4000)::bigint AS
                         startups_from_4000, sum(startups_from_8000)::bigint AS startups_from_8000,
                         sum(throughputs_from_0)::bigint AS throughputs_from_0, sum(throughputs_from_1000)::bigint AS
                         throughputs_from_1000, sum(throughputs_from_2000)::bigint AS throughputs_from_2000,
                         sum(throughputs_from_4000)::bigint AS throughputs_from_4000,
                         sum(throughputs_from_8000)::bigint AS throughputs_from_8000,
                         sum(throughputs_from_16000)::bigint AS throughputs_from_16000,
                         sum(throughputs_from_32000)::bigint AS throughputs_from_32000,
                         {length} AS window_seconds
                  FROM {source}
                  GROUP BY window_start, {keys}) AS counted,
                 LATERAL (SELECT ARRAY[startups_from_0, startups_from_250, startups_from_500, startups_from_1000,
                          startups_from_2000, startups_from_4000, startups_from_8000] AS startup_counts,
                                 ARRAY[throughputs_from_0, throughputs_from_1000, throughputs_from_2000,
                          throughputs_from_4000, throughputs_from_8000, throughputs_from_16000,
                          throughputs_from_32000] AS throughput_counts) AS buckets
        $view$, '{view}', made.view), '{keys}', made.keys), '{source}', made.source), '{length}', made.length);
        EXECUTE format('COMMENT ON VIEW %I IS %L', made.view,
                       'Experience of viewers by ' || CASE WHEN made.length = '3600' THEN 'hour'
                                                           WHEN made.length = '86400' THEN 'day'
                                                           ELSE 'window' END
                       || ' and ' || replace(replace(made.keys, 'current_cdn', 'CDN'), 'asn', 'network'));
    END LOOP;
    FOR made IN SELECT * FROM (VALUES ('hour'), ('day')) AS spans (span) LOOP
        EXECUTE format('COMMENT ON VIEW %I IS %L', format('quality_by_cdn_and_asn_%ss', made.span),
                       format('Totals for quality_by_cdn_and_asn_per_%s', made.span));
    END LOOP;
END
$views$;

DO $$ BEGIN PERFORM let_reader_read(); END $$;
