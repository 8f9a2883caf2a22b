-- Fees in force by UTC day of a venue, and what a rate takes of them.
-- in: venue string
-- in: rate int64 ppm
-- out: day date
-- out: fees wide 1e-8 of asset
-- out: share int64 1e-8 of asset
-- out: rows int64
SELECT UTC_DAY("at") AS day, sum(WIDE(fee)) AS fees, CAST(sum(PPM(greatest(fee, 0), :rate)) AS BIGINT) AS share,
  count(*) AS rows
FROM t_fills_in_force WHERE venue = :venue GROUP BY 1 ORDER BY 1
