-- make: where the files that were run are remembered
CREATE TABLE IF NOT EXISTS headrace_stream_files (
    name text        PRIMARY KEY,
    ran  timestamptz NOT NULL DEFAULT now()
);

-- remember: gives the name back where it is new
INSERT INTO headrace_stream_files (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING name;
