-- What counts against the budget of the session by now: what this statement made of it (its CTE
-- counted), or else what it was.
coalesce((SELECT nanos FROM counted),
         (SELECT s.nanos FROM spending s JOIN users u ON u.id = s.user_id
           WHERE u.session_hash = {session_hash({session})}), 0)
