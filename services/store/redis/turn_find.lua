-- Whether this turn is being answered, or waits for Postgres.
--
-- @key    turns
-- @key    spooled
-- @key    spool
-- @arg    turn    uuid
-- @arg    text    text
-- @result outcome text   none, same_id, follow or spooled
-- @result found   bytes  follow: the conversation; spooled: the commit message
local hash = redis.sha1hex(text)

local state = read_turn(turns, turn)
if state and state.lease > now then
    return has_text(state, hash) and {'follow', state.chat} or {'same_id', ''}
end
local kept = redis.call('HGET', spooled, turn)
kept = kept and cjson.decode(kept)
if not kept then
    return {'none', ''}
end
if kept.hash ~= hash then
    return {'same_id', ''}
end
local entry = redis.call('XRANGE', spool, kept.entry, kept.entry)[1]
return entry and {'spooled', entry[2][2]} or {'none', ''}
