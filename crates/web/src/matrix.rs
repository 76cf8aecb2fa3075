//! The table of who may do what, as a document: roles with their permissions, and every route with its access.

use std::fmt::Write;

use domain::permissions::{Permission, Role, allows};

use crate::{Access, routes};

/// Columns of the roles: short, so that the table can be read.
const SHORT: &[(Role, &str)] = &[
    (Role::Reviewer, "審査"),
    (Role::RaOfficer, "登録局"),
    (Role::DispatchClerk, "発送"),
    (Role::BillingClerk, "経理"),
    (Role::Editor, "編集"),
    (Role::CallCentreAgent, "コール"),
    (Role::CaOfficer, "認証局"),
    (Role::Auditor, "監査"),
    (Role::Administrator, "管理者"),
];

const HEAD: &str = "\
# Who may do what

Written by `cargo xtask permissions` from the table in `crates/domain/src/permissions.rs` and the list of routes; a test fails
when it says something else. Do not edit it by hand.

## Roles and permissions

Staff need a second factor before any of this (`rules.staff_second_factor`). Nobody decides on what they filed or prepared.

";

const ACCESS: &str = "
## Routes

| access | who |
|---|---|
| public | everyone |
| person | everyone who is logged in; each row belongs to one person, everyone else gets 404 |
| member | members of an institution; what belongs to another institution is answered with 404 and noted in the audit chain |
| preparer | members, as above; vendors for what they prepare under a mandate in force, nothing else of the institution ([ADR 0035](../adr/0035-a-mandate-prepares.md)) |
| owner | owners of an institution; what belongs to another one is answered with 404 |
| staff | staff of any role |
| token | machines with an access token of the scope; of another institution they get 404 |
| a permission | staff whose roles hold it |
| one / other | staff with one of the two, by the procedure of the case |

";

/// The whole document in Markdown.
pub fn permissions_document() -> String {
    let mut text = HEAD.to_owned();
    let heads: String = SHORT.iter().map(|(_, short)| format!(" {short} |")).collect();
    let rule: String = SHORT.iter().map(|_| "---|").collect();
    // Writing into a text cannot fail.
    let _ = writeln!(text, "| permission | |{heads}\n|---|---|{rule}");
    for permission in Permission::ALL {
        let marks: String =
            SHORT.iter().map(|(role, _)| if allows(&[*role], *permission) { " ○ |" } else { " |" }).collect();
        let _ = writeln!(text, "| `{permission}` | {} |{marks}", permission.label());
    }
    text.push_str(ACCESS);
    text.push_str("| method | path | access |\n|---|---|---|\n");
    let mut all = routes(false);
    all.sort_by_key(|route| (route.path, route.method));
    for route in all {
        let _ = writeln!(text, "| {} | `{}` | {} |", route.method, route.path, words(route.access));
    }
    text
}

fn words(access: Access) -> String {
    match access {
        Access::Public => "public".to_owned(),
        Access::Person => "person".to_owned(),
        Access::Member => "member".to_owned(),
        Access::Preparer => "preparer".to_owned(),
        Access::Owner => "owner".to_owned(),
        Access::Staff => "staff".to_owned(),
        Access::Office(permission) => format!("`{permission}`"),
        Access::EitherOffice(one, other) => format!("`{one}` / `{other}`"),
        Access::Token(scope) => format!("token `{scope}`"),
        Access::AnyOffice(any) => any.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" / "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_column() {
        let shown: Vec<Role> = SHORT.iter().map(|(role, _)| *role).collect();
        assert_eq!(shown, Role::ALL);
    }
}
