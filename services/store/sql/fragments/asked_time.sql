-- When a user says to have done something, never in the future; 0: now.
--
-- @arg ms
CASE WHEN {ms} = 0 THEN now() ELSE least(now(), {time({ms})}) END
