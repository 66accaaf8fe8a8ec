-- What alerts that are SQL need to know of the workers' settings.

CREATE TABLE alert_settings (
    name text PRIMARY KEY,
    value jsonb NOT NULL
);
COMMENT ON TABLE alert_settings IS 'What alerts go by, kept by workers from their settings';
