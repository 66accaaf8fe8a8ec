-- extension: of TimescaleDB, what is installed here, and whether the server has it at all
SELECT (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS installed,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS is_available;

-- is_cut: whether there are kept tables at all
SELECT to_regclass('public.kept_tables') IS NOT NULL;

-- cut: kept tables, how many of each kind
SELECT count(*) FILTER (WHERE relkind = 'p') AS partitioned,
       count(*) FILTER (WHERE relkind <> 'p') AS hypertables
FROM kept_tables JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(name));
