"""How often each rule fired."""

import csv

from engine import HERE


def counts(oracle):
    """{rule: times}; a rule of the performance year's law that never fired is there with 0."""
    year = oracle.performance_year
    with open(HERE / "tables" / "coverage.csv", newline="") as source:
        fired = {row["rule"]: 0 for row in csv.DictReader(source) if int(row["from_rules"]) <= year <= int(row["until_rules"])}
    sql = (HERE / "coverage.sql").read_text().replace("$performance_year", str(year))
    for row in oracle.rows(sql):
        if row["times"]:
            fired[row["rule"]] = fired.get(row["rule"], 0) + row["times"]
    return fired


def show(total):
    """Prints the table, the rules that never fired last, and returns how many did not."""
    for rule, times in sorted(total.items(), key=lambda item: (item[1] == 0, item[0])):
        print(f"  {times:>10}  {rule}")
    return sum(times == 0 for times in total.values())
