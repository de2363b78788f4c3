-- What is known of a turn whose lease has expired.
--
-- @key    turns
-- @key    answer
-- @key    leases
-- @arg    turn         uuid
-- @arg    max_bytes    number  of an answer
-- @arg    max_age_ms   number  what is older comes from a Redis that was restored from an old copy
-- @result state        text    dead, alive or gone; the rest only if dead
-- @result conversation uuid
-- @result epoch        number
-- @result seq          number
-- @result question     text
-- @result answer       text
-- @result model        text
-- @result asked_at     number
local state = read_turn(turns, turn)
if state and state.lease > now then
    hold_lease(leases, turns, turn, state.lease)
    return {'alive'}
end
local question = state and redis.call('HGET', turns, 'text:' .. turn)
if not question or state.lease + max_age_ms < now then
    drop_turn(turns, turn)
    drop_lease(leases, turns, turn)
    return {'gone'}
end
return {'dead', state.chat, int(state.epoch), int(state.seq or 0), question,
        (read_answer(answer, 0, max_bytes)), state.model or '', int(state.at or now)}
