-- The tables of the first version of this assistant, if this database has them, are kept under
-- other names.  Only that version had a conversations.message_role.
DO $$
DECLARE
    old text;
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
                   WHERE table_schema = current_schema()
                     AND table_name = 'conversations' AND column_name = 'message_role') THEN
        RETURN;
    END IF;
    FOREACH old IN ARRAY ARRAY['users', 'conversations', 'api_keys', 'code_snippet'] LOOP
        IF to_regclass(old) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %I RENAME TO %I', old, 'legacy_' || old);
        END IF;
    END LOOP;
END
$$;
