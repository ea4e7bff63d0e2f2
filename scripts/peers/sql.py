"""The reference job in SQL, for the engines that speak it; what differs between their dialects is passed in."""

from job import COMPONENTS, THRESHOLDS, YEARS, procedures, quoted, specialties, states, threshold_values

FIRST, LAST = f"date '{YEARS[0]}-01-01'", f"date '{YEARS[-1]}-12-31'"
UNPAID = ("(claim_denial is null or not (claim_denial in ('0', '0 ') or claim_denial between 'D' and 'Y'))"
          " and (processing_indicator is null or processing_indicator in ('A', 'R', 'S'))")


def query(lines, headers, people, participants, year, month, months):
    """`year`, `month` and `months` make expressions: of a date, of a date, and of a status and a type's code."""
    types = ", ".join(f"('{kind}')" for kind in THRESHOLDS)
    in_time = lambda day: f"(processed_date is null or {year('processed_date')} <= {year(day)} + 1)"
    line_types = quoted_numbers(COMPONENTS["carrier"] + COMPONENTS["dme"])
    header_types = quoted_numbers(code for codes in list(COMPONENTS.values())[:5] for code in codes)
    sums = ", ".join(f"sum(case when claim_type in ({quoted_numbers(codes)}) then amount end) as {name}" for name, codes in COMPONENTS.items())
    cents = ", ".join(f"sum(coalesce({name}, 0)) * 100 as {name}" for name in COMPONENTS)
    return f"""
with service as (
  select bene_id, {year('last_date')} yr, tin, sum(allowed_amt) charges, max(last_date) latest
  from {lines}
  where claim_type in (71, 72) and last_date between {FIRST} and {LAST} and tin is not null
    and specialty in ({quoted(specialties())}) and hcpcs in ({quoted(procedures())}) and {UNPAID}
  group by 1, 2, 3),
rival as (
  select bene_id, yr, coalesce(aco_id, service.tin) entity, max(aco_id) aco_id, sum(coalesce(charges, 0)) charges, max(latest) latest
  from service left join {participants} p on service.tin = p.tin
  group by 1, 2, 3),
winner as (
  select bene_id, yr, aco_id from (
    select bene_id, yr, aco_id, row_number() over (partition by bene_id, yr order by charges desc, latest desc, entity) place from rival) ranked
  where place = 1 and aco_id is not null),
enrolled as (
  select bene_id, year yr, status, county from {people} where year between {YEARS[0]} and {YEARS[-1]}),
assigned as (
  select w.bene_id, w.yr, w.aco_id from winner w join enrolled e on w.bene_id = e.bene_id and w.yr = e.yr
  where not regexp_like(status, '[9AB]') and regexp_like(status, '[1-4]') and substr(county, 1, 2) in ({quoted(states())})),
payment as (
  select bene_id, last_date as paid_on, claim_type, payment_amt + coalesce(sequestration_amt, 0) + coalesce(pbp_reduction_amt, 0) amount
  from {lines}
  where claim_type in ({line_types}) and last_date between {FIRST} and {LAST} and {UNPAID} and {in_time('last_date')}
  union all
  select bene_id, thru_date, claim_type, payment_amt + coalesce(sequestration_amt, 0) + coalesce(pbp_reduction_amt, 0)
    - case when claim_type = 60 then coalesce(ime_operating_amt, 0) + coalesce(dsh_operating_amt, 0) + coalesce(uncompensated_care_amt, 0) else 0 end
  from {headers}
  where claim_type in ({header_types}) and thru_date between {FIRST} and {LAST}
    and (non_payment_reason is null or trim(non_payment_reason) = '') and {in_time('thru_date')}),
spent as (
  select p.bene_id, e.yr, substr(status, cast({month('paid_on')} as int), 1) kind, {sums}, sum(amount) total
  from payment p join enrolled e on p.bene_id = e.bene_id and {year('paid_on')} = e.yr
  group by 1, 2, 3),
person as (
  select bene_id, yr, kind, {months('status', 'kind')} as months from enrolled cross join (values {types}) k(kind) where strpos(status, kind) > 0),
limited as (
  select yr, kind, cast(threshold as decimal(12, 2)) threshold from (values {threshold_values()}) t(yr, kind, threshold)),
one as (
  select p.bene_id, p.yr, p.kind, months, {', '.join(COMPONENTS)}, coalesce(total, 0) total, coalesce(total, 0) * 12 twelvefold, threshold * months ceiling
  from person p left join spent s on p.bene_id = s.bene_id and p.yr = s.yr and p.kind = s.kind join limited l on p.yr = l.yr and p.kind = l.kind)
select coalesce(aco_id, 'NONE') aco_id, o.yr, o.kind, count(*) people, sum(months) as months, {cents}, 0 non_claims, sum(total) * 100 total,
  sum(greatest(least(twelvefold, ceiling), -ceiling)) * 100 capped12, sum(case when abs(twelvefold) > ceiling then 1 else 0 end) capped_people
from one o left join assigned a on o.bene_id = a.bene_id and o.yr = a.yr
group by 1, 2, 3"""


def quoted_numbers(codes):
    return ", ".join(map(str, codes))
