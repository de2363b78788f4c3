-- What a session is found by, so that its id need not be stored once it is cleared.
--
-- @arg session
sha256(convert_to({session}::text, 'UTF8'))
