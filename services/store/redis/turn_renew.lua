-- Renews the lease of a turn, and adds to its answer for those who follow it. missing: Redis knows
-- nothing of this turn, since it was emptied or the turn was cleared. The store asks Postgres
-- which, and in the first case sends it again with adopt.
--
-- @key    turns
-- @key    answer
-- @key    leases
-- @arg    turn             uuid
-- @arg    conversation     uuid
-- @arg    epoch            number
-- @arg    lease_ms         number
-- @arg    keep_ms          number
-- @arg    adopt            flag
-- @arg    offset           number  of text in the answer
-- @arg    text             text    to be added
-- @arg    max_bytes        number  of an answer
-- @arg    model            text    empty: as before
-- @arg    question         text    what the user wrote; empty: not told
-- @arg    seq              number
-- @arg    asked_at         number
-- @result outcome          text    ok, lost or missing
-- @result stop             flag
-- @result buffered         number  bytes of the answer that are held
-- @result question_missing flag
local taken = false
each_field(turns, {turn = function(_, other)
    if other.chat == conversation and other.epoch > epoch and other.lease > now then
        taken = true
    end
end})
local state = read_turn(turns, turn)
if taken or (state and state.epoch > epoch) or (not state and is_over(turns, turn, epoch)) then
    return {'lost', '0', '0', '0'}
end
if not state and not adopt then
    return {'missing', '0', '0', '0'}
end
if not state or state.epoch ~= epoch then
    redis.call('UNLINK', answer) -- what an earlier owner wrote is not part of this answer
end
state = state or {chat = conversation, hash = '', stop = 0}
state.epoch = epoch
state.lease = now + lease_ms
if model ~= '' then
    state.model = model
end
if state.hash == '' and question ~= '' then
    redis.call('HSET', turns, 'text:' .. turn, question)
    state.hash, state.seq, state.at = redis.sha1hex(question), seq, asked_at
end
write_turn(turns, turn, state, keep_ms)
hold_lease(leases, turns, turn, state.lease)

-- Text that arrives twice is not added again.  Text that leaves a gap is not added: its sender is
-- told how much is held, and continues there.
local have = answer_length(answer)
if text ~= '' and have >= offset and have < offset + #text and offset + #text <= max_bytes then
    local added = string.sub(text, have - offset + 1)
    have = offset + #text
    redis.call('XADD', answer, int(have) .. '-0', 'text', added)
end
redis.call('PEXPIRE', answer, keep_ms)
return {'ok', int(state.stop), int(have), state.hash == '' and '1' or '0'}
