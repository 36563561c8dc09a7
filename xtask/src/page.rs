//! The traffic page: `host-test-harness/traffic/page`, tested in Chromium.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::cargo::Compiler;
use crate::javascript::{self, npm};
use crate::step::{self, Failure, Step};
use crate::test::Outcome;
use crate::{guests, harness, root};

const PAGE: &str = "host-test-harness/traffic/page";

/// Where the systems have Chromium.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const MISSING: &str = "there is no Chromium; install it (Debian: apt-get install chromium), or set CHROMIUM to its path";

/// The time limit of an installation: Chromium is about 100 MB.
const INSTALL_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Checks the page's sources, and runs its tests. Skipped without Node or Chromium, but not in CI.
pub(crate) fn check(compiler: Compiler) -> Result<Outcome, Failure> {
    if !javascript::LANGUAGE.is_available()? {
        return Ok(Outcome::Skipped(javascript::LANGUAGE.install));
    }
    let Some(chromium) = setup()? else {
        step::write_stderr(&format!("    skipped: page: {MISSING}\n"));
        return Ok(Outcome::Skipped(MISSING));
    };
    let folder = root().join(PAGE);
    Step::new(format!("biome and tsc: {PAGE}")).run(npm(&folder, ["run", "--silent", "check"]))?;
    let spin_harness = harness::build(compiler)?;
    guests::build(compiler, &guests::probes())?;
    let mut test = npm(&folder, ["test", "--silent"]);
    test.env("SPIN_HARNESS", spin_harness)
        .env("CHROMIUM", chromium);
    Step::new("node --test: the traffic page in Chromium").run(test)?;
    Ok(Outcome::Done)
}

/// Installs the packages of the page and, in CI, Chromium. Returns Chromium's path if there is one.
pub(crate) fn setup() -> Result<Option<PathBuf>, Failure> {
    javascript::build_policy()?;
    javascript::install(PAGE)?;
    if let Some(found) = chromium() {
        return Ok(Some(found));
    }
    if !std::env::var("CI").is_ok_and(|ci| ci == "true") {
        return Ok(None);
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    Step::new("install Chromium")
        .limit(INSTALL_LIMIT)
        .run_all([
            apt(&["update", "--quiet"]),
            apt(&[
                "install",
                "--quiet",
                "--yes",
                "--no-install-recommends",
                "chromium",
            ]),
        ])?;
    match chromium() {
        Some(installed) => Ok(Some(installed)),
        None => Err(Failure::new(MISSING)),
    }
}

fn chromium() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("CHROMIUM") {
        return Some(given.into());
    }
    let found = BROWSERS.iter().map(Path::new).find(|path| starts(path));
    found.map(Path::to_owned)
}

fn starts(program: &Path) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
