//! `outbound-policy` for JavaScript: the functions that the npm package `outbound-policy` wraps.
//!
//! Every function returns JSON, and throws JSON: an object with `kind`, `message` and, for the entries of an allow-list,
//! `entries`. It is the JSON of the crate's feature `serde`, which `spin-harness policy` prints, too.

use std::collections::BTreeMap;
use std::net::IpAddr;

use harness_manifest::{AllowedHost, Manifest, ManifestError, ManifestErrorKind, VARIABLE_PREFIX};
use outbound_policy::{Origin, Target, Usage};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

type Json = Result<String, String>;

/// An allow-list.
#[wasm_bindgen]
#[derive(Debug)]
pub struct AllowList(outbound_policy::AllowList);

#[wasm_bindgen]
impl AllowList {
    /// Parses entries of `allowed_http_hosts`.
    ///
    /// # Errors
    ///
    /// The JSON of [`outbound_policy::InvalidEntries`].
    #[wasm_bindgen(js_name = fromHttpHosts)]
    pub fn from_http_hosts(entries: Vec<String>) -> Result<Self, String> {
        outbound_policy::AllowList::from_allowed_http_hosts(entries)
            .map(Self)
            .map_err(|error| json(&error))
    }

    /// Parses entries of `allowed_outbound_hosts`; `names` and `values` are the variables.
    ///
    /// # Errors
    ///
    /// The JSON of [`outbound_policy::InvalidEntries`].
    #[wasm_bindgen(js_name = fromOutboundHosts)]
    pub fn from_outbound_hosts(
        entries: Vec<String>,
        names: Vec<String>,
        values: Vec<String>,
    ) -> Result<Self, String> {
        let variables = map(names, values);
        let value = |name: &str| variables.get(name).cloned();
        outbound_policy::AllowList::from_allowed_outbound_hosts(entries, value)
            .map(Self)
            .map_err(|error| json(&error))
    }

    /// The rules of this list, then those of `other`.
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.clone().and(other.0.clone()))
    }

    /// Decides about the last of `redirects`, or the URL itself.
    ///
    /// # Errors
    ///
    /// The JSON of [`outbound_policy::InvalidUri`], or the kind `invalid-origin`.
    pub fn check(&self, url: &str, self_origin: Option<String>, redirects: Vec<String>) -> Json {
        let target = target(url, self_origin, redirects)?;
        Ok(json(&self.0.evaluate(&target)))
    }

    /// Explains the entries and, with a URL, which of them match it.
    ///
    /// # Errors
    ///
    /// As for [`AllowList::check`].
    pub fn explain(
        &self,
        url: Option<String>,
        self_origin: Option<String>,
        redirects: Vec<String>,
    ) -> Json {
        let target = match url {
            Some(url) => Some(target(&url, self_origin, redirects)?),
            None => None,
        };
        Ok(json(&self.0.explain(target.as_ref())))
    }

    /// The warnings.
    pub fn lint(&self) -> String {
        json(&self.0.warnings().collect::<Vec<_>>())
    }

    /// The entries that no URL needs, and the least-privilege list.
    ///
    /// # Errors
    ///
    /// As for [`AllowList::check`].
    pub fn usage(&self, urls: Vec<String>, self_origin: Option<String>) -> Json {
        let mut usage = Usage::default();
        for url in urls {
            let target = target(&url, self_origin.clone(), Vec::new())?;
            usage.record(&target, &self.0.evaluate(&target));
        }
        Ok(json(&Used {
            unused: usage.unused(&self.0).map(|rule| rule.entry()).collect(),
            sufficient: usage.sufficient().collect(),
        }))
    }
}

#[derive(Serialize)]
struct Used<'a> {
    unused: Vec<&'a str>,
    sufficient: Vec<&'a str>,
}

/// What the URL of a guest means: the target of the last of `redirects`, or of the URL itself.
///
/// # Errors
///
/// As for [`AllowList::check`].
#[wasm_bindgen(js_name = parseUrl)]
pub fn parse_url(url: &str, self_origin: Option<String>, redirects: Vec<String>) -> Json {
    Ok(json(&target(url, self_origin, redirects)?))
}

/// Networks whose addresses must not be dialled.
#[wasm_bindgen]
#[derive(Debug)]
pub struct BlockedNetworks(outbound_policy::BlockedNetworks);

#[wasm_bindgen]
impl BlockedNetworks {
    /// Blocks `networks` and, with `block_private`, every network that is not public.
    ///
    /// # Errors
    ///
    /// The kind `invalid-network`.
    #[wasm_bindgen(constructor)]
    pub fn new(networks: Vec<String>, block_private: bool) -> Result<Self, String> {
        let mut blocked = outbound_policy::BlockedNetworks::default();
        if block_private {
            blocked = blocked.block_private();
        }
        for network in networks {
            blocked = blocked
                .block(&network)
                .map_err(|error| failure("invalid-network", &error))?;
        }
        Ok(Self(blocked))
    }

    /// The network that blocks an address; `None` if the address may be dialled.
    ///
    /// # Errors
    ///
    /// The kind `invalid-address`.
    pub fn check(&self, address: &str) -> Result<Option<String>, String> {
        let parsed: IpAddr = address.parse().map_err(|_error| {
            let message = format!(
                "`{}` is not an IP address; use one such as `10.0.0.1` or `::1`",
                outbound_policy::redacted(address)
            );
            failure("invalid-address", &message)
        })?;
        Ok(self.0.check(parsed).err().map(|blocked| json(&blocked)))
    }
}

/// A component's permissions in a manifest.
#[derive(Serialize)]
struct Permissions<'a> {
    id: &'a str,
    allowed_outbound_hosts: Vec<&'a str>,
    allowed_http_hosts: Vec<&'a str>,
}

/// A parsed manifest.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ParsedManifest(Manifest);

#[wasm_bindgen]
impl ParsedManifest {
    /// Parses the text of a `spin.toml`; `names` and `values` are the variables of the application.
    ///
    /// # Errors
    ///
    /// The kind `missing-variable` or `invalid-manifest`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        path: &str,
        text: &str,
        names: Vec<String>,
        values: Vec<String>,
    ) -> Result<Self, String> {
        let variables = map(names, values);
        let environment = |name: &str| {
            let name = name.strip_prefix(VARIABLE_PREFIX)?.to_ascii_lowercase();
            variables.get(&name).cloned()
        };
        Manifest::parse(path, text, &environment)
            .map(Self)
            .map_err(|error| manifest_failure(&error))
    }

    /// The components with the entries of their allow-lists as written.
    pub fn components(&self) -> String {
        let components = self.0.components.iter();
        let permissions: Vec<_> = components
            .map(|component| Permissions {
                id: &component.id,
                allowed_outbound_hosts: entries(&component.allowed_outbound_hosts),
                allowed_http_hosts: entries(&component.allowed_http_hosts),
            })
            .collect();
        json(&permissions)
    }

    /// The allow-list of a component; `None` if the manifest has no component of this id.
    ///
    /// # Errors
    ///
    /// The kind `invalid-manifest`; the message names each invalid entry with its line.
    #[wasm_bindgen(js_name = allowList)]
    pub fn allow_list(&self, component: &str) -> Result<Option<AllowList>, String> {
        let found = self.0.components.iter().find(|found| found.id == component);
        found
            .map(|found| self.0.allow_list(found).map(AllowList))
            .transpose()
            .map_err(|error| manifest_failure(&error))
    }
}

fn entries(hosts: &[AllowedHost]) -> Vec<&str> {
    hosts.iter().map(|host| host.entry.as_str()).collect()
}

fn map(names: Vec<String>, values: Vec<String>) -> BTreeMap<String, String> {
    names.into_iter().zip(values).collect()
}

fn target(
    url: &str,
    self_origin: Option<String>,
    redirects: Vec<String>,
) -> Result<Target, String> {
    let origin = self_origin
        .map(|origin| Origin::parse(&origin))
        .transpose()
        .map_err(|error| failure("invalid-origin", &error))?;
    let first = Target::parse(url, origin.as_ref()).map_err(|error| json(&error))?;
    redirects.iter().try_fold(first, |target, location| {
        target.join(location).map_err(|error| json(&error))
    })
}

#[derive(Serialize)]
struct Failure {
    kind: &'static str,
    message: String,
}

fn failure(kind: &'static str, message: &impl ToString) -> String {
    json(&Failure {
        kind,
        message: message.to_string(),
    })
}

fn manifest_failure(error: &ManifestError) -> String {
    // A program can supply a missing value. Every other problem is for a person, who reads the message.
    let kind = match error.kind() {
        ManifestErrorKind::MissingVariable => "missing-variable",
        _ => "invalid-manifest",
    };
    failure(kind, error)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, booleans and lists of them are JSON")
}
