-- keep_quiet: which streams may be silent: $1 of the streams $2, whatever others keep of theirs
INSERT INTO alert_settings AS held (name, value) VALUES ('quiet_streams', to_jsonb($1::text[]))
ON CONFLICT (name) DO UPDATE
SET value = (
    SELECT coalesce(jsonb_agg(stream ORDER BY stream), '[]')
    FROM jsonb_array_elements_text((held.value - $2::text[]) || excluded.value) AS stream
)
WHERE NOT held.value @> excluded.value
   OR held.value ?| array(SELECT unnest($2::text[]) EXCEPT SELECT unnest($1::text[]));

-- keep_bytes_allowed: what the database may grow to; 0: no limit
INSERT INTO alert_settings AS held (name, value)
VALUES ('database_bytes_allowed', to_jsonb($1::bigint))
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE held.value <> excluded.value;

-- cdn_capacity: what each CDN can carry, Mbit/s
SELECT cdn_name, max_capacity_mbps FROM cdn_capacity ORDER BY cdn_name LIMIT 100;

-- database_bytes: what the database holds on its disk
SELECT pg_database_size(current_database());
