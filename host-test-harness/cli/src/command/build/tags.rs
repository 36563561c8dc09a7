//! The build tags among the arguments of `go build`.

/// The arguments with one more tag. `go` honours only the last `-tags`, so the tag joins those of the user.
pub(super) fn with_tag(arguments: &[String], tag: &str) -> Vec<String> {
    let mut arguments = arguments.to_vec();
    for index in (0..arguments.len()).rev() {
        let (before, rest) = arguments.split_at_mut(index);
        let Some((argument, after)) = rest.split_first_mut() else {
            continue;
        };
        let is_value = before.last().is_some_and(|flag| is_tags(flag));
        if is_tags(argument) && !is_value {
            if let Some(tags) = after.first_mut() {
                *tags = format!("{tags},{tag}");
                return arguments;
            }
        } else if !is_value
            && let Some((flag, tags)) = argument.split_once('=')
            && is_tags(flag)
        {
            *argument = format!("{flag}={tags},{tag}");
            return arguments;
        }
    }
    arguments.splice(0..0, [format!("-tags={tag}")]);
    arguments
}

fn is_tags(argument: &str) -> bool {
    matches!(argument, "-tags" | "--tags")
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
