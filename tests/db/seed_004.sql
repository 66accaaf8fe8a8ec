-- all_of_it: printed in seed 004, without the name of ClickHouse's database
select * from coinbase_ticker;

-- last_minute: printed in seed 004 for ClickHouse; PostgreSQL wants quotes around the interval
SELECT
    count(sequence)
FROM coinbase_ticker
WHERE time > now() - INTERVAL '1 minute';
