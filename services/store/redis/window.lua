-- The last turns of a session's chat, as far as they are remembered here.
-- KEYS window
-- ARGV chat ('': whichever it is)
-- Answers rows of seq, letter and commit message (see write_window), oldest first
local rows, seqs = {}, {}
local all = redis.call('HGETALL', KEYS[1])
local turns, chat = {}, ''
for i = 1, #all, 2 do
    if all[i] == 'chat' then
        chat = all[i + 1]
    else
        seqs[#seqs + 1] = tonumber(all[i])
        turns[tonumber(all[i])] = all[i + 1]
    end
end
if ARGV[1] ~= '' and ARGV[1] ~= chat then
    return {}
end
table.sort(seqs)
for _, seq in ipairs(seqs) do
    rows[#rows + 1] = int(seq)
    rows[#rows + 1] = turns[seq]
end
return rows
