-- Grants a turn, or says why not.  What Postgres knows was read just before.
-- KEYS session, turns, limit, answer, spooled, leases
-- ARGV turn, chat, text, last_seq, epoch and created_at of Postgres (created_at '': it does not
--      know this session), 1 if it does not know this chat either though it was named,
--      lease_ms, keep_ms, idle_ms, life_ms, per_minute, most running turns, request_nonce (0: none)
-- Answers outcome (granted, follow, spooled, waiting: a turn of this chat is spooled, busy, limited,
--         same_id, stale, not_found, signed_out), epoch, remaining, retry_after_ms, sealed key, its time, first refusal in a minute
local session, turns, limit, stream, spooled = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local leases = KEYS[6]
local id, chat, text = ARGV[1], ARGV[2], ARGV[3]
local last_seq, kept_epoch, created_at = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local epoch = kept_epoch
local claimed = ARGV[7] == '1'
local lease_ms, keep_ms = tonumber(ARGV[8]), tonumber(ARGV[9])
local idle_ms, life_ms = tonumber(ARGV[10]), tonumber(ARGV[11])
local per_minute, most, request_nonce = tonumber(ARGV[12]), tonumber(ARGV[13]), ARGV[14]

local function answer(outcome, remaining, retry_after, first)
    local key = redis.call('HMGET', session, 'sealed_key', 'key_at')
    return {outcome, int(epoch), int(remaining or 0), int(retry_after or 0),
            key[1] or '', key[2] or '0', first or '0'}
end

if redis.call('EXISTS', session) == 0 then
    if created_at == '' then
        return answer('signed_out')
    end
    redis.call('HSET', session, 'created_at', created_at)
end
if not touch_session(session, idle_ms, life_ms) then
    return answer('signed_out')
end

-- A chat whose first turn failed is known here only.
if claimed and redis.call('HGET', session, 'new_chat') ~= chat then
    return answer('not_found')
end

local hash = redis.sha1hex(text)
local running, found = 0, nil

-- The answer to whoever holds this turn was lost, or is on its way: it is the same grant.
local function is_again(turn)
    return request_nonce ~= '0' and turn.request_nonce == request_nonce
end
each_field(turns, {
    turn = function(other, turn)
        -- One that Postgres has kept is over, though its end may have passed while we were away.
        local kept = turn.chat == chat and turn.epoch <= kept_epoch
        local alive = turn.lease > now and not kept
        if other == id and alive then
            found = not has_text(turn, hash) and 'same_id' or is_again(turn) and 'granted' or 'follow'
        elseif alive then
            running = running + 1
        elseif turn.lease + keep_ms < now then
            drop_turn(turns, other)
            drop_lease(leases, turns, other)
        end
        if turn.chat == chat then
            epoch = math.max(epoch, turn.epoch)
            if alive and other ~= id then
                found = found or 'busy'
            end
        end
    end,
    head = function(other, head)
        if other == chat then
            epoch = math.max(epoch, head.epoch)
            if head.seq > last_seq then
                found = found or 'stale'
            end
        end
        if head.at + 60000 < now then
            redis.call('HDEL', turns, 'head:' .. other)
        end
    end,
    done = function(other, done)
        if done.at + 60000 < now then
            redis.call('HDEL', turns, 'done:' .. other)
        end
    end,
})
each_spooled(spooled, function(other, waiting)
    if other == id then
        found = waiting.hash == hash and 'spooled' or 'same_id'
    elseif waiting.chat == chat then
        found = found or 'waiting'
    end
end)
if found == 'granted' then
    local turn = read_turn(turns, id)
    epoch, turn.grants = turn.epoch, turn.grants + 1
    write_turn(turns, id, turn, keep_ms)
end
if found then
    local _, remaining = take(limit, per_minute, 0)
    return answer(found, remaining)
end
if running >= most then
    return answer('busy')
end

local allowed, remaining, retry_after = take(limit, per_minute, 1)
if not allowed then
    local first = redis.call('SET', limit .. ':told', '1', 'NX', 'PX', 60000)
    return answer('limited', 0, retry_after, first and '1' or '0')
end
epoch = epoch + 1
if last_seq == 0 then
    redis.call('HSET', session, 'new_chat', chat)
end
local turn = {chat = chat, seq = last_seq + 1, at = now, epoch = epoch, lease = now + lease_ms,
              hash = hash, stop = 0, model = '', request_nonce = request_nonce, grants = 1}
write_turn(turns, id, turn, keep_ms)
redis.call('HDEL', turns, 'done:' .. id)
hold_lease(leases, turns, id, turn.lease)
redis.call('HSET', turns, 'text:' .. id, text)
redis.call('UNLINK', stream) -- of an earlier try of this turn
return answer('granted', remaining)
