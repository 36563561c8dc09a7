//! What a manifest permits a component.

use outbound_policy::{AllowList, InvalidEntries};

use super::{AllowedHost, Manifest, ManifestComponent};
use crate::{Error, ErrorKind};

impl Manifest {
    /// What `component`, one of [`components`](Self::components), may call: both of its lists together.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if an entry cannot be used; the message names the manifest and the line.
    pub fn allow_list(&self, component: &ManifestComponent) -> Result<AllowList, Error> {
        let (outbound, http) = (
            &component.allowed_outbound_hosts,
            &component.allowed_http_hosts,
        );
        let value = |name: &str| self.variables.get(name).map(ToOwned::to_owned);
        let outbound = AllowList::from_allowed_outbound_hosts(entries(outbound), value)
            .map_err(|error| self.invalid_entries(component, outbound, &error))?;
        let http = AllowList::from_allowed_http_hosts(entries(http))
            .map_err(|error| self.invalid_entries(component, http, &error))?;
        Ok(outbound.and(http))
    }

    /// Names the file and the line of the first of them.
    fn invalid_entries(
        &self,
        component: &ManifestComponent,
        hosts: &[AllowedHost],
        error: &InvalidEntries,
    ) -> Error {
        let first = error.entries().first().map(|entry| entry.entry());
        let line = hosts
            .iter()
            .find(|host| Some(&*host.entry) == first)
            .map(|host| host.line);
        self.invalid(line, &format!("component `{}`: {error}", component.id))
    }

    /// An error that names the manifest, and a line of it.
    pub(crate) fn invalid(&self, line: Option<usize>, message: &str) -> Error {
        let path = self.path.display();
        let message = match line {
            Some(line) => format!("{path}:{line}: {message}"),
            None => format!("{path}: {message}"),
        };
        Error::new(ErrorKind::InvalidOption, message)
    }
}

fn entries(hosts: &[AllowedHost]) -> impl Iterator<Item = &str> {
    hosts.iter().map(|host| &*host.entry)
}
