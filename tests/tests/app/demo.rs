//! The demo shows a case in every state that a case can have, and a letter in every state of a letter.

use std::collections::BTreeSet;

use domain::{
    applications::{Kind, State},
    ids::ApplicationId,
    procedures::Common,
    terminals::standing::Condition,
};
use tempfile::TempDir;

use crate::{
    browser::Browser,
    support::{House, on_each_database_with_post_box},
};

/// Procedure and state of every case of the demo, as its institutions see them.
async fn cases(house: &House) -> Vec<(&'static str, &'static str)> {
    let mut conn = house.app.db.read().await.unwrap();
    let mut found = vec![];
    for number in 1.. {
        let email = format!("case{number:02}@clinic.example");
        let Some(account) = storage::accounts::by_email(&mut conn, &email).await.unwrap() else { break };
        let membership = storage::accounts::memberships_of_account(&mut conn, account.id).await.unwrap().remove(0);
        let own = storage::applications::of_institution(&mut conn, membership.institution_id, None, 10).await.unwrap();
        found.extend(own.into_iter().map(|case| (case.kind.as_str(), case.state.as_str())));
    }
    found
}

fn missing(found: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let found: BTreeSet<_> = found.iter().copied().collect();
    let states =
        |kind: Kind| kind.moves().flat_map(|step| [step.from, step.to]).map(move |to| (kind.as_str(), to.as_str()));
    let reachable: BTreeSet<_> = Kind::JOURNEY.into_iter().flat_map(states).collect();
    assert!(State::ALL.iter().all(|state| reachable.iter().any(|(_, known)| *known == state.as_str())));
    // A lost letter is replaced in the same transaction: no case stays there.
    let missing = reachable.difference(&found).copied();
    missing.filter(|(_, state)| *state != State::LetterLost.as_str()).collect()
}

/// How terminals can stand, as far as the clinic of the demo that has terminals does not show it.
async fn terminals_not_shown(house: &House) -> Vec<&'static str> {
    let email = "terminals@clinic.example";
    let owner = storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), email).await.unwrap().unwrap();
    let page = Browser::of(house, owner.id, false).await.get("/terminals").await.body;
    use Condition as C;
    let shown = [C::Ended, C::Renewable, C::InUse, C::ReportedLost, C::ToInstall, C::UnderWay];
    shown.into_iter().map(Condition::label).filter(|words| !page.contains(words)).collect()
}

/// The clinic with terminals is in operation, owns a grant of less than it asked for, and waits for another one.
async fn has_a_grant(house: &House) {
    let email = "terminals@clinic.example";
    let owner = storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), email).await.unwrap().unwrap();
    let browser = Browser::of(house, owner.id, false).await;
    let page = browser.get("/grants").await.body;
    assert!(page.contains("顔認証付きカードリーダー等の導入に係る補助"), "{page}");
    let mut conn = house.app.db.read().await.unwrap();
    let place = storage::accounts::memberships_of_account(&mut conn, owner.id).await.unwrap()[0].institution_id;
    let grants = storage::subsidies::grants_of_institution(&mut conn, place, None, 10).await.unwrap();
    assert_eq!(grants.len(), 1, "{grants:?}");
    let grant = grants.first().unwrap();
    let claimed = storage::applications::find(&mut conn, ApplicationId(grant.application_id)).await.unwrap().unwrap();
    let claimed: i64 = claimed.answers.get("grant_yen").parse().unwrap();
    assert!(0 < grant.amount_yen && grant.amount_yen < claimed, "{} of {claimed}", grant.amount_yen);
    let today = house.app.clock.now().date().to_string();
    assert!(grant.decided_on.as_ref().is_some_and(|day| *day < today), "{grant:?}");
    let own = storage::applications::of_institution(&mut conn, place, None, 50).await.unwrap();
    let find = |kind: Common, states: &[State]| {
        own.iter().find(|case| case.kind == Kind::Common(kind) && states.contains(&case.state)).expect("a case")
    };
    find(Common::Subsidy, &[State::InReview]);
    // Jobs accept it and let it take effect.
    let lived = [State::Submitted, State::Accepted, State::InForce];
    let start = find(Common::OperationStart, &lived).start_month.clone().unwrap();
    assert!(start < today, "it began: {start}");
}

#[tokio::test]
async fn the_demo_has_a_case_in_every_state_and_a_letter_in_every_state() {
    let folder = TempDir::new().unwrap();
    on_each_database_with_post_box(folder.path(), async |house| {
        house.clock.pass(services::demo::AUTHORITY_AGE);
        services::demo::fill(&house.app).await.unwrap();
        let filled = cases(house).await;
        assert_eq!(missing(&filled), []);
        assert_eq!(terminals_not_shown(house).await, [""; 0]);
        has_a_grant(house).await;
        let mut conn = house.app.db.read().await.unwrap();
        for state in ["to_print", "in_batch", "printed", "posted", "dead"] {
            assert!(storage::letters::count_in_state(&mut conn, state).await.unwrap() > 0, "no letter is {state}");
        }
        let (overdue, _) = storage::fees::open_of(&mut conn, &house.app.clock.now().date().to_string()).await.unwrap();
        let (_, (credits, _)) = storage::fees::standing(&mut conn).await.unwrap();
        assert!(overdue > 0 && credits > 0, "bills that are overdue, and one on which too much was paid");
        drop(conn);
        let outlook = services::fees::outlook(&services::Ctx::system(&house.app, "test")).await.unwrap();
        assert!(outlook.next.is_some() && outlook.entries > 3, "a month to close: {outlook:?}");
        let letters = services::demo::letters(&house.app).await.unwrap();
        let notices: Vec<_> = letters.iter().filter(|letter| letter.title.contains("発行通知書")).collect();
        let told: BTreeSet<_> = notices.iter().map(|letter| (&letter.about, letter.created_at)).collect();
        assert!(notices.len() > 3 && told.len() == notices.len(), "no two letters look alike: {told:?}");
        let mailbox = Browser::visitor(house).get("/dev/mailbox").await.body;
        assert!(notices[0].about.contains("受付番号") && mailbox.contains(&notices[0].about), "{mailbox}");
        services::demo::fill(&house.app).await.unwrap();
        assert_eq!(cases(house).await, filled, "a second start changes nothing");
        let mut conn = house.app.db.read().await.unwrap();
        assert!(storage::audit::verify(&mut conn).await.unwrap().is_ok());
    })
    .await;
}
