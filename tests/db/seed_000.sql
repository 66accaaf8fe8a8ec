-- traffic_by_cdn: printed in seed 000, "Real-time Traffic by CDN"
SELECT
time_bucket('1 minute', time) AS "time",
current_cdn,
(sum(video_profile_kbps) / 1024) AS "traffic_mbps"
FROM content_sessions
WHERE
time BETWEEN $__timeFrom() AND $__timeTo()
GROUP BY time_bucket('1 minute', time), current_cdn
ORDER BY "time";

-- traffic_by_asn: printed in seed 000, "Real-time Traffic by ASN"
SELECT
time_bucket('1 minute', time) AS "time",
asn,
(sum(video_profile_kbps) / 1024) AS "traffic_mbps"
FROM content_sessions
WHERE
time BETWEEN $__timeFrom() AND $__timeTo()
GROUP BY time_bucket('1 minute', time), asn
ORDER BY "time";
