//! An installation of this process behind a listener, with an officer who is logged in: what people and machines wait for.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use domain::{clock::Clock, ids::AccountId, permissions::Role};
use pki::OcspQuestion;
use services::{
    App,
    secrets::{csrf_token, new_token, token_hash},
};
use storage::accounts::Account;

use crate::{
    installation::Installation,
    load::{Answer, Client, Shot},
    machine::{RealClock, instant},
    million::Known,
    prepare,
};

/// One connection to the listener.
pub(crate) struct Counter {
    client: Client,
    cookie: String,
    csrf: String,
}

impl Counter {
    /// Opens the listener, and logs an officer in.
    pub(crate) async fn open(place: &Installation) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let site = web::Site::new(place.app.clone(), false);
        let service = web::portal(site).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let token = officer(&place.app).await?;
        let (client, cookie) = (Client::connect(address).await?, format!("mg_session={token}"));
        Ok(Self { client, cookie, csrf: csrf_token(&token) })
    }

    /// How long the office's page of a certificate takes, found by its serial.
    pub(crate) async fn page(&mut self, one: &Known) -> anyhow::Result<Duration> {
        let serial = one.serial.to_hex();
        let begun = instant();
        let shown = self.get(&format!("/office/certificates?serial={serial}")).await?;
        let took = begun.elapsed();
        let row = serial.as_bytes();
        ensure!(shown.status == 200, "the page answered {}", shown.status);
        // In the field, and in the row that was found.
        ensure!(shown.body.windows(row.len()).filter(|part| *part == row).count() > 1, "it was not found");
        Ok(took)
    }

    /// How long an OCSP question takes.
    pub(crate) async fn answer(&mut self, app: &App, one: &Known) -> anyhow::Result<Duration> {
        let question = OcspQuestion::about_serial(&one.serial, &app.authority.issuing.certificate)?;
        let path = format!("/pki/ocsp/{}", in_address(&question.to_der()?));
        let begun = instant();
        let told = self.get(&path).await?;
        let took = begun.elapsed();
        ensure!(told.status == 200, "OCSP answered {}", told.status);
        question.read(&told.body, RealClock.now()).context("it was made ahead")?;
        Ok(took)
    }

    /// How long a revocation on its page takes, durably.
    pub(crate) async fn revoke(&mut self, one: &Known) -> anyhow::Result<Duration> {
        let form = Some(format!("csrf={}&reason=cessationOfOperation", self.csrf));
        let path = format!("/office/certificates/{}/revoke", one.id);
        let shot = Shot { path, cookie: self.cookie.clone(), form };
        let begun = instant();
        let done = self.client.send(&shot).await?;
        let took = begun.elapsed();
        ensure!(done.status == 303, "the revocation answered {}", done.status);
        Ok(took)
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.client.send(&Shot { path: path.to_owned(), cookie: self.cookie.clone(), form: None }).await
    }
}

/// Base64 as it stands in an address (RFC 6960, A.1).
fn in_address(question: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(question).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// A session of an RA officer, as a login with the second factor leaves it.
async fn officer(app: &App) -> anyhow::Result<String> {
    let (now, token) = (RealClock.now(), new_token(&*app.randomness));
    let id = AccountId::new(now, &*app.randomness);
    let plain = prepare::account(id, now, "officer@madoguchi.example".to_owned());
    let (hash, end) = (token_hash(&token), now + time::Duration::hours(3));
    let mut tx = app.db.write().await?;
    let (staff, roles, totp_secret) = (true, vec![Role::RaOfficer], Some(vec![0; 32]));
    storage::accounts::insert(&mut tx, &Account { staff, roles, totp_secret, ..plain }).await?;
    storage::sessions::insert(&mut tx, &hash, id, None, now, end, "bench").await?;
    storage::sessions::pass_second_factor(&mut tx, &hash, end).await?;
    tx.commit().await?;
    Ok(token)
}
