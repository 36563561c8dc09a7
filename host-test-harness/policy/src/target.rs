//! What a guest's URI means.

use http::Uri;
use url::{Host, Position, Url};

use crate::absolute_url::{self, WireUrl};
use crate::invalid_uri::{Cause, InvalidUri};
use crate::origin::Origin;

/// The URI host by which a guest names its own application.
pub(crate) const OWN_APPLICATION: &str = "self";

/// The domain below which a guest names the components of its application.
pub(crate) const INTERNAL_DOMAIN: &str = "spin.internal";

/// What a guest's URI means, parsed once: the value that is judged is the value that is dialled.
///
/// ```
/// use outbound_policy::{Origin, Target};
///
/// let self_origin = Origin::parse("http://127.0.0.1:3000")?;
/// let target = Target::parse("/a/../b?q=%20#top", Some(&self_origin))?;
/// assert_eq!(target.url().as_str(), "http://127.0.0.1:3000/b?q=%20");
/// assert!(target.is_self());
///
/// let hop = target.join("https://api.test/")?;
/// assert!(!hop.is_self());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Target {
    wire: WireUrl,
    origin: Option<Origin>,
    is_self: bool,
    /// Did the guest or its application choose the URI host?
    is_of_application: bool,
}

impl Target {
    /// Reads `uri` as the guest gave it.
    ///
    /// `/path`, `http://self/path` and `https://self/path` are requests to the application itself:
    /// they go to `self_origin`, whose scheme replaces the one given.
    /// `//host/path` is such a path too. `http://self:8080/` is a URI host of that name.
    ///
    /// Any scheme is read; the allow-list denies all but http and https.
    ///
    /// # Errors
    ///
    /// [`InvalidUri`] if either the `http` crate or the WHATWG parser refuses `uri`,
    /// if it contains a blank, a quote or an ASCII control character, if it has no URI host,
    /// or if it is a request to the application itself and `self_origin` is `None`.
    pub fn parse(uri: &str, self_origin: Option<&Origin>) -> Result<Self, InvalidUri> {
        Self::read(uri, self_origin).map_err(|cause| InvalidUri::new(uri, cause))
    }

    fn read(uri: &str, self_origin: Option<&Origin>) -> Result<Self, Cause> {
        let url = if uri.starts_with('/') {
            // Behind an authority, `//host` cannot become one.
            absolute_url::parse(&format!("http://{OWN_APPLICATION}{uri}"))?
        } else {
            absolute_url::parse(uri)?
        };
        let wire = WireUrl::try_from(url)?;
        if !names_own_application(&wire.url) {
            return Ok(Self::new(wire, false, true));
        }
        let self_origin = self_origin.ok_or(Cause::NoOrigin)?;
        let path_and_query = &wire.url[Position::BeforePath..];
        let rebased =
            Url::parse(&format!("{self_origin}{path_and_query}")).map_err(Cause::Whatwg)?;
        let rebased = WireUrl {
            dropped_user_info: wire.dropped_user_info,
            ..WireUrl::try_from(rebased)?
        };
        Ok(Self::new(rebased, true, true))
    }

    fn new(wire: WireUrl, is_self: bool, is_of_application: bool) -> Self {
        Self {
            origin: Origin::of(&wire.url),
            wire,
            is_self,
            is_of_application,
        }
    }

    /// The next hop of a redirect: `location`, the header's value, resolved against [`Target::url`].
    ///
    /// The hop is to be judged anew. It is a request to the application itself only if this target is one
    /// and the hop stays on its origin: the application sends the guest on to itself.
    /// `self` as a URI host has no meaning here, so no upstream can send a guest into its own application;
    /// for the same reason `<component>.spin.internal` names a component only if this target is of the application.
    ///
    /// Servers send blanks, quotes and non-ASCII text in `Location`, so only the WHATWG parser reads it, as in
    /// browsers; the `http` crate must accept the outcome.
    ///
    /// # Errors
    ///
    /// [`InvalidUri`] if `location` does not lead to an absolute URL with a URI host.
    pub fn join(&self, location: &str) -> Result<Self, InvalidUri> {
        let hop = self
            .url()
            .join(location)
            .map_err(Cause::Whatwg)
            .and_then(WireUrl::try_from);
        let mut hop = Self::new(
            hop.map_err(|cause| InvalidUri::new(location, cause))?,
            false,
            self.is_self || self.internal_component().is_some(),
        );
        hop.is_self = self.is_self && hop.origin == self.origin;
        Ok(hop)
    }

    /// The absolute URL to request: no user info, no fragment; for a self request, built on the self origin.
    pub fn url(&self) -> &Url {
        &self.wire.url
    }

    /// The same URL as the `http` crate's type, parsed from [`Target::url`] as it is serialised.
    pub fn uri(&self) -> &Uri {
        &self.wire.uri
    }

    /// The origin of [`Target::url`], which is what the allow-list judges; `None` unless the scheme is http or https.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Is this a request to the application itself?
    pub fn is_self(&self) -> bool {
        self.is_self
    }

    /// The component of the same application that `http://<component>.spin.internal/` names, in lower case.
    ///
    /// As in Spin, http and https and every port name it, and a name has one label.
    /// Like any other target it needs a rule. A host answers it in process and dials nothing.
    ///
    /// ```
    /// use outbound_policy::Target;
    ///
    /// let target = Target::parse("http://stock.spin.internal/items?q=1", None)?;
    /// assert_eq!(target.internal_component(), Some("stock"));
    ///
    /// let elsewhere = Target::parse("http://api.test/", None)?;
    /// assert_eq!(elsewhere.internal_component(), None);
    /// let hop = elsewhere.join("http://stock.spin.internal/")?;
    /// assert_eq!(hop.internal_component(), None, "an upstream cannot send a guest into its application");
    /// # Ok::<(), outbound_policy::InvalidUri>(())
    /// ```
    pub fn internal_component(&self) -> Option<&str> {
        let origin = self.origin.as_ref().filter(|_| self.is_of_application)?;
        component_of(origin.host()).filter(|_| !self.is_self)
    }

    /// Is this a hop that leads from outside to a name of the application's own: to `self`, or to
    /// `<component>.spin.internal`?
    ///
    /// Nobody but the application may call by these names, and outside they would lead to whatever a
    /// resolver makes of them, so [`AllowList::decide`](crate::AllowList::decide) denies it.
    pub fn is_own_name_from_outside(&self) -> bool {
        let names_component =
            (self.origin.as_ref()).is_some_and(|origin| component_of(origin.host()).is_some());
        !self.is_of_application && (names_component || names_own_application(self.url()))
    }

    /// Was there user info (`user:password@`)? It is never sent, which a host should warn about.
    pub fn dropped_user_info(&self) -> bool {
        self.wire.dropped_user_info
    }
}

/// The component that `<component>.spin.internal` names.
pub(crate) fn component_of(host: &Host<String>) -> Option<&str> {
    match host {
        Host::Domain(name) => name
            .strip_suffix(INTERNAL_DOMAIN)?
            .strip_suffix('.')
            .filter(|component| !component.is_empty() && !component.contains('.')),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

fn names_own_application(url: &Url) -> bool {
    Origin::of(url).is_some()
        && url.host() == Some(Host::Domain(OWN_APPLICATION))
        && url.port().is_none()
}
