//! The demo's people: staff of every role and members of some institutions.

use domain::{
    ids::{AccountId, InstitutionId, MembershipId},
    permissions::Role,
};
use storage::{Tx, accounts::Account};

use crate::{App, Ctx, Error, Result};

/// Password of every demo account; the demo listens on this machine only.
pub const PASSWORD: &str = "umi-yama-sora-kawa";

/// A demo account as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Role in one word, such as `owner` or `reviewer`.
    pub role: &'static str,
    /// Login.
    pub email: String,
    /// Name.
    pub name: &'static str,
    /// Rows of the made-up register the person belongs to.
    pub institutions: &'static [usize],
}

const fn member(
    role: &'static str,
    name: &'static str,
    institutions: &'static [usize],
) -> (&'static str, &'static str, &'static [usize]) {
    (role, name, institutions)
}

/// Owner of the clinic whose terminals have certificates already.
pub(super) const TERMINALS: &str = "terminals";

/// The system vendor, who belongs to no institution.
pub(super) const VENDOR: &str = "vendor";
/// Row of the clinic that has filed nothing yet.
pub(super) const OWN_CLINIC: usize = 49;
/// Row of the clinic for which the vendor has prepared an application.
pub(super) const CLIENT_CLINIC: usize = 107;

/// Members: role, name, rows of the register. The first has filed nothing yet.
const MEMBERS: &[(&str, &str, &[usize])] = &[
    member("owner", "山田 花子", &[49]),
    member("staff", "佐藤 健", &[49]),
    member("owner2", "鈴木 一郎", &[105]),
    member("group", "高橋 美咲", &[50, 51, 52]),
    member(TERMINALS, "田中 実", &[super::terminals::ROW]),
    member("client", "伊藤 直子", &[CLIENT_CLINIC]),
    member(VENDOR, "小川 誠", &[]),
];

/// Staff: role, word before the `@`, name. Where a second person is asked, there are two.
const STAFF: &[(Role, &str, &str)] = &[
    (Role::Reviewer, "reviewer", "審査 正"),
    (Role::Reviewer, "reviewer-2", "審査 確"),
    (Role::RaOfficer, "ra-officer", "登録 守"),
    (Role::RaOfficer, "ra-officer-2", "登録 認"),
    (Role::DispatchClerk, "dispatch-clerk", "発送 渡"),
    (Role::BillingClerk, "billing-clerk", "経理 算"),
    (Role::BillingClerk, "billing-clerk-2", "経理 照"),
    (Role::Editor, "editor", "編集 文"),
    (Role::Editor, "editor-2", "編集 校"),
    (Role::CallCentreAgent, "call-centre-agent", "案内 声"),
    (Role::CaOfficer, "ca-officer", "認証 鍵"),
    (Role::Auditor, "auditor", "監査 見"),
    (Role::Administrator, "administrator", "管理 司"),
    (Role::Administrator, "administrator-2", "管理 令"),
];

/// The login of a member, or of the vendor.
pub(super) fn email(role: &str) -> String {
    format!("{role}@{}", if role == VENDOR { "systems.example" } else { "clinic.example" })
}

/// All demo people.
pub fn people() -> Vec<Person> {
    let members =
        MEMBERS.iter().map(|(role, name, institutions)| Person { role, email: email(role), name, institutions });
    let staff = STAFF.iter().map(|(role, login, name)| Person {
        role: role.as_str(),
        email: format!("{login}@madoguchi.example"),
        name,
        institutions: &[],
    });
    members.chain(staff).collect()
}

/// Adds the demo people; those that exist stay as they are.
pub(super) async fn add(app: &App, institutions: &[InstitutionId]) -> Result<()> {
    let hash = app.hasher.hash(PASSWORD, &*app.randomness).await?;
    let ctx = Ctx::system(app, "demo");
    for person in people() {
        if storage::accounts::by_email(&mut app.db.read().await?, &person.email).await?.is_some() {
            continue;
        }
        let role: Option<Role> = person.role.parse().ok().filter(|_| person.institutions.is_empty());
        let mut tx = app.db.write().await?;
        let id = account(&ctx, &mut tx, &person.email, person.name, role, Some(hash.clone())).await?;
        for row in person.institutions {
            let institution = institutions.get(*row).ok_or_else(|| Error::internal("the register is too short"))?;
            let role = if person.role == "staff" { "staff" } else { "owner" };
            join(&ctx, &mut tx, id, *institution, role).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The account with an address.
pub(super) async fn by_email(app: &App, email: &str) -> Result<AccountId> {
    let found = storage::accounts::by_email(&mut app.db.read().await?, email).await?;
    found.map(|account| account.id).ok_or(Error::NotFound)
}

/// Adds an account.
pub(super) async fn account(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    email: &str,
    name: &str,
    role: Option<Role>,
    password_hash: Option<String>,
) -> Result<AccountId> {
    let id = AccountId::new(ctx.now, &*ctx.app.randomness);
    let account = Account {
        id,
        email: email.to_owned(),
        name: name.to_owned(),
        password_hash,
        must_reset: false,
        staff: role.is_some(),
        roles: role.into_iter().collect(),
        totp_secret: None,
        totp_last_step: 0,
        disabled: false,
        created_at: ctx.now,
    };
    storage::accounts::insert(tx, &account).await?;
    ctx.audit(tx, "account.create", format!("account:{id}"), "", "demo");
    Ok(id)
}

/// Makes an account a member of an institution.
pub(super) async fn join(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    account: AccountId,
    institution: InstitutionId,
    role: &str,
) -> Result<()> {
    let id = MembershipId::new(ctx.now, &*ctx.app.randomness);
    storage::accounts::insert_membership(tx, id, account, institution, role, "active", ctx.now).await?;
    ctx.audit(tx, "membership.create", format!("membership:{id}"), "", "demo");
    Ok(())
}
