//! What the program says, to the letter: `tests/cli/*.trycmd` hold commands and their output.
//! `TRYCMD=overwrite cargo test --test cli` writes them anew.

#[test]
fn commands_say_what_they_said() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}
