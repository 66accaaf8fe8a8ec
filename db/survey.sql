-- keep_alert_setting: what alerts that are SQL go by
INSERT INTO alert_settings AS held (name, value) VALUES ($1, $2::text::jsonb)
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE held.value <> excluded.value;

-- cdn_capacity: what each CDN can carry, Mbit/s
SELECT cdn_name, max_capacity_mbps FROM cdn_capacity ORDER BY cdn_name LIMIT 100;

-- database_bytes: what the database holds on its disk
SELECT pg_database_size(current_database());
