-- Placeholder (sums beyond int8)
SELECT 1;
