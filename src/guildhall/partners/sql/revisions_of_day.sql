-- Every row a venue ever sent for one account's day, the first first.
-- in: venue string
-- in: account string
-- in: day date
-- in: asset string
-- in: source string
-- out: revision int64
-- out: notional int64 1e-8 of asset
-- out: fee int64 1e-8 of asset
-- out: volume int64 1e-8 of the reference asset
-- out: state string
-- out: received_at timestamp
SELECT revision, notional, fee, volume, state, received_at FROM daily_user
WHERE venue = :venue AND account = :account AND day = :day AND asset = :asset AND source = :source ORDER BY revision
