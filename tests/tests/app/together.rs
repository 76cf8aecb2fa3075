//! Certificates that are asked for at the same time are recorded together, and still stand or fall alone.

use pki::{KeyKind, SigningKey, Subject};
use services::{
    Ctx, Error,
    authority::{Order, finish, reserve, sign},
};

use crate::{
    pickup::letter_to,
    refused::{certificates, count, without},
    steps::stored,
    support::on_each_database,
};

#[tokio::test]
async fn of_the_records_of_one_statement_only_the_refused_one_fails() {
    on_each_database(async |house| {
        let (path, _) = letter_to(house, "1330100016", "12345678901").await;
        let case = stored(house, &path).await;
        let key = SigningKey::generate(KeyKind::P256).unwrap();
        let order = |terminal: &str| Order {
            application: case.id,
            institution: case.institution_id,
            subject: Subject::terminal("さくら歯科", "1330100016", terminal, "REF"),
            terminal: terminal.to_owned(),
            public_key: key.public_key().clone(),
            profile: "p256".to_owned(),
            renews: None,
        };
        let [first, second, third] = ["受付", "診察室", "会計"].map(order);
        let ctx = Ctx::system(&house.app, "test");
        // The first is written alone, and the other two wait for it and go together.
        let at_once = async || tokio::join!(reserve(&ctx, &first), reserve(&ctx, &second), reserve(&ctx, &third));
        let refused = ("certificates", "INSERT", "NEW.subject = '会計'");
        let (first, second, third) = without(house, refused, at_once).await;
        assert!(matches!(third, Err(Error::Internal(_))), "{third:?}");
        assert_eq!(count(&certificates(house, &path).await, "prepared"), 2);
        for reserved in [first, second] {
            let signed = sign(&ctx, reserved.unwrap()).await.unwrap();
            let mut tx = house.app.db.write().await.unwrap();
            finish(&ctx, &mut tx, signed).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(count(&certificates(house, &path).await, "valid"), 2);
    })
    .await;
}
