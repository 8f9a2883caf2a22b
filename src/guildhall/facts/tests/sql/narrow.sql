-- All fees, declared too narrow.
-- out: fees int64 1e-8 of asset
SELECT sum(WIDE(fee)) AS fees FROM t_fills
