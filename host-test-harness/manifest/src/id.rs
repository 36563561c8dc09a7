//! The ids of components and the names of variables.

/// Returns the message about a component id that is not in kebab case (`my-front`), or `None` for a valid one.
pub(crate) fn component_id_problem(id: &str) -> Option<String> {
    words_problem(id, '-').map(|problem| format!("invalid component id `{id}`: {problem}"))
}

/// Returns the message about a variable name that is not in lower snake case (`api_host`), or `None` for a valid one.
///
/// ```
/// use harness_manifest::variable_name_problem;
///
/// assert_eq!(variable_name_problem("api_host"), None);
/// let problem = variable_name_problem("API_HOST").unwrap();
/// assert_eq!(problem, "invalid variable name `API_HOST`: use lower case");
/// ```
#[must_use]
pub fn variable_name_problem(name: &str) -> Option<String> {
    let problem = match name.chars().find(char::is_ascii_uppercase) {
        Some(_) => Some("use lower case".to_owned()),
        None => words_problem(name, '_'),
    };
    problem.map(|problem| format!("invalid variable name `{name}`: {problem}"))
}

/// A name consists of words of ASCII letters and digits. Each word starts with a letter and has one case.
fn words_problem(text: &str, separator: char) -> Option<String> {
    if text.is_empty() {
        return Some("it must not be empty".to_owned());
    }
    text.split(separator).find_map(|word| {
        let Some(first) = word.chars().next() else {
            return Some(format!(
                "use `{separator}` only between words, and only one at a time"
            ));
        };
        if let Some(other) = word.chars().find(|c| !c.is_ascii_alphanumeric()) {
            return Some(format!(
                "it contains {other:?}; use ASCII letters, digits and `{separator}`"
            ));
        }
        if !first.is_ascii_alphabetic() {
            return Some(format!("`{word}` must start with a letter"));
        }
        let is_mixed = word.contains(|c: char| c.is_ascii_uppercase())
            && word.contains(|c: char| c.is_ascii_lowercase());
        is_mixed.then(|| format!("`{word}` mixes upper and lower case; use one case"))
    })
}
