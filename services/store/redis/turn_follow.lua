-- What there is of an answer, for those who follow it from elsewhere.
-- KEYS turns, answer, spooled, spool
-- ARGV turn, after (bytes that the reader has), most bytes at once
-- Answers outcome, chat, question, model, text behind after, code, epoch of who wrote it
--   running  it is being written
--   aborted  with its code; there is a question only while it is remembered
--   spooled  with its commit message as the text
--   none     nothing is known here: it ended a while ago, in Postgres or not at all
local turns, stream = KEYS[1], KEYS[2]
local id, after, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local waiting = redis.call('HGET', KEYS[3], id)
if waiting then
    waiting = cjson.decode(waiting)
    local entry = redis.call('XRANGE', KEYS[4], waiting.entry, waiting.entry)[1]
    if entry then
        return {'spooled', waiting.chat, '', '', entry[2][2], '', int(waiting.epoch)}
    end
end

local text, last = read_answer(stream, after, most)
local turn = read_turn(turns, id)
if turn then
    local question = redis.call('HGET', turns, 'text:' .. id) or ''
    return {'running', turn.chat, question, turn.model or '', text, '', int(turn.epoch)}
end
if last and last['end'] == 'aborted' then
    return {'aborted', '', last.question, '', text, last.code, '0'}
end
return {'none', '', '', '', '', '', '0'}
