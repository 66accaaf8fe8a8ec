-- Placeholder (retention, partitions)
SELECT 1;
