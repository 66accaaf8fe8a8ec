-- partitions: what the partitions of kept tables weigh
SELECT held.name, held.kind, held.starts, held.ends,
       pg_table_size(part.oid) AS heap_bytes,
       pg_indexes_size(part.oid) AS index_bytes,
       0::bigint AS compressed_bytes,
       greatest(part.reltuples::bigint, pg_stat_get_live_tuples(part.oid), 0) AS rows
FROM kept_partitions AS held
JOIN pg_class AS part ON part.oid = to_regclass(quote_ident(held.partition))
ORDER BY held.kind, held.name, held.ends;

-- tables: kept tables, and whether TimescaleDB cuts them
SELECT name, kind, relkind <> 'p' AS is_hypertable
FROM kept_tables JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(name))
ORDER BY kind, name;

-- chunks: what TimescaleDB's chunks of table $1 weigh
SELECT chunk.range_start AS starts, chunk.range_end AS ends,
       size.table_bytes + coalesce(size.toast_bytes, 0)
           - coalesce(packed.after_compression_table_bytes + packed.after_compression_toast_bytes, 0) AS heap_bytes,
       size.index_bytes - coalesce(packed.after_compression_index_bytes, 0) AS index_bytes,
       coalesce(packed.after_compression_total_bytes, 0) AS compressed_bytes,
       (greatest(relation.reltuples::bigint, pg_stat_get_live_tuples(relation.oid), 0)
           + coalesce(counted.numrows_pre_compression, 0))::bigint AS rows
FROM timescaledb_information.chunks AS chunk
JOIN chunks_detailed_size(to_regclass(quote_ident($1::text))) AS size USING (chunk_schema, chunk_name)
LEFT JOIN chunk_compression_stats(to_regclass(quote_ident($1::text))) AS packed
     USING (chunk_schema, chunk_name)
JOIN _timescaledb_catalog.chunk AS known ON known.schema_name = chunk_schema AND known.table_name = chunk_name
LEFT JOIN _timescaledb_catalog.compression_chunk_size AS counted ON counted.chunk_id = known.id
JOIN pg_class AS relation ON relation.oid = format('%I.%I', chunk_schema, chunk_name)::regclass
WHERE chunk.hypertable_name = $1
ORDER BY chunk.range_end;

-- others: tables that are not cut by time
SELECT relname::text AS name, 'other' AS kind, NULL::timestamptz AS starts, NULL::timestamptz AS ends,
       pg_table_size(oid) AS heap_bytes, pg_indexes_size(oid) AS index_bytes,
       0::bigint AS compressed_bytes,
       greatest(reltuples::bigint, pg_stat_get_live_tuples(oid), 0) AS rows
FROM pg_class AS relation
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relispartition
  AND NOT EXISTS (SELECT FROM kept_tables WHERE name = relname)
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = relation.oid AND deptype = 'e')
ORDER BY relname;
