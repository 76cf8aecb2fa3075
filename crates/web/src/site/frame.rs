//! The frame around a page, filled for a visit.

use std::sync::Arc;

use services::Actor;

use super::Visit;
use crate::view::frame::{Frame, InstitutionView, Link, MenuGroup, SessionView};

/// 事業別トップメニュー (manual 1-2, 1-3).
pub(super) fn menus() -> Arc<[MenuGroup]> {
    let link = |label: &str, href: &str| Link::new(label, href);
    Arc::new([
        MenuGroup {
            title: "オンライン資格確認・オンライン請求".to_owned(),
            links: vec![
                link("オンライン資格確認・オンライン請求の各種申請について", "/articles/applications"),
                link("オンライン資格確認 利用開始・変更申請", "/procedures/eligibility"),
                link("端末の電子証明書 発行申請", "/procedures/certificate"),
                link("端末の電子証明書 申請状況照会", "/certificates"),
                link("端末の一覧", "/terminals"),
                link("発行料・更新料の請求", "/fees"),
                link("オンライン請求 利用開始・変更申請（届出）", "/procedures/claims"),
            ],
        },
        MenuGroup {
            title: "手引きと規程".to_owned(),
            links: vec![
                link("手続の一覧", "/procedures"),
                link("電子証明書の発行等申請の手引き", "/documents/certificate-application-guide"),
                link("共通認証局運用規程（CP/CPS）", "/documents/cp-cps"),
                link("認証局の証明書と失効リスト", "/pki"),
            ],
        },
    ])
}

/// A ten-digit code as 13 3 0100016.
pub(crate) fn grouped_code(code: &str) -> String {
    match (code.get(..2), code.get(2..3), code.get(3..)) {
        (Some(prefecture), Some(table), Some(local)) => format!("{prefecture} {table} {local}"),
        _ => code.to_owned(),
    }
}

impl Visit {
    /// The frame of a page with a title.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        Frame {
            brand: self.site.brand.clone(),
            title: title.into(),
            csrf: self.csrf.clone(),
            session: self.session_view(),
            menus: self.site.menus.clone(),
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
            staff_role: roles.join("・"),
            ends_at: session.expires_at.as_millis(),
        })
    }
}
