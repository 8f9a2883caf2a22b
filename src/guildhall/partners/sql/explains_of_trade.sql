-- What settlements made of one trade; which settlement counts is state.
-- in: venue string
-- in: trade_id string
-- in: since timestamp
-- in: until timestamp not included
-- out: settlement string
-- out: account string
-- out: executed_at timestamp
-- out: asset string
-- out: fee int64 1e-8 of asset
-- out: partner string
-- out: deal_version int64
-- out: rate_ppm int64 ppm
-- out: pool int64 1e-8 of asset
-- out: kickback int64 1e-8 of asset
-- out: commission int64 1e-8 of asset
-- out: override int64 1e-8 of asset
-- out: reason string
SELECT settlement, account, executed_at, asset, fee, partner, deal_version, rate_ppm, pool, kickback, commission, override,
  reason
FROM explains
WHERE executed_at >= :since AND executed_at < :until AND venue = :venue AND trade_id = :trade_id ORDER BY settlement
