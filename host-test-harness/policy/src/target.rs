//! A guest's URI, parsed into the target of a request.

use http::Uri;
use url::{Position, Url};

use crate::absolute_url::{self, WireUrl};
use crate::invalid_uri::{Cause, InvalidUri};
use crate::origin::Origin;
use crate::own_application::{OWN_APPLICATION, component_of, is_own_application_url};

/// The target of a request, parsed once from the guest's URI: the value that is evaluated is the value that is dialled.
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
    /// Whether the guest or a component of its application chose the URI host, not an upstream.
    is_of_application: bool,
}

impl Target {
    /// Parses `uri` as the guest passed it.
    ///
    /// `/path`, `http://self/path` and `https://self/path` are requests to the application itself:
    /// they go to `self_origin`, whose scheme replaces the scheme of `uri`.
    /// `//host/path` is a path of the application too. `http://self:8080/` is a URI host of that name.
    ///
    /// Any scheme is accepted; the allow-list denies all schemes other than http and https.
    ///
    /// # Errors
    ///
    /// [`InvalidUri`] if the `http` crate or the WHATWG parser rejects `uri`,
    /// if it contains a space, a quote or an ASCII control character, if it has no URI host,
    /// or if it is a request to the application itself and `self_origin` is `None`.
    pub fn parse(uri: &str, self_origin: Option<&Origin>) -> Result<Self, InvalidUri> {
        Self::parse_uri(uri, self_origin).map_err(|cause| InvalidUri::new(uri, cause))
    }

    fn parse_uri(uri: &str, self_origin: Option<&Origin>) -> Result<Self, Cause> {
        let url = if uri.starts_with('/') {
            // After an authority, `//host` is a path.
            absolute_url::parse(&format!("http://{OWN_APPLICATION}{uri}"))?
        } else {
            absolute_url::parse(uri)?
        };
        let wire = WireUrl::try_from(url)?;
        if !is_own_application_url(&wire.url) {
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

    /// Resolves the next hop of a redirect: `location`, the value of the header, relative to [`Target::url`].
    ///
    /// The allow-list must evaluate the hop again. The hop is a request to the application itself only if this target
    /// is one and the hop keeps its origin. The URI host `self` has no special meaning in `location`, so that
    /// an upstream cannot redirect a guest into the guest's own application. For the same reason
    /// `<component>.spin.internal` names a component only if this target belongs to the application.
    ///
    /// Servers send spaces, quotes and non-ASCII text in `Location`, so only the WHATWG parser parses it, as in
    /// browsers; the `http` crate must accept the result.
    ///
    /// # Errors
    ///
    /// [`InvalidUri`] if the result is not an absolute URL with a URI host.
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

    /// The absolute URL to request, without user info and fragment. That of a self request has the self origin.
    pub fn url(&self) -> &Url {
        &self.wire.url
    }

    /// The same URL in the type of the `http` crate, parsed from the serialisation of [`Target::url`].
    pub fn uri(&self) -> &Uri {
        &self.wire.uri
    }

    /// The origin of [`Target::url`], which the allow-list evaluates; `None` unless the scheme is http or https.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Returns whether this is a request to the application itself.
    pub fn is_self(&self) -> bool {
        self.is_self
    }

    /// The component of the same application that `http://<component>.spin.internal/` names, in lower case.
    ///
    /// As in Spin, the scheme may be http or https, the port is ignored, and the name is one label.
    /// Like any other target it needs a rule. The host runs the component in process and dials nothing.
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
    /// assert_eq!(hop.internal_component(), None, "an upstream cannot redirect a guest into its application");
    /// # Ok::<(), outbound_policy::InvalidUri>(())
    /// ```
    pub fn internal_component(&self) -> Option<&str> {
        let origin = self.origin.as_ref().filter(|_| self.is_of_application)?;
        component_of(origin.host()).filter(|_| !self.is_self)
    }

    /// Returns whether an upstream redirected the guest to a name of the guest's own application:
    /// to `self`, or to `<component>.spin.internal`.
    ///
    /// Only the application may use these names. Outside of it a resolver could map them to any address,
    /// so [`AllowList::evaluate`](crate::AllowList::evaluate) denies the hop.
    pub fn is_own_name_from_outside(&self) -> bool {
        let names_component =
            (self.origin.as_ref()).is_some_and(|origin| component_of(origin.host()).is_some());
        !self.is_of_application && (names_component || is_own_application_url(self.url()))
    }

    /// Returns whether user info (`user:password@`) was removed. It is never sent; a host should warn about it.
    pub fn dropped_user_info(&self) -> bool {
        self.wire.dropped_user_info
    }
}
