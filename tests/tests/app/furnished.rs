//! A house in which every address of a route leads to a real row: two institutions with their people, cases, letters,
//! a certificate, inquiries, a review, and one of the staff for each role.

use domain::{
    closing::{Deed, steps},
    ids::{AccountId, AnswerId, ApplicationId, FileId, ImportId, InquiryId, InstitutionId, JobId, MembershipId},
    master_account::{Environment, UserId},
    permissions::Role,
    uploads::UploadState,
};
use serde_json::json;
use storage::{
    applications::Application,
    closures::Closure,
    content::{ArticleFile, NewAnswer},
    institutions::Import,
    master_accounts::MasterAccount,
    successions::Succession,
};

use crate::{
    browser::{Browser, account, institution},
    group,
    inquiries::asked,
    machinery::Machines,
    mandates,
    notices::published,
    pickup::{fetch, letter_to},
    status::told,
    steps::{filed, letters_of, staff, stored},
    subsidies::paying,
    support::House,
    uploads::{RECEIPT, handed_in},
};

/// Rows of the first institution, and who may see them.
pub(crate) struct Furnished {
    pub(crate) owner: Browser,
    pub(crate) member: Browser,
    /// Owner of another institution.
    pub(crate) stranger: Browser,
    pub(crate) staff: Vec<(Role, Browser)>,
    pub(crate) eligibility: String,
    pub(crate) certificate_case: String,
    certificate: String,
    letter: String,
    batch: String,
    institution: InstitutionId,
    import: ImportId,
    inquiry: InquiryId,
    job: JobId,
    own_membership: MembershipId,
    spare_membership: MembershipId,
    spare_staff: AccountId,
    quarter: String,
    /// A file that readers may open: identifier and name.
    file: (String, String),
    /// What a reader said of an article.
    answer: String,
    /// A case of the institution whose place the first one took.
    old_case: String,
    notice: String,
    trouble: String,
    /// A file of the eligibility application and one of the certificate application.
    uploads: [String; 2],
    machines: Machines,
    /// A subsidy that was decided and is being paid: its case, its batch and its grant.
    subsidy: [String; 3],
    /// A table of applications.
    sheet: String,
    /// A mandate that the institution gave, and one that the owner holds of another institution.
    mandates: [String; 2],
    /// Who holds the first one.
    pub(crate) vendor: Browser,
}

/// An article that comes with the program, by slug and number.
const ARTICLE: &str = "letter-lost";
const NUMBER: &str = "KB0020002";

fn id(case: &str) -> &str {
    case.rsplit('/').next().unwrap()
}

async fn membership(house: &House, account: AccountId, place: InstitutionId, role: &str, state: &str) -> MembershipId {
    let now = house.app.clock.now();
    let id = MembershipId::new(now, &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    storage::accounts::insert_membership(&mut tx, id, account, place, role, state, now).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    id
}

async fn owner_of(house: &House, code: &str) -> AccountId {
    let email = format!("owner-{code}@clinic.example");
    storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), &email).await.unwrap().unwrap().id
}

async fn imported(house: &House) -> ImportId {
    let now = house.app.clock.now();
    let id = ImportId::new(now, &*house.app.randomness);
    let import = Import {
        id,
        file_name: "register.csv".to_owned(),
        actor: "system:test".to_owned(),
        actor_name: "システム".to_owned(),
        started_at: now,
        finished_at: None,
        summary: json!({}),
    };
    let mut tx = house.app.db.write().await.unwrap();
    storage::institutions::start_import(&mut tx, &import).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn failed_job(house: &House) -> JobId {
    let now = house.app.clock.now();
    let id = JobId::new(now, &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    storage::jobs::enqueue(&mut tx, id, "unknown", None, json!({}), now).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = house.app.db.write().await.unwrap();
    let job = storage::jobs::claim(&mut tx, "test", now).await.unwrap().unwrap();
    storage::jobs::fail(&mut tx, &job, "test", "unknown kind", now).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A file and a reader's answer of an article that comes with the program.
async fn of_article(house: &House) -> ((String, String), String) {
    let (now, randomness) = (house.app.clock.now(), &*house.app.randomness);
    let (id, answer) = (FileId::new(now, randomness), AnswerId::new(now, randomness));
    let file = ArticleFile {
        id: id.0,
        slug: ARTICLE.to_owned(),
        kind: "text/plain; charset=utf-8".to_owned(),
        name: format!("{NUMBER}-1.txt"),
        title: "様式".to_owned(),
        size: 1,
        width: 0,
        height: 0,
        is_public: true,
        author_name: "山田 花子".to_owned(),
        made_at: now.as_millis(),
    };
    let said = NewAnswer { slug: ARTICLE, voter: "test", id: answer.0, helpful: false, words: "どこですか。" };
    let mut tx = house.app.db.write().await.unwrap();
    storage::content::add_file(&mut tx, &file, b"x").await.unwrap();
    storage::content::say(&mut tx, &said, now).await.unwrap();
    tx.commit().await.unwrap();
    ((id.to_string(), file.name), answer.to_string())
}

/// Master accounts whose notices can be downloaded no more.
async fn master_accounts(house: &House, institution: InstitutionId) {
    let (now, randomness) = (house.app.clock.now(), &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    for environment in Environment::ALL {
        let account = MasterAccount {
            institution,
            environment: *environment,
            user_id: UserId::generate(*environment, randomness).as_str().to_owned(),
            number: 1,
            secret_hash: String::new(),
            secret_sealed: None,
            issued_at: now,
            shown_until: now,
            downloaded_at: None,
        };
        assert!(storage::master_accounts::insert(&mut tx, &account).await.unwrap());
    }
    tx.commit().await.unwrap();
}

/// An institution whose place the first one took, with its history: a case that was sent there.
async fn succeeded(house: &House, new: InstitutionId, case: &str) -> String {
    let old = institution(house, "1330100115", "もと歯科").await;
    let now = house.app.clock.now();
    let sent = Application {
        id: ApplicationId::new(now, &*house.app.randomness),
        institution_id: old,
        reference: None,
        sent_with: None,
        ..stored(house, case).await
    };
    let link = Succession {
        old,
        new,
        application: sent.id,
        reason: "founder".to_owned(),
        changed_on: "2026-05-20".to_owned(),
        ends_at: now + time::Duration::days(120),
        history: true,
        accepted_at: now,
        told: None,
        ended_at: None,
    };
    let mut tx = house.app.db.write().await.unwrap();
    storage::applications::insert_filed(&mut tx, &sent).await.unwrap();
    assert!(storage::successions::insert(&mut tx, &link).await.unwrap());
    tx.commit().await.unwrap();
    sent.id.to_string()
}

/// A rest of an institution that a case planned for a month later.
async fn resting(house: &House, case: &str) {
    let (now, of) = (house.app.clock.now(), stored(house, case).await);
    let closure = Closure {
        application: of.id,
        institution: of.institution_id,
        deed: Deed::Suspend,
        day: "2026-06-20".to_owned(),
        until: "2026-12-01".to_owned(),
        revokes: false,
        begins_at: now + time::Duration::days(30),
        accepted_at: now,
        cancelled_at: None,
        done_at: None,
    };
    let mut tx = house.app.db.write().await.unwrap();
    assert!(storage::closures::insert(&mut tx, &closure, steps(Deed::Suspend, false)).await.unwrap());
    tx.commit().await.unwrap();
}

impl Furnished {
    /// Furnishes a house.
    pub(crate) async fn of(house: &House) -> Self {
        const CODE: &str = "1330100016";
        let (certificate_case, paper) = letter_to(house, CODE, "12345678901").await;
        let got = fetch(&Browser::terminal(house), &paper).await;
        assert!(got.status.is_success(), "{}", got.body);
        let first = owner_of(house, CODE).await;
        let owner = Browser::of(house, first, false).await;
        let mut conn = house.app.db.read().await.unwrap();
        let mine = storage::accounts::memberships_of_account(&mut conn, first).await.unwrap().remove(0);
        let case = id(&certificate_case).parse().unwrap();
        let certificate = storage::authority::of_application(&mut conn, case).await.unwrap().remove(0).id.to_string();
        drop(conn);
        let member = account(house, "member@clinic.example", &[], None).await;
        membership(house, member, mine.institution_id, "staff", "active").await;
        let spare = account(house, "spare@clinic.example", &[], None).await;
        let spare_membership = membership(house, spare, mine.institution_id, "staff", "owner").await;
        let elsewhere = institution(house, "2730100019", "もみじ医院").await;
        let stranger = account(house, "stranger@clinic.example", &[], Some(elsewhere)).await;
        let letter = letters_of(house, &certificate_case).await.remove(0);
        let inquiry = asked(house, &owner, "", "どこですか。").await.id;
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let job = failed_job(house).await;
        let spare_staff = account(house, "spare@madoguchi.example", &[Role::Editor], None).await;
        let mut people = vec![];
        for role in Role::ALL {
            people.push((*role, staff(house, *role).await));
        }
        services::office::reviews::make(&house.app, &json!({ "quarter": "2026-Q2" })).await.unwrap();
        let (file, answer) = of_article(house).await;
        master_accounts(house, mine.institution_id).await;
        resting(house, &certificate_case).await;
        let old_case = succeeded(house, mine.institution_id, &certificate_case).await;
        let editor = &people.iter().find(|(role, _)| *role == Role::Editor).unwrap().1;
        let trouble = [("kind", "trouble"), ("title", "点検"), ("parts", "mail")];
        let eligibility = filed_case(house, &owner).await;
        let upload = async |case| handed_in(house, case, UploadState::Clean, Some(RECEIPT)).await.to_string();
        let uploads = [upload(&eligibility).await, upload(&certificate_case).await];
        let (notice, trouble) = (published(editor, "お休み", &[]).await, told(editor, &trouble).await);
        let subsidy = paying(house, &owner).await;
        let vendor = account(house, "vendor@systems.example", &[], None).await;
        let given = mandates::in_force(house, mine.institution_id, vendor).await;
        let held = mandates::in_force(house, elsewhere, first).await;
        Self {
            machines: Machines::of(house, first, mine.institution_id).await,
            subsidy,
            file,
            answer,
            old_case,
            notice: id(&notice).to_owned(),
            trouble: id(&trouble).to_owned(),
            eligibility,
            uploads,
            mandates: [given.to_string(), held.to_string()],
            vendor: Browser::of(house, vendor, false).await,
            sheet: group::kept(house, first, mine.institution_id, CODE).await,
            member: Browser::of(house, member, false).await,
            stranger: Browser::of(house, stranger, false).await,
            staff: people,
            certificate,
            batch: letter.batch_id.unwrap().to_string(),
            letter: letter.id.to_string(),
            institution: mine.institution_id,
            import: imported(house).await,
            own_membership: mine.id,
            quarter: "2026-Q2".to_owned(),
            owner,
            certificate_case,
            inquiry,
            job,
            spare_membership,
            spare_staff,
        }
    }

    /// The real row that a path's variable part names, if it is one that this house has; `certificates` asks for the
    /// certificate case of a path that any case fits.
    fn row(&self, path: &str, certificates: bool) -> Option<String> {
        let case = if certificates { &self.certificate_case } else { &self.eligibility };
        let rows: [(&str, String); 36] = [
            ("/office/access-tokens/", self.machines.token.clone()),
            ("/account/access-tokens/", self.machines.own_token.clone()),
            ("/office/receivers/", self.machines.receiver.clone()),
            ("/office/subsidies/cases/", self.subsidy[0].clone()),
            ("/office/subsidies/batches/", self.subsidy[1].clone()),
            ("/office/subsidies/grants/", self.subsidy[2].clone()),
            ("/grants/", self.subsidy[2].clone()),
            ("/group/", self.sheet.clone()),
            ("/office/articles/feedback/", self.answer.clone()),
            ("/office/articles/", self.file.0.clone()),
            ("/files/", self.file.0.clone()),
            ("/office/applications/", id(case).to_owned()),
            ("/office/certificates/", self.certificate.clone()),
            ("/office/memberships/", self.spare_membership.to_string()),
            ("/office/letters/batches/", self.batch.clone()),
            ("/office/letters/", self.letter.clone()),
            ("/office/institutions/", self.institution.to_string()),
            ("/office/imports/", self.import.to_string()),
            ("/office/inquiries/strays/", self.inquiry.to_string()),
            ("/office/inquiries/", self.inquiry.to_string()),
            ("/office/jobs/", self.job.to_string()),
            ("/office/notices/", self.notice.clone()),
            ("/office/status/", self.trouble.clone()),
            ("/office/staff/reviews/", self.spare_staff.to_string()),
            ("/office/staff/", self.spare_staff.to_string()),
            ("/applications/", id(case).to_owned()),
            ("/certificates/", self.certificate.clone()),
            ("/succession/history/", self.old_case.clone()),
            ("/succession/terminals/", self.old_case.clone()),
            ("/closing/", id(&self.certificate_case).to_owned()),
            ("/terminals/", id(&self.certificate_case).to_owned()),
            ("/memberships/", self.own_membership.to_string()),
            ("/account/mandates/", self.mandates[0].clone()),
            ("/clients/", self.mandates[1].clone()),
            ("/account/members/", self.spare_membership.to_string()),
            ("/inquiries/", self.inquiry.to_string()),
        ];
        rows.into_iter().find(|(start, _)| path.starts_with(start)).map(|(_, row)| row)
    }

    /// An address of a route with real rows in it, and whether they are known to exist; other variable parts are names of
    /// things that do not exist.
    pub(crate) fn address(&self, path: &str, certificates: bool) -> (String, bool) {
        let mut known = true;
        let part = |part: &str| match part {
            "{kind}" if certificates => "certificate".to_owned(),
            "{kind}" => "eligibility".to_owned(),
            "{step}" => "terminals".to_owned(),
            "{quarter}" => self.quarter.clone(),
            "{number}" if path.starts_with("/group/") => "2".to_owned(),
            "{number}" if path.starts_with("/office/articles/") => NUMBER.to_owned(),
            "{version}" if path.starts_with("/office/articles/") => "1".to_owned(),
            "{slug}" if path.starts_with("/articles/") => ARTICLE.to_owned(),
            "{name}" if path.starts_with("/files/") => self.file.1.clone(),
            "{topic}" if path.starts_with("/office/settings/") => "targets".to_owned(),
            "{topic}" => "ages".to_owned(),
            "{file}" => self.uploads[usize::from(certificates)].clone(),
            "{id}" => self.row(path, certificates).unwrap_or_else(|| {
                known = false;
                "01900000-0000-7000-8000-000000000000".to_owned()
            }),
            other if other.starts_with('{') => {
                known = false;
                "01900000-0000-7000-8000-000000000000".to_owned()
            }
            other => other.to_owned(),
        };
        let address: Vec<String> = path.split('/').map(part).collect();
        let address = address.join("/");
        // The page of a certificate in the office is opened from its case.
        let of_certificate = address.starts_with("/office/certificates/");
        let query = if of_certificate { format!("?case={}", id(&self.certificate_case)) } else { String::new() };
        (format!("{address}{query}"), known)
    }
}

async fn filed_case(house: &House, owner: &Browser) -> String {
    // `letter_to` filed one already; the case that is looked at is the one that waits for its reviewer.
    let list = owner.get("/mylist").await.body;
    let cases = list.split("href=\"/applications/").skip(1).filter_map(|rest| rest.split(['"', '/']).next());
    for case in cases {
        let path = format!("/applications/{case}");
        if stored(house, &path).await.kind == domain::applications::Kind::Eligibility {
            return path;
        }
    }
    filed(house, owner).await
}
