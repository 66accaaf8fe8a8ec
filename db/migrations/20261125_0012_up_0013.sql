-- What a role that may only read can do to those who write: nothing, as far as it can be helped.
SET LOCAL lock_timeout = '2s';

-- In the order of time, as they arrive. Apart from the column's own migration, whose lock keeps everybody out.
CREATE INDEX event_dead_letters_stored ON event_dead_letters USING brin (stored_at) WITH (pages_per_range = 32);

-- SQL of one's own streams that was run (db/own.py); the first releases made the table when they needed it.
-- Files of two streams may have the same name.
CREATE TABLE IF NOT EXISTS headrace_stream_files (
    name text        PRIMARY KEY,
    ran  timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE headrace_stream_files ADD COLUMN IF NOT EXISTS topic text;
COMMENT ON TABLE headrace_stream_files IS 'SQL files of streams of one''s own that were run';

-- What everybody can, until it is taken from PUBLIC. A role that holds many advisory locks fills the server's
-- one table of locks, and then nobody else gets any; one that writes messages into the log fills the disk.
-- Where these belong to a superuser and our tables do not, their owner needs the advisory locks of 0.1 still.
CREATE OR REPLACE FUNCTION reader_could() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = pg_catalog AS $could$
    SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database())
    WHERE has_database_privilege('headrace_reader', current_database(), 'TEMPORARY')
    UNION ALL
    SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' -- of a database that was born before PostgreSQL 15
    WHERE has_schema_privilege('headrace_reader', 'public', 'CREATE')
    UNION ALL
    SELECT format('REVOKE EXECUTE ON FUNCTION pg_catalog.%s FROM PUBLIC', made)
    FROM unnest(ARRAY ['lo_creat(integer)', 'lo_create(oid)', 'lo_from_bytea(oid, bytea)']) AS made
    WHERE has_function_privilege('headrace_reader', made, 'EXECUTE')
    UNION ALL
    SELECT format('GRANT EXECUTE ON FUNCTION %s TO %s; REVOKE EXECUTE ON FUNCTION %1$s FROM PUBLIC',
                  string_agg('pg_catalog.' || oid::regprocedure, ', ' ORDER BY oid),
                  (SELECT relowner FROM pg_class WHERE oid = 'public.stream_positions'::regclass)::regrole)
    FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace
      AND (proname ~ '^pg_(try_)?advisory_(xact_)?lock' OR proname = 'pg_logical_emit_message')
      AND has_function_privilege('headrace_reader', oid, 'EXECUTE')
    HAVING count(*) > 0
$could$;

-- How much of the disk a query's temporary files may take. A role cannot change this one for itself, as it can
-- its other limits; nor can any role set it that is no superuser, so it stands apart from making the role.
CREATE FUNCTION limit_reader() RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog AS $limit$
DECLARE
    files CONSTANT text := 'ALTER ROLE headrace_reader SET temp_file_limit = ''2GB''';
BEGIN
    IF EXISTS (SELECT FROM pg_roles, unnest(rolconfig) AS setting
               WHERE rolname = 'headrace_reader' AND setting LIKE 'temp\_file\_limit=%') THEN
        RETURN;
    END IF;
    EXECUTE files;
EXCEPTION
    -- not allowed, not there yet, or changed by another database's migration at this moment
    WHEN insufficient_privilege OR undefined_object OR internal_error THEN
        RETURN NEXT files || ';';
END
$limit$;
COMMENT ON FUNCTION limit_reader IS 'Bound the temporary files of headrace_reader; gives the statement where this role may not';

DO $$ BEGIN PERFORM let_reader_read(); PERFORM limit_reader(); END $$;
