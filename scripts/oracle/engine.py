"""The second computation: an extract in Parquet to exact sums, in DuckDB, and from sums to fractions, in Python."""

import csv
import datetime
import pathlib
import re
from fractions import Fraction

import duckdb

HERE = pathlib.Path(__file__).parent
TYPES = ("ESRD", "DIS", "AGDU", "AGND")
COMPLETION = Fraction(1013, 1000)
QUARTERLY = (Fraction(1349, 1000), Fraction(1154, 1000), Fraction(1105, 1000), Fraction(1072, 1000))
LATEST = Fraction(1072, 1000)
LOW_REVENUE = Fraction(35, 100)

# The optional tables of an extract, in case it has none: column and type.
OPTIONAL = {
    "risk_score": "bene_id VARCHAR, year INTEGER, hcc_version VARCHAR, "
    + ", ".join(f"{kind}_{t} DECIMAL(18,6)" for kind in ("score", "demographic") for t in ("esrd", "dis", "agdu", "agnd")),
    "voluntary_alignment": "bene_id VARCHAR, npi UBIGINT, tin VARCHAR, designated_date DATE, ended_date DATE",
    "non_claims_payment": "bene_id VARCHAR, payment_date DATE, payment_amt DECIMAL(12,2), final_payment BOOLEAN, tin VARCHAR",
    "eta_ccn": "ccn VARCHAR, year INTEGER",
    "npi_specialty": "npi UBIGINT, specialty VARCHAR",
}
# Columns that a table may lack, and their types.
MAY_LACK = {"beneficiary_year": {"other_initiative": "BOOLEAN"}, "participant": {"performance_half": "UTINYINT"},
            "non_claims_payment": {"tin": "VARCHAR"}}
REQUIRED = ("claim_header", "claim_line", "beneficiary_year", "participant", "agreement")

# Our own tables of rules: file, name in SQL.
RULE_TABLES = {
    "primary_care": "codes",
    "pandemic_codes": "pandemic_codes",
    "clinic_revenue": "clinic_revenue",
    "specialty": "specialty",
    "sequestration": "sequestration",
    "designation_deadline": "designation_deadline",
    "suspect_billing": "suspect_billing",
    "risk_version": "risk_version",
}
TEXT_COLUMNS = {"hcpcs", "test", "revenue_center", "specialty", "kind", "version"}


def rule_names():
    """Every rule that can be switched off, as the SQL names them."""
    names = set()
    for path in (HERE / "sql").glob("*.sql"):
        names.update(re.findall(r"\{\{rule:(\w+)\}\}", path.read_text()))
    return sorted(names)


def choice_names():
    """Every choice that can be switched here: {(name, value)}, those of the SQL as it names them."""
    pairs = {("low_revenue_expenditures", "untruncated")}
    for path in (HERE / "sql").glob("*.sql"):
        pairs.update(re.findall(r"\{\{chosen:(\w+)=(\w+)\}\}", path.read_text()))
    return sorted(pairs)


class Oracle:
    """One extract, one performance year, every sum."""

    def __init__(self, extract, performance_year, seed=0, without=(), refused=(), threads=2, first=None, quarter=None, quarter_of=None, chosen=()):
        """A quarter ends the performance year with it: the year to date of prospective ACOs, or the latest twelve months of retrospective
        ones. `first` is the computation of the first half of 2019, where this one is of the second."""
        self.performance_year = performance_year
        self.half = 2 if first else 1
        self.quarter, self.quarter_of = quarter, quarter_of
        self.db = duckdb.connect()
        self.db.execute(f"SET threads = {threads}")
        self.values = {
            "performance_year": str(performance_year),
            "seed": str(seed),
            "half": str(self.half),
            "months": str(3 * quarter if quarter else 12),
            "run_out_days": "7" if quarter else "0",
            "quarter_of": f"'{quarter_of or ''}'",
            "latest": str(quarter_of == "retrospective" and quarter < 4).lower(),
            "refused": "[" + ", ".join(f"'{aco}'" for aco in refused) + "]::VARCHAR[]",
        }
        self.without = set(without)
        unknown = self.without - set(rule_names())
        if unknown:
            raise SystemExit(f"no such rule: {', '.join(sorted(unknown))}; there are: {', '.join(rule_names())}")
        self.chosen = {tuple(choice.split("=", 1)) for choice in chosen}
        if unknown := self.chosen - set(choice_names()):
            raise SystemExit(f"no such choice here: {sorted(unknown)}; there are: {', '.join(map('='.join, choice_names()))}")
        self._rules()
        self._extract(pathlib.Path(extract))
        self._first(first)
        for path in sorted((HERE / "sql").glob("*.sql")):
            self.run(path.read_text())

    def run(self, sql):
        """Runs a file of statements, with the rules on or off, the choices as they are made and the values filled in."""
        sql = re.sub(r"\{\{rule:(\w+)\}\}", lambda m: "false" if m[1] in self.without else "true", sql)
        sql = re.sub(r"\{\{chosen:(\w+)=(\w+)\}\}", lambda m: "true" if (m[1], m[2]) in self.chosen else "false", sql)
        sql = re.sub(r"\$(\w+)", lambda m: self.values[m[1]], sql)
        self.db.execute(sql)

    def _rules(self):
        for file, name in RULE_TABLES.items():
            path = HERE / "tables" / f"{file}.csv"
            with open(path, newline="") as source:
                columns = next(csv.reader(source))
            text = ", ".join(f"'{column}': 'VARCHAR'" for column in columns if column in TEXT_COLUMNS)
            types = f", types = {{{text}}}" if text else ""
            self.db.execute(f"CREATE TABLE {name} AS FROM read_csv('{path}', header = true, nullstr = '\\N'{types})")

    def _extract(self, folder):
        for table in (*REQUIRED, *OPTIONAL):
            files = sorted((folder / table).glob("**/*.parquet")) or [p for p in [folder / f"{table}.parquet"] if p.exists()]
            if files:
                names = ", ".join(f"'{path}'" for path in files)
                self.db.execute(f"CREATE VIEW in_{table} AS FROM read_parquet([{names}], union_by_name = true)")
                for column, kind in MAY_LACK.get(table, {}).items():
                    if not self.rows(f"SELECT 1 FROM (DESCRIBE in_{table}) WHERE column_name = '{column}'"):
                        self.db.execute(f"CREATE OR REPLACE VIEW in_{table} AS SELECT *, NULL::{kind} AS {column} FROM read_parquet([{names}], union_by_name = true)")
            elif table in OPTIONAL:
                self.db.execute(f"CREATE TABLE in_{table} ({OPTIONAL[table]})")
            else:
                raise SystemExit(f"{folder} holds no table {table}")

    def _first(self, first):
        """Who is assigned in the first half of 2019: `kept` by agreements of the whole year, `elsewhere` by any."""
        columns = "year INTEGER, row INTEGER, aco_id VARCHAR"
        self.db.execute(f"CREATE TABLE elsewhere ({columns}); CREATE TABLE kept ({columns})")
        if first:
            settled = first.rows("SELECT s.year, s.row, s.aco_id, d.half FROM settled s JOIN deal d USING (aco_id)")
            for table, rows in (("elsewhere", settled), ("kept", [r for r in settled if r["half"] is None])):
                if rows:
                    text = ", ".join(f"({r['year']}, {r['row']}, '{r['aco_id']}')" for r in rows)
                    self.db.execute(f"INSERT INTO {table} VALUES {text}")

    def rows(self, sql):
        """The rows of a query, as dictionaries."""
        cursor = self.db.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]

    def completion(self, year):
        """What completes a year; in the fourth quarter reports of both methods are alike."""
        if not self.quarter or year != self.performance_year:
            return COMPLETION
        return LATEST if self.quarter_of == "retrospective" else QUARTERLY[self.quarter - 1]

    # From sums to the factor tables. Dollars and scores as exact fractions.

    def factors(self):
        """The factor tables, as {table: {key: {column: value}}}."""
        sums = {(r["aco_id"], r["year"], r["etype"]): r for r in self.rows("FROM aggregate")}
        scores = {(r["aco_id"], r["year"], r["etype"], r["version"]): r for r in self.rows("FROM aggregate_score")}
        counties = {(r["win"], r["county"], r["etype"]): r for r in self.rows("FROM county_sum")}
        county_scores = {(r["win"], r["county"], r["etype"], r["version"]): r for r in self.rows("FROM county_score")}
        windows = {(r["year"], r["method"]): r["win"] for r in self.rows("FROM time_window")}
        living = {}
        for r in self.rows("FROM aco_county_sum ORDER BY ALL"):
            living.setdefault((r["aco_id"], r["year"], r["etype"]), {})[r["county"]] = r["months"]
        people = {(r["aco_id"], r["year"]): r for r in self.rows("FROM population")}
        revenue = {r["aco_id"]: r["amount"] for r in self.rows("FROM revenue")}
        version_of = self.versions()

        def means(row, nation):
            """A group's two mean scores over the nation's."""
            values = {}
            for kind, name in (("score", "hcc_risk_score"), ("demographic", "demographic_risk_score")):
                own, all_ = ratio(row, kind), ratio(nation, kind)
                values[name] = own / all_ if own is not None and all_ else None
            return values

        def ratio(row, kind):
            if not row or not row[f"{kind}_months"]:
                return None
            return Fraction(row[f"{kind}_sum"], row[f"{kind}_months"])

        known = {(r["aco_id"], r["etype"], r["known"]): r["months"] for r in self.rows("FROM acquaintance_sum")}
        known_scores = {(r["aco_id"], r["etype"], r["known"], r["version"]): r for r in self.rows("FROM acquaintance_score")}

        tables = {name: {} for name in ("aco", "aco_year", "aco_region", "national", "county", "aco_county")}
        for (aco, year, etype), row in sums.items():
            if aco == "R":
                tables["national"][year, "all_ffs" if self.performance_year < 2017 else "assignable", etype] = {
                    "per_capita_expenditure": per_capita(row["capped12"], row["months"], self.completion(year)),
                    "truncated_per_capita": per_capita(row["capped12"], row["months"], self.completion(year)),
                }
        periods = {(r["aco_id"], r["half"]): r["period"] for r in self.rows("SELECT aco_id, half, period FROM deal")}
        for need in self.rows("FROM need WHERE has_people AND aco_id IN (SELECT aco_id FROM deal WHERE wanted)"):
            aco, year, label, half = need["aco_id"], need["year"], need["label"], need["half"]
            modern = need["agreement_start"].year >= 2024
            need_region = regional_regime(need["agreement_start"], periods[aco, need["half"]])
            version = version_of.get(self.performance_year if modern else year)
            window = windows[year, need["method"] if modern else "retrospective"]
            for etype in TYPES:
                row = sums.get((aco, year, etype))
                if not row:
                    continue
                nation = scores.get(("R", year, etype, version))
                tables["aco_year"][aco, half, label, etype] = {
                    "person_years": Fraction(row["months"], 12),
                    "per_capita_expenditure": per_capita(row["capped12"], row["months"], self.completion(year)),
                    **means(scores.get((aco, year, etype, version)), nation),
                }
                if label == "PY" and need["agreement_start"] <= datetime.date(2019, 1, 1):
                    new, old = (means(known_scores.get((aco, etype, k, version)), nation) for k in (False, True))
                    tables["aco_year"][aco, half, label, etype] |= {
                        "new_person_years": Fraction(int(known.get((aco, etype, False), 0)), 12),
                        "new_hcc_risk_score": new["hcc_risk_score"],
                        "continuing_hcc_risk_score": old["hcc_risk_score"],
                        "continuing_demographic_risk_score": old["demographic_risk_score"],
                    }
                homes = living.get((aco, year, etype), {})
                for county, months in homes.items():
                    tables["aco_county"][aco, half, label, county, etype] = {"person_years": Fraction(months, 12)}
                # A county in which nobody of the type is assignable and scored is left out; the others stand for it.
                here = {c: means(county_scores.get((window, c, etype, version)), nation) for c in homes}
                homes = {c: m for c, m in homes.items() if counties.get((window, c, etype)) and here[c]["hcc_risk_score"]}
                assigned = sum(homes.values())
                regional = share = Fraction(0)
                climate = {"hcc_risk_score": Fraction(0), "demographic_risk_score": Fraction(0)}
                for county, months in homes.items():
                    base = counties[window, county, etype]
                    weight = Fraction(months, assigned)
                    for kind, mean in here[county].items():
                        climate[kind] = climate[kind] + weight * mean if mean is not None and climate[kind] is not None else None
                    share += weight * min(Fraction(1), Fraction(months, base["months"]))
                    regional += weight * per_capita(base["capped12"], base["months"], self.completion(year)) / here[county]["hcc_risk_score"]
                if homes and need_region:
                    tables["aco_region"][aco, half, label, etype] = {
                        "regional_expenditure": regional, "national_weight": share,
                        "regional_hcc_score": climate["hcc_risk_score"],
                        "regional_demographic_score": climate["demographic_risk_score"],
                    }
                    if label in ("BY1", "BY2"):
                        for column in ("national_weight", "regional_hcc_score", "regional_demographic_score"):
                            del tables["aco_region"][aco, half, label, etype][column]
            if label == "PY":
                group = people.get((aco, year))
                untruncated = ("low_revenue_expenditures", "untruncated") in self.chosen
                completed = sum(per_capita(r["total"] * 12 if untruncated else r["capped12"], r["months"], self.completion(year)) * Fraction(r["months"], 12)
                                for e in TYPES if (r := sums.get((aco, year, e))))
                earned = Fraction(revenue.get(aco, 0), 100) * self.completion(year)
                tables["aco"][aco, need["half"]] = {
                    "assigned_beneficiaries": group["people"] if group else 0,
                    "participant_revenue": earned,
                    "low_revenue": earned < LOW_REVENUE * completed,
                    "lis_dual_share": share_of(group, "low_income_months"),
                }
            elif label == "BY3":
                tables["aco"].setdefault((aco, need["half"]), {})
                self_by3 = people.get((aco, year))
                tables.setdefault("_by3", {})[aco, need["half"]] = share_of(self_by3, "dual_months")
        for key, value in tables.pop("_by3", {}).items():
            tables["aco"][key]["dual_share_by3"] = value
        names = {win: key for key, win in windows.items()}
        used = self.rows("SELECT DISTINCT year(agreement_start) >= 2024 AS modern, method FROM deal WHERE wanted")
        for (win, county, etype), row in counties.items():
            year, method = names[win]
            label = "calendar" if method == "retrospective" else "offset"
            both = len({u["modern"] for u in used}) > 1
            for modern in sorted({u["modern"] for u in used if label == ("offset" if u["modern"] and u["method"] == "prospective" else "calendar")}):
                version = version_of.get(self.performance_year if modern else year)
                nation = scores.get(("R", year, etype, version))
                named = ("performance_year" if modern else "own_year") if both else None
                tables["county"].setdefault((year, label, county, etype, named), []).append({
                    "person_years": Fraction(row["months"], 12),
                    "per_capita_expenditure": per_capita(row["capped12"], row["months"], self.completion(year)),
                    **means(county_scores.get((win, county, etype, version)), nation),
                })
        return tables

    def versions(self):
        """The model of each year: our table's, or the only one the extract has for it."""
        found = {}
        for row in self.rows("SELECT DISTINCT year, version FROM score ORDER BY ALL"):
            found.setdefault(row["year"], []).append(row["version"])
        law = {row["year"]: row["version"] for row in self.rows("FROM risk_version")}
        years = set(found) | set(law)
        return {y: law[y] if law.get(y) in found.get(y, [law.get(y)]) else found[y][0] for y in years}


class Rounds:
    """The computation of a performance year: of the whole, or of both halves of 2019 where some agreement begins in July."""

    def __init__(self, extract, performance_year, **more):
        self.performance_year = performance_year
        first = Oracle(extract, performance_year, **more)
        halves = first.rows(f"SELECT DISTINCT performance_half AS half FROM in_agreement WHERE performance_year = {performance_year}")
        self.rounds = [first]
        if any(r["half"] == 2 for r in halves):
            self.rounds.append(Oracle(extract, performance_year, first=first, **more))

    def factors(self):
        """The factor tables of all rounds."""
        tables = {}
        for oracle in self.rounds:
            for name, rows in oracle.factors().items():
                known = tables.setdefault(name, {})
                for key, value in rows.items():
                    if isinstance(value, list):
                        known.setdefault(key, []).extend(v for v in value if v not in known.get(key, ()))
                    else:
                        known[key] = value
        return tables

    def rows(self, sql):
        """The rows of a query in every round, each with its `round`."""
        return [row | {"round": oracle.half} for oracle in self.rounds for row in oracle.rows(sql)]


def regional_regime(start, period):
    """Whether a benchmark uses the ACO's region: not those of 425.602 (first agreements to 2018) and 425.603(b) (2016)."""
    if start < datetime.date(2017, 1, 1):
        return False
    return period > 1 or start >= datetime.date(2019, 7, 1)


def per_capita(capped12, months, completion=COMPLETION):
    """Dollars a person-year: twelvefold truncated cents over months, completed."""
    return Fraction(capped12, months) * completion / 100


def share_of(group, column):
    if not group or not group["months"]:
        return None
    return Fraction(int(group[column]), int(group["months"]))
