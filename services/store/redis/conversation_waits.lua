-- Whether a turn of this conversation is being answered, or waits for Postgres.
--
-- @key    turns
-- @key    spooled
-- @arg    conversation uuid
-- @result waits        flag
local waits = '0'
local function check(_, turn)
    if turn.chat == conversation and (not turn.lease or turn.lease > now) then
        waits = '1'
    end
end
each_field(turns, {turn = check})
each_spooled(spooled, check)
return {waits}
