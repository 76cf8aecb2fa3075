//! The frame around a page, filled for a visit.

use std::sync::LazyLock;

use domain::{
    applications::Lists,
    content::{menus, service::ServiceLevel as Level},
};
use services::{Actor, App, content::service};

use super::{Access, Visit, table::Pages, visit::MOST_IN_MENU};
use crate::view::frame::{Frame, InstitutionView, Link, MenuGroup, ServiceLevel, SessionView, StatusLine};

/// The pages of the portal, to know before whom a menu leads to them.
static PAGES: LazyLock<Pages> = LazyLock::new(|| Pages::of(crate::pages::routes(false)));

/// A menu as its editors set it.
fn menu(lists: &Lists, name: &str) -> Vec<MenuGroup> {
    let part = |part: menus::Part<'_>| MenuGroup {
        title: part.title.to_owned(),
        links: part.links.into_iter().map(|(label, href)| Link::new(label, href)).collect(),
    };
    menus::parts(lists, name).into_iter().map(part).collect()
}

/// A ten-digit code as 13 3 0100016.
pub(crate) fn grouped_code(code: &str) -> String {
    match (code.get(..2), code.get(2..3), code.get(3..)) {
        (Some(prefecture), Some(table), Some(local)) => format!("{prefecture} {table} {local}"),
        _ => code.to_owned(),
    }
}

/// How the service stands, as it was read last.
fn status_line(app: &App) -> StatusLine {
    let (level, text) = service::line(app);
    let level = match level {
        Level::Normal => ServiceLevel::Normal,
        Level::Planned => ServiceLevel::Planned,
        Level::UnderWay => ServiceLevel::UnderWay,
        Level::Trouble => ServiceLevel::Trouble,
    };
    StatusLine { level, text, href: "/status".to_owned() }
}

impl Visit {
    /// A menu with what leads on for whoever asks.
    pub(crate) fn menu(&self, name: &str) -> Vec<MenuGroup> {
        let mut parts = menu(&self.site.app.reference().lists, name);
        self.keep_open(&mut parts);
        parts
    }

    /// Leaves out links to pages that would only say no. A visitor keeps all: the login stands before them.
    pub(crate) fn keep_open(&self, parts: &mut Vec<MenuGroup>) {
        parts.iter_mut().for_each(|part| self.keep_open_links(&mut part.links));
        parts.retain(|part| !part.links.is_empty());
    }

    /// The same for links that stand alone.
    pub(crate) fn keep_open_links(&self, links: &mut Vec<Link>) {
        let Actor::Person(session) = &self.actor else { return };
        let (acts, owns) = (session.institution.is_some(), self.ctx().owner().is_ok());
        if acts && owns {
            return;
        }
        links.retain(|link| match PAGES.access(&link.href) {
            Some(Access::Member | Access::Preparer) => acts || !session.staff,
            Some(Access::Owner) => owns,
            _ => true,
        });
    }

    /// Whether the page that is visited is one for those who act for an institution.
    pub(super) fn is_for_institutions(&self) -> bool {
        matches!(PAGES.access(&self.path), Some(Access::Member | Access::Preparer | Access::Owner))
    }

    /// The frame of a page with a title.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        Frame {
            brand: self.site.brand.clone(),
            title: title.into(),
            csrf: self.csrf.clone(),
            status: status_line(&self.site.app),
            session: self.session_view(),
            menus: self.menu(menus::TOP).into(),
            breadcrumb: vec![Link::new("ホーム", "/")],
            ..Frame::default()
        }
    }

    /// The frame of a page of the back office.
    pub fn office_frame(&self, title: impl Into<String>, current: &str) -> Frame {
        Frame {
            office_links: crate::pages::office_links(self),
            office_current: current.to_owned(),
            breadcrumb: vec![Link::new("業務", "/office")],
            ..self.frame(title)
        }
    }

    fn session_view(&self) -> Option<SessionView> {
        let Actor::Person(session) = &self.actor else { return None };
        let view = |id: String, name: &str, code: &str| InstitutionView {
            id,
            name: name.to_owned(),
            code: grouped_code(code),
        };
        let roles: Vec<&str> = session.roles.iter().map(|role| role.label()).collect();
        Some(SessionView {
            person: session.name.clone(),
            login: session.email.clone(),
            institution: session
                .institution
                .as_ref()
                .map(|acting| view(acting.id.to_string(), &acting.name, &acting.code)),
            others: self
                .others
                .iter()
                .map(|m| view(m.institution_id.to_string(), &m.institution_name, &m.institution_code))
                .collect(),
            many: session.institutions > MOST_IN_MENU,
            staff_role: roles.join("・"),
            ends_at: session.expires_at.as_millis(),
        })
    }
}
