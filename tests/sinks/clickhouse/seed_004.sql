-- all_of_it: printed in seed 004
select * from coinbase_demo.coinbase_ticker;

-- last_minute: printed in seed 004
SELECT
    count(sequence)
FROM coinbase_ticker
WHERE time > now() - INTERVAL 1 minute;
