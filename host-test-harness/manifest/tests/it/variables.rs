//! The values of variables.

use crate::folder::{Folder, version_2};

#[test]
fn the_environment_takes_precedence_over_the_default() {
    let text = version_2(
        "[variables]\n\
         api_host = { default = \"default.test\" }\n\
         other = { default = \"\" }\n",
    );
    let manifest = Folder::with_manifest(&text).manifest();
    let values: Vec<_> = manifest.variables.iter().collect();
    assert_eq!(values, [("api_host", "api.test"), ("other", "")]);
    let mut wrong = Vec::new();
    for (template, want) in [
        ("", Ok("")),
        ("plain", Ok("plain")),
        ("{{ api_host }}", Ok("api.test")),
        (
            "https://{{api_host}}:{{\tother }}/",
            Ok("https://api.test:/"),
        ),
        ("{ api_host } }} {", Ok("{ api_host } }} {")),
        ("{{ api_host", Err("a `{{` has no `}}`; use `{{ name }}`")),
        (
            "{{ none }}",
            Err(
                "unknown variable `none`; define it in `[variables]`, or correct the name in `{{ none }}`",
            ),
        ),
        (
            "{{{ other }}}",
            Err(
                "unknown variable `{ other`; define it in `[variables]`, or correct the name in `{{ { other }}`",
            ),
        ),
    ] {
        let got = manifest
            .variables
            .expand(template)
            .map_err(|error| error.to_string());
        let want = want.map(str::to_owned).map_err(str::to_owned);
        if got != want {
            wrong.push((template, got, want));
        }
    }
    assert_eq!(wrong, [], "(template, got, want)");
}

#[test]
fn debug_output_never_shows_the_value_of_a_variable() {
    let text = version_2(
        "variables = { url = \"{{ token }}\" }\n\
         [variables]\n\
         token = { default = \"hunter2\", secret = true }\n",
    );
    let manifest = Folder::with_manifest(&text).manifest();
    assert_eq!(
        manifest.component("front").unwrap().variables.get("url"),
        Some("hunter2")
    );
    assert!(!format!("{manifest:?}").contains("hunter2"), "{manifest:?}");
    for broken in ["x", "x = 1979-05-27T07:32:00Z\n", "token2 = \"hunter2\"\n"] {
        let error = Folder::with_manifest(&format!("{text}{broken}"))
            .read()
            .unwrap_err();
        assert!(
            !format!("{error:?} {error}").contains("hunter2"),
            "{error:?}"
        );
    }
}

#[test]
fn the_file_env_sets_variables_below_the_environment() {
    let text = version_2(
        "[variables]\n\
         api_host = { required = true }\n\
         token = { default = \"default\" }\n\
         quoted = { required = true }\n\
         other = { default = \"other\" }\n",
    );
    let folder = Folder::with_manifest(&text);
    folder.write(
        ".env",
        "\u{feff}# a comment\n\
         SPIN_VARIABLE_API_HOST=file.test\n\
         export SPIN_VARIABLE_TOKEN=hunter2\n\
         SPIN_VARIABLE_QUOTED=\"a # b\"\n\
         OTHER=ignored\n",
    );
    let manifest = folder.manifest();
    let values: Vec<_> = manifest.variables.iter().collect();
    assert_eq!(
        values,
        [
            ("api_host", "api.test"),
            ("other", "other"),
            ("quoted", "a # b"),
            ("token", "hunter2"),
        ]
    );
    assert_eq!(manifest.warnings, []);
}

#[test]
fn a_variable_of_the_file_env_that_the_application_does_not_have_is_a_warning() {
    let folder = Folder::with_manifest(&version_2("[variables]\ntoken = { default = \"\" }\n"));
    folder.write(
        ".env",
        "SPIN_VARIABLE_TOKN=hunter2\nSPIN_VARIABLE_OTHER=hunter2\nSPIN_VARIABLE_TOKEN=1\n",
    );
    let warnings = folder.manifest().warnings;
    let warnings: Vec<String> = warnings
        .iter()
        .map(|warning| folder.short(&warning.to_string()))
        .collect();
    let want = [
        ".env: `SPIN_VARIABLE_OTHER` sets an unknown variable; define it in `[variables]`, or remove the line",
        ".env: `SPIN_VARIABLE_TOKN` sets an unknown variable; did you mean `SPIN_VARIABLE_TOKEN`?",
    ];
    assert_eq!(warnings, want);
}

#[test]
fn an_invalid_file_env_is_an_error_that_shows_no_value() {
    let folder = Folder::with_manifest(&version_2(""));
    for (text, line) in [
        ("A=1\nB=\"hunter2\n", 2),
        ("\u{feff}A=1\n\n# b\nB=\"hunter2\nc\n", 4),
        ("hunter2", 1),
        ("\r\nA=\"1\n2\n\"\r\nhunter 2\r\nB=1", 5),
    ] {
        folder.write(".env", text);
        let (kind, message) = folder.error();
        assert_eq!(kind, harness_manifest::ManifestErrorKind::Syntax);
        let want = format!(".env:{line}: invalid line; use `NAME=value` or `NAME=\"value\"`");
        assert_eq!(message, want, "{text:?}");
    }
}
