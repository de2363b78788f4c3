-- Whether something of a session is still on its way to Postgres: a turn that is being answered or
-- waits in the spool.
--
-- @key    turns
-- @key    spooled
-- @result busy    flag
local busy = redis.call('EXISTS', spooled)
each_field(turns, {turn = function() busy = 1 end})
return {int(busy)}
