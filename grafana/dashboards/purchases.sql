-- What "Purchases" asks. Amounts are of one currency, the chosen one: nothing here adds up two. Minutes
-- and hours are full ones: an unfinished one would look like a fall. `purchases` counts articles; the articles of one
-- basket share a purchase_id.

-- currencies: to choose from, the most used first
SELECT currency FROM purchases_by_country_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
GROUP BY currency
ORDER BY sum(purchases) DESC, currency;

-- countries: to choose from, those that pay in the chosen currency
SELECT DISTINCT country FROM purchases_by_country_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
  AND currency = '$currency'
ORDER BY 1;

-- amount: paid in the range, so far
SELECT coalesce(sum(amount), 0) AS amount
FROM purchases_by_country
WHERE $__timeFilter(window_start) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country));

-- articles: bought in the range, so far
SELECT coalesce(sum(purchases), 0) AS articles
FROM purchases_by_country
WHERE $__timeFilter(window_start) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country));

-- basket: mean amount of a basket, from raw rows
SELECT sum(amount) / nullif(count(DISTINCT purchase_id), 0) AS basket
FROM purchases
WHERE $__timeFilter(event_time) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country));

-- quiet: time since the last window with a purchase in any currency; 0 while it is open
SELECT extract(epoch FROM greatest(least($__timeTo()::timestamptz, now())
                                   - max(window_start + make_interval(secs => window_seconds)),
                                   interval '0')) AS seconds
FROM purchases_by_country
WHERE $__timeFilter(window_start);

-- map: articles by country, of all currencies; the marker's size is their number
SELECT country, sum(purchases) AS "Articles", sum(quantity) AS "Pieces"
FROM purchases_by_country
WHERE $__timeFilter(window_start) AND ('*' IN ($country) OR country IN ($country))
GROUP BY country
ORDER BY 2 DESC, 1;

-- countries_table: volume and amount by country
SELECT country AS "Country", sum(purchases) AS "Articles", sum(quantity) AS "Pieces", sum(amount) AS "Amount",
       100 * sum(amount) / nullif(sum(sum(amount)) OVER (), 0) AS "Share"
FROM purchases_by_country
WHERE $__timeFilter(window_start) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
GROUP BY country
ORDER BY "Amount" DESC, country;

-- currencies_table: each currency by itself
SELECT currency AS "Currency", sum(purchases) AS "Articles", sum(quantity) AS "Pieces", sum(amount) AS "Amount",
       count(DISTINCT country) AS "Countries"
FROM purchases_by_country
WHERE $__timeFilter(window_start) AND ('*' IN ($country) OR country IN ($country))
GROUP BY currency
ORDER BY "Articles" DESC, currency;

-- articles_by_country: a minute, of all currencies, since articles can be added; the ten countries with the
-- most. By window for a few hours, by hour for longer; so are the next ones.
WITH most AS (
    SELECT country FROM purchases_by_country
    WHERE $__timeFilter(window_start) AND ('*' IN ($country) OR country IN ($country))
    GROUP BY country ORDER BY sum(purchases) DESC, country LIMIT 10
)
SELECT window_start AS time, window_seconds AS seconds, country AS metric,
       sum(purchases) * 60.0 / window_seconds AS value
FROM purchases_by_country JOIN most USING (country)
WHERE $__timeFilter(window_start)
  AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz <= interval '6 hours'
GROUP BY window_start, window_seconds, country
UNION ALL
SELECT window_start, 3600, country, sum(purchases) / 60.0
FROM purchases_by_country_per_hour JOIN most USING (country)
WHERE $__timeFilter(window_start)
  AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz > interval '6 hours'
GROUP BY window_start, country
ORDER BY 1, 3;

-- amount_by_country: a minute, the ten countries with the most
WITH most AS (
    SELECT country FROM purchases_by_country
    WHERE $__timeFilter(window_start) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
    GROUP BY country ORDER BY sum(amount) DESC, country LIMIT 10
)
SELECT window_start AS time, window_seconds AS seconds, country AS metric, amount * 60 / window_seconds AS value
FROM purchases_by_country JOIN most USING (country)
WHERE $__timeFilter(window_start) AND currency = '$currency'
  AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz <= interval '6 hours'
UNION ALL
SELECT window_start, 3600, country, amount / 60
FROM purchases_by_country_per_hour JOIN most USING (country)
WHERE $__timeFilter(window_start) AND currency = '$currency'
  AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz > interval '6 hours'
ORDER BY 1, 3;

-- categories: volume and amount by category, from raw rows
SELECT category AS "Category", count(*) AS "Articles", sum(quantity) AS "Pieces", sum(amount) AS "Amount",
       sum(amount) / nullif(count(DISTINCT purchase_id), 0) AS "Basket"
FROM purchases
WHERE $__timeFilter(event_time) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
GROUP BY category
ORDER BY "Amount" DESC, category
LIMIT 50;

-- basket_by_time: mean amount of a basket by minute, or by hour where the range is longer, from raw rows
SELECT date_trunc(step, event_time, 'UTC') AS time, max(length) AS seconds, 'Basket' AS metric,
       sum(amount) / count(DISTINCT purchase_id) AS value
FROM purchases,
     (SELECT CASE WHEN is_short THEN 'minute' ELSE 'hour' END AS step, CASE WHEN is_short THEN 60 ELSE 3600 END AS length
      FROM (SELECT $__timeTo()::timestamptz - $__timeFrom()::timestamptz <= interval '6 hours') AS range (is_short))
         AS chosen
WHERE $__timeFilter(event_time)
  AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
GROUP BY 1
ORDER BY 1;
