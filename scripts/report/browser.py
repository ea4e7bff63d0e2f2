"""Holds a report, as Chromium shows it, against the files of its run: python3 browser.py WORK [KEEP].

WORK has run/, report.html and internal.html; run-2019/ and halves.html; run-many/ and many.html; whatif.html; package/axe.min.js.
A copy of each page gets a script that tries it as a reader would (opens every
number's derivation) and leaves what it found in the page, which Chromium then prints as text.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from html.parser import HTMLParser
from pathlib import Path

PROBE = """
<script>
window.faults = [];
window.addEventListener("error", (event) => window.faults.push(String(event.message)));
</script>
"""
TRIAL = """
<script>
window.addEventListener("load", () => {
  const dialog = document.getElementById("derivation");
  const numbers = [...document.querySelectorAll(".num[data-step]")].map((button) => {
    button.click();
    const told = dialog.querySelector(".body");
    const found = {
      aco: button.dataset.of || button.closest("[data-aco]").dataset.aco, step: button.dataset.step, unit: button.dataset.unit, text: button.textContent.trim(),
      open: dialog.open, title: told.querySelector("code.name") && told.querySelector("code.name").textContent, words: told.querySelector("h2") && told.querySelector("h2").textContent,
      value: told.querySelectorAll("p")[1] && told.querySelectorAll("p")[1].textContent,
      paragraph: told.lastElementChild && told.lastElementChild.textContent, focus: button.tabIndex,
    };
    dialog.close();
    return found;
  });
  const pages = [...document.querySelectorAll("section.page")].map((page) => page.id);
  const visible = () => pages.filter((id) => getComputedStyle(document.getElementById(id)).display !== "none");
  const shown = {};
  for (const id of pages) { location.hash = "#" + id; shown[id] = visible(); }
  const svg = [...document.querySelectorAll("svg")].filter((s) => !(s.getAttribute("aria-hidden") === "true" || s.getAttribute("role") === "img"));
  const figures = [...document.querySelectorAll("figure")].filter((f) => !f.querySelector("figcaption"));
  const heads = [...document.querySelectorAll("th")].filter((th) => !th.scope);
  const totals = {};
  for (const card of document.querySelectorAll("[data-total]")) totals[card.dataset.total] = card.dataset.value;
  const tables = [...document.querySelectorAll("table")].map((table) => {
    const page = table.closest("[data-aco]");
    return { aco: page && page.dataset.aco, rows: [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())) };
  });
  const told = document.createElement("script");
  told.type = "application/json";
  told.id = "found";
  told.textContent = JSON.stringify({ numbers, shown, totals, tables, faults: window.faults, svg: svg.length, figures: figures.length, heads: heads.length,
    language: document.documentElement.lang });
  document.body.append(told);
});
</script>
"""

# What a reader does on a page of many ACOs: goes to one by name, to the next, opens a number, sorts and narrows the table.
MANY = """
<script>
window.addEventListener("load", async () => {
  const rest = () => new Promise((done) => setTimeout(done, 200));
  const acos = () => [...document.querySelectorAll("section.aco")].map((page) => page.id);
  const go = document.getElementById("goto");
  const found = { faults: window.faults, before: acos() };
  go.value = "a1200";
  go.dispatchEvent(new Event("change"));
  await rest();
  found.went = acos();
  found.displayed = getComputedStyle(document.getElementById("A1200")).display;
  document.querySelector("#A1200 .num[data-step=payment]").click();
  found.payment = document.querySelectorAll("#derivation .body p")[1].textContent;
  document.getElementById("derivation").close();
  document.getElementById("after").click();
  await rest();
  found.next = acos();
  location.hash = "#overview";
  await rest();
  found.back = acos();
  const rates = [...document.querySelectorAll(".sort")].find((button) => button.textContent === "Savings rate");
  const column = rates.closest("th").cellIndex;
  const told = () => [...document.querySelectorAll(".sortable tbody tr:not([hidden])")].map((row) => row.cells[column].textContent);
  rates.click();
  found.down = told();
  rates.click();
  found.up = told();
  const find = document.getElementById("find");
  find.value = "a12";
  find.dispatchEvent(new Event("input"));
  found.narrowed = told().length;
  const element = document.createElement("script");
  element.type = "application/json";
  element.id = "found";
  element.textContent = JSON.stringify(found);
  document.body.append(element);
});
</script>
"""
# An audit by axe-core of the page as it stands, and with a derivation open where it has one.
AUDIT = """
<script>
window.addEventListener("load", async () => {
  await new Promise((done) => setTimeout(done, 300));
  const broken = [];
  let passed = 0;
  const audit = async (state) => {
    const result = await axe.run(document, { resultTypes: ["violations"] });
    passed += result.passes.length;
    for (const rule of result.violations) broken.push([state, rule.id, rule.nodes.map((node) => node.html.slice(0, 120))]);
  };
  await audit("page");
  const number = [...document.querySelectorAll(".num[data-step]")].find((button) => button.offsetParent);
  if (number) { number.click(); await audit("derivation"); }
  const element = document.createElement("script");
  element.type = "application/json";
  element.id = "found";
  element.textContent = JSON.stringify({ broken, passed, faults: window.faults });
  document.body.append(element);
});
</script>
"""


class Script(HTMLParser):
    """The text of the script element with the id `found`."""

    def __init__(self):
        super().__init__()
        self.inside, self.text = False, ""

    def handle_starttag(self, tag, attributes):
        self.inside = tag == "script" and ("id", "found") in attributes

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        self.text += data if self.inside else ""


def chromium(*arguments):
    command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=180, check=True)


def trial(page, script=TRIAL, fragment="", arguments=()):
    """What a script finds on a copy of a page."""
    copy = page.with_suffix(".trial.html")
    text = page.read_text()
    assert "<head>" in text and text.rstrip().endswith("</html>"), "the page is not whole"
    copy.write_text(text.replace("<head>", "<head>" + PROBE, 1).replace("</body>", script + "</body>"))
    run = chromium("--enable-logging=stderr", "--virtual-time-budget=20000", *arguments, "--dump-dom", copy.as_uri() + fragment)
    console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert not console, f"the console says {console}"
    parser = Script()
    parser.feed(run.stdout)
    found = json.loads(parser.text)
    assert not found["faults"], found["faults"]
    return found


def hold_many(page, run):
    """A page of many ACOs lays out one of them at a time, and its table is sorted and narrowed."""
    found = trial(page, MANY)
    rows = {row["aco_id"]: row for row in csv.DictReader((run / "settlement.csv").open())}
    assert found["before"] == found["back"] == [] and found["went"] == ["A1200"] and found["next"] == ["A1201"], found
    assert found["displayed"] == "block" and Decimal(plain(found["payment"])) == Decimal(rows["A1200"]["payment"]), found
    rates, upwards = ([Decimal(plain(text)) for text in found[way]] for way in ("down", "up"))
    assert rates == sorted(rates, reverse=True) and upwards == sorted(rates), "the table is sorted both ways"
    expected = [Decimal(told(row["savings_rate"], "%").removesuffix(" %")) for row in rows.values()]
    assert sorted(expected, reverse=True) == rates, "every ACO has its rate in the table"
    assert found["narrowed"] == sum("A12" in aco for aco in rows), found["narrowed"]
    return len(rows)


def audit(work):
    """axe-core finds nothing on any page, wide and narrow, light and dark; returns how many of its rules held."""
    script = "<script>" + (work / "package/axe.min.js").read_text() + "</script>" + AUDIT
    first = next(csv.DictReader((work / "run/settlement.csv").open()))["aco_id"]
    wide, narrow, dark = "--window-size=1280,900", "--window-size=500,900", "--blink-settings=preferredColorScheme=0"
    passed = 0
    for name, fragment, arguments in [
        ("report", "", [wide]),
        ("report", "", [narrow, dark]),
        ("report", f"#{first}", [wide, dark]),
        ("report", f"#{first}", [narrow]),
        ("many", "", [wide]),
        ("many", "#A1003", [wide]),
        ("whatif", "", [wide]),
    ]:
        found = trial(work / f"{name}.html", script, fragment, arguments)
        assert not found["broken"], f"{name}{fragment} {arguments}: {found['broken']}"
        assert found["passed"] > 15, found
        passed += found["passed"]
    return passed


def plain(text):
    """A number of the page as Python reads it."""
    return text.removeprefix("= ").replace("−", "-").replace("$", "").replace(",", "").removesuffix(" %")


def grouped(number, decimals):
    number = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    return f"{number + 0:,.{decimals}f}".replace("-0.00", "0.00") if number == 0 else f"{number:,.{decimals}f}"


def told(value, unit):
    """The number as the page should write it."""
    number = Decimal(value)
    match unit:
        case "$":
            return grouped(number, 2)
        case "%":
            return f"{(number * 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN)} %"
        case "ratio":
            return str(number.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN))
        case "people":
            return grouped(number, 0)
        case "person-years":
            return grouped(number, 1)
    raise AssertionError(f"unknown unit {unit}")


def table(found, *headings, aco=None):
    """The rows of the table that begins with some headings, by their first cell."""
    tables = [table["rows"] for table in found["tables"] if table["aco"] == aco and table["rows"][0][: len(headings)] == list(headings)]
    assert len(tables) == 1, (headings, aco, len(tables))
    return {row[0]: row[1:] for row in tables[0][1:]}


def hold_places(found, run):
    """The tables of the map hold what the factor table of counties holds; returns how many places."""
    atlas = json.loads((Path(__file__).parent / "../../src/report/page/atlas.json").read_text())
    people, acos = {}, {}
    for row in csv.DictReader((run / "factors/aco_county.csv").open()):
        if row["year"] == "PY":
            for place in (row["county"], row["county"][:2]):
                people[place] = people.get(place, 0) + Decimal(row["person_years"])
                acos.setdefault(place, set()).add(row["aco_id"])
    counties, states = table(found, "County", "ACOs"), table(found, "State", "Counties")
    assert len(counties) + len(states) == len(people)
    mapped = 0
    for place, sum_of in people.items():
        state = atlas["states"].get(place[:2])
        shape = atlas["counties"].get(place) if len(place) == 5 else state
        if shape and state:
            name = shape["name"] if len(place) == 2 else f"{shape['name']}, {state['name']}"
            row = counties[name] if len(place) == 5 else states[name][1:]
            assert row == [str(len(acos[place])), grouped(sum_of, 1)], (name, row, acos[place], sum_of)
            mapped += 1
    assert mapped > 3, people
    return mapped


CLAIM_TYPES = {
    "inpatient": "Inpatient", "skilled_nursing": "Skilled nursing", "outpatient": "Outpatient", "home_health": "Home health",
    "hospice": "Hospice", "carrier": "Physician and supplier", "dme": "Durable equipment", "non_claims": "Outside claims",
}


def hold_components(found, run):
    """Expenditures by claim type are those of the run, or hidden where few people have them; returns how many are told."""
    rows, told_of = {}, 0
    for row in csv.DictReader((run / "factors/aco_component.csv").open()):
        rows.setdefault(row["aco_id"], []).append(row)
    for aco, components in rows.items():
        shown = table(found, "Claim type", "This ACO", aco=aco)
        for row in components:
            figures = [row[f"{of}per_capita"] for of in ("", "regional_", "national_")]
            cells = shown.get(CLAIM_TYPES[row["component"]])
            if cells is None:
                assert all(abs(Decimal(figure or 0)) < 1 for figure in figures), (aco, row)
                continue
            for cell, figure in zip(cells, figures):
                assert cell == "*" or plain(cell) == plain(told(figure, "$")), (aco, cells, row)
                told_of += cell != "*"
    return told_of


def hold_comparison(work):
    """The page of a settlement under other choices says what the program says."""
    found = trial(work / "whatif.html")
    comparison = json.loads((work / "whatif.json").read_text())[0]
    values = {row["name"]: row for row in comparison["rows"]}["payment"]
    row = [Decimal(plain(cell)) for cell in table(found, "Value", "Base")["Payment"][:2]]
    cents = lambda value: Decimal(value).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    assert row == [cents(values["base"]), cents(values["alternative"])], (row, values)
    points = table(found, "Quality score")
    assert len(points) == 11
    for point in comparison["sweep"]["points"]:
        assert Decimal(plain(points[point["value"]][-1])) == cents(point["payment"]), point
    return len(points)


def hold_published(work):
    """The page of a results file says what its columns say."""
    found = trial(work / "published.html")
    rows = list(csv.DictReader((work / "results.csv").open()))
    shown = table(found, "ACO", "Track")
    assert len(rows) == len(shown) > 0
    for row in rows:
        benchmark, expenditure = (Decimal(row[column]) for column in ("ABtotBnchmk", "ABtotExp"))
        cells = [Decimal(plain(cell)) for cell in shown[row["ACO_ID"]][2:4]]
        assert cells == [benchmark, expenditure], (row["ACO_ID"], cells)
    earned = sum(Decimal(row["EarnSaveLoss"]) for row in rows)
    assert Decimal(found["totals"]["earned"]) - Decimal(found["totals"]["owed"]) == earned
    return len(rows)


def steps(run):
    found = {}
    for line in (run / "derivation.jsonl").open():
        step = json.loads(line)
        kind = step.get("enrollment_type")
        aco = step["aco_id"] + (f"-half-{step['performance_half']}" if "performance_half" in step else "")
        found[aco, step["name"] + (f"[{kind}]" if kind else "")] = step
    return found


def hold(page, run, hidden_allowed):
    """Checks a page; returns how many numbers were compared, how many were hidden, and what was found."""
    text = page.read_text()
    outside = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(https?:[^"')\s]+)""", text)
    assert not outside, f"the page asks for {outside}"
    found, known = trial(page), steps(run)
    assert found["language"] == "en" and found["svg"] == found["figures"] == found["heads"] == 0, "not readable by all"
    for page_id, visible in found["shown"].items():
        assert visible == [page_id], f"#{page_id} shows {visible}"
    compared = hidden = 0
    for number in found["numbers"]:
        step = known[number["aco"], number["step"]]
        assert number["open"] and number["title"] == number["step"] and number["focus"] == 0, number
        if number["text"] == "*":
            assert hidden_allowed and number["value"] == "= * (suppressed)", number
            hidden += 1
            continue
        assert number["text"].replace("$", "").replace("−", "-") == told(step["value"], number["unit"]), (number, step["value"])
        assert Decimal(plain(number["value"])) == Decimal(step["value"]) and number["words"], (number, step["value"])
        assert step["citation"] in number["paragraph"], (number, step["citation"])
        compared += 1
    rows = list(csv.DictReader((run / "settlement.csv").open()))
    months = {(row["aco_id"], row["performance_half"]): row["performance_months"] for row in csv.DictReader((run / "factors/aco.csv").open())}
    # Of a half year half of what the whole year came to counts; what is earned or owed is halved already.
    part = lambda row: Decimal(months[row["aco_id"], row["performance_half"]]) / 12 if row["performance_half"] else 1
    total = lambda column: sum(Decimal(row[column] or 0) * part(row) for row in rows)
    earned = [Decimal(row["earned_savings_losses"] or 0) for row in rows]
    paid, owed = sum(e for e in earned if e > 0), -sum(e for e in earned if e < 0)
    expected = {
        "acos": Decimal(len({row["aco_id"] for row in rows})),
        "assigned_beneficiaries": sum(Decimal(row["assigned_beneficiaries"] or 0) for row in rows),
        "earned": paid,
        "owed": owed,
        "net": total("benchmark_minus_expenditure") - paid + owed,
        **{name: total(name) for name in ("total_benchmark", "total_expenditure")},
        "benchmark_minus_expenditure": total("total_benchmark") - total("total_expenditure"),
    }
    for name, value in expected.items():
        shown = Decimal(found["totals"][name])
        assert abs(shown - value) < Decimal("0.000001"), (name, shown, value)
    return compared, hidden, found


def main():
    work = Path(sys.argv[1])
    compared, hidden, shown = hold(work / "report.html", work / "run", True)
    everything, none, internal = hold(work / "internal.html", work / "run", False)
    places, claim_types = hold_places(internal, work / "run"), hold_components(internal, work / "run")
    assert hold_components(shown, work / "run") < claim_types, "nothing is hidden beside a hidden mix of types"
    points, published = hold_comparison(work), hold_published(work)
    assert hidden > 0 and none == 0 and everything == compared + hidden, "suppression hides what it should and nothing else"
    halves, _, _ = hold(work / "halves.html", work / "run-2019", True)
    assert "-half-2" in (work / "halves.html").read_text()
    many = hold_many(work / "many.html", work / "run-many")
    passed = audit(work)
    picture = work / "report.png"
    chromium("--window-size=1280,1800", f"--screenshot={picture}", (work / "report.html").as_uri())
    dark = work / "report-dark.png"
    first = next(csv.DictReader((work / "run/settlement.csv").open()))["aco_id"]
    chromium("--window-size=1280,2600", "--blink-settings=preferredColorScheme=0", f"--screenshot={dark}", (work / "report.html").as_uri() + f"#{first}")
    paper = work / "report.pdf"
    chromium(f"--print-to-pdf={paper}", "--no-pdf-header-footer", (work / "report.html").as_uri() + "#all")
    sheets = len(re.findall(rb"/Type\s*/Page[^s]", paper.read_bytes()))
    assert picture.stat().st_size > 20_000 and dark.stat().st_size > 20_000 and sheets > 3, "no picture or print"
    if len(sys.argv) > 2:
        keep = Path(sys.argv[2])
        keep.mkdir(parents=True, exist_ok=True)
        for file in (picture, dark, paper, work / "report.html"):
            shutil.copy(file, keep)
    print(f"{compared} numbers of the report equal the run's files and open their derivation, {hidden} are suppressed;")
    print(f"{everything} of the internal one; no console message, no outside address; {sheets} sheets on paper")
    print(f"{places} places of the map, {claim_types} expenditures by claim type, {points} settlements under other choices and")
    print(f"{published} rows of a results file equal what the run and the program say")
    size = (work / "many.html").stat().st_size / 1e6
    print(f"{halves} numbers of both halves of 2019; {many} ACOs on a page of {size:.1f} MB, one laid out at a time")
    print(f"axe-core: {passed} rules held on 7 pages, wide and narrow, light and dark; none is broken")


main()
