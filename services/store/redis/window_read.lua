-- The last turns of the conversation of a session, as far as they are remembered here, oldest
-- first.
--
-- @key window
-- @arg conversation uuid    none: whichever it is
-- @row seq          number
-- @row turn         bytes   a letter, C committed or S spooled, and the commit message
local rows, seqs = {}, {}
local all = redis.call('HGETALL', window)
local turns, chat = {}, ''
for i = 1, #all, 2 do
    if all[i] == 'chat' then
        chat = all[i + 1]
    else
        seqs[#seqs + 1] = tonumber(all[i])
        turns[tonumber(all[i])] = all[i + 1]
    end
end
if conversation ~= '' and conversation ~= chat then
    return {}
end
table.sort(seqs)
for _, seq in ipairs(seqs) do
    rows[#rows + 1] = int(seq)
    rows[#rows + 1] = turns[seq]
end
return rows
