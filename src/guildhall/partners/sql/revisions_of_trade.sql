-- Every row the exchange ever sent for one trade, the first first.
-- in: venue string
-- in: trade_id string
-- out: revision int64
-- out: account string
-- out: executed_at timestamp
-- out: symbol string
-- out: liquidity string
-- out: notional int64 1e-8 of asset
-- out: fee int64 1e-8 of asset
-- out: volume int64 1e-8 of the reference asset
-- out: asset string
-- out: flags strings
-- out: state string
-- out: received_at timestamp
SELECT revision, account, executed_at, symbol, liquidity, notional, fee, volume, asset, flags, state, received_at
FROM trades WHERE venue = :venue AND trade_id = :trade_id ORDER BY revision
