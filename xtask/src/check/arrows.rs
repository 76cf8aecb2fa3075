//! Which crate may know which: the table of `ARCHITECTURE.md`, enforced.

use crate::process::{capture, cargo};

/// A crate and what must not stand among its direct dependencies (those for tests and builds aside).
const FORBIDDEN: [(&str, &[&str]); 6] = [
    (
        "madoguchi-domain",
        &[
            "aws-lc-rs",
            "axum",
            "getrandom",
            "madoguchi-letters",
            "madoguchi-pki",
            "madoguchi-services",
            "madoguchi-storage",
            "madoguchi-web",
            "sqlx",
            "tokio",
            "x509-cert",
        ],
    ),
    (
        "madoguchi-pki",
        &["axum", "madoguchi-letters", "madoguchi-services", "madoguchi-storage", "madoguchi-web", "sqlx"],
    ),
    ("madoguchi-storage", &["axum", "madoguchi-letters", "madoguchi-pki", "madoguchi-services", "madoguchi-web"]),
    (
        "madoguchi-letters",
        &["axum", "madoguchi-pki", "madoguchi-services", "madoguchi-storage", "madoguchi-web", "sqlx"],
    ),
    ("madoguchi-services", &["askama", "axum", "madoguchi-web", "sqlx"]),
    ("madoguchi-web", &["madoguchi-letters", "madoguchi-pki", "madoguchi-storage", "sqlx", "x509-cert"]),
];

/// Every dependency that the architecture forbids.
///
/// # Errors
/// When cargo cannot tell the dependencies.
pub(crate) fn complaints() -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, forbidden) in FORBIDDEN {
        let words = ["tree", "--locked", "--depth", "1", "--prefix", "none", "--edges", "normal", "--target", "all"];
        let tree = capture(cargo(words).args(["--package", name]))?;
        found.extend(broken(&tree, forbidden).map(|dependency| format!("{name} must not depend on {dependency}")));
    }
    Ok(found)
}

/// The forbidden names in a flat listing whose first line is the crate itself and whose lines begin with names.
fn broken<'t>(tree: &'t str, forbidden: &'t [&str]) -> impl Iterator<Item = &'t str> {
    let names = tree.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| forbidden.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_dependency_is_found_by_its_whole_name() {
        let tree = "madoguchi-web v0.1.0 (web)\naxum v0.8.9\nmadoguchi-storage v0.1.0 (storage)\nsqlx-core v0.9.0\n";
        assert_eq!(broken(tree, &["sqlx", "madoguchi-storage"]).collect::<Vec<_>>(), ["madoguchi-storage"]);
        assert_eq!(broken(tree, &["madoguchi-web"]).count(), 0, "the crate itself is no dependency");
    }

    #[test]
    fn cargo_lists_dependencies_as_expected() {
        let words = ["tree", "--locked", "--offline", "--depth", "1", "--prefix", "none", "--package", "xtask"];
        let tree = capture(&mut cargo(words)).unwrap();
        assert_eq!(broken(&tree, &["anyhow"]).collect::<Vec<_>>(), ["anyhow"]);
    }
}
