-- Stands in front of every script.  All results are flat lists of strings.

-- The clock of Redis: stores need not agree on the time.
local clock = redis.call('TIME')
local now_us = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local now = math.floor(now_us / 1000)

local MINUTE_US = 60 * 1000000

local function int(n)
    return string.format('%.0f', n)
end

-- A bucket of per_minute tokens that fills evenly (GCRA): the key holds the time at which it is
-- full again.  Takes count tokens if they are there.
-- Returns whether they were, how many are left, and when the next one comes (ms).
local function take(key, per_minute, count)
    local step = math.floor(MINUTE_US / per_minute)
    local full_at = tonumber(redis.call('GET', key) or 0)
    -- After the clock was set back, nobody must be refused for longer than a minute.
    full_at = math.min(math.max(full_at, now_us), now_us + MINUTE_US)
    local after = full_at + count * step
    local missing = after - (now_us + per_minute * step)
    if missing > 0 then
        local left = math.floor((now_us + per_minute * step - full_at) / step)
        return false, math.max(left, 0), math.ceil(missing / 1000)
    end
    if count > 0 then
        redis.call('SET', key, int(after), 'PX', int(math.ceil((after - now_us) / 1000)))
    end
    return true, math.floor((now_us + per_minute * step - after) / step), 0
end

-- A session lives idle_ms after its last use, and life_ms in all.  Returns when it ends, or nil
-- if it is over.
local function touch_session(key, idle_ms, life_ms)
    local created = tonumber(redis.call('HGET', key, 'created_at'))
    local ends = math.min(now + idle_ms, created + life_ms)
    if ends <= now then
        redis.call('DEL', key)
        return nil
    end
    redis.call('PEXPIREAT', key, int(ends))
    return ends
end

-- The hash "turns" of a session holds
--   turn:<id>    of a turn being answered {chat, seq, at, epoch, lease, hash, stop, model,
--                request_nonce, grants}: chat is its conversation, at when it began, lease when its
--                lease expires, hash of the text ('': Redis was emptied, the text is not known),
--                model the one that answers, request_nonce of the request that was granted, grants
--                how often
--   text:<id>    what the user wrote
--   head:<conversation>  for a minute after a commit {turn, seq, epoch, at}: what was read from
--                Postgres before is outdated
--   done:<id>    for a minute after the end of a turn {chat, at, how, epoch}
-- on.turn, on.head and on.done are called with the id and what is in it.
local function each_field(turns, on)
    local all = redis.call('HGETALL', turns)
    for i = 1, #all, 2 do
        local kind, id = string.match(all[i], '^(%a+):(.*)$')
        if on[kind] then
            on[kind](id, cjson.decode(all[i + 1]))
        end
    end
end

local function read_turn(turns, id)
    local text = redis.call('HGET', turns, 'turn:' .. id)
    return text and cjson.decode(text)
end

local function write_turn(turns, id, turn, keep_ms)
    redis.call('HSET', turns, 'turn:' .. id, cjson.encode(turn))
    redis.call('PEXPIRE', turns, keep_ms)
end

local function drop_turn(turns, id)
    redis.call('HDEL', turns, 'turn:' .. id, 'text:' .. id)
end

-- Whether the turn of this owner has ended.  One that was only interrupted may continue.
local function is_over(turns, id, epoch)
    local text = redis.call('HGET', turns, 'done:' .. id)
    local done = text and cjson.decode(text)
    return done and done.how ~= 'interrupted' and (done.epoch or 0) >= epoch
end

local function has_text(turn, hash)
    return turn.hash == '' or turn.hash == hash
end

-- The sorted set "leases" of a bucket holds <session>/<turn> by the time at which its lease
-- expires; upkeep/sweep.c looks for those that did.
local function lease_name(turns, id)
    return string.match(turns, ':([^:]+):turns$') .. '/' .. id
end

local function hold_lease(leases, turns, id, until_ms)
    redis.call('ZADD', leases, int(until_ms), lease_name(turns, id))
end

local function drop_lease(leases, turns, id)
    redis.call('ZREM', leases, lease_name(turns, id))
end

-- The stream "answer" of a turn holds what is written of it.  The number of an entry is the length
-- of the answer up to its end.  The last one tells how the turn ended {end, code, question}; the
-- question is given back if it was aborted.
local function answer_length(stream)
    local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    return last and tonumber(string.match(last[1], '^%d+')) or 0
end

-- Returns what is behind the first after bytes, and the fields of the last entry, if there is one.
local function read_answer(stream, after, most)
    local parts, length, last = {}, after, nil
    for _, entry in ipairs(redis.call('XRANGE', stream, int(after) .. '-1', '+')) do
        local fields = {}
        for i = 1, #entry[2], 2 do
            fields[entry[2][i]] = entry[2][i + 1]
        end
        last = fields
        if fields.text then
            local to = tonumber(string.match(entry[1], '^%d+'))
            parts[#parts + 1] = string.sub(fields.text, length - to + #fields.text + 1)
            length = to
        end
    end
    return string.sub(table.concat(parts), 1, most), last
end

-- Gives the lease back; whoever follows the answer sees how it ended.
local LINGER_MS = 10000

local function end_turn(turns, stream, leases, id, chat, epoch, how, code, keep_ms)
    local question = how == 'aborted' and redis.call('HGET', turns, 'text:' .. id) or ''
    drop_turn(turns, id)
    drop_lease(leases, turns, id)
    if how == 'aborted' or redis.call('EXISTS', stream) == 1 then
        redis.call('XADD', stream, int(answer_length(stream)) .. '-*',
                   'end', how, 'code', code, 'question', question)
        redis.call('PEXPIRE', stream, LINGER_MS)
    end
    local done = {chat = chat, at = now, how = how, epoch = epoch}
    redis.call('HSET', turns, 'done:' .. id, cjson.encode(done))
    redis.call('PEXPIRE', turns, keep_ms)
end

local function write_head(turns, id, chat, seq, epoch)
    local head = {turn = id, seq = seq, epoch = epoch, at = now}
    redis.call('HSET', turns, 'head:' .. chat, cjson.encode(head))
end

-- The hash "window" of a session holds the last turns of one conversation, to be shown while
-- Postgres is unavailable: chat, its id, and for each seq a letter, C committed or S spooled, and
-- the commit message of the turn.
local WINDOW_TURNS = 10
local WINDOW_MS = 3600000

local function write_window(window, chat, seq, letter, body)
    if redis.call('HGET', window, 'chat') ~= chat then
        redis.call('UNLINK', window)
    end
    redis.call('HSET', window, 'chat', chat, int(seq), letter .. body)
    redis.call('HDEL', window, int(seq - WINDOW_TURNS))
    redis.call('PEXPIRE', window, WINDOW_MS)
end

-- The hash "spooled" of a session holds for each turn that waits in the bucket's stream "spool"
--   <turn>  {chat, seq, epoch, entry, hash, said}: entry is its place in the stream, hash is of the
--           question and said of the answer
local function each_spooled(spooled, fn)
    local all = redis.call('HGETALL', spooled)
    for i = 1, #all, 2 do
        fn(all[i], cjson.decode(all[i + 1]))
    end
end
