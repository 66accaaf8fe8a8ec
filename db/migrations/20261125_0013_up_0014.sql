-- Placeholder (windows of other lengths)
SELECT 1;
