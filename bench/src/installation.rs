//! An installation of its own in this process: a new database, a new authority with key files, one clinic with one case.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use domain::{
    applications::Kind,
    clock::Clock,
    ids::{AccountId, ApplicationId, InstitutionId},
    institutions::{Institution, InstitutionStatus},
};
use pki::{Passphrase, Profiles};
use services::{
    App, MembershipRule, Operator, Settings,
    app::Parts,
    authority::{Founding, KeyStore, Places, found, open},
    journal::{Journal, Place},
    mail::{Attachment, Handover, Mailer},
    secrets::Hasher,
};
use storage::{Db, Tx, mails::Mail};

use crate::{
    Bench,
    machine::{Numbers, RealClock},
    prepare, register,
};

/// Nobody is written to here.
struct NoMail;

impl Mailer for NoMail {
    fn send<'a>(
        &'a self,
        _: &'a str,
        _: &'a Mail,
        _: Option<Attachment>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Handover> + Send + 'a>> {
        Box::pin(async { Handover::Later("no mail server".to_owned()) })
    }
}

/// An installation with one clinic.
pub(crate) struct Installation {
    /// The services.
    pub(crate) app: Arc<App>,
    /// The clinic and its case.
    pub(crate) case: (InstitutionId, ApplicationId),
}

impl Installation {
    /// Founds one in a folder of the run, with its keys in files.
    pub(crate) async fn new(bench: &Bench, name: &str) -> anyhow::Result<Self> {
        let folder = bench.folder.path().join(name);
        std::fs::create_dir_all(folder.join("keys"))?;
        let passphrase = Arc::new(Passphrase::new("a passphrase of a benchmark")?);
        let keys = KeyStore::File { folder: folder.join("keys"), passphrase };
        Self::with_keys(&folder, keys, Profiles::built_in(pki::EXAMPLE_POLICY_ARC)?).await
    }

    /// Founds one with its keys in a store, by profiles.
    pub(crate) async fn with_keys(folder: &Path, keys: KeyStore, profiles: Profiles) -> anyhow::Result<Self> {
        let numbers = Arc::new(Numbers::new());
        let db = Db::open(&format!("sqlite:{}", folder.join("madoguchi.db").display())).await?;
        let journal = Place::of(&db, folder.join("journal"), Arc::new(RealClock), numbers.clone()).await?;
        let db = db.witnessed_by(Arc::new(Journal::new(journal)));
        let settings = settings();
        let founding = Founding {
            db: &db,
            clock: &RealClock,
            randomness: &*numbers,
            keys: &keys,
            root_keys: &keys,
            earlier_keys: &[],
            operator: &settings.operator.name,
            places: Places { portal: &settings.portal_url, publications: &settings.portal_url },
            terminals: profiles.for_terminals(&["p256"])?,
            profiles: Arc::new(profiles),
            ocsp_nonce: false,
        };
        found(&founding).await?;
        let authority = open(&founding).await?;
        let parts = Parts {
            db,
            clock: Arc::new(RealClock),
            randomness: numbers,
            settings,
            vault_key: [7; 32],
            hasher: Hasher::new(64, 1)?,
            mailer: Arc::new(NoMail),
            press: letters::Press::new()?,
            authority,
            post_box: None,
            uploads: services::uploads::Uploads::in_memory(std::env::temp_dir().join("madoguchi-measured-uploads")),
        };
        let app = Arc::new(App::build(parts).await?);
        let mut tx = app.db.write().await?;
        let case = clinic(&mut tx, &app).await?;
        tx.commit().await?;
        Ok(Self { app, case })
    }
}

async fn clinic(tx: &mut Tx, app: &App) -> anyhow::Result<(InstitutionId, ApplicationId)> {
    let (now, numbers) = (RealClock.now(), &*app.randomness);
    let numbers_of_cases = Numbers::new();
    let institution = Institution {
        id: InstitutionId::new(now, numbers),
        code: register::rows().next().map(|row| row.code()).context("no rows")?.parse()?,
        name: "計測医院".to_owned(),
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
    storage::institutions::insert(tx, &institution, now).await?;
    let account = prepare::account(AccountId::new(now, numbers), now, "owner@clinic.example".to_owned());
    storage::accounts::insert(tx, &account).await?;
    let case = prepare::case(now, &numbers_of_cases, (institution.id, account.id), Kind::Certificate);
    storage::applications::insert_draft(tx, &case).await?;
    Ok((institution.id, case.id))
}

fn settings() -> Settings {
    let word = |text: &str| text.to_owned();
    Settings {
        operator: Operator {
            brand: word("計測"),
            name: word("手続き窓口 運営センター"),
            postal_code: word("100-0001"),
            address: word("東京都千代田区千代田1-1"),
            phone: word("0120-000-000"),
            hours: word("平日"),
            mail: word("counter@madoguchi.example"),
        },
        portal_url: word("http://127.0.0.1:8080"),
        closed_url: word("https://127.0.0.1:8443"),
        mail_from: word("noreply@madoguchi.example"),
        replies: None,
        membership: MembershipRule::Letter,
        staff_second_factor: true,
        session_idle: time::Duration::hours(1),
        billing: services::Billing::default(),
        scan: services::uploads::Scan::None,
        webhooks: services::Reach::default(),
        rules: Arc::default(),
        holidays: Arc::default(),
    }
}
