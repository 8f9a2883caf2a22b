-- What a settlement made of each account of a partner between two moments, the largest pool first.
-- in: settlement string
-- in: partner string
-- in: since timestamp
-- in: until timestamp not included
-- in: most int64 rows
-- out: venue string
-- out: account string
-- out: asset string
-- out: trades int64
-- out: fee wide 1e-8 of asset
-- out: pool wide 1e-8 of asset
-- out: kickback wide 1e-8 of asset
-- out: commission wide 1e-8 of asset
SELECT venue, account, asset, trades, fee, pool, kickback, commission FROM (
  SELECT *, row_number() OVER (ORDER BY pool DESC, venue, account, asset) AS place FROM (
    SELECT venue, account, asset, count(*) AS trades, sum(WIDE(fee)) AS fee, sum(WIDE(pool)) AS pool,
      sum(WIDE(kickback)) AS kickback, sum(WIDE(commission)) AS commission
    FROM explains
    WHERE executed_at >= :since AND executed_at < :until AND settlement = :settlement AND partner = :partner
    GROUP BY venue, account, asset
  ) summed
) placed
WHERE place <= :most ORDER BY place
