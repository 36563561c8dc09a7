//! The allow-list of a component.

use outbound_policy::{AllowList, InvalidEntries};

use crate::error::{ManifestError, ManifestErrorKind, Place};
use crate::manifest::{AllowedHost, Manifest, ManifestComponent};

impl Manifest {
    /// Combines both lists of `component`, which must be one of [`components`](Self::components), into its allow-list.
    ///
    /// # Errors
    ///
    /// [`ManifestErrorKind::InvalidValue`] with a problem for each invalid entry.
    pub fn allow_list(&self, component: &ManifestComponent) -> Result<AllowList, ManifestError> {
        let (outbound, http) = (
            &component.allowed_outbound_hosts,
            &component.allowed_http_hosts,
        );
        let value = |name: &str| self.variables.get(name).map(ToOwned::to_owned);
        let outbound_list = AllowList::from_allowed_outbound_hosts(entries(outbound), value);
        let http_list = AllowList::from_allowed_http_hosts(entries(http));
        match (outbound_list, http_list) {
            (Ok(outbound), Ok(http)) => Ok(outbound.and(http)),
            (outbound_list, http_list) => {
                let errors = [(outbound_list.err(), outbound), (http_list.err(), http)];
                let errors = errors
                    .into_iter()
                    .filter_map(|(error, hosts)| self.invalid_entries(&error?, hosts));
                Err(ManifestError::combined(errors).expect("one of the two lists is invalid"))
            }
        }
    }

    fn invalid_entries(
        &self,
        error: &InvalidEntries,
        hosts: &[AllowedHost],
    ) -> Option<ManifestError> {
        // Both are in the order of the list.
        let mut hosts = hosts.iter();
        let errors = error.entries().iter().map(|invalid| {
            let host = hosts.find(|host| host.entry == invalid.entry());
            let place = Place {
                path: self.path.clone(),
                line: host.map(|host| host.line),
                key: host.map(|host| host.key.clone()).unwrap_or_default(),
            };
            ManifestError::new(place, ManifestErrorKind::InvalidValue, invalid.to_string())
        });
        ManifestError::combined(errors)
    }
}

fn entries(hosts: &[AllowedHost]) -> impl Iterator<Item = &str> {
    hosts.iter().map(|host| &*host.entry)
}
