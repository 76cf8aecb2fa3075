//! Addresses of the pages that mails lead to.

use crate::Ctx;

fn page(ctx: &Ctx<'_>, path: &str) -> String {
    format!("{}{path}", ctx.app.settings.portal_url)
}

/// Login.
pub(super) fn login(ctx: &Ctx<'_>) -> String {
    page(ctx, "/login")
}

/// Beginning of a registration.
pub(super) fn register(ctx: &Ctx<'_>) -> String {
    page(ctx, "/register")
}

/// Rest of a registration.
pub(super) fn registration(ctx: &Ctx<'_>, token: &str) -> String {
    page(ctx, &format!("/register/{token}"))
}

/// Beginning of a password reset.
pub(super) fn reset(ctx: &Ctx<'_>) -> String {
    page(ctx, "/password")
}

/// New password by link.
pub(crate) fn new_password(ctx: &Ctx<'_>, token: &str) -> String {
    page(ctx, &format!("/password/{token}"))
}

/// Where one is logged in.
pub(super) fn sessions(ctx: &Ctx<'_>) -> String {
    page(ctx, "/account/sessions")
}

/// An invitation.
pub(super) fn invitation(ctx: &Ctx<'_>, token: &str) -> String {
    page(ctx, &format!("/invitation/{token}"))
}

/// Members of the institution, for its owners.
pub(super) fn members(ctx: &Ctx<'_>) -> String {
    page(ctx, "/account/members")
}

/// Access tokens of the institution, for its owners.
pub(crate) fn access_tokens(ctx: &Ctx<'_>) -> String {
    page(ctx, "/account/access-tokens")
}

/// A mandate that waits for its vendor.
pub(crate) fn mandate(ctx: &Ctx<'_>, token: &str) -> String {
    page(ctx, &format!("/mandate/{token}"))
}

/// Mandates of the institution, for its owners.
pub(crate) fn mandates(ctx: &Ctx<'_>) -> String {
    page(ctx, "/account/mandates")
}

/// Clients of a vendor.
pub(crate) fn clients(ctx: &Ctx<'_>) -> String {
    page(ctx, "/clients")
}
