//! The commands in READMEs do what they say.

use std::path::Path;

use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::guests::{build, example_folder};
use test_support::upstream::{ScriptedResponse, Upstream};

/// The URL of the upstream in the example's manifest.
const UPSTREAM: &str = "https://postman-echo.com";

/// The arguments of each command in the block of a README that has `part`. A path is relative to the repository.
fn commands(readme: &str, part: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(readme);
    let text = std::fs::read_to_string(path).unwrap();
    let block = text
        .split("```")
        .find(|block| block.starts_with("sh\n") && block.contains(part));
    let block = block.unwrap_or_else(|| panic!("{readme} has no commands with `{part}`"));
    block
        .lines()
        .skip(1)
        .map(|line| {
            let arguments = line.strip_prefix("spin-harness ").expect("a command");
            arguments.split_whitespace().map(str::to_owned).collect()
        })
        .collect()
}

/// Runs `spin-harness` in a folder.
fn run(folder: &Path, arguments: &[String]) -> Ran {
    ran(spin_harness().args(arguments).current_dir(folder))
}

/// The folder of the example, whose component is built.
fn example() -> std::path::PathBuf {
    let folder = example_folder("rust-outbound-http");
    build(&folder, "wasm32-wasip2");
    folder
}

#[test]
fn a_recording_takes_two_commands() {
    let example = example();
    for readme in ["README.md", "host-test-harness/README.md"] {
        let upstream = Upstream::start([ScriptedResponse::raw(
            "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok",
        )]);
        let manifest = std::fs::read_to_string(example.join("spin.toml")).unwrap();
        let component = format!("source = \"{}/target", example.display());
        let manifest = manifest
            .replace(UPSTREAM, &upstream.url(""))
            .replace("source = \"target", &component);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spin.toml"), manifest).unwrap();
        let commands = commands(readme, "--record calls.har");
        assert_eq!(commands.len(), 2, "{readme}");
        let recorded = run(folder.path(), &commands[0]);
        assert_eq!(recorded.code, Some(0), "{readme}: {}", recorded.stderr);
        assert!(
            recorded.stdout.contains("Status: 202"),
            "{}",
            recorded.stdout
        );
        drop(upstream);
        let replayed = run(folder.path(), &commands[1]);
        assert_eq!(
            replayed.stdout, recorded.stdout,
            "{readme}: {}",
            replayed.stderr
        );
    }
}

#[test]
fn the_mocks_of_the_example_answer_instead_of_the_upstream() {
    let example = example();
    let [command] = &commands("examples/rust-outbound-http/README.md", "--mock mocks.toml")[..]
    else {
        panic!("want one command");
    };
    let ran = run(&example, command);
    let want = "\nStatus: 203\nContent-Type: text/csv\n";
    assert!(ran.stdout.ends_with(want), "{} {}", ran.stdout, ran.stderr);

    let mut unmatched = command.clone();
    unmatched.pop();
    unmatched.extend(["--fail", "/post"].map(str::to_owned));
    let ran = run(&example, &unmatched);
    assert_eq!(ran.code, Some(22), "{}", ran.stderr);
    let want = format!("no mock matches POST {UPSTREAM}/post");
    assert!(ran.stderr.contains(&want), "{}", ran.stderr);
}
