//! The allow-list of a component.

use outbound_policy::display::printable;
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
        let outbound_list = AllowList::from_allowed_outbound_hosts(entries(outbound), value)
            .map_err(|error| self.invalid_entries(&error, outbound));
        let http_list = AllowList::from_allowed_http_hosts(entries(http))
            .map_err(|error| self.invalid_entries(&error, http));
        match (outbound_list, http_list) {
            (Ok(outbound_list), Ok(http_list)) => Ok(outbound_list.and(http_list)),
            (Err(error), Err(other)) => Err(error.and(other)),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        }
    }

    fn invalid_entries(&self, error: &InvalidEntries, hosts: &[AllowedHost]) -> ManifestError {
        // Both are in the order of the list.
        let mut hosts = hosts.iter();
        let errors = error.entries().iter().map(|invalid| {
            let host = hosts.find(|host| host.entry == invalid.entry());
            let place = Place {
                path: self.path.clone(),
                line: host.map(|host| host.line),
                key: host.map(|host| host.key.clone()).unwrap_or_default(),
            };
            let message = if self.variables.expands_to_secret(invalid.entry()) {
                format!(
                    "`{}`: invalid with the value of a secret variable, which is not shown; check the value",
                    printable(invalid.entry())
                )
            } else {
                invalid.to_string()
            };
            ManifestError::new(place, ManifestErrorKind::InvalidValue, message)
        });
        ManifestError::combined(errors).expect("`InvalidEntries` is never empty")
    }
}

fn entries(hosts: &[AllowedHost]) -> impl Iterator<Item = &str> {
    hosts.iter().map(|host| &*host.entry)
}
