//! Files of applications: who may open them, what is left behind when a process dies, and what goes with its case.

use axum::http::StatusCode;
use domain::{
    clock::Timestamp,
    ids::{ApplicationId, UploadId},
    permissions::Role,
    uploads::{Upload, UploadKind, UploadState},
};
use serde_json::json;
use services::uploads::{self, Incoming, Taken};
use sha2::{Digest, Sha256};
use storage::uploads::UploadRow;
use time::Duration;

use crate::{
    browser::Browser,
    steps::{begin, clinic, filed, staff, stored},
    support::{House, on_each_database},
};

pub(crate) const RECEIPT: &[u8] = b"%PDF-1.7\n(receipt)\n%%EOF\n";

/// A file of a case as the form would have left it: its row, and its content unless the story wants it gone.
pub(crate) async fn handed_in(house: &House, case: &str, state: UploadState, content: Option<&[u8]>) -> UploadId {
    handed_in_for(house, case, "receipts", state, content).await
}

/// The same for a field.
pub(crate) async fn handed_in_for(
    house: &House,
    case: &str,
    field: &str,
    state: UploadState,
    content: Option<&[u8]>,
) -> UploadId {
    let (now, case) = (house.app.clock.now(), stored(house, case).await);
    let id = UploadId::new(now, &*house.app.randomness);
    let upload = Upload {
        id,
        field: field.to_owned(),
        name: "領収書 <4月>.pdf".to_owned(),
        kind: UploadKind::Pdf,
        size: RECEIPT.len() as u64,
        sha256: hex::encode(Sha256::digest(RECEIPT)),
        state,
    };
    let (finding, author) = (String::new(), case.created_by);
    let row = UploadRow { upload, application: case.id, finding, author, made_at: now, changed_at: now };
    let mut tx = house.app.db.write().await.unwrap();
    storage::uploads::insert(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    if let Some(content) = content {
        house.app.uploads.store.put(id, content.to_vec()).await.unwrap();
    }
    id
}

pub(crate) async fn state_of(house: &House, id: UploadId) -> Option<UploadState> {
    let row = storage::uploads::find(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    row.map(|row| row.upload.state)
}

pub(crate) async fn is_kept(house: &House, id: UploadId) -> bool {
    house.app.uploads.store.has(id).await.unwrap()
}

async fn acts(house: &House, action: &str) -> usize {
    let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 500).await;
    rows.unwrap().iter().filter(|row| row.action == action).count()
}

fn id_of(case: &str) -> ApplicationId {
    case.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_the_institution_and_those_who_examine_open_a_file() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let case = filed(house, &owner).await;
        let (_, stranger) = clinic(house, "1310100018").await;
        let id = handed_in(house, &case, UploadState::Clean, Some(RECEIPT)).await;
        let (page, desk) = (format!("{case}/files/{id}"), format!("/office{case}/files/{id}"));
        let got = owner.get(&page).await;
        assert_eq!((got.status, got.bytes.as_slice()), (StatusCode::OK, RECEIPT));
        for (name, value) in [
            ("content-type", "application/pdf"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "private, no-store"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(got.header(name), value);
        }
        assert!(got.header("content-security-policy").contains("default-src 'none'"));
        let named = got.header("content-disposition");
        assert!(named.starts_with("inline; ") && named.contains("%E9%A0%98%E5%8F%8E%E6%9B%B8%20%3C4"), "{named}");
        assert!(owner.get(&format!("{page}?save=1")).await.header("content-disposition").starts_with("attachment; "));
        assert_eq!(stranger.get(&page).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            stranger.get(&format!("/applications/{}/files/{id}", uuid(&stranger).await)).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(acts(house, "application.view_refused").await, 1, "who asked for it is recorded");
        assert_eq!(Browser::visitor(house).get(&page).await.status, StatusCode::SEE_OTHER);
        let reviewer = staff(house, Role::Reviewer).await;
        assert_eq!(reviewer.get(&desk).await.bytes, RECEIPT);
        assert_eq!(acts(house, "upload.view").await, 1, "each view of staff is recorded");
        let clerk = staff(house, Role::BillingClerk).await;
        assert_eq!(clerk.get(&desk).await.status, StatusCode::FORBIDDEN);
        assert_eq!(owner.get(&desk).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

/// The identifier of a draft of one's own: a file is not opened under another case than its own.
async fn uuid(browser: &Browser) -> ApplicationId {
    id_of(&begin(browser, "eligibility").await)
}

#[tokio::test]
async fn nobody_opens_a_file_that_is_not_clean_or_not_what_was_handed_in() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let case = begin(&owner, "eligibility").await;
        for state in [UploadState::Prepared, UploadState::Waiting, UploadState::Failed, UploadState::Removing] {
            let id = handed_in(house, &case, state, Some(RECEIPT)).await;
            assert_eq!(owner.get(&format!("{case}/files/{id}")).await.status, StatusCode::NOT_FOUND, "{state}");
        }
        let changed = handed_in(house, &case, UploadState::Clean, Some(b"%PDF-1.7\n(changed)\n%%EOF\n")).await;
        let answer = owner.get(&format!("{case}/files/{changed}")).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "the store gave something else");
        assert!(!answer.body.contains("changed"));
        let reviewer = staff(house, Role::Reviewer).await;
        let clean = handed_in(house, &case, UploadState::Clean, Some(RECEIPT)).await;
        assert_eq!(
            reviewer.get(&format!("/office{case}/files/{clean}")).await.status,
            StatusCode::NOT_FOUND,
            "a draft"
        );
    })
    .await;
}

/// What a process leaves when it dies at each step, and what the sweep of the next days makes of it.
#[tokio::test]
async fn wherever_a_process_dies_nothing_is_lost_and_nothing_stays() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let case = begin(&owner, "eligibility").await;
        let put = async |state, content| handed_in(house, &case, state, content).await;
        let noted = put(UploadState::Prepared, None).await;
        let written = put(UploadState::Prepared, Some(RECEIPT)).await;
        let taken_away = put(UploadState::Removing, Some(RECEIPT)).await;
        let destroyed = put(UploadState::Removing, None).await;
        let whole = put(UploadState::Clean, Some(RECEIPT)).await;
        let infected = put(UploadState::Infected, Some(RECEIPT)).await;
        let lost = put(UploadState::Clean, None).await;
        let now = house.app.clock.now();
        let orphan = UploadId::new(now, &*house.app.randomness);
        house.app.uploads.store.put(orphan, RECEIPT.to_vec()).await.unwrap();
        swept(house).await;
        assert_eq!(state_of(house, noted).await, Some(UploadState::Prepared), "it may still be on its way");
        assert!(is_kept(house, orphan).await && is_kept(house, written).await);
        house.clock.pass(Duration::days(8));
        swept(house).await;
        for gone in [noted, written, taken_away, destroyed] {
            assert_eq!((state_of(house, gone).await, is_kept(house, gone).await), (None, false));
        }
        assert!(!is_kept(house, orphan).await && !is_kept(house, infected).await);
        assert_eq!((state_of(house, whole).await, is_kept(house, whole).await), (Some(UploadState::Clean), true));
        assert_eq!(state_of(house, lost).await, Some(UploadState::Lost), "and somebody is told of it");
        assert_eq!(acts(house, "upload.lost").await, 1);
        let put_back = async |content: &[u8]| {
            house.app.uploads.store.put(lost, content.to_vec()).await.unwrap();
            house.clock.pass(Duration::days(1));
            swept(house).await;
            state_of(house, lost).await
        };
        assert_eq!(put_back(b"%PDF-1.7\n(another)\n%%EOF\n").await, Some(UploadState::Lost), "not what was handed in");
        assert_eq!(put_back(RECEIPT).await, Some(UploadState::Clean), "a disk that is there again gives all back");
    })
    .await;
}

/// Lets the work of a day be done, twice: it changes nothing more.
async fn swept(house: &House) {
    let noon = Timestamp::start_of_day(house.app.clock.now().date()) + Duration::hours(12);
    house.clock.set(noon);
    uploads::sweep_when_due(&house.app).await.unwrap();
    services::jobs::work_all(&house.app, "test").await.unwrap();
    for part in (0..256).step_by(16) {
        uploads::sweep(&house.app, &json!({ "part": part })).await.unwrap();
    }
}

#[tokio::test]
async fn files_go_with_their_draft_and_with_a_case_whose_period_has_ended() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let draft = begin(&owner, "eligibility").await;
        let of_draft = handed_in(house, &draft, UploadState::Clean, Some(RECEIPT)).await;
        assert_eq!(owner.post(&format!("{draft}/discard"), &[]).await.status, StatusCode::SEE_OTHER);
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!((state_of(house, of_draft).await, is_kept(house, of_draft).await), (None, false));
        let case = filed(house, &owner).await;
        let of_case = handed_in(house, &case, UploadState::Clean, Some(RECEIPT)).await;
        assert_eq!(owner.post(&format!("{case}/withdraw"), &[]).await.status, StatusCode::SEE_OTHER);
        assert!(is_kept(house, of_case).await, "kept as long as what was written beside it");
        house.clock.pass(Duration::days(2_000));
        services::audit::blank_cases(&house.app, &json!({ "page": 1 })).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!((state_of(house, of_case).await, is_kept(house, of_case).await), (None, false));
    })
    .await;
}

#[tokio::test]
async fn a_file_is_received_piece_by_piece_and_never_beyond_what_it_may_be() {
    on_each_database(async |house| {
        let ctx = services::Ctx::system(&house.app, "test");
        let mut incoming = Incoming::begin(&ctx).await.unwrap();
        let piece = vec![7; 1 << 20];
        for _ in 0..20 {
            assert_eq!(incoming.write(&piece).await.unwrap(), Taken::Kept);
        }
        assert_eq!(incoming.write(b"x").await.unwrap(), Taken::TooLarge);
        assert_eq!(incoming.write(&piece).await.unwrap(), Taken::TooLarge);
        let spooled = incoming.finish().await.unwrap();
        assert_eq!(spooled.taken, Taken::TooLarge);
        let written = || std::fs::read_dir(&house.app.uploads.spool).unwrap().count();
        let before = written();
        drop(spooled);
        assert_eq!(written() + 1, before, "nothing of it stays");
    })
    .await;
}
