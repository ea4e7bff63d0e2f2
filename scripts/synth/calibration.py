"""Measures what a synthetic extract costs per person-year and how it scores, against a county table.

usage: calibration.py EXTRACT YEAR [COUNTY_TABLE]

Prints per enrollment type: person-years; expenditure per person-year of all counted months, as it is; the same of
assignable people, truncated at the 99th percentile and completed, which is what the county table holds; mean risk score of
assignable people; and the county table's own figures, weighted by its person-years, with the ratio.
"""
import csv
import datetime
import pathlib
import sys
import tomllib

import duckdb

TYPES = ["ESRD", "DIS", "AGDU", "AGND"]
TABLE = ["ESRD", "DISABLED", "AGED/DUAL", "AGED/NON-DUAL"]
COMPLETION = 1.013
PRIMARY = "('01','08','11','37','38')"
STEP_TWO = "('06','12','13','16','23','25','26','27','29','39','46','70','79','82','83','84','86','90','98')"


def primary_care_codes():
    parameters = pathlib.Path(__file__).resolve().parents[2] / "src/synth/parameters.toml"
    charges = tomllib.loads(parameters.read_text())["charges"]
    kinds = ["office", "primary_extra", "transitional", "nursing_facility", "home", "domiciliary", "telehealth"]
    return sorted({row[0] for kind in kinds for row in charges[kind]})


def county_means(path):
    """Person-years, expenditure and risk per type of the cells that are published."""
    sums = [[0.0, 0.0, 0.0] for _ in TYPES]
    with open(path, newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            row = {key.strip(): value.strip() for key, value in row.items()}
            for total, name in zip(sums, TABLE):
                try:
                    years = float(row[f"{name} person-years"])
                    cost = float(row[f"Per capita {name} expenditures"])
                    risk = float(row[f"Average {name} HCC risk score"])
                except ValueError:
                    continue
                total[0] += years
                total[1] += years * cost
                total[2] += years * risk
    return [(years, cost / years, risk / years) for years, cost, risk in sums]


def measure(extract, year):
    db = duckdb.connect()
    db.execute("set threads = 2")
    table = lambda name: f"read_parquet(['{extract}/{name}/*.parquet'])"
    withheld = """case when {d} < date '2013-04-01' then 0 when {d} < date '2020-05-01' then 0.02
        when {d} < date '2022-04-01' then 0 when {d} < date '2022-07-01' then 0.01 else 0.02 end"""
    gross = "(payment_amt + coalesce(sequestration_amt, payment_amt / (1 - ({0})) - payment_amt) + coalesce(pbp_reduction_amt, 0))"
    run_out = datetime.date(year + 1, 3, 31)
    paid = f"coalesce(processed_date <= date '{run_out}', true)"
    db.execute(f"""
        create table months as select bene_id, m, substr(status, m::int, 1) as kind from {table('beneficiary_year')},
            range(1, 13) r(m) where year = {year};
        create table spent as
        select bene_id, month(thru_date) m,
            {gross.format(withheld.format(d='thru_date'))}
            - case when claim_type = 60 and substr(coalesce(ccn, ''), 1, 2) not in ('21', '80') then coalesce(ime_operating_amt, 0)
              + coalesce(dsh_operating_amt, 0) + coalesce(ime_capital_amt, 0) + coalesce(dsh_capital_amt, 0)
              + coalesce(uncompensated_care_amt, 0)
              + case when {year} >= 2023 then coalesce(ihs_pr_supplement_amt, 0) else 0 end else 0 end as amount,
            claim_type
        from {table('claim_header')} where year(thru_date) = {year} and claim_type in (10, 20, 30, 40, 50, 60)
            and trim(coalesce(non_payment_reason, '')) = ''
            and not (claim_type in (10, 40) and coalesce(facility_type, '') in ('4', '5')) and {paid}
        union all
        select bene_id, month(last_date) m, {gross.format(withheld.format(d='last_date'))} as amount, claim_type
        from {table('claim_line')} where year(last_date) = {year} and claim_type in (71, 72, 81, 82)
            and not coalesce(trim(claim_denial) = '0' or trim(claim_denial) between 'D' and 'Y', false)
            and coalesce(trim(processing_indicator) in ('A', 'R', 'S'), true) and {paid};
        create table assignable as select distinct bene_id from {table('claim_line')} where year(last_date) = {year} and (
            claim_type in (71, 72) and hcpcs in ({','.join(f"'{code}'" for code in primary_care_codes())})
            and specialty in {PRIMARY[:-1]},{STEP_TWO[1:]} and tin is not null
            and not coalesce(trim(claim_denial) = '0' or trim(claim_denial) between 'D' and 'Y', false)
            and coalesce(trim(processing_indicator) in ('A', 'R', 'S'), true)
            or facility_type = '7' and service_classification in ('1', '7') and trim(coalesce(non_payment_reason, '')) = '');
        create table person as
        select p.bene_id, p.kind::int - 1 as kind, p.months, coalesce(e.amount, 0)::double as amount,
            p.bene_id in (select bene_id from assignable) as assignable
        from (select bene_id, kind, count(*) as months from months where kind in ('1','2','3','4') group by all) p
        left join (select bene_id, kind, sum(amount) amount from spent join months using (bene_id, m)
                   where kind in ('1','2','3','4') group by all) e using (bene_id, kind);
    """)
    rows = []
    for kind in range(4):
        years, plain = db.execute("select sum(months)/12, sum(amount)/sum(months)*12 from person where kind = ?", [kind]).fetchone()
        points = db.execute("select amount*12/months from person where kind = ? and assignable order by 1", [kind]).fetchall()
        threshold = points[-(-99 * len(points) // 100) - 1][0]
        share, capped, deviation = db.execute(
            """select sum(months)/12, sum(least(amount, ?*months/12))/sum(months)*12,
               stddev(least(amount*12/months, ?)) from person where kind = ? and assignable""",
            [threshold, threshold, kind],
        ).fetchone()
        score = ["esrd", "dis", "agdu", "agnd"][kind]
        risk, everyone = db.execute(
            f"""select sum(score_{score}*months) filter (assignable)/sum(months) filter (assignable), sum(score_{score}*months)/sum(months)
            from person join (select bene_id, score_{score}, row_number() over (partition by bene_id order by hcc_version) k
            from {table('risk_score')} where year = {year} and score_{score} is not null) using (bene_id) where kind = ? and k = 1""",
            [kind],
        ).fetchone()
        rows.append(dict(years=float(years), plain=plain, share=float(share) / float(years), capped=capped * COMPLETION,
                         threshold=threshold, risk=float(risk), everyone=float(everyone), error=deviation / len(points) ** 0.5 / capped))
    return rows, db


def main():
    extract, year = sys.argv[1], int(sys.argv[2])
    rows, db = measure(extract, year)
    table = county_means(sys.argv[3]) if len(sys.argv) > 3 else None
    print(f"{'type':5}{'person-years':>14}{'plain':>11}{'assignable':>11}{'truncated':>11}{'+-':>7}{'threshold':>12}{'risk':>8}", end="")
    print(f"{'table cost':>12}{'ratio':>8}{'table risk':>12}{'ratio':>8}" if table else "")
    for kind, row in enumerate(rows):
        print(f"{TYPES[kind]:5}{row['years']:14.1f}{row['plain']:11.2f}{row['share']:11.3f}{row['capped']:11.2f}{row['error']:7.2%}"
              f"{row['threshold']:12.2f}{row['risk']:8.4f}", end="")
        if table:
            _, cost, risk = table[kind]
            print(f"{cost:12.2f}{row['capped'] / cost:8.4f}{risk:12.4f}{row['risk'] / risk:8.4f}", end="")
        print()
    total = sum(row["years"] for row in rows)
    print("spending by claim type, share of all:", ", ".join(f"{kind}: {share:.1%}" for kind, share in db.execute(
        "select claim_type, sum(amount)/sum(sum(amount)) over () from spent group by 1 order by 1").fetchall()))
    lines = db.execute(f"select count(*) from read_parquet(['{extract}/claim_line/*.parquet']) where year(last_date) = {year}").fetchone()[0]
    heads = db.execute(f"select count(*) from read_parquet(['{extract}/claim_header/*.parquet']) where year(thru_date) = {year}").fetchone()[0]
    print(f"claim rows per person-year: {(lines + heads) / total:.1f} ({heads / total:.1f} of them institutional claims)")


if __name__ == "__main__":
    main()
