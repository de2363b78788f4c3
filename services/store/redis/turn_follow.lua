-- What there is of an answer, for those who follow it from elsewhere.
--
-- @key    turns
-- @key    answer
-- @key    spooled
-- @key    spool
-- @arg    turn         uuid
-- @arg    after        number  bytes that the reader has
-- @arg    max_bytes    number  at once
-- @result outcome      text    running, aborted, spooled; none: nothing is known here, it ended a
--                              while ago, in Postgres or not at all
-- @result conversation text
-- @result question     text    of an aborted turn only while it is remembered
-- @result model        text
-- @result text         bytes   behind after; spooled: the commit message
-- @result code         text    of an aborted turn
-- @result epoch        number  of who wrote it
local waiting = redis.call('HGET', spooled, turn)
if waiting then
    waiting = cjson.decode(waiting)
    local entry = redis.call('XRANGE', spool, waiting.entry, waiting.entry)[1]
    if entry then
        return {'spooled', waiting.chat, '', '', entry[2][2], '', int(waiting.epoch)}
    end
end

local text, last = read_answer(answer, after, max_bytes)
local state = read_turn(turns, turn)
if state then
    local question = redis.call('HGET', turns, 'text:' .. turn) or ''
    return {'running', state.chat, question, state.model or '', text, '', int(state.epoch)}
end
if last and last['end'] == 'aborted' then
    return {'aborted', '', last.question, '', text, last.code, '0'}
end
return {'none', '', '', '', '', '', '0'}
