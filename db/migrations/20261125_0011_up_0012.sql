-- Keeping that stores whatever days come, whoever reads, and whatever a clock says (docs/keeping.md).
SET LOCAL lock_timeout = '2s';

-- How much time a new partition holds. Near today that is a day (windows: a month). Far from it, where only
-- late, replayed or mistaken records go, it is a month or a year: years of history that come at once then
-- need tens of partitions instead of thousands, each of which every query and every COPY has to lock.
CREATE FUNCTION partition_may_span(kind text, unit text, starts timestamp, today date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE STRICT
RETURN CASE unit
    WHEN 'year' THEN starts + interval '1 year' <= today - interval '2 years' OR starts > today + interval '10 years'
    WHEN 'month' THEN kind <> 'raw' OR starts + interval '1 month' <= today - 92 OR starts > today + interval '2 years'
    ELSE kind = 'raw'
END;
COMMENT ON FUNCTION partition_may_span IS 'Whether a partition of this kind that starts there may be a year, month or day long';

-- A table by this name was detached to be dropped: it comes back with what it holds. Not if a reader holds
-- on to it, or if it is from before a column was added; then false, and it goes its way.
CREATE FUNCTION attach_again(parent text, partition text, starts timestamptz, ends timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE NOWAIT', partition);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, partition, starts, ends);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR datatype_mismatch OR check_violation THEN
        RETURN false;
END
$function$;
COMMENT ON FUNCTION attach_again IS 'Attach a partition that was detached, unless somebody holds on to it';

CREATE FUNCTION make_partition(parent text, kind text, stem text, starts timestamptz, ends timestamptz) RETURNS text
LANGUAGE plpgsql AS $function$
DECLARE
    partition text := stem;
    others integer := 0;
BEGIN
    WHILE to_regclass(quote_ident(partition)) IS NOT NULL LOOP
        IF attach_again(parent, partition, starts, ends) THEN
            RETURN partition;
        END IF;
        others := others + 1;
        partition := stem || '_' || others;
    END LOOP;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)%s', partition, parent,
                   CASE kind WHEN 'windows' THEN ' WITH (fillfactor = 70)' ELSE '' END);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, partition, starts, ends);
    RETURN partition;
END
$function$;
COMMENT ON FUNCTION make_partition IS 'Make one partition; gives its name, which is another where the first is taken';

-- Workers come one after the other; the second finds what the first has made. They wait in line for a table,
-- not for an advisory lock: that one can be held by any role, this one by none that may only read.
-- What there is already is looked up once for all days. All of it is short if the days are few: db/keeping.py
-- asks for a few at a time.
CREATE OR REPLACE FUNCTION make_partitions(tables text[], days date[]) RETURNS SETOF text
LANGUAGE plpgsql AS $function$
DECLARE
    today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    missing record;
BEGIN
    LOCK TABLE kept_tables IN SHARE UPDATE EXCLUSIVE MODE;
    FOR missing IN
        WITH held AS MATERIALIZED (
            SELECT name, coalesce(starts, '-infinity') AS starts, ends, is_leaving
            FROM kept_partitions WHERE name = ANY (tables)
        ), wanted AS MATERIALIZED (
            SELECT DISTINCT kept.name, kept.kind, day::timestamp AS day
            FROM kept_tables AS kept
            JOIN pg_class AS parent
                 ON parent.oid = to_regclass(quote_ident(kept.name)) AND parent.relkind = 'p',
                 unnest(days) AS day
            WHERE kept.name = ANY (tables)
              AND NOT EXISTS (SELECT FROM held
                              WHERE held.name = kept.name AND NOT held.is_leaving
                                AND held.starts <= day::timestamp AT TIME ZONE 'UTC'
                                AND day::timestamp AT TIME ZONE 'UTC' < held.ends)
        ), cuts AS MATERIALIZED (
            SELECT DISTINCT name, kind, unit, fineness, pattern, cut,
                   cut AT TIME ZONE 'UTC' AS starts, (cut + step) AT TIME ZONE 'UTC' AS ends
            FROM wanted,
                 (VALUES ('year', 1, '"_p"YYYY', interval '1 year'),
                         ('month', 2, '"_p"YYYYMM', interval '1 month'),
                         ('day', 3, '"_p"YYYYMMDD', interval '1 day')) AS sizes (unit, fineness, pattern, step),
                 LATERAL date_trunc(unit, day) AS cut
            WHERE partition_may_span(kind, unit, cut, today)
        ), free AS MATERIALIZED (
            -- the finest is taken in any case: its day is not there
            SELECT * FROM cuts
            WHERE unit = CASE kind WHEN 'raw' THEN 'day' ELSE 'month' END
               OR NOT EXISTS (SELECT FROM held WHERE held.name = cuts.name AND NOT held.is_leaving
                                                 AND held.starts < cuts.ends AND cuts.starts < held.ends)
        )
        SELECT DISTINCT name, kind, starts, ends, name || to_char(cut, pattern) AS partition,
               EXISTS (SELECT FROM held WHERE held.name = coarsest.name AND held.is_leaving
                                          AND held.starts < coarsest.ends AND coarsest.starts < held.ends) AS is_leaving
        FROM (SELECT DISTINCT ON (wanted.name, day) free.*
              FROM wanted
              JOIN free ON free.name = wanted.name AND date_trunc(free.unit, wanted.day) = free.cut
              ORDER BY wanted.name, day, fineness) AS coarsest
        ORDER BY name, starts
    LOOP
        IF missing.is_leaving THEN
            RAISE EXCEPTION '% is just being dropped', missing.partition USING ERRCODE = 'lock_not_available';
        END IF;
        RETURN NEXT make_partition(missing.name, missing.kind, missing.partition, missing.starts, missing.ends);
    END LOOP;
END
$function$;

-- Its one row says which session keeps just now (db/keeping_rounds.py), and what judges the next round: how
-- late the last one was by this server's clock, and what was about to go.
CREATE TABLE keeping_rounds (
    is_only       boolean     PRIMARY KEY DEFAULT true CHECK (is_only),
    pid           integer,
    session_began timestamptz,
    ended_at      timestamptz,
    held_until    timestamptz,
    leaving       jsonb       NOT NULL DEFAULT '{}'
);
INSERT INTO keeping_rounds DEFAULT VALUES;
COMMENT ON TABLE keeping_rounds IS 'The last round of keeping, by any worker';

-- A producer may set a record's timestamp to anything: how long a dead letter is kept goes by when it was
-- stored. Those that are there count from now.
ALTER TABLE event_dead_letters ADD COLUMN stored_at timestamptz NOT NULL DEFAULT now();
