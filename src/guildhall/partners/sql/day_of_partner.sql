-- What a settlement made of one partner's day, by asset and reason.
-- in: settlement string
-- in: partner string
-- in: since timestamp the day's beginning
-- in: until timestamp the next day's beginning
-- out: asset string
-- out: reason string
-- out: trades int64
-- out: fee wide 1e-8 of asset
-- out: pool wide 1e-8 of asset
-- out: kickback wide 1e-8 of asset
-- out: commission wide 1e-8 of asset
-- out: override wide 1e-8 of asset
SELECT asset, reason, count(*) AS trades, sum(WIDE(fee)) AS fee, sum(WIDE(pool)) AS pool,
  sum(WIDE(kickback)) AS kickback, sum(WIDE(commission)) AS commission, sum(WIDE(override)) AS override
FROM explains
WHERE executed_at >= :since AND executed_at < :until AND settlement = :settlement AND partner = :partner
GROUP BY asset, reason ORDER BY asset, reason
