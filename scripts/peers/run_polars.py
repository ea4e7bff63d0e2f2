"""The reference job in Polars, streaming: run_polars.py EXTRACT PARTICIPANTS RESULT SCRATCH THREADS"""

import os
import sys

extract, participants, result, scratch, threads = sys.argv[1:6]
os.environ["POLARS_MAX_THREADS"] = threads
os.environ["POLARS_TEMP_DIR"] = scratch

import datetime

import polars as pl

from job import COMPONENTS, THRESHOLDS, YEARS, procedures, specialties, states, write_result

col, lit = pl.col, pl.lit
first, last = datetime.date(YEARS[0], 1, 1), datetime.date(YEARS[-1], 12, 31)
lines = pl.scan_parquet(f"{extract}/claim_line/*.parquet")
headers = pl.scan_parquet(f"{extract}/claim_header/*.parquet")
people = (pl.scan_parquet(f"{extract}/beneficiary_year/*.parquet")
          .filter(col("year").is_between(YEARS[0], YEARS[-1]))
          .select("bene_id", col("year").cast(pl.Int32).alias("yr"), "status", "county"))
cents = lambda name: (col(name) * 100).cast(pl.Int64)
whole = lambda name: cents(name).fill_null(0)
paid = ((col("claim_denial").is_null() | ~(col("claim_denial").is_in(["0", "0 "]) | col("claim_denial").is_between(lit("D"), lit("Y"))))
        & (col("processing_indicator").is_null() | col("processing_indicator").is_in(["A", "R", "S"])))
in_time = lambda day: col("processed_date").is_null() | (col("processed_date").dt.year() <= col(day).dt.year() + 1)

rival = (lines
         .filter(col("claim_type").is_in([71, 72]) & col("last_date").is_between(first, last) & col("tin").is_not_null()
                 & col("specialty").is_in(specialties()) & col("hcpcs").is_in(procedures()) & paid)
         .group_by("bene_id", col("last_date").dt.year().alias("yr"), "tin")
         .agg(whole("allowed_amt").sum().alias("charges"), col("last_date").max().alias("latest"))
         .join(pl.scan_parquet(participants), on="tin", how="left")
         .group_by("bene_id", "yr", pl.coalesce("aco_id", "tin").alias("entity"))
         .agg(col("aco_id").first(), col("charges").sum(), col("latest").max()))
winner = (rival.sort("bene_id", "yr", "charges", "latest", "entity", descending=[False, False, True, True, False])
          .unique(["bene_id", "yr"], keep="first", maintain_order=True)
          .filter(col("aco_id").is_not_null()).select("bene_id", "yr", "aco_id"))
eligible = people.filter(~col("status").str.contains("[9AB]") & col("status").str.contains("[1-4]")
                         & col("county").str.slice(0, 2).is_in(states())).select("bene_id", "yr")
assigned = winner.join(eligible, on=["bene_id", "yr"], how="semi")

line_types = COMPONENTS["carrier"] + COMPONENTS["dme"]
header_types = [code for codes in list(COMPONENTS.values())[:5] for code in codes]
gross = whole("payment_amt") + whole("sequestration_amt") + whole("pbp_reduction_amt")
supplements = whole("ime_operating_amt") + whole("dsh_operating_amt") + whole("uncompensated_care_amt")
payment = pl.concat([
    lines.filter(col("claim_type").is_in(line_types) & col("last_date").is_between(first, last) & paid & in_time("last_date"))
    .select("bene_id", col("last_date").alias("day"), "claim_type", gross.alias("amount")),
    headers.filter(col("claim_type").is_in(header_types) & col("thru_date").is_between(first, last)
                   & (col("non_payment_reason").is_null() | (col("non_payment_reason").str.strip_chars() == "")) & in_time("thru_date"))
    .select("bene_id", col("thru_date").alias("day"), "claim_type",
            pl.when(col("claim_type") == 60).then(gross - supplements).otherwise(gross).alias("amount")),
])
spent = (payment.with_columns(col("day").dt.year().alias("yr"))
         .join(people.select("bene_id", "yr", "status"), on=["bene_id", "yr"])
         .group_by("bene_id", "yr", col("status").str.slice(col("day").dt.month().cast(pl.Int64) - 1, 1).alias("kind"))
         .agg(*(pl.when(col("claim_type").is_in(codes)).then(col("amount")).otherwise(0).sum().alias(name) for name, codes in COMPONENTS.items()),
              col("amount").sum().alias("total")))
person = pl.concat([
    people.filter(col("status").str.contains(kind, literal=True))
    .select("bene_id", "yr", lit(kind).alias("kind"), col("status").str.count_matches(kind, literal=True).cast(pl.Int64).alias("months"))
    for kind in THRESHOLDS])
limits = pl.LazyFrame([(year, kind, 100 * amount) for kind, dollars in THRESHOLDS.items() for year, amount in zip(YEARS, dollars)],
                      schema={"yr": pl.Int32, "kind": pl.String, "threshold": pl.Int64}, orient="row")
amounts = [*COMPONENTS, "total"]
table = (person.join(spent, on=["bene_id", "yr", "kind"], how="left").join(limits, on=["yr", "kind"])
         .with_columns(*(col(name).fill_null(0) for name in amounts))
         .with_columns((col("total") * 12).alias("twelvefold"), (col("threshold") * col("months")).alias("ceiling"))
         .join(assigned, on=["bene_id", "yr"], how="left")
         .group_by(col("aco_id").fill_null("NONE"), "yr", "kind")
         .agg(pl.len().alias("people"), col("months").sum(), *(col(name).sum() for name in COMPONENTS), lit(0).alias("non_claims"), col("total").sum(),
              pl.max_horizontal(pl.min_horizontal("twelvefold", "ceiling"), -col("ceiling")).sum().alias("capped12"),
              (col("twelvefold").abs() > col("ceiling")).sum().alias("capped_people")))
write_result(result, table.collect(engine="streaming").iter_rows())
