-- Looks at every row, beside readers and writers.
DO $validate$
DECLARE
    bounded regclass;
BEGIN
    FOR bounded IN SELECT conrelid FROM pg_constraint WHERE conname = 'is_past' AND NOT convalidated LOOP
        EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT is_past', bounded);
    END LOOP;
END
$validate$;
