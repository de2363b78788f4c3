-- Adds a line to the audit log.
--
-- @param session      uuid
-- @param action       text
-- @param address_hash text
-- @param details      text
INSERT INTO audit_log (session_id, action, address_hash, details)
 VALUES ({session}, {action}, {address_hash}, {details})
