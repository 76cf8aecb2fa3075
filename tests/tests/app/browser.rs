//! A browser without a screen: sends requests to the portal's router and keeps the cookies.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
    response::Response,
};
use axum_server::tls::TlsInfo;
use domain::{
    ids::{AccountId, InstitutionId, MembershipId},
    institutions::{Institution, InstitutionCode, InstitutionStatus},
    permissions::Role,
};
use services::secrets::{csrf_token, new_token, token_hash};
use storage::accounts::Account;
use time::Duration;
use tower::ServiceExt;
use web::{Proxies, Site};

use crate::support::House;

/// A file as a browser sends it: the field, its name, its content.
pub(crate) type SentFile<'a> = (&'a str, &'a str, &'a [u8]);

/// An answer of the portal.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) body: String,
    pub(crate) cookie: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// A header of the answer, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Someone at the portal.
pub(crate) struct Browser {
    router: Router,
    cookie: String,
    csrf: String,
    /// Who connects, and whom they claim to connect for.
    connection: Option<(SocketAddr, &'static str)>,
    /// The certificate that TLS saw.
    shown: Option<Vec<u8>>,
}

/// The pages of the portal: all routes at once, which many people of a story share as they do in life.
fn portal(house: &House) -> Router {
    house.shared("portal", |app| web::portal(Site::new(app, true)))
}

impl Browser {
    /// Someone who is not logged in.
    pub(crate) fn visitor(house: &House) -> Self {
        let token = new_token(&*house.app.randomness);
        Self {
            router: portal(house),
            cookie: format!("mg_visitor={token}"),
            csrf: csrf_token(&token),
            connection: None,
            shown: None,
        }
    }

    /// A visitor through a connection that carries `X-Forwarded-For`, at a portal that believes some proxies.
    pub(crate) fn through(house: &House, proxies: Proxies, peer: &str, claims: &'static str) -> Self {
        let router = web::portal(Site::new(house.app.clone(), true).behind(proxies));
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        Self { router, connection: Some((peer, claims)), ..Self::visitor(house) }
    }

    /// A terminal in the closed network.
    pub(crate) fn terminal(house: &House) -> Self {
        let router = house.shared("closed", |app| web::closed(Site::new(app, true)));
        Self { router, ..Self::visitor(house) }
    }

    /// A terminal in the closed network whose address is seen.
    pub(crate) fn terminal_at(house: &House, peer: &str) -> Self {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        Self { connection: Some((peer, "")), ..Self::terminal(house) }
    }

    /// Someone who checks certificates, at the plain listener of publications.
    pub(crate) fn of_publications(house: &House) -> Self {
        let router = web::publications(Site::new(house.app.clone(), true));
        Self { router, ..Self::visitor(house) }
    }

    /// The same with a certificate whose key TLS proved.
    pub(crate) fn showing(self, certificate: &[u8]) -> Self {
        Self { shown: Some(certificate.to_vec()), ..self }
    }

    /// Someone with a session for an account.
    pub(crate) async fn of(house: &House, account: AccountId, second_factor: bool) -> Self {
        let token = new_token(&*house.app.randomness);
        let now = house.app.clock.now();
        let mut tx = house.app.db.write().await.unwrap();
        let hash = token_hash(&token);
        storage::sessions::insert(&mut tx, &hash, account, None, now, now + Duration::hours(1), "test").await.unwrap();
        if second_factor {
            storage::sessions::pass_second_factor(&mut tx, &hash, now + Duration::hours(1)).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self {
            router: portal(house),
            cookie: format!("mg_session={token}"),
            csrf: csrf_token(&token),
            connection: None,
            shown: None,
        }
    }

    /// The same with one more cookie.
    pub(crate) fn with_cookie(mut self, cookie: &str) -> Self {
        self.cookie = format!("{}; {cookie}", self.cookie);
        self
    }

    /// Sends a request as it is.
    pub(crate) async fn ask(&self, mut request: Request<Body>) -> Response {
        if let Some(certificate) = &self.shown {
            let mut tls = TlsInfo::default();
            tls.peer_certificates = vec![certificate.clone()];
            request.extensions_mut().insert(Arc::new(tls));
        }
        if let Some((peer, claims)) = self.connection {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.headers_mut().insert("x-forwarded-for", claims.parse().unwrap());
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.ask(request).await;
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let cookie = response.headers().get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next().map(str::to_owned)).unwrap_or_default();
        let headers = response.headers().clone();
        let bytes = to_bytes(response.into_body(), 16 << 20).await.unwrap().to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, location: location.unwrap_or_default(), body, cookie, headers, bytes }
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Opens a file unless it is the one that is known: the status and the tag.
    pub(crate) async fn get_if_changed(&self, path: &str, known: &str) -> (StatusCode, String) {
        let request = Request::get(path).header(header::IF_NONE_MATCH, known).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        (response.status(), response.headers()[header::ETAG].to_str().unwrap().to_owned())
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_as(path, fields, self).await
    }

    /// Sends a form with the token of someone else's page.
    pub(crate) async fn post_as(&self, path: &str, fields: &[(&str, &str)], page_of: &Self) -> Answer {
        self.send(self.form(path, fields, page_of)).await
    }

    /// Sends a form from a tab that was open before someone logged in again in another.
    pub(crate) async fn post_from_old_tab(&self, path: &str, fields: &[(&str, &str)], tab_of: &Self) -> Answer {
        let mut request = self.form(path, fields, tab_of);
        request.headers_mut().insert(header::ORIGIN, "https://madoguchi.example".parse().unwrap());
        self.send(request).await
    }

    /// Sends a form with a file.
    pub(crate) async fn post_file(&self, path: &str, name: &str, file: &[u8]) -> Answer {
        self.post_with_file(path, &[], (name, file)).await
    }

    /// Sends a form with other fields and a file.
    pub(crate) async fn post_with_file(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (name, file): (&str, &[u8]),
    ) -> Answer {
        let mut body = vec![];
        for (key, value) in std::iter::once(&("csrf", self.csrf.as_str())).chain(fields) {
            let part = format!("--b\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f.csv\"\r\nContent-Type: text/csv\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// Sends a form whose files have names; a script asks when it wants JSON.
    pub(crate) async fn post_files(
        &self,
        path: &str,
        (fields, files): (&[(&str, &str)], &[SentFile<'_>]),
        script: bool,
    ) -> Answer {
        let mut body = vec![];
        for (key, value) in std::iter::once(&("csrf", self.csrf.as_str())).chain(fields) {
            let part = format!("--b\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for (key, name, file) in files {
            let part = format!("--b\r\nContent-Disposition: form-data; name=\"{key}\"; filename=\"{name}\"\r\n\r\n");
            body.extend_from_slice(part.as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        self.send(self.multipart(path, Body::from(body), script)).await
    }

    /// A form in parts, as far as it is not known where it ends.
    pub(crate) fn multipart(&self, path: &str, body: Body, script: bool) -> Request<Body> {
        Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .header(header::ACCEPT, if script { "application/json" } else { "text/html" })
            .body(body)
            .unwrap()
    }

    /// What every form of this browser carries.
    pub(crate) fn token(&self) -> &str {
        &self.csrf
    }

    fn form(&self, path: &str, fields: &[(&str, &str)], page_of: &Self) -> Request<Body> {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let mut body = format!("csrf={}", encode(&page_of.csrf));
        for (key, value) in fields {
            body.push_str(&format!("&{}={}", encode(key), encode(value)));
        }
        Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap()
    }
}

/// Adds an account; staff with roles, a member of an institution, or neither.
pub(crate) async fn account(house: &House, email: &str, roles: &[Role], member_of: Option<InstitutionId>) -> AccountId {
    named_account(house, "山田 花子", email, roles, member_of).await
}

/// The password of every account of the stories.
pub(crate) const PASSWORD: &str = "winter lantern over seven rivers";

/// Its hash, without a look at the randomness of the house.
async fn password_hash(house: &House) -> String {
    struct Still;
    impl domain::clock::Randomness for Still {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }
    house.app.hasher.hash(PASSWORD, &Still).await.unwrap()
}

/// Adds an account with a name of its own.
pub(crate) async fn named_account(
    house: &House,
    name: &str,
    email: &str,
    roles: &[Role],
    member_of: Option<InstitutionId>,
) -> AccountId {
    let now = house.app.clock.now();
    let id = AccountId::new(now, &*house.app.randomness);
    let account = Account {
        id,
        email: email.to_owned(),
        name: name.to_owned(),
        password_hash: Some(password_hash(house).await),
        must_reset: false,
        staff: !roles.is_empty(),
        roles: roles.to_vec(),
        totp_secret: (!roles.is_empty()).then(|| vec![1]),
        totp_last_step: 0,
        disabled: false,
        created_at: now,
    };
    let mut tx = house.app.db.write().await.unwrap();
    storage::accounts::insert(&mut tx, &account).await.unwrap();
    if let Some(institution) = member_of {
        let membership = MembershipId::new(now, &*house.app.randomness);
        let member = (id, institution, "owner", "active");
        join(&mut tx, membership, member, now).await;
    }
    tx.commit().await.unwrap();
    id
}

async fn join(
    tx: &mut storage::Tx,
    id: MembershipId,
    (account, institution, role, state): (AccountId, InstitutionId, &str, &str),
    now: domain::clock::Timestamp,
) {
    let added = storage::accounts::insert_membership(tx, id, account, institution, role, state, now).await;
    assert!(added.unwrap().is_some());
}

/// Adds an institution of the register.
pub(crate) async fn institution(house: &House, code: &str, name: &str) -> InstitutionId {
    let now = house.app.clock.now();
    let institution = Institution {
        id: InstitutionId::new(now, &*house.app.randomness),
        code: InstitutionCode::parse(code).unwrap(),
        name: name.to_owned(),
        name_kana: String::new(),
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        phone: "03-0000-0000".to_owned(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    };
    let mut tx = house.app.db.write().await.unwrap();
    storage::institutions::insert(&mut tx, &institution, now).await.unwrap();
    tx.commit().await.unwrap();
    institution.id
}
