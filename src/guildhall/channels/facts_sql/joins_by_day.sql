-- Joins of each UTC day, space and invite, and how many people they were.
-- in: since timestamp first moment
-- in: until timestamp first moment not counted any more
-- out: day date
-- out: space string
-- out: invite string '' when the platform did not tell
-- out: joins int64
-- out: people int64
SELECT UTC_DAY(joined_at) AS day, space, coalesce(invite, '') AS invite, count(*) AS joins,
  count(DISTINCT account) AS people
FROM joins_in_force
WHERE joined_at >= :since AND joined_at < :until
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
