//! Suggestions for a name that is not known.

/// A known name is suggested for an unknown one if the similarity, from 0 to 1, is at least this.
const MIN_SIMILARITY: f64 = 0.85;

/// The known name that is most similar to `name`, unless none is similar.
#[must_use]
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}
