-- Whether the session of user u has ended.
--
-- @arg idle_ms
-- @arg life_ms
(u.last_active < now() - {idle_ms} * interval '1 ms'
 OR u.created_at < now() - {life_ms} * interval '1 ms')
