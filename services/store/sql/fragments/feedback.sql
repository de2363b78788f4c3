-- Feedback as messages carry it: 0 none, 1 good, 2 bad.
--
-- @arg value
CASE {value} WHEN 1 THEN 1 WHEN -1 THEN 2 ELSE 0 END
