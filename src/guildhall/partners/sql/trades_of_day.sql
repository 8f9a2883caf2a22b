-- The trades of one partner's day as a settlement explained them, the largest commission first.
-- in: settlement string
-- in: partner string
-- in: since timestamp the day's beginning
-- in: until timestamp the next day's beginning
-- in: skipped int64 rows
-- in: most int64 rows
-- out: venue string
-- out: trade_id string
-- out: account string
-- out: executed_at timestamp
-- out: asset string
-- out: fee int64 1e-8 of asset
-- out: deal_version int64
-- out: rate_ppm int64 ppm
-- out: pool int64 1e-8 of asset
-- out: kickback int64 1e-8 of asset
-- out: commission int64 1e-8 of asset
-- out: override int64 1e-8 of asset
-- out: reason string
SELECT venue, trade_id, account, executed_at, asset, fee, deal_version, rate_ppm, pool, kickback, commission, override,
  reason
FROM (
  SELECT *, row_number() OVER (ORDER BY commission DESC, executed_at, venue, trade_id) AS place FROM explains
  WHERE executed_at >= :since AND executed_at < :until AND settlement = :settlement AND partner = :partner
) placed
WHERE place > :skipped AND place <= :skipped + :most ORDER BY place
