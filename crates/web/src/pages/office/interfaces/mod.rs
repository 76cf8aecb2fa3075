//! 外部連携: access tokens of the operator's systems, receivers of webhooks and what they said (spec 8.4).

mod receiver;
mod receivers;
mod tokens;

use domain::permissions::Permission as P;
use serde::Deserialize;

use crate::site::{Access, Routes};

/// The entry of the menu.
pub(super) const LIST: &str = "/office/interfaces";

/// What was just done, and which page of a list is wanted.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
    #[serde(default)]
    before: String,
}

pub(super) fn routes() -> Routes {
    let (read, manage) = (Access::Office(P::ReadInterfaces), Access::Office(P::ManageInterfaces));
    Routes::default()
        .get("/office/interfaces", read, receivers::list)
        .get("/office/access-tokens", read, tokens::list)
        .post("/office/access-tokens", manage, tokens::make)
        .post("/office/access-tokens/{id}/revoke", manage, tokens::revoke)
        .get("/office/receivers/new", manage, receivers::ask)
        .post("/office/receivers/new", manage, receivers::add)
        .get("/office/receivers/{id}", read, receiver::show)
        .get("/office/receivers/{id}/change", manage, receivers::ask_change)
        .post("/office/receivers/{id}/change", manage, receivers::change)
        .post("/office/receivers/{id}/secret", manage, receivers::renew_secret)
        .post("/office/receivers/{id}/pause", manage, receiver::pause)
        .post("/office/receivers/{id}/go-on", manage, receiver::go_on)
        .post("/office/receivers/{id}/replay", manage, receiver::replay)
}
