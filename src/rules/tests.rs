//! The tables read, the overlay wins where it covers, and what is wrong is named.

use std::str::FromStr;

use super::arrangements::{Level, Sides, Track};
use super::{Choice, Day, Fraction, Rules};
use crate::error::Error;

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn overlay(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn the_embedded_tables_read_and_every_row_is_cited() {
    let rules = Rules::load(None).unwrap();
    let lines = rules.lines();
    assert!(lines.len() > 150, "{}", lines.len());
    for line in &lines {
        assert!(!line.citation.is_empty(), "{} {} is not cited", line.subject, line.rule);
        assert!(!line.value.is_empty(), "{} {} has no value", line.subject, line.rule);
        assert!(line.citation != "silent" || !line.reason.is_empty(), "{} is silent without a reason", line.rule);
        assert!(line.from.is_empty() || !line.governed_by.is_empty(), "{} does not say what governs it", line.subject);
    }
}

#[test]
fn every_dispatch_names_a_regime_that_has_concepts() {
    let rules = Rules::load(None).unwrap();
    for timeline in [&rules.regimes.first_agreement, &rules.regimes.later_agreement] {
        for row in timeline.rows() {
            assert!(rules.regimes.regime.contains_key(&row.value), "{}", row.value);
        }
    }
}

#[test]
fn agreements_fall_under_the_regime_of_their_start_and_number() {
    let rules = Rules::load(None).unwrap();
    for (start, period, regime) in [
        ("2012-04-01", 1, "425.602"),
        ("2016-01-01", 1, "425.602"),
        ("2016-01-01", 2, "425.603(b)"),
        ("2018-01-01", 1, "425.602"),
        ("2017-01-01", 2, "425.603(c)"),
        ("2019-01-01", 3, "425.603(c)"),
        ("2019-07-01", 1, "425.601"),
        ("2023-01-01", 2, "425.601"),
        ("2024-01-01", 1, "425.652"),
        ("2025-01-01", 3, "425.652 with 425.662"),
    ] {
        assert_eq!(rules.regimes.of(day(start), period).unwrap().0, regime, "{start} {period}");
    }
    for (start, period) in [("2019-01-01", 1), ("2015-01-01", 2), ("2021-01-01", 1), ("2022-07-01", 1), ("2011-01-01", 1)] {
        assert!(matches!(rules.regimes.of(day(start), period), Err(Error::NoRule { .. })), "{start} {period}");
    }
}

#[test]
fn every_start_there_was_falls_under_a_regime() {
    let rules = Rules::load(None).unwrap();
    for row in rules.agreement_starts.start.rows() {
        let periods: Vec<u32> = (1..=2).filter(|period| rules.regimes.of(row.from, *period).is_ok()).collect();
        assert!(!periods.is_empty(), "{}", row.from);
    }
}

#[test]
fn a_rule_that_does_not_hold_is_named_with_its_file_and_date() {
    let rules = Rules::load(None).unwrap();
    let fault = rules.settlement.sequestration.at(2011).unwrap_err();
    let Error::NoRule { what, at, file } = &fault else { panic!("{fault}") };
    assert_eq!((what.as_str(), at.as_str(), file.as_str()), ("sequestration", "2011", "settlement.toml"));
    assert_eq!(fault.exit_code(), 3);
}

#[test]
fn overlaid_rows_win_for_the_dates_they_cover_alone() {
    let folder =
        overlay("settlement.toml", "[[sequestration]]\nfrom = 2022\nuntil = 2022\nvalue = \"0.04\"\ncitation = \"a test\"\n");
    let rules = Rules::load(Some(folder.path())).unwrap();
    let rate = |year| rules.settlement.sequestration.at(year).unwrap().value;
    assert_eq!(rate(2022), Fraction::from_str("0.04").unwrap());
    assert_eq!(rate(2021), Fraction::from_str("0.02").unwrap());
    assert_ne!(rules.content_hash(), Rules::load(None).unwrap().content_hash());
}

#[test]
fn a_nested_rule_can_be_overlaid() {
    let text = "[[basic_e.sharing_rate]]\nfrom = 2027\nvalue = \"0.60\"\ncitation = \"a proposal\"\n";
    let folder = overlay("arrangements.toml", text);
    let rules = Rules::load(Some(folder.path())).unwrap();
    let rate = |year| rules.arrangements.of(Track::Basic(Level::E)).sharing_rate.at(year).unwrap().value.0;
    assert_eq!(rate(2026), "0.50".parse().unwrap());
    assert_eq!(rate(2027), "0.60".parse().unwrap());
}

#[test]
fn a_folder_with_a_foreign_file_rule_or_field_is_refused() {
    for (name, text, word) in [
        ("sequester.toml", "", "no rule table"),
        ("settlement.toml", "[[sequestratio]]\nfrom = 2022\nvalue = \"0\"\ncitation = \"x\"\n", "sequestratio"),
        ("settlement.toml", "[[sequestration]]\nfrom = 2022\nvalue = \"0\"\ncite = \"x\"\n", "cite"),
        ("settlement.toml", "[[sequestration]]\nfrom = 2022\nvalue = \"0\"\n", "citation"),
        ("settlement.toml", "[[sequestration]]\nfrom = 2022\nvalue = \"two\"\ncitation = \"x\"\n", "two"),
        ("settlement.toml", "[[sequestration]]\nfrom = 2022\nuntil = 2020\nvalue = \"0\"\ncitation = \"x\"\n", "ends before"),
        ("settlement.toml", "[[sequestration]", "not TOML"),
    ] {
        let folder = overlay(name, text);
        let fault = Rules::load(Some(folder.path())).unwrap_err();
        assert_eq!(fault.exit_code(), 3);
        assert!(fault.to_string().contains(word), "{fault} does not speak of {word}");
    }
}

#[test]
fn a_choice_can_be_switched_to_its_alternatives_alone() {
    let switch = |text: &str| Rules::load_with(None, &[Choice::from_str(text).unwrap()]);
    let rules = switch("adjustment_tie=flat").unwrap();
    assert_eq!(rules.choices.adjustment_tie.at(2024).unwrap().value, super::choices::AdjustmentTie::Flat);
    assert_eq!(switch("adjustment_tie=coin").unwrap_err().exit_code(), 2);
    assert_eq!(switch("weather=fine").unwrap_err().exit_code(), 2);
    for line in Rules::load(None).unwrap().lines().iter().filter(|line| line.subject == "choices") {
        assert!(!line.alternatives.is_empty(), "{} has no switch", line.rule);
        for value in &line.alternatives {
            switch(&format!("{}={value}", line.rule)).unwrap();
        }
    }
}

#[test]
fn every_arrangement_is_whole_in_each_year_it_existed() {
    let rules = Rules::load(None).unwrap();
    for track in Track::ALL {
        assert_eq!(Track::read(track.name(), track.level()), Some(track));
        let arrangement = rules.arrangements.of(track);
        for year in 2012..=2030 {
            let Some(sides) = arrangement.sides.find(&year) else { continue };
            arrangement.sharing_rate.at(year).unwrap();
            arrangement.quality.at(year).unwrap();
            arrangement.payment_limit.at(year).unwrap();
            assert_eq!(sides.value == Sides::TwoSided, arrangement.losses.is_some(), "{track} {year}");
            if let Some(losses) = &arrangement.losses {
                losses.rate.at(year).unwrap();
                losses.rate_floor.at(year).unwrap();
                losses.rate_ceiling.at(year).unwrap();
                losses.limit.at(year).unwrap();
                losses.limit_of_benchmark.at(year).unwrap();
                losses.circumstance_relief.at(year).unwrap();
            }
        }
        for row in arrangement.starts.rows() {
            arrangement.minimum_rate.at(row.from).unwrap();
        }
    }
}

#[test]
fn fractions_are_exact_or_refused() {
    assert_eq!(Fraction::from_str("1/4").unwrap().0, "0.25".parse().unwrap());
    for text in ["", "a", "1/0", "1/", "0.3%"] {
        assert!(Fraction::from_str(text).is_err(), "{text}");
    }
}

#[test]
fn a_day_that_no_year_or_only_a_leap_year_has_is_refused_where_it_is_read() {
    for (file, row) in [
        ("assignment.toml", "[[offset_window]]\nfrom = 2017\nvalue = { years_before = 2, month = 10, day = 0 }\n"),
        ("assignment.toml", "[[offset_window]]\nfrom = 2017\nvalue = { years_before = 2, month = 2, day = 29 }\n"),
        ("expenditure.toml", "[[run_out]]\nfrom = 2012\nvalue = { month = 13, day = 1 }\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), format!("{row}citation = \"a test\"\n")).unwrap();
        let refusal = Rules::load(Some(folder.path())).unwrap_err().to_string();
        assert!(refusal.contains("is not a day that every year has"), "{row}: {refusal}");
    }
}
