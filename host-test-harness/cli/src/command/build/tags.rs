//! The build tags among the arguments of `go build`.

/// The arguments with one more tag. `go` honours only the last `-tags`, so the tag joins those of the user.
pub(super) fn with_tag(arguments: &[String], tag: &str) -> Vec<String> {
    let mut arguments = arguments.to_vec();
    let mut flags = arguments.iter().enumerate();
    let last = flags.rfind(|(_, argument)| sets_tags(argument));
    // `-tags=a,b`, or `-tags` and the tags in the next argument.
    let value = last.map(|(at, argument)| at + usize::from(!argument.contains('=')));
    match value.and_then(|at| arguments.get_mut(at)) {
        Some(tags) => *tags = format!("{tags},{tag}"),
        None => arguments.insert(0, format!("-tags={tag}")),
    }
    arguments
}

/// Whether an argument is the flag for tags, with or without a value.
pub(super) fn sets_tags(argument: &str) -> bool {
    let name = argument.split_once('=').map_or(argument, |(name, _)| name);
    matches!(name, "-tags" | "--tags")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_joins_those_of_the_user() {
        let rows: [(&[&str], &[&str]); 6] = [
            (&[], &["-tags=wasihttp"]),
            (&["-x"], &["-tags=wasihttp", "-x"]),
            (&["-tags", "a,b"], &["-tags", "a,b,wasihttp"]),
            (&["-tags=a", "-x"], &["-tags=a,wasihttp", "-x"]),
            (&["--tags=a"], &["--tags=a,wasihttp"]),
            (
                &["-tags=a", "-tags", "b"],
                &["-tags=a", "-tags", "b,wasihttp"],
            ),
        ];
        let wrong: Vec<_> = rows
            .into_iter()
            .map(|(arguments, want)| {
                let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
                (with_tag(&arguments, "wasihttp"), want)
            })
            .filter(|(got, want)| got != want)
            .collect();
        assert!(wrong.is_empty(), "got, want: {wrong:#?}");
    }
}
