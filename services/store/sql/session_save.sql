-- Stores the settings of a user: a key, the preferred model, or both.
--
-- @param  session      uuid
-- @param  key_change   int     0 leave, 1 set, 2 delete
-- @param  sealed_key   bytea
-- @param  key_id       text    of the key that it is sealed with
-- @param  key_hint     text
-- @param  saved_at     bigint
-- @param  model_change int
-- @param  model        text
-- @param  address_hash text
-- @param  details      text    what changed, for the audit log
-- @column saved        bigint  0: the session was cleared
WITH me AS (
    INSERT INTO users (session_id, session_hash) VALUES ({session}, {session_hash({session})})
    ON CONFLICT (session_hash) DO UPDATE SET last_active = now()
     WHERE users.cleared_at IS NULL
    RETURNING id
), saved AS (
    INSERT INTO api_keys AS k (user_id, encrypted_key, key_id, key_hint, key_at,
           model_preference)
    SELECT id, nullif({sealed_key}, ''), {key_id}, {key_hint},
           CASE WHEN {key_change} = 0 THEN '-infinity' ELSE {time({saved_at})} END,
           {model} FROM me
    ON CONFLICT (user_id) DO UPDATE SET
       encrypted_key = CASE WHEN {key_change} = 0 THEN k.encrypted_key
                            ELSE excluded.encrypted_key END,
       key_id = CASE WHEN {key_change} = 0 THEN k.key_id ELSE excluded.key_id END,
       key_hint = CASE WHEN {key_change} = 0 THEN k.key_hint ELSE excluded.key_hint END,
       key_at = CASE WHEN {key_change} = 0 THEN k.key_at ELSE excluded.key_at END,
       model_preference = CASE WHEN {model_change} = 0 THEN k.model_preference
                               ELSE excluded.model_preference END
    RETURNING user_id
), noted AS (
    INSERT INTO audit_log (session_id, action, address_hash, details)
    SELECT {session}, 'settings.saved', {address_hash}, {details} FROM saved
)
SELECT count(*) FROM saved
