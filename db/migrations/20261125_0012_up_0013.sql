-- Placeholder (reader)
SELECT 1;
