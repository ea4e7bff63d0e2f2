//! Runs seen from outside: the plan, the lock, the events, and what the process leaves behind when it dies.
#![allow(clippy::unwrap_used)]

use crate::extract;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use acobench::disk::{Lock, Taken};
use acobench::run::manifest::Manifest;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reruns").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples")
}

fn run(out: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["run", "--quiet", "--performance-year", "2023", "--extract"];
    let samples = samples();
    arguments.extend([samples.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    arguments.extend(more);
    extract::run(&arguments)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_plan_says_what_is_reused_and_writes_nothing() {
    let home = folder("plan");
    let (out, work) = (home.join("out"), home.join("work"));
    let with_work = ["--work", work.to_str().unwrap()];
    let plan = |more: &[&str]| {
        let output = run(&out, &[&with_work, more, &["--dry-run"]].concat());
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let first = plan(&[]);
    assert!(first.contains("facts                  done") && first.contains("the work folder is empty"), "{first}");
    assert!(first.contains("claim lines            done") && first.contains("every file is read"), "{first}");
    assert!(!out.exists() && !work.exists());
    assert!(run(&out, &with_work).status.success());
    let manifest = fs::read(out.join("manifest.json")).unwrap();
    let second = plan(&[]);
    assert!(second.contains("facts                  reused") && second.contains("by earlier runs"), "{second}");
    assert!(second.contains("assign and sum         reused") && second.contains("not asked for"), "{second}");
    assert!(second.contains("factor tables          reused") && second.contains("benchmark and settle   done"), "{second}");
    let quarter = plan(&["--quarter", "2"]);
    assert!(quarter.contains("factor tables          done") && !quarter.contains("benchmark and settle"), "{quarter}");
    let checked = plan(&["--check", "everything"]);
    assert!(!checked.contains("check   ") && checked.contains("what is looked at beside changed"), "{checked}");
    assert!(checked.contains("claim headers          done") && checked.contains("every file is read"), "{checked}");
    let sums = plan(&["--until", "aggregates"]);
    assert!(sums.contains("assign and sum         reused") && !sums.contains("factor tables"), "{sums}");
    let third = plan(&["--risk", "none"]);
    assert!(third.contains("risk_score/part-0000.parquet (gone)") && third.contains("claim lines            reused"), "{third}");
    assert_eq!(fs::read(out.join("manifest.json")).unwrap(), manifest);
}

#[test]
fn a_second_run_on_a_work_folder_is_refused_or_waits() {
    let home = folder("lock");
    let (out, work) = (home.join("out"), home.join("work"));
    let with_work = ["--work", work.to_str().unwrap()];
    assert!(run(&out, &with_work).status.success());
    let held = Lock::take(&work, Taken::Refuse).unwrap();
    let refused = run(&out, &with_work);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("another run is at work") && said(&refused).contains("--work-wait"), "{}", said(&refused));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| run(&out, &["--work", work.to_str().unwrap(), "--work-wait"]));
        std::thread::sleep(std::time::Duration::from_millis(700));
        assert!(!waits.is_finished());
        drop(held);
        assert!(waits.join().unwrap().status.success());
    });
}

#[test]
fn a_lock_whose_holder_was_killed_is_free() {
    let home = folder("killed");
    let (out, work) = (home.join("out"), home.join("work"));
    assert!(run(&out, &["--work", work.to_str().unwrap()]).status.success());
    let mut holder =
        Command::new("flock").args([work.join("lock").as_os_str(), "sleep".as_ref(), "60".as_ref()]).spawn().unwrap();
    while Lock::take(&work, Taken::Refuse).is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // The lock is the child's, which flock started; both die without a word.
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", holder.id())).unwrap_or_default();
    for child in children.split_whitespace() {
        assert!(Command::new("kill").args(["-9", child]).status().unwrap().success());
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    let again = run(&out, &["--work", work.to_str().unwrap()]);
    assert!(again.status.success(), "{}", said(&again));
}

#[test]
fn a_work_folder_is_for_its_owner_alone_and_stays_within_its_limit() {
    let home = folder("limit");
    let (out, work) = (home.join("out"), home.join("work"));
    assert!(run(&out, &["--work", work.to_str().unwrap()]).status.success());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&work), 0o700);
    let files = || -> Vec<PathBuf> { fs::read_dir(&work).unwrap().map(|entry| entry.unwrap().path()).collect() };
    assert!(files().iter().all(|file| mode(file) == 0o600) && files().len() > 3, "{:?}", files());
    let kept =
        || -> Vec<PathBuf> { files().into_iter().filter(|file| file.extension().is_some_and(|end| end == "kept")).collect() };
    // Factor tables, sums, facts, and what each file of claims contributes; what the add-ons of each file of lines stand beside.
    let of = |table| extract::files(&samples(), table).len();
    assert_eq!(kept().len(), 3 + of("claim_header") + 2 * of("claim_line"), "{:?}", files());
    let bytes = || kept().iter().map(|file| file.metadata().unwrap().len()).sum::<u64>();
    assert!(bytes() > 1 << 20);
    let limited = run(&out, &["--work", work.to_str().unwrap(), "--work-limit", "1MiB"]);
    assert!(limited.status.success(), "{}", said(&limited));
    assert!(bytes() <= 1 << 20, "{}", bytes());
}

#[test]
fn events_and_metrics_tell_how_a_run_ended() {
    let home = folder("watched");
    let (out, events, metrics) = (home.join("out"), home.join("events.ndjson"), home.join("acobench.prom"));
    let watched = ["--openlineage", events.to_str().unwrap(), "--metrics", metrics.to_str().unwrap()];
    assert!(run(&out, &watched).status.success());
    let refused = run(&out, &[&watched[..], &["--max-quarantined", "0"]].concat());
    let told: Vec<serde_json::Value> =
        fs::read_to_string(&events).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let manifest = Manifest::read(&out).unwrap();
    assert_eq!((told[0]["eventType"].as_str(), told[1]["eventType"].as_str()), (Some("START"), Some("COMPLETE")));
    assert_eq!(told[1]["inputs"].as_array().unwrap().len(), manifest.inputs.len());
    assert_eq!(told[1]["outputs"].as_array().unwrap().len(), manifest.outputs.len());
    assert_eq!(told[1]["job"]["name"], "run.2023");
    let text = fs::read_to_string(&metrics).unwrap();
    let code = refused.status.code().unwrap();
    assert!(text.contains(&format!("acobench_last_run_exit_code {code}\n")), "{text}");
    if code == 0 {
        assert!(text.contains("acobench_stage_rows{stage=\"claim lines\"}"), "{text}");
    }
    assert!(run(&out, &watched).status.success());
    let text = fs::read_to_string(&metrics).unwrap();
    assert!(text.contains("acobench_last_run_exit_code 0\n") && text.contains("acobench_stage_seconds{stage=\"claim lines\"}"));
    assert!(
        text.lines().all(|line| line.starts_with('#') || line.rsplit_once(' ').is_some_and(|(_, v)| v.parse::<f64>().is_ok()))
    );
}

#[test]
fn a_process_that_dies_leaves_no_core() {
    let home = folder("core");
    let out = home.join("out");
    // Whoever started it allows cores of any size; the process does not.
    let command = format!(
        "ulimit -c unlimited 2>/dev/null; exec {} run --performance-year 2023 --work {} --work-wait --extract {} --out {}",
        env!("CARGO_BIN_EXE_acobench"),
        home.join("work").display(),
        samples().display(),
        out.display()
    );
    assert!(run(&out, &["--work", home.join("work").to_str().unwrap()]).status.success());
    let _held = Lock::take(&home.join("work"), Taken::Refuse).unwrap();
    let mut child = Command::new("sh").args(["-c", &command]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let limits = format!("/proc/{}/limits", child.id());
    let mut found = String::new();
    for _ in 0..200 {
        found = fs::read_to_string(&limits).unwrap_or_default();
        if found.lines().any(|line| line.starts_with("Max core file size") && line.split_whitespace().nth(5) == Some("0")) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(
        found.lines().any(|line| line.starts_with("Max core file size") && line.split_whitespace().nth(5) == Some("0")),
        "{found}"
    );
    Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
    let ended = child.wait().unwrap();
    assert!(ended.signal() == Some(6) && !ended.core_dumped());
}

#[test]
fn an_interrupt_while_waiting_for_the_lock_or_keeping_facts_stops_within_a_second() {
    let home = folder("interrupted");
    let (out, work) = (home.join("out"), home.join("work"));
    assert!(run(&out, &["--work", work.to_str().unwrap()]).status.success());
    let _held = Lock::take(&work, Taken::Refuse).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_acobench"))
        .args(["run", "--performance-year", "2023", "--work-wait", "--work"])
        .arg(&work)
        .arg("--extract")
        .arg(samples())
        .arg("--out")
        .arg(home.join("other"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let asked = std::time::Instant::now();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(asked.elapsed() < std::time::Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(!home.join("other").exists());
}
