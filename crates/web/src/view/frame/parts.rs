//! The parts of the frame that all pages share, each rendered by one template of its own: a layout that a page extends
//! is compiled again for each page, these are compiled once.

use askama::{Template, filters::HtmlSafe};

use super::Frame;

/// Whose frame it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The portal.
    Portal,
    /// The back office.
    Office,
    /// The closed network.
    Closed,
}

/// Title, styles and script of a page.
#[derive(Debug, Template)]
#[template(path = "frame/head.html")]
pub struct Head<'a> {
    frame: &'a Frame,
    place: Place,
}

// A part is HTML that its own template escaped: the layout that shows it must not escape it again.
impl HtmlSafe for Head<'_> {}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident = $path:literal by $method:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Template)]
            #[template(path = $path)]
            pub struct $name<'a> {
                frame: &'a Frame,
            }
            impl HtmlSafe for $name<'_> {}
        )*
        impl Frame {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $method(&self) -> $name<'_> {
                    $name { frame: self }
                }
            )*
        }
    };
}

parts! {
    /// Header of the portal.
    PortalTop = "frame/portal_top.html" by portal_top,
    /// Header of the back office.
    OfficeTop = "frame/office_top.html" by office_top,
    /// Header of the closed network.
    ClosedTop = "frame/closed_top.html" by closed_top,
    /// The way from home to the page.
    Path = "frame/path.html" by path,
    /// Results of what was done before.
    Banners = "frame/banners.html" by banner_list,
    /// Footer of the portal.
    PortalFoot = "frame/portal_foot.html" by portal_foot,
    /// Footer of the closed network.
    ClosedFoot = "frame/closed_foot.html" by closed_foot,
}

impl Frame {
    /// Title, styles and script of a page of a place.
    #[must_use]
    pub fn head(&self, place: Place) -> Head<'_> {
        Head { frame: self, place }
    }

    /// When the session ends, in milliseconds since 1970 UTC; 0 when nobody need be warned.
    #[must_use]
    pub fn session_ends(&self) -> i64 {
        self.session.as_ref().map_or(0, |session| session.ends_at)
    }

    /// Whether マイリスト leads on: for everyone but staff who act for no institution.
    #[must_use]
    pub fn has_list(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.staff_role.is_empty() || session.institution.is_some())
    }
}
