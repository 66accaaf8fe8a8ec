-- server: version, clock, and what its settings promise
SELECT current_setting('server_version_num')::integer AS version,
       clock_timestamp() AS now,
       current_user::text AS role,
       pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS is_read_only,
       current_setting('fsync') = 'on' AS syncs,
       current_setting('synchronous_commit') <> 'off' AS commits_wait,
       pg_database_size(current_database()) AS size_bytes,
       has_schema_privilege('public', 'CREATE') AS may_create,
       to_regclass('public.stream_positions') IS NOT NULL AS is_ours,
       to_regrole('headrace_reader') IS NOT NULL AS has_reader;

-- not_ours: tables of Headrace that this role may not write
SELECT relname::text AS name
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND (relname IN (SELECT name FROM kept_tables) OR relname IN ('stream_positions', 'event_dead_letters'))
  AND NOT has_table_privilege(oid, 'SELECT, INSERT, UPDATE')
ORDER BY 1;

-- unreadable: what the reader still lacks
SELECT count(*) AS lacks FROM reader_lacks();

-- may_look: whether this role may read which migrations were run; null where none ever was
SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'headrace_migrations';

-- revision: the last that was run
SELECT to_revision FROM headrace_migrations.migrations ORDER BY id DESC LIMIT 1;
