//! People of the stories: what they do with their browser, mailbox and letters.

use domain::{
    ids::{AccountId, InstitutionId, MembershipId},
    institutions::{Institution, InstitutionStatus},
    permissions::Role,
};
use services::{
    Ctx, Settings,
    accounts::{
        CodeTyped, import, login,
        membership::{Asked, ProveBy},
        register::{self, Completed, Form},
        session_of,
    },
    jobs,
    secrets::{new_token, token_hash},
};
use storage::{accounts::Account, mails::Mail, sessions::Session};
use time::Duration;

use crate::support::{House, on_each_database_with};

/// A good password.
pub(crate) const PASSWORD: &str = "winter lantern over seven rivers";
/// The network of a clinic.
pub(crate) const CLINIC: &str = "192.0.2.10";
/// Another network.
pub(crate) const ELSEWHERE: &str = "198.51.100.66";
/// A dental clinic in Tokyo.
pub(crate) const TOKYO: &str = "1330100016";
/// A medical clinic in Hokkaido.
pub(crate) const HOKKAIDO: &str = "0110112489";

impl House {
    /// Puts an institution into the register.
    pub(crate) async fn open_clinic(&self, code: &str, name: &str) -> InstitutionId {
        let institution = Institution {
            id: InstitutionId::new(self.app.clock.now(), &*self.app.randomness),
            code: code.parse().unwrap(),
            name: name.to_owned(),
            name_kana: String::new(),
            postal_code: "100-0001".to_owned(),
            address: "東京都千代田区千代田1-1".to_owned(),
            phone: String::new(),
            founder: String::new(),
            status: InstitutionStatus::Active,
            valid_from: None,
            valid_to: None,
            in_register: true,
        };
        let mut tx = self.app.db.write().await.unwrap();
        storage::institutions::upsert(&mut tx, std::slice::from_ref(&institution), self.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        institution.id
    }

    /// A browser without a session in a network.
    pub(crate) fn visitor(&self, network: &str) -> Ctx<'_> {
        Ctx::visitor(&self.app, network)
    }

    /// A browser with a cookie, as the next click finds it.
    pub(crate) async fn browser(&self, token: &str) -> Option<Ctx<'_>> {
        let session = session_of(&self.app, token).await.unwrap()?;
        Some(Ctx::person(&self.app, session, CLINIC))
    }

    /// A browser whose session must live.
    pub(crate) async fn person(&self, token: &str) -> Ctx<'_> {
        self.browser(token).await.expect("the session lives")
    }

    /// The mails that arrive now.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        jobs::work_all(&self.app, "test").await.unwrap();
        self.postbox.empty()
    }

    /// The one mail that arrives now.
    pub(crate) async fn mail(&self) -> Mail {
        let mut mails = self.mails().await;
        assert_eq!(mails.len(), 1, "{mails:#?}");
        mails.remove(0)
    }

    /// Begins a registration and opens the mail; gives the token of its link.
    pub(crate) async fn confirm_address(&self, email: &str) -> String {
        self.clock.pass(Duration::SECOND);
        register::begin(&self.visitor(CLINIC), email).await.unwrap();
        token_in(&self.mail().await, "/register/")
    }

    /// Registers a person; gives the cookie and how the membership is proved.
    pub(crate) async fn register(&self, email: &str, name: &str, code: &str, prove_by: ProveBy) -> (String, Asked) {
        let link = self.confirm_address(email).await;
        let form = Form { prove_by, ..form(name, code) };
        match register::complete(&self.visitor(CLINIC), &link, &form).await.unwrap() {
            Completed::LoggedIn { started, asked } => (started.token, asked),
            other => panic!("{other:?}"),
        }
    }

    /// Registers a person and types the code of the letter; gives the cookie.
    pub(crate) async fn member(&self, email: &str, name: &str, code: &str) -> String {
        let (cookie, asked) = self.register(email, name, code, ProveBy::Rule).await;
        let Asked::Letter { membership, .. } = asked else { panic!("{asked:?}") };
        let code = self.posted_code(membership).await;
        let answer =
            services::accounts::membership::confirm_code(&self.person(&cookie).await, membership, &code).await.unwrap();
        assert_eq!(answer, services::accounts::membership::CodeAnswer::Active);
        self.mails().await;
        cookie
    }

    /// The code on the letter that waits to be printed for a membership.
    pub(crate) async fn posted_code(&self, membership: MembershipId) -> String {
        let letters =
            storage::letters::in_state(&mut self.app.db.read().await.unwrap(), "to_print", 100).await.unwrap();
        let letter =
            letters.iter().find(|letter| letter.membership_id == Some(membership)).expect("a letter is ordered");
        let sealed = letter.secret_sealed.as_ref().unwrap();
        String::from_utf8(self.app.vault.open("letter.secret", sealed).unwrap()).unwrap()
    }

    /// A person of the operator's staff at work, second factor shown; gives the cookie.
    pub(crate) async fn staff(&self, email: &str, roles: &[Role]) -> String {
        let now = self.app.clock.now();
        let account = Account {
            id: AccountId::new(now, &*self.app.randomness),
            email: email.to_owned(),
            name: "職員".to_owned(),
            password_hash: Some(self.app.hasher.hash(PASSWORD, &*self.app.randomness).await.unwrap()),
            must_reset: false,
            staff: true,
            roles: roles.to_vec(),
            totp_secret: None,
            totp_last_step: 0,
            disabled: false,
            created_at: now,
        };
        let token = new_token(&*self.app.randomness);
        let (hash, end) = (token_hash(&token), now + Duration::hours(8));
        let mut tx = self.app.db.write().await.unwrap();
        storage::accounts::insert(&mut tx, &account).await.unwrap();
        storage::sessions::insert(&mut tx, &hash, account.id, None, now, end, "test").await.unwrap();
        storage::sessions::pass_second_factor(&mut tx, &hash, end).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    /// A membership of a member of staff that waits for a reviewer.
    pub(crate) async fn pending_of_staff(&self, browser: &Ctx<'_>, code: &str) -> MembershipId {
        let now = self.app.clock.now();
        let account = browser.account().unwrap();
        let mut tx = self.app.db.write().await.unwrap();
        let place = storage::institutions::by_code(&mut tx, code).await.unwrap().unwrap();
        let id = MembershipId::new(now, &*self.app.randomness);
        storage::accounts::insert_membership(&mut tx, id, account, place.id, "staff", "reviewer", now).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Imports accounts as the installation itself does.
    pub(crate) async fn import(&self, rows: &str) {
        let system = Ctx::system(&self.app, "import");
        let outcome = import::accounts(&system, rows.as_bytes()).await.unwrap();
        assert!(matches!(&outcome, import::Outcome::Done { rejected, .. } if rejected.is_empty()), "{outcome:?}");
    }

    /// Logs in from the clinic; the outcome must be a plain login.
    pub(crate) async fn log_in(&self, email: &str, password: &str) -> (String, Session) {
        match login::password(&self.visitor(CLINIC), email, password, "Firefox").await.unwrap() {
            login::LoginOutcome::LoggedIn(started) => (started.token, started.session),
            other => panic!("{other:?}"),
        }
    }
}

/// A registration form filled in well.
pub(crate) fn form(name: &str, code: &str) -> Form {
    Form {
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
        password_again: PASSWORD.to_owned(),
        code: whole(code),
        device: "Firefox".to_owned(),
        ..Form::default()
    }
}

/// All ten digits in one field.
pub(crate) fn whole(code: &str) -> CodeTyped {
    CodeTyped { code: code.to_owned(), ..CodeTyped::default() }
}

/// The token of the link in a mail that leads below a path.
pub(crate) fn token_in(mail: &Mail, path: &str) -> String {
    let (_, rest) = mail.body.split_once(path).unwrap_or_else(|| panic!("no {path} in {}", mail.body));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Tells a story on each database; afterwards the audit chain must hold and no work be given up.
pub(crate) async fn story(story: impl AsyncFn(&House)) {
    story_with(|_| {}, story).await;
}

/// The same where the operator chose otherwise.
pub(crate) async fn story_with(choose: impl Fn(&mut Settings), story: impl AsyncFn(&House)) {
    on_each_database_with(choose, async |house: &House| {
        story(house).await;
        jobs::work_all(&house.app, "test").await.unwrap();
        let mut conn = house.app.db.read().await.unwrap();
        assert!(storage::jobs::failed(&mut conn, 10).await.unwrap().is_empty());
        let length = storage::audit::verify(&mut conn).await.unwrap().expect("the chain holds");
        assert!(length > 0, "every story leaves audit rows");
    })
    .await;
}
