-- Posts of each UTC day, platform and language, and the clicks they brought on whatever day.
-- in: since timestamp first moment
-- in: until timestamp first moment not counted any more
-- out: day date
-- out: platform string
-- out: language string
-- out: posts int64
-- out: clicks int64
-- out: visitors int64 different ones, as far as they are known
WITH sent AS (
  SELECT delivery, UTC_DAY(sent_at) AS day, platform, language
  FROM posts
  WHERE sent_at >= :since AND sent_at < :until
)
SELECT sent.day, sent.platform, sent.language, count(DISTINCT sent.delivery) AS posts,
  count(clicks.click) AS clicks, count(DISTINCT clicks.visitor) AS visitors
FROM sent LEFT JOIN clicks ON clicks.delivery = sent.delivery
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
