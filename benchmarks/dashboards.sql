-- content_sessions: $1 rows between $2 and $3; a fifth of all networks have most of the sessions
INSERT INTO content_sessions
SELECT $2::timestamptz + nth / $1::float8 * ($3::timestamptz - $2::timestamptz),
       'session-' || nth % 30000, (ARRAY['web', 'ios', 'android', 'tv', 'console'])[1 + nth % 5],
       'channel-' || nth % 97, 1000 + (60 * power(hash01(nth), 3))::int8,
       (ARRAY['Akamai', 'Fastly', 'CloudFront'])[1 + (nth * 7 + nth / 1000) % 3],
       (ARRAY[400, 800, 1600, 3000, 6000, 12000])[1 + (nth / 3) % 6], 10, nth % 4, $4 + nth, 1
FROM generate_series(0::int8, $1::int8 - 1) AS nth;

-- media_events: of 2,000 titles, few of which are watched most
INSERT INTO media_events (event_id, event_type, event_time, user_id, device_id, ip_address, content_id, content_type,
    title, genre, duration_seconds, language, position_seconds, schema_version, event_source, session_id,
    kafka_partition, kafka_offset, epoch)
SELECT 'event-' || $4 + nth, (ARRAY['play', 'stop', 'pause', 'play', 'stop'])[1 + nth % 5],
       $2::timestamptz + nth / $1::float8 * ($3::timestamptz - $2::timestamptz), 'user-' || nth % 10007,
       'device-' || nth % 10007, '192.0.2.1', 'content-' || content, (ARRAY['movie', 'episode', 'ad'])[1 + content % 3],
       'Title ' || content, ARRAY['drama', 'crime'], 3600, (ARRAY['en', 'de', 'fr', 'es', 'ja', 'pt-BR'])[1 + content % 6],
       60.0, '2.0', (ARRAY['web_app', 'ios_app', 'android_app', 'tv_app'])[1 + nth % 4], 'session-' || nth % 30000,
       nth % 4, $4 + nth, 1
FROM generate_series(0::int8, $1::int8 - 1) AS nth, LATERAL (SELECT (2000 * power(hash01(nth), 3))::int8) AS of (content);

-- user_activity: of 10,000 users, few of whom do most
INSERT INTO user_activity
SELECT $2::timestamptz + nth / $1::float8 * ($3::timestamptz - $2::timestamptz), 'event-' || $4 + nth,
       'user-' || (10000 * power(hash01(nth), 2))::int8, (ARRAY['click', 'view', 'scroll'])[1 + nth % 3],
       '/page/' || nth % 50, 'button', (ARRAY['mobile', 'desktop'])[1 + nth % 2], 'DE', nth % 4, $4 + nth, 1
FROM generate_series(0::int8, $1::int8 - 1) AS nth;

-- purchases: two articles to a basket; half of the countries pay in euros
INSERT INTO purchases
SELECT $2::timestamptz + nth / $1::float8 * ($3::timestamptz - $2::timestamptz), 'basket-' || ($4 + nth) / 2,
       'user-' || nth % 10007, (ARRAY['DE', 'US', 'FR', 'GB', 'IT', 'JP', 'ES', 'NL', 'BR', 'AT'])[1 + shop],
       'Product ' || nth % 500, 'Category ' || nth % 12, 1 + nth % 3, 9.99,
       (ARRAY['EUR', 'USD', 'EUR', 'GBP', 'EUR', 'JPY', 'EUR', 'EUR', 'BRL', 'EUR'])[1 + shop],
       CASE shop WHEN 5 THEN 1200 ELSE 9.99 * (1 + nth % 3) END, nth % 4, $4 + nth, 1
FROM generate_series(0::int8, $1::int8 - 1) AS nth, LATERAL (SELECT ($4 + nth) / 2 % 10) AS of (shop);

-- market_ticks: of eight products, each with a sequence of its own
INSERT INTO market_ticks
SELECT ($4 + nth) / 8, $4 + nth, price, 0.01, $2::timestamptz + nth / $1::float8 * ($3::timestamptz - $2::timestamptz),
       (ARRAY['BTC-USD', 'ETH-USD', 'SOL-USD', 'BTC-EUR', 'ETH-BTC', 'XRP-USD', 'DOGE-USD', 'USDT-JPY'])[1 + nth % 8],
       'buy', 1, 1, 1, 1, 1, price - 0.05, 1, price + 0.05, 1, nth % 8 % 4, $4 + nth, 1
FROM generate_series(0::int8, $1::int8 - 1) AS nth, LATERAL (SELECT (1000 + 10 * sin(nth / 5000.0))::numeric(12, 2)) AS at (price);

-- hash01: evenly spread over [0, 1), the same for the same number
CREATE FUNCTION hash01(nth int8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8(nth)::int8 + 2147483648) / 4294967296.0;
