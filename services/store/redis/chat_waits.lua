-- Is a turn of this chat being answered, or does one wait for Postgres?
-- KEYS turns, spooled
-- ARGV chat
-- Answers 1 or 0
local waits = '0'
local function look(_, turn)
    if turn.chat == ARGV[1] and (not turn.lease or turn.lease > now) then
        waits = '1'
    end
end
each_field(KEYS[1], {turn = look})
each_spooled(KEYS[2], look)
return {waits}
