//! Inputs that are cut short, written over, replaced or removed after a run has opened them: exit 3, the file named, and neither
//! the earlier run nor the work folder any the worse.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use acobench::disk::{Lock, Taken};
use acobench::run::manifest::Manifest;

fn outputs(out: &Path) -> BTreeMap<PathBuf, String> {
    let manifest = Manifest::read(out).unwrap();
    manifest.verify(out, |_| true).unwrap();
    manifest.outputs.into_iter().map(|output| (output.path, output.blake3)).collect()
}

fn command(extract: &Path, out: &Path, work: &Path, io: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acobench"));
    command.args(["run", "--log", "json", "--performance-year", "2023", "--io", io, "--work-wait", "--rehash", "--extract"]);
    command.arg(extract).arg("--out").arg(out).arg("--work").arg(work).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// What happens to a file.
type Swap = fn(&Path);

fn other(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].iter_mut().for_each(|byte| *byte ^= 0x55);
    bytes
}

const SWAPS: [(&str, Swap); 5] = [
    ("cut to nothing", |path| File::options().write(true).open(path).unwrap().set_len(0).unwrap()),
    ("cut to half", |path| {
        let half = path.metadata().unwrap().len() / 2;
        File::options().write(true).open(path).unwrap().set_len(half).unwrap();
    }),
    ("written over in place", |path| {
        let bytes = other(path);
        std::io::Write::write_all(&mut File::options().write(true).open(path).unwrap(), &bytes).unwrap();
    }),
    ("replaced by another", |path| {
        let beside = path.with_extension("beside");
        fs::write(&beside, other(path)).unwrap();
        fs::rename(beside, path).unwrap();
    }),
    ("removed", |path| fs::remove_file(path).unwrap()),
];

#[test]
fn inputs_that_change_once_a_run_has_opened_them_are_refused_by_name() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("swapped_inputs");
    let _ = fs::remove_dir_all(&home);
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples");
    let (extract, out, work) = (home.join("extract"), home.join("out"), home.join("work"));
    fs::create_dir_all(&home).unwrap();
    assert!(command(&samples, &out, &home.join("first"), "map").status().unwrap().success());
    let earlier = outputs(&out);
    let mut refusals = 0;
    for table in ["claim_line", "claim_header", "beneficiary_year", "participant"] {
        for io in ["map", "read"] {
            for (how, swap) in SWAPS {
                let _ = (fs::remove_dir_all(&extract), fs::remove_dir_all(&work));
                extract::copy(&samples, &extract);
                // A work folder that is new, so that everything is read, and that someone else is at work in.
                fs::create_dir(&work).unwrap();
                fs::write(work.join(".acobench-work"), "").unwrap();
                let held = Lock::take(&work, Taken::Refuse).unwrap();
                let mut child = command(&extract, &out, &work, io).spawn().unwrap();
                let mut said = BufReader::new(child.stderr.take().unwrap());
                let mut line = String::new();
                while !line.contains("waits for another run") {
                    line.clear();
                    assert!(said.read_line(&mut line).unwrap() > 0, "it ended before it waited");
                }
                let file = extract::files(&extract, table).remove(0);
                swap(&file);
                drop(held);
                let mut rest = String::new();
                said.read_to_string(&mut rest).unwrap();
                let ended = child.wait().unwrap();
                let case = format!("{table}, {io}, {how}: {rest}");
                assert_eq!(ended.code(), Some(3), "{ended:?} {case}");
                assert!(rest.contains(file.file_name().unwrap().to_str().unwrap()) && rest.contains("hint"), "{case}");
                assert_eq!(outputs(&out), earlier, "{case}");
                refusals += 1;
                // What was kept, if anything, is of the file as it was hashed.
                extract::copy(&samples, &extract);
                if how == "written over in place" {
                    let after = home.join("after");
                    assert!(command(&extract, &after, &work, io).status().unwrap().success(), "{case}");
                    assert_eq!(outputs(&after), earlier, "{case}");
                }
            }
        }
    }
    assert_eq!(refusals, 40);
}
