//! The names that Spin gives to components and variables.

/// What is wrong with a component's id in kebab case (`my-front`); none if nothing is.
pub(super) fn component_id_problem(id: &str) -> Option<String> {
    words_problem(id, '-').map(|problem| format!("`{}` is no id of a component: {problem}", id))
}

/// What is wrong with a variable's name in lower snake case (`api_host`); none if nothing is.
pub(super) fn variable_name_problem(name: &str) -> Option<String> {
    let problem = match name.chars().find(char::is_ascii_uppercase) {
        Some(_) => Some("write it in lower case".to_owned()),
        None => words_problem(name, '_'),
    };
    problem.map(|problem| format!("`{}` is no name of a variable: {problem}", name))
}

/// Words of ASCII letters and digits, each of which starts with a letter and is of one case.
fn words_problem(text: &str, separator: char) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty; name it".to_owned());
    }
    text.split(separator).find_map(|word| {
        let Some(first) = word.chars().next() else {
            return Some(format!(
                "a `{separator}` stands between two words; remove the others"
            ));
        };
        if let Some(other) = word.chars().find(|c| !c.is_ascii_alphanumeric()) {
            return Some(format!(
                "it contains {other:?}; use ASCII letters, digits and `{separator}`"
            ));
        }
        if !first.is_ascii_alphabetic() {
            return Some(format!(
                "the word `{word}` does not start with a letter; put one before it"
            ));
        }
        let is_mixed = word.contains(|c: char| c.is_ascii_uppercase())
            && word.contains(|c: char| c.is_ascii_lowercase());
        is_mixed.then(|| format!("the word `{word}` mixes upper and lower case; use one"))
    })
}
