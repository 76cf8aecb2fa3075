//! Rows of machines for the house in which every address leads to a real row.

use domain::ids::{AccessTokenId, AccountId, InstitutionId, ReceiverId};
use storage::{
    access::NewToken,
    feed::receivers::{self, Described},
};
use time::Duration;

use crate::support::House;

/// Identifiers of a token of the operator's, one of an institution's, and a receiver.
pub(crate) struct Machines {
    pub(crate) token: String,
    pub(crate) own_token: String,
    pub(crate) receiver: String,
}

impl Machines {
    pub(crate) async fn of(house: &House, owner: AccountId, institution: InstitutionId) -> Self {
        let now = house.app.clock.now();
        let receiver = ReceiverId::new(now, &*house.app.randomness);
        let url = "https://claims.example/hook".to_owned();
        let described = Described { name: "請求システム".to_owned(), url, kinds: String::new() };
        let (token, own_token) = (token(house, owner, None).await, token(house, owner, Some(institution)).await);
        let mut tx = house.app.db.write().await.unwrap();
        receivers::insert(&mut tx, receiver, &described, &[], i64::MAX, owner, now).await.unwrap();
        tx.commit().await.unwrap();
        Self { token, own_token, receiver: receiver.to_string() }
    }
}

async fn token(house: &House, owner: AccountId, institution: Option<InstitutionId>) -> String {
    let now = house.app.clock.now();
    let id = AccessTokenId::new(now, &*house.app.randomness);
    let new = NewToken {
        id,
        hash: &id.to_string(),
        hint: "mdg_abcdef",
        name: "システム",
        scopes: "applications:read",
        account: owner,
        institution,
        ends_at: now + Duration::days(30),
    };
    let mut tx = house.app.db.write().await.unwrap();
    storage::access::insert(&mut tx, &new, now).await.unwrap();
    tx.commit().await.unwrap();
    id.to_string()
}
