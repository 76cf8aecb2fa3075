//! What all pages share.

mod browser;
mod failure;
mod fields;
mod filed;
mod frame;
mod gate;
mod guard;
mod handed_in;
mod html;
mod markdown;
mod posted;
mod proxies;
mod slips;
mod table;
mod visit;

use std::sync::Arc;

use services::App;

use crate::view::frame::Brand;

pub(crate) use browser::browser_serves;
pub use failure::Failure;
pub(crate) use failure::{Listener, ask_again, broken_off, plain, service as told_in_words};
pub use fields::{FormLook, answers_from, document_link, error_summary, section_views};
pub(crate) use fields::{comparison, file_views};
pub(crate) use filed::LONGEST;
pub use filed::{Filed, SentFile};
pub(crate) use frame::grouped_code;
pub(crate) use guard::{SECURITY_HEADERS, guard, render_failures};
pub use handed_in::HandedIn;
pub use html::{Download, Html, see_other};
pub use markdown::{NamedFile, NamedFiles, TableOfContents, to_html, to_html_with};
pub(crate) use posted::LARGEST_FORM;
pub use posted::{Posted, Typed};
pub use proxies::Proxies;
pub use slips::with_slips;
pub use table::{Access, RouteInfo, Routes};
pub use visit::{ANONYMOUS_COOKIE, PARKED_COOKIE, SESSION_COOKIE, Visit, session_cookie};

/// What every page needs: the installation and the parts of the frame that never change.
#[derive(Clone)]
pub struct Site {
    /// The installation.
    pub app: Arc<App>,
    /// Brand of the operator.
    pub brand: Arc<Brand>,
    /// Whether this is the demo, which shows its mailbox.
    pub demo: bool,
    /// Feeds of notices as they were given out last.
    pub(crate) feeds: Arc<crate::pages::Feeds>,
    /// Proxies that are believed about where visitors come from; none unless said.
    pub proxies: Arc<Proxies>,
}

impl Site {
    /// The site of an installation.
    pub fn new(app: Arc<App>, demo: bool) -> Self {
        let operator = &app.settings.operator;
        let brand = Brand {
            name: operator.brand.clone(),
            contact_name: operator.name.clone(),
            contact_phone: operator.phone.clone(),
            contact_hours: operator.hours.clone(),
            contact_mail: operator.mail.clone(),
        };
        Self { brand: Arc::new(brand), app, demo, feeds: Arc::default(), proxies: Arc::default() }
    }

    /// The same behind proxies of the operator.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self { proxies: Arc::new(proxies), ..self }
    }

    /// Whether cookies must only travel over TLS.
    pub fn secure(&self) -> bool {
        self.app.settings.portal_url.starts_with("https:")
    }
}
