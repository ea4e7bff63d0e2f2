"""The reference job in DataFusion: run_datafusion.py EXTRACT PARTICIPANTS RESULT SCRATCH THREADS"""

import sys

from datafusion import RuntimeEnvBuilder, SessionConfig, SessionContext

from job import write_result
from sql import query

extract, participants, result, scratch, threads = sys.argv[1:6]
# Pushing the filters into the decoder was slower here than filtering batches, so they stay where they are by default.
settings = SessionConfig().with_target_partitions(int(threads)).with_parquet_pruning(True)
engine = SessionContext(settings, RuntimeEnvBuilder().with_disk_manager_specified(scratch))
for name in ("claim_line", "claim_header", "beneficiary_year"):
    engine.sql(f"create external table {name} stored as parquet location '{extract}/{name}/'")
engine.sql(f"create external table participants stored as parquet location '{participants}'")
text = query("claim_line", "claim_header", "beneficiary_year", "participants",
             lambda day: f"cast(date_part('year', {day}) as int)", lambda day: f"date_part('month', {day})",
             lambda status, kind: f"12 - length(replace({status}, {kind}, ''))")
table = engine.sql(text).to_arrow_table()
write_result(result, zip(*(column.to_pylist() for column in table.columns)))
