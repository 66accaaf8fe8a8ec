-- A role that reads everything and can do nothing else, for Grafana and for people.
--
-- Roles belong to the cluster, what they may read to a database: another database's migration may make the
-- role at the same moment, and an administrator may have made it before. Where this role may not make
-- others, the migration ends all the same, and "headrace migrate" tells what an administrator has to run.
CREATE FUNCTION reader_lacks() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = pg_catalog AS $lacks$
    SELECT format('GRANT CONNECT ON DATABASE %I TO headrace_reader', current_database())
    WHERE NOT has_database_privilege('headrace_reader', current_database(), 'CONNECT')
    UNION ALL
    SELECT 'GRANT USAGE ON SCHEMA public TO headrace_reader'
    WHERE NOT has_schema_privilege('headrace_reader', 'public', 'USAGE')
    UNION ALL
    -- ours only: other tables in this schema are somebody else's to show
    SELECT format('GRANT SELECT ON public.%I TO headrace_reader', relname)
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
      AND relkind IN ('r', 'p', 'v', 'm')
      AND relowner IN (SELECT relowner FROM pg_class WHERE oid = 'public.stream_positions'::regclass
                       UNION SELECT to_regrole(quote_ident(current_user)))
      AND NOT has_table_privilege('headrace_reader', oid, 'SELECT')
$lacks$;
COMMENT ON FUNCTION reader_lacks IS 'The GRANTs that headrace_reader still needs to read everything of ours';

CREATE FUNCTION reader_could() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = pg_catalog AS $could$
    SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database())
    WHERE has_database_privilege('headrace_reader', current_database(), 'TEMPORARY')
    UNION ALL
    SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' -- of a database that was born before PostgreSQL 15
    WHERE has_schema_privilege('headrace_reader', 'public', 'CREATE')
    UNION ALL
    SELECT format('REVOKE EXECUTE ON FUNCTION pg_catalog.%s FROM PUBLIC', made)
    FROM unnest(ARRAY ['lo_creat(integer)', 'lo_create(oid)', 'lo_from_bytea(oid, bytea)']) AS made
    WHERE has_function_privilege('headrace_reader', made, 'EXECUTE')
$could$;
COMMENT ON FUNCTION reader_could IS 'The REVOKEs without which headrace_reader can make things, because everybody can';

CREATE FUNCTION let_reader_read() RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog AS $let$
DECLARE
    making CONSTANT text[] := ARRAY [
        'CREATE ROLE headrace_reader LOGIN CONNECTION LIMIT 30',
        'ALTER ROLE headrace_reader SET default_transaction_read_only = on',
        'ALTER ROLE headrace_reader SET statement_timeout = ''30s''',
        'ALTER ROLE headrace_reader SET idle_in_transaction_session_timeout = ''60s''',
        -- compiling costs a large query of a dashboard up to 120 ms, and saves less
        'ALTER ROLE headrace_reader SET jit = off'];
    owner CONSTANT regrole := (SELECT relowner FROM pg_class WHERE oid = 'public.stream_positions'::regclass);
    one text;
BEGIN
    IF to_regrole('headrace_reader') IS NULL THEN
        BEGIN
            FOREACH one IN ARRAY making LOOP
                EXECUTE one;
            END LOOP;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was first
            WHEN insufficient_privilege THEN
                RETURN QUERY SELECT unnest(making) || ';';
                RETURN;
        END;
    END IF;

    -- one that was there before is its maker's: only what makes it too strong is told
    RETURN QUERY
        SELECT 'ALTER ROLE headrace_reader NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;'
        FROM pg_roles
        WHERE rolname = 'headrace_reader'
          AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls);
    RETURN QUERY
        SELECT statement || ';'
        FROM pg_roles,
             unnest(making) AS statement,
             substring(statement FROM ' SET (\w+) = ') AS setting
        WHERE rolname = 'headrace_reader'
          AND NOT EXISTS (SELECT FROM unnest(rolconfig) AS set_already
                          WHERE split_part(set_already, '=', 1) = setting)
          AND setting IS NOT NULL;

    -- what will be made later: partitions, streams of one's own
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA public GRANT SELECT ON TABLES TO headrace_reader',
                   owner);
    FOR one IN SELECT reader_lacks FROM public.reader_lacks() LOOP
        BEGIN
            EXECUTE one;
        EXCEPTION
            -- not allowed, just dropped, or its catalog row was changed by another at this moment
            WHEN insufficient_privilege OR undefined_table OR internal_error THEN NULL; -- told below
        END;
    END LOOP;
    RETURN QUERY SELECT reader_lacks || ';' FROM public.reader_lacks();

    -- taken from everybody only where there is nobody else who could need it
    IF NOT EXISTS (SELECT FROM pg_roles
                   WHERE rolcanlogin AND NOT rolsuper
                     AND rolname NOT IN ('headrace_reader', current_user)
                     AND oid <> owner
                     AND oid <> (SELECT datdba FROM pg_database WHERE datname = current_database())) THEN
        FOR one IN SELECT reader_could FROM public.reader_could() LOOP
            BEGIN
                EXECUTE one;
            EXCEPTION
                WHEN insufficient_privilege OR internal_error THEN NULL; -- told below
            END;
        END LOOP;
    END IF;
    RETURN QUERY SELECT reader_could || '; -- unless another role needs it' FROM public.reader_could();
END
$let$;
COMMENT ON FUNCTION let_reader_read IS
    'Make role headrace_reader and let it read; gives the statements that an administrator has to run';

DO $$ BEGIN PERFORM let_reader_read(); END $$;
