-- Placeholder (positions)
SELECT 1;
