-- What later steps of the deal made of one trade's commission in a settlement.
-- in: settlement string
-- in: venue string
-- in: trade_id string
-- in: executed_at timestamp
-- out: rule string
-- out: before int64 1e-8 of asset
-- out: after int64 1e-8 of asset
SELECT rule, before, after FROM step_changes
WHERE executed_at = :executed_at AND settlement = :settlement AND venue = :venue AND trade_id = :trade_id ORDER BY rule
