-- latest: printed in seed 003, "the most updated version of aggregated data"
SELECT * 
FROM (
    SELECT 
    *,
    ROW_NUMBER() OVER(PARTITION BY country ORDER BY created_at DESC) AS row_number

    FROM purchase_summmary
    )
WHERE row_number = 1
ORDER BY amount DESC;
