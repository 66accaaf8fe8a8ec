-- known: what was run
SELECT name FROM headrace_stream_files;

-- adopt: what the first releases ran of these files ($1) of these topics ($2). They remembered no topic; but a
-- stream whose file they took for another's has no table
INSERT INTO headrace_stream_files (name, topic)
SELECT file.topic || '/' || file.name, file.topic
FROM unnest($1::text[], $2::text[]) AS file (name, topic)
JOIN headrace_stream_files AS held ON held.name = file.name AND held.topic IS NULL
WHERE to_regclass(quote_ident(file.topic)) IS NOT NULL
  AND NOT EXISTS (SELECT FROM headrace_stream_files AS later WHERE starts_with(later.name, file.topic || '/'))
ON CONFLICT DO NOTHING;

-- remember: gives the name back where it is new
INSERT INTO headrace_stream_files (name, topic) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING name;

-- remember_for_old: by the file's name alone
INSERT INTO headrace_stream_files (name, topic) VALUES ($1, $2) ON CONFLICT DO NOTHING;
