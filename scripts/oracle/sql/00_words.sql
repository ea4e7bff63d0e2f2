-- Small words the other files use. Amounts become integer cents, scores integer millionths.
CREATE MACRO word(x) AS nullif(trim(x), '');
CREATE MACRO cents(x) AS CAST(x * 100 AS BIGINT);
CREATE MACRO millionths(x) AS CAST(x * 1000000 AS BIGINT);
CREATE MACRO month_of(d) AS year(d) * 12 + month(d) - 1;

-- num / den to the nearest integer, a half going to the even neighbour; den is positive.
CREATE MACRO half_even(num, den) AS sign(num)::HUGEINT * (
    abs(num)::HUGEINT // den::HUGEINT
    + CASE
        WHEN 2 * (abs(num)::HUGEINT % den::HUGEINT) > den::HUGEINT THEN 1
        WHEN 2 * (abs(num)::HUGEINT % den::HUGEINT) = den::HUGEINT THEN (abs(num)::HUGEINT // den::HUGEINT) % 2
        ELSE 0
      END);

-- States, the District and the territories that count as the United States, by the two leading digits of the county.
CREATE MACRO in_united_states(county) AS
    left(county, 2) BETWEEN '01' AND '56' AND left(county, 2) NOT IN ('03', '07', '14', '43', '52')
    OR left(county, 2) IN ('60', '66', '69', '72', '78');

-- The same within 64 bits, for single payments.
CREATE MACRO half_even_small(num, den) AS CASE WHEN num < 0 THEN -1 ELSE 1 END * (
    abs(num) // den
    + CASE WHEN 2 * (abs(num) % den) > den THEN 1 WHEN 2 * (abs(num) % den) = den THEN (abs(num) // den) % 2 ELSE 0 END);
