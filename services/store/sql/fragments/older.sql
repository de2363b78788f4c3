-- Whether a time lies further back than the parameter age_ms.
--
-- @arg time
{time} < now() - {age_ms} * interval '1 ms'
