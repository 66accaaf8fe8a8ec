-- prepare: where tables wait until they are whole; what refuses to write into one that is being moved
CREATE SCHEMA IF NOT EXISTS headrace_moving;
CREATE TABLE IF NOT EXISTS headrace_moving.moved_partitions (partition text PRIMARY KEY);
CREATE OR REPLACE FUNCTION headrace_moving.refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
    -- read-only: a worker waits then, and loses nothing
    RAISE EXCEPTION '% is being moved to TimescaleDB, by: headrace migrate --to-timescale', TG_TABLE_NAME
        USING ERRCODE = 'read_only_sql_transaction',
              HINT = 'If that was stopped, run it again: it goes on where it was.';
END
$refuse$;

-- finish: no trace is left
DROP SCHEMA headrace_moving CASCADE;

-- has_begun: whether an earlier run was stopped before its end
SELECT to_regnamespace('headrace_moving') IS NOT NULL;

-- tables: kept tables that are still partitioned, raw ones first, as writers lock them
SELECT name, time_column, kind
FROM kept_tables JOIN pg_class ON pg_class.oid = to_regclass('public.' || quote_ident(name))
WHERE relkind = 'p'
ORDER BY kind, name;

-- is_frozen: whether table $1 refuses writers already
SELECT EXISTS (SELECT FROM pg_trigger
               WHERE tgrelid = to_regclass('public.' || quote_ident($1::text)) AND tgname = 'is_being_moved');

-- freeze: the statement that has table $1 and its partitions, also those to come, refuse writers
SELECT format('CREATE TRIGGER is_being_moved BEFORE INSERT OR UPDATE OR DELETE ON public.%I '
              'FOR EACH ROW EXECUTE FUNCTION headrace_moving.refuse()', $1::text);

-- is_made: whether the hypertable that table $1 becomes is there
SELECT to_regclass('headrace_moving.' || quote_ident($1::text)) IS NOT NULL;

-- make: the statements that make it, with its indexes by the same names
SELECT format('CREATE TABLE headrace_moving.%I (LIKE public.%1$I INCLUDING ALL EXCLUDING INDEXES)%s', $1::text,
              CASE kind WHEN 'windows' THEN ' WITH (fillfactor = 70)' ELSE '' END)
FROM kept_tables WHERE name = $1
UNION ALL
SELECT CASE WHEN conname IS NULL
    THEN regexp_replace(pg_get_indexdef(indexrelid), ' ON (ONLY )?\S+ USING ',
                        format(' ON headrace_moving.%I USING ', $1))
    ELSE format('ALTER TABLE headrace_moving.%I ADD CONSTRAINT %I %s', $1, conname, pg_get_constraintdef(con.oid))
    END
FROM pg_index LEFT JOIN pg_constraint AS con ON conindid = indexrelid AND contype IN ('p', 'u')
WHERE indrelid = to_regclass('public.' || quote_ident($1))
  -- what made <view>_per_hour fast; a continuous aggregate needs none
  AND indexrelid <> coalesce(to_regclass('public.' || quote_ident($1 || '_spans')), 0);

-- cut: it becomes a hypertable, as migration 0002 makes them
SELECT keep_as_hypertable(name, time_column, kind) FROM kept_tables WHERE name = $1;

-- partitions: those of table $1 that were not copied yet, oldest first
SELECT partition FROM kept_partitions
WHERE name = $1 AND partition NOT IN (SELECT partition FROM headrace_moving.moved_partitions)
ORDER BY starts NULLS FIRST;

-- copy: the statement that copies partition $2 of table $1
SELECT format('INSERT INTO headrace_moving.%I SELECT * FROM public.%I', $1::text, $2::text);

-- copied: remember it
INSERT INTO headrace_moving.moved_partitions VALUES ($1);

-- compare: the query that counts the rows of both, which must be the same
SELECT format('SELECT (SELECT count(*) FROM public.%I), (SELECT count(*) FROM headrace_moving.%1$I)', $1::text);

-- dependents: what has to be made again once table $1 is dropped, in order; `rolls_up` are hours and days
WITH RECURSIVE dependent(class, oid, depth) AS (
    SELECT 'pg_class'::regclass::oid, to_regclass('public.' || quote_ident($1::text))::oid, 0
    UNION
    SELECT further.class, further.oid, depth + 1
    FROM dependent, LATERAL (
        SELECT 'pg_class'::regclass::oid AS class, ev_class AS oid
        FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
        WHERE classid = 'pg_rewrite'::regclass AND refclassid = dependent.class
          AND refobjid = dependent.oid AND ev_class <> dependent.oid
        UNION
        SELECT 'pg_proc'::regclass::oid, objid
        FROM pg_depend
        WHERE classid = 'pg_proc'::regclass AND refclassid = dependent.class
          AND refobjid = dependent.oid AND deptype = 'n') AS further
)
SELECT oid, class = 'pg_proc'::regclass AS is_function,
       coalesce(relname, proname)::text AS name,
       coalesce(relkind = 'm', false) AS is_stored,
       max(depth) = 1 AND relname IN (regexp_replace($1, '_windows$', '_hours'),
                                      regexp_replace($1, '_windows$', '_days')) AS rolls_up
FROM dependent
     LEFT JOIN pg_class USING (oid)
     LEFT JOIN pg_proc USING (oid)
WHERE depth > 0
GROUP BY oid, class, relname, proname, relkind
ORDER BY max(depth), 3;

-- function_again: statements that make function $1 again
SELECT pg_get_functiondef(oid) FROM pg_proc WHERE oid = $1
UNION ALL
SELECT format('COMMENT ON FUNCTION %s IS %L', oid::regprocedure, obj_description(oid, 'pg_proc'))
FROM pg_proc WHERE oid = $1
UNION ALL
SELECT format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', oid::regprocedure)
FROM pg_proc WHERE oid = $1 AND proacl IS NOT NULL
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %s', pg_proc.oid::regprocedure,
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
FROM pg_proc, aclexplode(proacl)
WHERE pg_proc.oid = $1 AND grantee <> proowner;

-- view_again: statements that make view $1 again; with $2 as a continuous aggregate
SELECT CASE WHEN $2::boolean
    THEN format('CREATE MATERIALIZED VIEW %s WITH (timescaledb.continuous, timescaledb.materialized_only = false) '
                'AS %s WITH NO DATA', oid::regclass,
                rtrim(regexp_replace(pg_get_viewdef(oid),
                      'date_bin\((''[^'']+''::interval), ([^,]+), ''[^'']+''::timestamp with time zone\)',
                      'time_bucket(\1, \2)', 'g'), ';'))
    ELSE format('CREATE VIEW %s%s AS %s', oid::regclass,
                ' WITH (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(oid))
    END
FROM pg_class WHERE oid = $1
UNION ALL
SELECT format('SELECT add_continuous_aggregate_policy(to_regclass(%L), start_offset => NULL, '
              'end_offset => %L::interval, schedule_interval => interval ''10 minutes'')',
              relname, CASE WHEN relname LIKE '%\_hours' THEN '1 hour' ELSE '1 day' END)
FROM pg_class WHERE oid = $1 AND $2;

-- words_again: statements for the rights on table or view $1, named $2, and its comments
SELECT format('GRANT %s ON public.%I TO %s%s', privilege_type, $2::text,
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
              CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_class, aclexplode(relacl)
WHERE pg_class.oid = $1::oid AND grantee <> relowner
UNION ALL
SELECT format('COMMENT ON %s public.%I IS %L', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, $2, description)
FROM pg_class JOIN pg_description ON objoid = pg_class.oid AND classoid = 'pg_class'::regclass AND objsubid = 0
WHERE pg_class.oid = $1
UNION ALL
SELECT format('COMMENT ON COLUMN public.%I.%I IS %L', $2, attname, description)
FROM pg_description JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
WHERE objoid = $1 AND classoid = 'pg_class'::regclass AND attnum > 0;

-- names: views and functions of schema public, none of which may be lost
SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
UNION ALL
SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace;

-- swap: the statements that put the hypertable into the place of table $1
SELECT statement FROM (VALUES
    (1, format('DROP TABLE public.%I CASCADE', $1::text)),
    (2, format('ALTER TABLE headrace_moving.%I SET SCHEMA public', $1))) AS swap (place, statement)
ORDER BY place;

-- forget: partitions of a table that is done; their names may come again
DELETE FROM headrace_moving.moved_partitions;
