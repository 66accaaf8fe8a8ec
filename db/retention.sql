-- make_partitions: those of these tables for these days (UTC) that are missing; names them
SELECT make_partitions($1::text[], $2::date[]) AS made;

-- homes: the partition of table $1 that holds each of these days (UTC); none for a hypertable
WITH held AS MATERIALIZED (SELECT * FROM kept_partitions WHERE name = $1)
SELECT day, partition
FROM unnest($2::date[]) AS day JOIN held
     ON coalesce(held.starts <= day::timestamp AT TIME ZONE 'UTC', true)
        AND day::timestamp AT TIME ZONE 'UTC' < held.ends;

-- make_ahead: today's and the next ones of every kept table
SELECT made FROM make_partitions_ahead(ARRAY(SELECT name FROM kept_tables)) AS made;

-- lead: what stands of the last round, to the one session that gets to do the next: no other that is still
-- there has said that it does. (A role that may only read can say nothing here. One that sees less of other
-- roles' sessions knows them by their numbers.)
UPDATE keeping_rounds AS last
SET pid = pg_backend_pid(), session_began = mine.backend_start
FROM (SELECT (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())) AS mine
WHERE NOT EXISTS (SELECT FROM pg_stat_activity AS other
                  WHERE other.pid = last.pid AND other.pid <> pg_backend_pid()
                    AND coalesce(other.backend_start = last.session_began, true))
RETURNING now(), ended_at, held_until, leaving;

-- last: what stands of it, and who is at the next
SELECT now(), ended_at, pid FROM keeping_rounds;

-- ended: what the next round has to know; $1: until when nothing is dropped, $2: what was seen
UPDATE keeping_rounds
SET pid = NULL, session_began = NULL, ended_at = clock_timestamp(), held_until = $1, leaving = $2
WHERE pid = pg_backend_pid();

-- kept: every kept table, and whether TimescaleDB cuts it (else it is partitioned)
SELECT name, kind, relkind <> 'p' AS is_hypertable
FROM kept_tables JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(name))
ORDER BY name;

-- expired: partitions of table $1 that end before $2, with how often rows of them were written, by the
-- server's statistics
SELECT partition,
       (pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)) AS written,
       is_leaving
FROM kept_partitions JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(partition))
WHERE name = $1 AND ends <= $2
ORDER BY ends;

-- detached: partitions of table $1 that were detached and then not dropped, since the worker died or a reader
-- held on to them; which day, month or year they held stands in their names
SELECT relname::text AS partition
FROM kept_tables
JOIN pg_class ON relname = name || '_past' OR relname ~ ('^' || name || '_p\d{4}(\d{2}){0,2}(_\d+)?$'),
     LATERAL substring(relname FROM '_p(\d+)(?:_\d+)?$') AS digits,
     LATERAL to_date(rpad(digits, 8, '0101'), 'YYYYMMDD') AS begins,
     LATERAL (SELECT CASE length(digits) WHEN 4 THEN interval '1 year' WHEN 6 THEN interval '1 month'
                     ELSE interval '1 day' END AS length) AS held
WHERE name = $1 AND relkind = 'r' AND NOT relispartition
  AND coalesce((begins::timestamp + length) AT TIME ZONE 'UTC', past_ends) <= $2
ORDER BY begins NULLS FIRST;

-- holders: transactions that have locks on any of these tables
SELECT DISTINCT virtualtransaction
FROM pg_locks
WHERE locktype = 'relation' AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation = ANY (ARRAY(SELECT to_regclass(quote_ident(one)) FROM unnest($1::text[]) AS one));

-- chunks: TimescaleDB's chunks of table $1 that end before $2, as above
SELECT chunk::text AS partition,
       (pg_stat_get_tuples_inserted(chunk) + pg_stat_get_tuples_updated(chunk)) AS written
FROM show_chunks(to_regclass(quote_ident($1::text)), older_than => $2::timestamptz) AS chunk;

-- drop_chunks: the same, dropped
SELECT drop_chunks(to_regclass(quote_ident($1::text)), older_than => $2::timestamptz);

-- prune_dead_letters: some of those that were stored longer ago than $1
DELETE FROM event_dead_letters
WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_dead_letters WHERE stored_at < now() - $1::interval LIMIT 5000));
