-- Whether something of a session is still on its way to Postgres: a turn that is being answered, or
-- one that waits in the spool.
-- KEYS turns, spooled
-- Answers 1 or 0
local busy = redis.call('EXISTS', KEYS[2])
each_field(KEYS[1], {turn = function() busy = 1 end})
return {int(busy)}
