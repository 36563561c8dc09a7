//! The URI hosts by which a guest names its own application and the components of it.

use url::{Host, Url};

use crate::origin::Origin;

/// The URI host of a request to the guest's own application, as in `http://self/path`.
pub const OWN_APPLICATION: &str = "self";

/// Another name for [`OWN_APPLICATION`] since Spin 3.2.
pub(crate) const OWN_APPLICATION_ALTERNATIVE: &str = "self.alt";

/// The domain below which a guest names the components of its application.
pub(crate) const INTERNAL_DOMAIN: &str = "spin.internal";

/// Does the authority of a `wasi:http` request name the guest's own application?
///
/// `wasi:http` passes the authority on its own, and a request to the own application may lack a URI host.
/// A host that gets `true` replaces the authority by [`OWN_APPLICATION`] and the scheme by http,
/// and hands the URI to [`Target::parse`](crate::Target::parse).
///
/// | authority | names the own application |
/// |---|---|
/// | empty, or a port without a URI host (`:8080`) | yes |
/// | `self` and `self.alt`, in upper or lower case | yes |
/// | `self:8080`, `self.alt:8080` | no: these are URI hosts of that name |
/// | anything else, also `stock.spin.internal` | no |
///
/// ```
/// use outbound_policy::names_own_application;
///
/// assert!(names_own_application("self.alt"));
/// assert!(names_own_application(""));
/// assert!(!names_own_application("api.test"));
/// ```
#[must_use]
pub fn names_own_application(authority: &str) -> bool {
    let is_named = |name: &str| authority.eq_ignore_ascii_case(name);
    authority.is_empty()
        || authority.starts_with(':')
        || is_named(OWN_APPLICATION)
        || is_named(OWN_APPLICATION_ALTERNATIVE)
}

/// Is the URI host of this http or https URL `self`, without a port?
pub(crate) fn is_own_application_url(url: &Url) -> bool {
    Origin::of(url).is_some()
        && url.host() == Some(Host::Domain(OWN_APPLICATION))
        && url.port().is_none()
}

/// The component that the URI host `<component>.spin.internal` names.
pub(crate) fn component_of(host: &Host<String>) -> Option<&str> {
    match host {
        Host::Domain(name) => name
            .strip_suffix(INTERNAL_DOMAIN)?
            .strip_suffix('.')
            .filter(|component| !component.is_empty() && !component.contains('.')),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}
