-- Grants a turn, or says why not. What Postgres knows was read just before.
--
-- @key    session
-- @key    turns
-- @key    limit
-- @key    answer
-- @key    spooled
-- @key    leases
-- @arg    turn             uuid
-- @arg    conversation     uuid
-- @arg    text             text
-- @arg    last_seq         number  of Postgres
-- @arg    epoch_kept       number  of Postgres
-- @arg    created_at       number  of Postgres; 0: it does not know this session
-- @arg    is_claimed       flag    Postgres does not know this conversation though it was named
-- @arg    lease_ms         number
-- @arg    keep_ms          number
-- @arg    idle_ms          number
-- @arg    life_ms          number
-- @arg    per_minute       number
-- @arg    max_running      number
-- @arg    request_nonce    digits  0: none
-- @result outcome          text    granted, follow, spooled, waiting (a turn of this conversation
--                                  is spooled), busy, limited, same_id, stale, not_found or
--                                  signed_out
-- @result epoch            number
-- @result remaining        number
-- @result retry_after_ms   number
-- @result sealed_key       bytes
-- @result key_at           number
-- @result is_first_refusal flag    in a minute
local epoch = epoch_kept

local function reply(outcome, remaining, retry_after, first)
    local key = redis.call('HMGET', session, 'sealed_key', 'key_at')
    return {outcome, int(epoch), int(remaining or 0), int(retry_after or 0),
            key[1] or '', key[2] or '0', first or '0'}
end

if redis.call('EXISTS', session) == 0 then
    if created_at == 0 then
        return reply('signed_out')
    end
    redis.call('HSET', session, 'created_at', int(created_at))
end
if not touch_session(session, idle_ms, life_ms) then
    return reply('signed_out')
end

-- A conversation whose first turn failed is known here only.
if is_claimed and redis.call('HGET', session, 'new_chat') ~= conversation then
    return reply('not_found')
end

local hash = redis.sha1hex(text)
local running, found = 0, nil

-- The reply to whoever holds this turn was lost, or is on its way: it is the same grant.
local function is_duplicate(other)
    return request_nonce ~= '0' and other.request_nonce == request_nonce
end
each_field(turns, {
    turn = function(id, state)
        -- One that Postgres has committed is over, though Redis may have missed its end.
        local kept = state.chat == conversation and state.epoch <= epoch_kept
        local alive = state.lease > now and not kept
        if id == turn and alive then
            found = not has_text(state, hash) and 'same_id' or is_duplicate(state) and 'granted'
                    or 'follow'
        elseif alive then
            running = running + 1
        elseif state.lease + keep_ms < now then
            drop_turn(turns, id)
            drop_lease(leases, turns, id)
        end
        if state.chat == conversation then
            epoch = math.max(epoch, state.epoch)
            if alive and id ~= turn then
                found = found or 'busy'
            end
        end
    end,
    head = function(id, head)
        if id == conversation then
            epoch = math.max(epoch, head.epoch)
            if head.seq > last_seq then
                found = found or 'stale'
            end
        end
        if head.at + 60000 < now then
            redis.call('HDEL', turns, 'head:' .. id)
        end
    end,
    done = function(id, done)
        if done.at + 60000 < now then
            redis.call('HDEL', turns, 'done:' .. id)
        end
    end,
})
each_spooled(spooled, function(id, waiting)
    if id == turn then
        found = waiting.hash == hash and 'spooled' or 'same_id'
    elseif waiting.chat == conversation then
        found = found or 'waiting'
    end
end)
if found == 'granted' then
    local state = read_turn(turns, turn)
    epoch, state.grants = state.epoch, state.grants + 1
    write_turn(turns, turn, state, keep_ms)
end
if found then
    local _, remaining = take(limit, per_minute, 0)
    return reply(found, remaining)
end
if running >= max_running then
    return reply('busy')
end

local allowed, remaining, retry_after = take(limit, per_minute, 1)
if not allowed then
    local first = redis.call('SET', limit .. ':told', '1', 'NX', 'PX', 60000)
    return reply('limited', 0, retry_after, first and '1' or '0')
end
epoch = epoch + 1
if last_seq == 0 then
    redis.call('HSET', session, 'new_chat', conversation)
end
local state = {chat = conversation, seq = last_seq + 1, at = now, epoch = epoch,
               lease = now + lease_ms, hash = hash, stop = 0, model = '',
               request_nonce = request_nonce, grants = 1}
write_turn(turns, turn, state, keep_ms)
redis.call('HDEL', turns, 'done:' .. turn)
hold_lease(leases, turns, turn, state.lease)
redis.call('HSET', turns, 'text:' .. turn, text)
redis.call('UNLINK', answer) -- of an earlier attempt at this turn
return reply('granted', remaining)
