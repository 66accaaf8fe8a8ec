-- Keeping: tables cut by time, so that what is old goes without a DELETE (docs/keeping.md). On plain
-- PostgreSQL a kept table is partitioned, raw rows by day and windows by month, all in UTC; where
-- TimescaleDB is, it is a hypertable. Which of the two is asked of each table, never of the database.
CREATE TABLE kept_tables (
    name        text        PRIMARY KEY,
    time_column text        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('raw', 'windows')),
    past_ends   timestamptz
);

CREATE FUNCTION partition_step(kind text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN CASE kind WHEN 'raw' THEN interval '1 day' ELSE interval '1 month' END;
COMMENT ON FUNCTION partition_step IS 'How much time one partition of a kept table holds';

CREATE VIEW kept_partitions AS
SELECT kept.name,
       kept.kind,
       part.relname::text AS partition,
       substring(bound FROM $from$FROM \('([^']+)'\)$from$)::timestamptz AS starts,
       substring(bound FROM $to$TO \('([^']+)'\)$to$)::timestamptz AS ends,
       inhdetachpending AS is_leaving
FROM kept_tables AS kept
JOIN pg_inherits ON inhparent = to_regclass(quote_ident(kept.name))
JOIN pg_class AS part ON part.oid = inhrelid AND part.relispartition,
     LATERAL pg_get_expr(part.relpartbound, part.oid) AS bound;

-- Made apart and then attached: attaching waits for no reader and no writer of the table, and they
-- do not wait for it. Workers come one after the other; the second finds what the first has made.
CREATE FUNCTION make_partitions(tables text[], days date[]) RETURNS SETOF text
LANGUAGE plpgsql AS $function$
DECLARE
    missing record;
BEGIN
    PERFORM pg_advisory_xact_lock(x'4EAD2AD1'::bigint);
    FOR missing IN
        SELECT DISTINCT kept.name, kept.kind, cut AT TIME ZONE 'UTC' AS starts,
               (cut + partition_step(kept.kind)) AT TIME ZONE 'UTC' AS ends,
               kept.name || to_char(cut, CASE kept.kind WHEN 'raw' THEN '"_p"YYYYMMDD'
                                                        ELSE '"_p"YYYYMM' END) AS partition
        FROM kept_tables AS kept
        JOIN pg_class AS parent
             ON parent.oid = to_regclass(quote_ident(kept.name)) AND parent.relkind = 'p',
             unnest(days) AS day,
             date_trunc(CASE kept.kind WHEN 'raw' THEN 'day' ELSE 'month' END, day::timestamp) AS cut
        WHERE kept.name = ANY (tables)
        ORDER BY kept.name, starts
    LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM kept_partitions AS held
            WHERE held.name = missing.name AND NOT held.is_leaving
              AND coalesce(held.starts <= missing.starts, true) AND missing.starts < held.ends);
        IF EXISTS (SELECT FROM kept_partitions AS held
                   WHERE held.partition = missing.partition AND held.is_leaving) THEN
            RAISE EXCEPTION '% is just being dropped', missing.partition USING ERRCODE = 'lock_not_available';
        END IF;
        -- one that is there already was detached to be dropped: it comes back with what it holds
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I (LIKE %I INCLUDING ALL)%s', missing.partition,
                       missing.name,
                       CASE missing.kind WHEN 'windows' THEN ' WITH (fillfactor = 70)' ELSE '' END);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       missing.name, missing.partition, missing.starts, missing.ends);
        RETURN NEXT missing.partition;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION make_partitions IS 'Make the partitions of these tables for these days (UTC) where they are missing; names them';

-- Today's and the next ones, so that the night needs nobody.
CREATE FUNCTION make_partitions_ahead(tables text[]) RETURNS SETOF text
LANGUAGE sql AS $function$
    SELECT made
    FROM kept_tables AS kept,
         make_partitions(ARRAY[kept.name], ARRAY(
             SELECT ((now() AT TIME ZONE 'UTC')::date + step * partition_step(kept.kind))::date
             FROM generate_series(0, CASE kept.kind WHEN 'raw' THEN 2 ELSE 1 END) AS step)) AS made
    WHERE kept.name = ANY (tables)
$function$;
COMMENT ON FUNCTION make_partitions_ahead IS 'Make the partitions of today and two days more, of this month and the next';

CREATE FUNCTION has_timescaledb() RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');

-- Rows up to here become one partition, "<table>_past". The constraint is checked later, beside
-- writers, so that attaching the partition need not look at the rows under its lock.
CREATE FUNCTION bound_past(of_table text, of_time_column text, of_kind text) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    latest timestamptz;
    past timestamptz;
BEGIN
    EXECUTE format('SELECT max(%I) FROM %I', of_time_column, of_table) INTO latest;
    past := date_trunc(CASE of_kind WHEN 'raw' THEN 'day' ELSE 'month' END,
                       greatest(latest, now()) AT TIME ZONE 'UTC' + 2 * partition_step(of_kind))
            AT TIME ZONE 'UTC';
    INSERT INTO kept_tables VALUES (of_table, of_time_column, of_kind, past);
END
$function$;

CREATE FUNCTION keep_as_hypertable(of_table text, of_time_column text, of_kind text) RETURNS void
LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM create_hypertable(
        to_regclass(quote_ident(of_table)),
        by_range(of_time_column::name,
                 CASE of_kind WHEN 'raw' THEN interval '1 day' ELSE interval '7 days' END),
        create_default_indexes => false, migrate_data => true);
    EXECUTE format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = %L, '
                   'timescaledb.compress_orderby = %L)', of_table,
                   CASE of_kind WHEN 'raw' THEN '' ELSE 'partition' END, quote_ident(of_time_column));
    -- late events find most of what they belong to uncompressed
    PERFORM add_compression_policy(
        to_regclass(quote_ident(of_table)),
        CASE of_kind WHEN 'raw' THEN interval '3 days' ELSE interval '30 days' END);
END
$function$;

CREATE FUNCTION keep_as_partitions(of_table text, of_time_column text, is_new boolean) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    past text := of_table || '_past';
    past_ends timestamptz := (SELECT kept.past_ends FROM kept_tables AS kept WHERE name = of_table);
    past_table regclass;
    again text[];
    command text;
    index_name text;
BEGIN
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', of_table);
    past_table := to_regclass(quote_ident(of_table));
    -- What people made for the table goes over to the new one: views, rights and words.
    SELECT array_agg(statement) INTO again FROM (
        SELECT DISTINCT format('CREATE OR REPLACE VIEW %s%s AS %s', view.oid::regclass,
                               ' WITH (' || array_to_string(view.reloptions, ', ') || ')',
                               pg_get_viewdef(view.oid)) AS statement
        FROM pg_depend
        JOIN pg_rewrite ON pg_rewrite.oid = objid
        JOIN pg_class AS view ON view.oid = ev_class AND view.relkind = 'v'
        WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass
          AND refobjid = past_table
        UNION ALL
        SELECT format('GRANT %s ON %I TO %s%s', privilege_type, of_table,
                      CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
                      CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM pg_class, aclexplode(relacl)
        WHERE pg_class.oid = past_table AND grantee <> relowner
        UNION ALL
        SELECT format('COMMENT ON TABLE %I IS %L', of_table, obj_description(past_table, 'pg_class'))
    ) AS statements;

    EXECUTE format('ALTER TABLE %I RENAME TO %I', of_table, past);
    FOR index_name IN SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                      WHERE indrelid = past_table LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', index_name,
                       past || substr(index_name, length(of_table) + 1));
    END LOOP;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING CONSTRAINTS) PARTITION BY RANGE (%I)',
                   of_table, past, of_time_column);
    FOREACH command IN ARRAY coalesce(again, '{}') LOOP
        EXECUTE command;
    END LOOP;

    -- By its size, not by its rows: those that came after this transaction began may be unseen here.
    -- A worker that knows nothing of partitions may have rows for any day in hand.
    IF pg_relation_size(past_table) = 0
       AND (is_new OR NOT EXISTS (SELECT FROM pg_stat_activity
                                  WHERE application_name = 'headrace' AND datname = current_database())) THEN
        EXECUTE format('DROP TABLE %I', past);
    ELSE
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
                       of_table, past, past_ends);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS is_past', past);
    END IF;
    PERFORM make_partitions_ahead(ARRAY[of_table]);
END
$function$;

CREATE FUNCTION keep_table(of_table text, of_time_column text, of_kind text) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    is_new boolean := NOT EXISTS (SELECT FROM kept_tables WHERE name = of_table);
BEGIN
    IF is_new THEN
        PERFORM bound_past(of_table, of_time_column, of_kind);
    END IF;
    IF has_timescaledb() THEN
        PERFORM keep_as_hypertable(of_table, of_time_column, of_kind);
    ELSE
        PERFORM keep_as_partitions(of_table, of_time_column, is_new);
    END IF;
END
$function$;
COMMENT ON FUNCTION keep_table IS 'Cut a table by time, for retention: kind is raw (by day) or windows (by month)';
