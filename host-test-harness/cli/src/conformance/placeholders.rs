//! The placeholders in the strings of a scenario, such as `{upstream}`.

/// The value of each placeholder in one trial.
#[derive(Debug, Clone, Default)]
pub(super) struct Placeholders(Vec<(&'static str, String)>);

impl Placeholders {
    /// Takes pairs of a placeholder, with its braces, and its value.
    pub(super) fn new(values: Vec<(&'static str, String)>) -> Self {
        Self(values)
    }

    /// `text` with every placeholder replaced by its value.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (placeholder, value) in &self.0 {
            filled = filled.replace(placeholder, value);
        }
        filled
    }

    /// [`Placeholders::fill`] for the values of header fields.
    pub(super) fn fill_headers(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        let fields = headers.iter();
        fields
            .map(|(name, value)| (name.clone(), self.fill(value)))
            .collect()
    }
}
