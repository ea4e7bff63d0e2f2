//! The commands in help, by what a person wants to do.

use clap::Command;

/// Headings and the commands below them; a command that none names stands under the last.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Try it", &["demo", "synth"]),
    ("Bring claims in", &["import", "check"]),
    ("Compute", &["run", "benchmark"]),
    ("Compute on many machines", &["plan", "worker", "finish"]),
    ("Read the results", &["report", "explain", "whatif", "diff", "trace", "rules"]),
    ("Hold against CMS", &["replay"]),
];
const REST: &str = "More";
/// Width of the names, and of a line.
const NAME: usize = 12;
const LINE: usize = 100;

/// The command with its help in groups. Commands are hidden from clap's own list, and stand in ours.
#[must_use]
pub fn grouped(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_string()).collect();
    let listed = listing(&command);
    let mut command = command
        .override_usage("acobench [OPTIONS] <COMMAND>")
        .help_template(format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{listed}{{all-args}}{{after-help}}"));
    for name in names {
        command = command.mut_subcommand(name, |below| below.hide(true));
    }
    command.after_help(
        "`acobench COMMAND --help` tells the rest.\n\nExit codes: 0 done; 1 failed, or a check found a difference; 2 usage; \
         3 input refused; 130 and\n143 stopped by a signal.",
    )
}

fn listing(command: &Command) -> String {
    let known = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let mut out = String::new();
    let mut section = |heading: &str, commands: Vec<&Command>| {
        if commands.is_empty() {
            return;
        }
        out += &format!("{heading}:\n");
        for below in commands {
            let about = below.get_about().map(ToString::to_string).unwrap_or_default();
            out += &entry(below.get_name(), &about);
        }
        out.push('\n');
    };
    for (heading, names) in GROUPS {
        section(heading, names.iter().filter_map(|name| command.find_subcommand(name)).collect());
    }
    section(REST, command.get_subcommands().filter(|below| !known(below.get_name())).collect());
    out
}

/// A name and its words, broken at the width of a line.
fn entry(name: &str, about: &str) -> String {
    let mut out = format!("  {name:<NAME$}");
    let mut width = NAME + 2;
    for word in about.split_whitespace() {
        if width + word.len() + 1 > LINE {
            out += &format!("\n{}", " ".repeat(NAME + 2));
            width = NAME + 2;
        } else if width > NAME + 2 {
            out.push(' ');
            width += 1;
        }
        out += word;
        width += word.len();
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn help_names_every_command_once() {
        let command = crate::cli::Cli::command();
        let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_string()).collect();
        let help = super::grouped(command).render_help().to_string();
        for name in names {
            let lines = help.lines().filter(|line| line.starts_with(&format!("  {name} ")));
            assert_eq!(lines.count(), 1, "{name} in\n{help}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
}
