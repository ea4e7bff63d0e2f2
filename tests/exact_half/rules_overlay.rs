//! A new year's rule is a row, not a code change: a fictitious rule of 2027, laid over, changes what it says and nothing else.

use crate::exact;

use acobench::factors::MinimumRateChoice;
use acobench::rules::Rules;
use acobench::rules::arrangements::{Level, Track};
use exact::{aco, number, settled};

const RULE: &str = r#"
[[basic_e.sharing_rate]]
from = 2027
value = "0.60"
citation = "a fictitious rule"
"#;

#[test]
fn a_rule_of_2027_changes_2027_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("arrangements.toml"), RULE).unwrap();
    let (law, overlaid) = (Rules::load(None).unwrap(), Rules::load(Some(folder.path())).unwrap());
    let more: Vec<_> = overlaid.lines().into_iter().filter(|line| !law.lines().contains(line)).collect();
    assert_eq!(more.len(), 1, "one row, and no other, is new: {more:?}");
    assert!(more[0].overlaid && more[0].rule == "basic_e.sharing_rate");

    for (level, year, then, now) in [
        (Level::E, 2026, "4900000", "4900000"),
        (Level::E, 2027, "4900000", "5880000"),
        (Level::E, 2028, "4900000", "5880000"),
        (Level::D, 2027, "4900000", "4900000"),
    ] {
        let mut aco = aco(Track::Basic(level), "2026-01-01", year);
        aco.msr_choice = Some(MinimumRateChoice::Fixed(number("0.02")));
        let payment = |rules| settled(&aco, rules, number("100000000"), number("90000000")).get("payment");
        assert_eq!((payment(&law), payment(&overlaid)), (number(then), number(now)), "{year}");
    }
}

#[test]
fn the_worked_examples_are_untouched_by_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("arrangements.toml"), RULE).unwrap();
    let (law, overlaid) = (Rules::load(None).unwrap(), Rules::load(Some(folder.path())).unwrap());
    for (name, aco) in [("rebased_2017", "B1"), ("section_601", "C1"), ("section_652", "D2"), ("section_662", "E1")] {
        let tables = exact::tables(name, aco);
        let all = |rules: &Rules| {
            exact::with_account(&tables, rules, |account, _| {
                account.tree.named().map(|(label, value)| (label.to_string(), value)).collect::<Vec<_>>()
            })
        };
        assert_eq!(all(&law), all(&overlaid), "{name}");
    }
}

#[test]
fn a_new_regime_of_old_concepts_is_rows() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
[[first_agreement]]
from = 2027-01-01
value = "of 2027"
citation = "a fictitious rule"

[regime."of 2027"]
historical = { concept = "risk adjusted, trended, weighted", citation = "f" }
trend = { concept = "national", citation = "f" }
adjustment = { concept = "none", citation = "f" }
risk = { concept = "capped_in_aggregate", citation = "f" }
update = { concept = "two_way", citation = "f" }
county_window = { concept = "calendar", citation = "f" }
recalculated_benchmark = { concept = false, citation = "f" }
"#;
    std::fs::write(folder.path().join("regimes.toml"), text).unwrap();
    let rules = Rules::load(Some(folder.path())).unwrap();
    let mut tables = exact::tables("section_652", "D1");
    let later = |year: u16| year + 3;
    tables.acos[0].agreement_start = "2027-01-01".parse().unwrap();
    tables.acos[0].performance_year = 2028;
    tables.national.iter_mut().for_each(|row| row.calendar_year = later(row.calendar_year));
    tables.counties.iter_mut().for_each(|row| row.calendar_year = later(row.calendar_year));
    exact::with_account(&tables, &rules, |account, values| {
        assert_eq!(account.regime, "of 2027");
        assert_eq!(values.get("trend_by1[DIS]"), values.get("national_trend_by1[DIS]"));
        assert_eq!(values.find("acpt_factor[DIS]"), None);
    });
}
