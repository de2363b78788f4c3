-- The title of a conversation that begins with this text.
--
-- @arg text
left(regexp_replace(btrim({text}), '\s+', ' ', 'g'), 80)
