-- What "Purchases" asks. Amounts are of one currency, the chosen one: nothing here adds up two. Hours are
-- full ones: an unfinished one would look like a fall. `purchases` counts articles; the articles of one
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

-- quiet: time since the last purchase in any currency
SELECT extract(epoch FROM least($__timeTo()::timestamptz, now())
                          - max(window_start + make_interval(secs => window_seconds))) AS seconds
FROM purchases_by_country
WHERE $__timeFilter(window_start);

-- map: amount by country; the marker's size is the amount
SELECT country, sum(amount) AS "Amount", sum(purchases) AS "Articles"
FROM purchases_by_country
WHERE $__timeFilter(window_start) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
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

-- articles_by_country: by hour, of all currencies, since pieces can be added; the ten countries with the most
WITH most AS (
    SELECT country FROM purchases_by_country
    WHERE $__timeFilter(window_start) AND ('*' IN ($country) OR country IN ($country))
    GROUP BY country ORDER BY sum(purchases) DESC, country LIMIT 10
)
SELECT window_start AS time, country AS metric, sum(purchases) AS value
FROM purchases_by_country_per_hour JOIN most USING (country)
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '1 hour 5 seconds'
GROUP BY 1, 2
ORDER BY 1, 2;

-- amount_by_country: by hour, the ten countries with the most
WITH most AS (
    SELECT country FROM purchases_by_country
    WHERE $__timeFilter(window_start) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
    GROUP BY country ORDER BY sum(amount) DESC, country LIMIT 10
)
SELECT window_start AS time, country AS metric, amount AS value
FROM purchases_by_country_per_hour JOIN most USING (country)
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '1 hour 5 seconds'
  AND currency = '$currency'
ORDER BY 1, 2;

-- categories: volume and amount by category, from raw rows
SELECT category AS "Category", count(*) AS "Articles", sum(quantity) AS "Pieces", sum(amount) AS "Amount",
       sum(amount) / nullif(count(DISTINCT purchase_id), 0) AS "Basket"
FROM purchases
WHERE $__timeFilter(event_time) AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
GROUP BY category
ORDER BY "Amount" DESC, category
LIMIT 50;

-- basket_by_hour: mean amount of a basket, full hours only, from raw rows
SELECT date_trunc('hour', event_time, 'UTC') AS time, sum(amount) / count(DISTINCT purchase_id) AS "Basket"
FROM purchases
WHERE event_time >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND event_time <= $__timeTo()
  AND event_time < date_trunc('hour', now() - interval '5 seconds', 'UTC')
  AND currency = '$currency' AND ('*' IN ($country) OR country IN ($country))
GROUP BY 1
ORDER BY 1;
