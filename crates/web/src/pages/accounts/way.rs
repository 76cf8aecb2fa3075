//! The way after a login: the step that is left, the form that waits, the page that was wanted.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::CookieJar;
use services::accounts::login::Step;

use crate::site::PARKED_COOKIE;

/// Where a person wants to go after the login, as it came in; only [`local`] says whether it may be used.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Wanted {
    /// Path with its query.
    #[serde(default)]
    pub(super) next: String,
    /// What was just done, for a message.
    #[serde(default)]
    pub(super) done: String,
}

/// A path of this portal, or none: nobody may send a person elsewhere through the login.
pub(super) fn local(next: &str) -> Option<&str> {
    let odd = |letter: char| letter == '\\' || letter.is_control() || letter.is_whitespace();
    let here = next.starts_with('/') && !next.starts_with("//") && !next.contains(odd);
    let loops = ["/login", "/logout", "/first-password"].iter().any(|start| next.starts_with(start));
    Some(next).filter(|_| here && !loops)
}

/// A path that carries the page that was wanted along.
pub(super) fn with_next(path: &str, next: &str) -> String {
    match local(next) {
        Some(next) => {
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("{path}?next={next}")
        }
        None => path.to_owned(),
    }
}

/// Where the next page after a step of the login is.
pub(super) fn onward(step: Step, staff: bool, headers: &HeaderMap, next: &str) -> String {
    let parked =
        || CookieJar::from_headers(headers).get(PARKED_COOKIE).is_some_and(|cookie| !cookie.value().is_empty());
    match step {
        Step::SecondFactor => with_next("/login/second-factor", next),
        Step::NewPassword => with_next("/first-password", next),
        Step::EnrolSecondFactor => with_next("/account/totp", next),
        Step::Done if parked() => "/resume".to_owned(),
        Step::Done => local(next).unwrap_or(if staff { "/office" } else { "/" }).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_nowhere_else() {
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "javascript:1", "/a\nb", "/\t/x"]
        {
            assert_eq!(local(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(local("/applications/1/edit?saved=1"), Some("/applications/1/edit?saved=1"));
        assert_eq!(with_next("/first-password", "/a?b=c&d"), "/first-password?next=%2Fa%3Fb%3Dc%26d");
    }

    #[test]
    fn what_is_left_of_the_login_comes_before_the_page_that_was_wanted() {
        let none = HeaderMap::new();
        assert_eq!(onward(Step::NewPassword, false, &none, "/mylist"), "/first-password?next=%2Fmylist");
        assert_eq!(onward(Step::Done, false, &none, "/mylist"), "/mylist");
        assert_eq!(onward(Step::Done, true, &none, "//x"), "/office");
        let mut waiting = HeaderMap::new();
        waiting.insert("cookie", "mg_parked=abc".parse().unwrap());
        assert_eq!(onward(Step::Done, false, &waiting, "/mylist"), "/resume");
    }
}
