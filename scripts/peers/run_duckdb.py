"""The reference job in DuckDB: run_duckdb.py EXTRACT PARTICIPANTS RESULT SCRATCH THREADS"""

import sys

import duckdb

from job import write_result
from sql import query

extract, participants, result, scratch, threads = sys.argv[1:6]
engine = duckdb.connect()
engine.execute(f"set threads = {threads}; set preserve_insertion_order = false; set temp_directory = '{scratch}'")
table = lambda name: f"read_parquet('{extract}/{name}/*.parquet')"
# The people and the claims are asked for twice each; DuckDB plans a common expression as one scan where that is cheaper.
text = query(table("claim_line"), table("claim_header"), table("beneficiary_year"), f"read_parquet('{participants}')",
             lambda day: f"year({day})", lambda day: f"month({day})",
             lambda status, kind: f"12 - length(replace({status}, {kind}, ''))")
write_result(result, engine.execute(text.replace("regexp_like", "regexp_matches")).fetchall())
