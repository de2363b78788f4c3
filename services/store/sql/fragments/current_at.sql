-- When a conversation was last spoken in or opened: the latest is the current one.
--
-- @arg conversation
greatest({conversation}.touched_at, {conversation}.opened_at)
