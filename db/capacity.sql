-- raise_examples: lets CDNs carry simulated traffic, if their rows are still what Headrace wrote; gives those raised
WITH example (cdn_name, mbps) AS (
    VALUES ('Akamai', 500), ('Fastly', 750), ('CloudFront', 300) -- as the first migration says
),
wanted AS (
    -- 60 % used, rounded up to a multiple of the example. One Mbit/s more is the mark by which the row is
    -- known again: nobody types that.
    SELECT cdn_name, example.mbps AS example, ceil(simulated.mbps / 0.6 / example.mbps)::integer AS times
    FROM example JOIN unnest($1::text[], $2::double precision[]) AS simulated (cdn_name, mbps) USING (cdn_name)
)
UPDATE cdn_capacity
SET max_capacity_mbps = times * example + 1
FROM wanted
WHERE cdn_capacity.cdn_name = wanted.cdn_name
  AND times > 1
  AND times * example + 1 > max_capacity_mbps
  AND (max_capacity_mbps = example OR max_capacity_mbps > 2 * example AND max_capacity_mbps % example = 1)
RETURNING cdn_capacity.cdn_name, max_capacity_mbps;
