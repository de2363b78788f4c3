-- Is this turn being answered, or does it wait for Postgres?
-- KEYS turns, spooled, spool
-- ARGV turn, text
-- Answers none, same_id, follow and the chat, or spooled and the commit message
local id, hash = ARGV[1], redis.sha1hex(ARGV[2])

local turn = read_turn(KEYS[1], id)
if turn and turn.lease > now then
    return has_text(turn, hash) and {'follow', turn.chat} or {'same_id', ''}
end
local kept = redis.call('HGET', KEYS[2], id)
kept = kept and cjson.decode(kept)
if not kept then
    return {'none', ''}
end
if kept.hash ~= hash then
    return {'same_id', ''}
end
local entry = redis.call('XRANGE', KEYS[3], kept.entry, kept.entry)[1]
return entry and {'spooled', entry[2][2]} or {'none', ''}
