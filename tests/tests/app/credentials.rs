//! Hashes of first passwords in events: only for the token and the receiver that may have them; everybody else is told the rest.

use serde_json::{Value, json};
use services::{
    Ctx,
    feed::{Happening, publish},
};

use crate::{
    browser::Browser,
    machines::{Machine, made},
    support::House,
    webhooks::{Receiver, admin, at_a_portal, registered, work},
};

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

/// The event of a new master account.
async fn issued(house: &House) {
    let data = json!({ "environment": "production", "user_id": "MA0000000001", "number": 1, "password_hash": HASH });
    let (kind, subject) = ("master_account.issued", "master_account:MA0000000001".to_owned());
    let ctx = Ctx::system(&house.app, "test");
    let mut tx = house.app.db.write().await.unwrap();
    publish(&ctx, &mut tx, &Happening { kind, institution: None, subject, data }).unwrap();
    tx.commit().await.unwrap();
}

/// What is told of the account: its name, and its hash if it is told.
fn of(event: &Value) -> (&str, Option<&str>) {
    assert_eq!(event["type"], "master_account.issued");
    (event["data"]["user_id"].as_str().unwrap(), event["data"]["password_hash"].as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_system_that_keeps_the_accounts_reads_their_hashes() {
    at_a_portal(async |house| {
        let staff = admin(house).await;
        issued(house).await;
        for (scopes, hash) in [(&["events:read"][..], None), (&["events:read", "master-accounts:read"], Some(HASH))] {
            let machine = Machine::with(house, &made(&staff, "/office/access-tokens", scopes).await);
            let page = machine.get("/api/v1/events").await.ok();
            assert_eq!(of(&page["events"][0]), ("MA0000000001", hash), "{scopes:?}");
        }
        let alone = Machine::with(house, &made(&staff, "/office/access-tokens", &["master-accounts:read"]).await);
        assert_eq!(alone.get("/api/v1/events").await.body["status"], 403, "it opens nothing by itself");
        let document = Browser::visitor(house).get("/api/v1/openapi.json").await.body;
        assert!(document.contains("without password_hash"), "said where machines look");
        // A receiver gets it once it is set, also of what was told before.
        let folder = tempfile::TempDir::new().unwrap();
        let receiver = Receiver::open(house, folder.path()).await;
        let (page, secret) = registered(&staff, receiver.address).await;
        receiver.knows(&secret);
        issued(house).await;
        work(house).await;
        let told = || -> Vec<Value> {
            let text = std::fs::read_to_string(&receiver.file).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        assert_eq!(of(&told()[0]), ("MA0000000001", None));
        assert!(staff.get(&page).await.body.contains("除いて送ります"));
        let url = format!("http://{}/hook", receiver.address);
        let fields = [("name", "資格確認システム"), ("url", url.as_str()), ("credentials", "yes")];
        let changed = staff.post(&format!("{page}/change"), &fields).await;
        assert!(changed.location.ends_with("?done=changed"), "{}", changed.body);
        let form = staff.get(&format!("{page}/change")).await.body;
        assert!(form.contains("id=\"f-credentials\" checked"), "{form}");
        issued(house).await;
        work(house).await;
        assert_eq!(told().iter().map(of).map(|(_, hash)| hash).collect::<Vec<_>>(), [None, Some(HASH)]);
    })
    .await;
}
