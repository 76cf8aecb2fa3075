//! The frame around a page, filled for a visit.

use domain::{
    applications::Lists,
    content::{menus, service::ServiceLevel as Level},
};
use services::{Actor, App, content::service};

use super::{Visit, visit::MOST_IN_MENU};
use crate::view::frame::{Frame, InstitutionView, Link, MenuGroup, ServiceLevel, SessionView, StatusLine};

/// A menu as its editors set it.
pub(crate) fn menu(lists: &Lists, name: &str) -> Vec<MenuGroup> {
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
    /// The frame of a page with a title.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        Frame {
            brand: self.site.brand.clone(),
            title: title.into(),
            csrf: self.csrf.clone(),
            status: status_line(&self.site.app),
            session: self.session_view(),
            menus: menu(&self.site.app.reference().lists, menus::TOP).into(),
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
