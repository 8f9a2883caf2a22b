-- How far the accounts of a partner came towards their CPA, the latest bound first.
-- in: settlement string
-- in: partner string
-- in: most int64 rows
-- out: venue string
-- out: account string
-- out: deal_version int64
-- out: bound_from timestamp
-- out: window_end timestamp
-- out: qualified_at timestamp
-- out: deposited int64 1e-8 of the deposit asset
-- out: volume int64 1e-8 of the reference asset
-- out: active_days int64 days
-- out: asset string
-- out: units int64 1e-8 of asset
-- out: state string
SELECT venue, account, deal_version, bound_from, window_end, qualified_at, deposited, volume, active_days, asset, units,
  state
FROM (
  SELECT *, row_number() OVER (ORDER BY bound_from DESC, venue, account) AS place FROM cpa_qualifications
  WHERE settlement = :settlement AND partner = :partner
) placed
WHERE place <= :most ORDER BY place
