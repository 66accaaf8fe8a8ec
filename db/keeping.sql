-- make_partitions: those of these tables for these days (UTC) that are missing; names them
SELECT make_partitions($1::text[], $2::date[]) AS made;

-- homes: the partition of table $1 that holds each of these days (UTC); none for a hypertable
SELECT day, partition
FROM unnest($2::date[]) AS day JOIN kept_partitions AS held
     ON held.name = $1 AND coalesce(held.starts <= day::timestamp AT TIME ZONE 'UTC', true)
        AND day::timestamp AT TIME ZONE 'UTC' < held.ends;

-- make_ahead: today's and the next ones of every kept table
SELECT made FROM make_partitions_ahead(ARRAY(SELECT name FROM kept_tables)) AS made;

-- lead: true for the one session that gets to do it
SELECT pg_try_advisory_lock(x'4EAD2AD0'::bigint);

-- kept: every kept table, and whether TimescaleDB cuts it (else it is partitioned)
SELECT name, kind, relkind <> 'p' AS is_hypertable
FROM kept_tables JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(name))
ORDER BY name;

-- expired: partitions of table $1 that end before $2
SELECT partition, is_leaving FROM kept_partitions WHERE name = $1 AND ends <= $2 ORDER BY ends;

-- detached: partitions of table $1 that were detached and then not dropped, since the worker died;
-- which day or month they held stands in their names
SELECT relname::text AS partition
FROM kept_tables JOIN pg_class ON relname = name || '_past' OR relname ~ ('^' || name || '_p\d{6}(\d{2})?$'),
     LATERAL to_date(rpad(substring(relname FROM '\d+$'), 8, '01'), 'YYYYMMDD') AS begins
WHERE name = $1 AND relkind = 'r' AND NOT relispartition
  AND coalesce((begins::timestamp + partition_step(kind)) AT TIME ZONE 'UTC', past_ends) <= $2
ORDER BY begins NULLS FIRST;

-- chunks: TimescaleDB's chunks of table $1 that end before $2, dropped
SELECT drop_chunks(to_regclass(quote_ident($1::text)), older_than => $2::timestamptz);
