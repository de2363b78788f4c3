-- What is known of a turn whose lease has run out.
-- KEYS turns, answer, leases
-- ARGV turn, most bytes of an answer, how old it may be in ms: what is older comes from a Redis that
--      was restored from an old copy, and is no news to anybody
-- Answers dead or alive or gone, chat, epoch, seq, question, answer, model, when it was begun
local turns, stream, leases, id = KEYS[1], KEYS[2], KEYS[3], ARGV[1]

local turn = read_turn(turns, id)
if turn and turn.lease > now then
    hold_lease(leases, turns, id, turn.lease)
    return {'alive'}
end
local question = turn and redis.call('HGET', turns, 'text:' .. id)
if not question or turn.lease + tonumber(ARGV[3]) < now then
    drop_turn(turns, id)
    drop_lease(leases, turns, id)
    return {'gone'}
end
return {'dead', turn.chat, int(turn.epoch), int(turn.seq or 0), question,
        (read_answer(stream, 0, tonumber(ARGV[2]))), turn.model or '', int(turn.at or now)}
