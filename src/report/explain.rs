//! How a value of a finished run came about: name, value, formula, formula with numbers put in, paragraph; and the same for
//! every operand, down to the cells of the factor tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::steps::{FiledStep, steps_of};
use super::terminal::Terminal;
use crate::error::{Error, Result};

/// How an explanation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainFormat {
    /// An indented tree.
    Text,
    /// Nested lists in Markdown.
    Markdown,
    /// The steps of the tree as a JSON array, operands first.
    Json,
}

/// The row explained when none is named.
const LAST: &str = "payment";

/// Explains a value of an ACO; the payment, and with it everything, when no row is named. A row is a name such as
/// `updated_benchmark`, or one of a type such as `trend_by1[DIS]`. `terminal` is where text is written to; `depth` is how many
/// levels of operands are told, all of them where it is none.
///
/// # Errors
/// When the folder is no finished run, or has no such ACO or row.
pub fn explain(
    run: &Path,
    aco_id: &str,
    row: Option<&str>,
    depth: Option<usize>,
    format: ExplainFormat,
    terminal: Terminal,
) -> Result<String> {
    let steps = steps_of(run, aco_id)?;
    let by_label: BTreeMap<(Option<u8>, String), &FiledStep> =
        steps.iter().map(|step| ((step.performance_half, step.label()), step)).collect();
    let roots = roots(&steps, aco_id, row)?;
    let mut tree = Tree { by_label, deepest: depth.unwrap_or(usize::MAX), seen: BTreeSet::new(), rows: Vec::new() };
    for root in roots {
        tree.walk(root, 0);
    }
    Ok(match format {
        ExplainFormat::Text => tree.rows.iter().map(|(depth, step, again)| text(*depth, step, *again, terminal)).collect(),
        ExplainFormat::Markdown => {
            let body: String = tree.rows.iter().map(|(depth, step, again)| markdown(*depth, step, *again)).collect();
            format!("# {aco_id}\n\n{body}")
        }
        ExplainFormat::Json => {
            let mut told = BTreeSet::new();
            let mut first: Vec<&FiledStep> = tree.rows.iter().map(|(_, step, _)| *step).collect();
            first.retain(|step| told.insert((step.performance_half, step.label())));
            first.reverse();
            serde_json::to_string_pretty(&first)
                .map_err(|fault| Error::failed(format!("cannot write JSON: {fault}"), "report this as a defect"))?
        }
    })
}

/// The steps a row names: the one of the whole ACO, else those of the types.
fn roots<'s>(steps: &'s [FiledStep], aco_id: &str, row: Option<&str>) -> Result<Vec<&'s FiledStep>> {
    let Some(row) = row else {
        let last: Vec<_> = steps.iter().filter(|step| step.name == LAST).collect();
        // Without a payment the last step of each half is as far as the ACO came.
        return Ok(if last.is_empty() { steps.last().into_iter().collect() } else { last });
    };
    let exact: Vec<_> = steps.iter().filter(|step| step.label() == row).collect();
    let found = if exact.is_empty() { steps.iter().filter(|step| step.name == row).collect() } else { exact };
    if found.is_empty() {
        let names: BTreeSet<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let name = row.split('[').next().unwrap_or(row);
        return Err(Error::unknown(format!("{aco_id} has no row {row}"), name, "its rows are", &names));
    }
    Ok(found)
}

struct Tree<'s> {
    by_label: BTreeMap<(Option<u8>, String), &'s FiledStep>,
    /// Levels of operands that are told.
    deepest: usize,
    seen: BTreeSet<(Option<u8>, String)>,
    /// Depth, step, and whether it was told above.
    rows: Vec<(usize, &'s FiledStep, bool)>,
}

impl<'s> Tree<'s> {
    fn walk(&mut self, step: &'s FiledStep, depth: usize) {
        let own = (step.performance_half, step.label());
        let again = self.seen.contains(&own);
        self.rows.push((depth, step, again));
        // What is not taken apart here is taken apart where it stands higher.
        if again || depth >= self.deepest {
            return;
        }
        self.seen.insert(own);
        for name in step.inputs.keys() {
            if let Some(operand) = self.by_label.get(&(step.performance_half, name.clone())).copied() {
                self.walk(operand, depth + 1);
            }
        }
    }
}

/// Where a value that is not computed comes from.
fn origin(step: &FiledStep) -> String {
    match step.origin.as_str() {
        "given" => format!("given, table {}", step.citation),
        _ => format!("rule, {}", step.citation),
    }
}

fn text(depth: usize, step: &FiledStep, again: bool, terminal: Terminal) -> String {
    // On a narrow terminal a deep tree keeps its words in sight.
    let deepest = terminal.width.map_or(usize::MAX, |width| width / 3);
    let margin = (2 * depth).min(deepest);
    let indent = " ".repeat(margin);
    let head = format!("{indent}{} = {}", terminal.strong(&step.label()), terminal.number(&step.value));
    if again {
        return format!("{head}  {}\n", terminal.faint("(above)"));
    }
    let said = if step.formula.is_empty() { origin(step) } else { step.citation.clone() };
    let used = margin + step.label().chars().count() + step.value.len() + 3;
    let cited = terminal.faint(&format!("[{said}]"));
    let fits = terminal.width.is_none_or(|width| used + said.chars().count() + 4 <= width);
    let head = if fits {
        format!("{head}  {cited}\n")
    } else {
        let said = terminal.broken(&format!("[{said}]"), margin + 2);
        format!("{head}\n{indent}  {}\n", terminal.faint(&said))
    };
    if step.formula.is_empty() {
        return head;
    }
    let line = |formula: &str| format!("{indent}  = {}\n", terminal.broken(formula, margin + 4));
    head + &line(&step.formula) + &line(&step.filled())
}

fn markdown(depth: usize, step: &FiledStep, again: bool) -> String {
    let indent = "  ".repeat(depth);
    let head = format!("{indent}- **{}** = {}", step.label(), step.value);
    if again {
        return format!("{head} (above)\n");
    }
    if step.formula.is_empty() {
        return format!("{head} ({})\n", origin(step));
    }
    format!("{head} ({})\n{indent}  `{}`\n{indent}  `= {}`\n", step.citation, step.formula, step.filled())
}
