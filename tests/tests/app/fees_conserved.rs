//! No yen is made or lost: random fees, reversals, payments and closings, and after each the sums agree.

use domain::{
    applications::{Kind, State},
    calendar::YearMonth,
    clock::Timestamp,
    fees::BillNumber,
    forms::Answers,
    ids::{ApplicationId, EntryId, InstitutionId, PaymentId},
    reference::ReferenceNumber,
};
use services::{
    Ctx,
    fees::{self, Closed, TypedPayment},
};
use storage::applications::Application;
use time::Duration;

use crate::{
    browser::{account, institution},
    support::{House, on_each_database},
};

/// Numbers that repeat in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// What happened so far.
#[derive(Default)]
struct World {
    /// Cases whose fee was not charged yet: institution and case.
    cases: Vec<(InstitutionId, ApplicationId)>,
    entries: Vec<EntryId>,
    /// Yen of everything in the ledger.
    ledger: i64,
    /// Money that came in, less what went out.
    money: i64,
}

async fn cases(house: &House, world: &mut World) {
    let (now, randomness) = (house.app.clock.now(), &*house.app.randomness);
    for code in ["1330100016", "2730100019"] {
        let clinic = institution(house, code, "さくら歯科").await;
        let owner = account(house, &format!("owner-{code}@clinic.example"), &[], Some(clinic)).await;
        let mut tx = house.app.db.write().await.unwrap();
        for number in 0..40 {
            let case = Application {
                id: ApplicationId::new(now, randomness),
                kind: Kind::Certificate,
                institution_id: clinic,
                state: State::Approved,
                version: 1,
                reference: Some(ReferenceNumber::generate(randomness).as_str().to_owned()),
                answers: Answers::new(),
                remarks: vec![],
                line_id: None,
                terminal_name: Some(format!("端末{number}")),
                start_month: None,
                sent_with: None,
                created_by: owner,
                submitted_by: Some(owner),
                assignee: None,
                flag: domain::applications::Flag::Plain,
                rule_words: String::new(),
                reasons: vec![],
                created_at: now,
                updated_at: now,
                submitted_at: Some(now),
                state_since: now,
            };
            storage::applications::insert_filed(&mut tx, &case).await.unwrap();
            world.cases.push((clinic, case.id));
        }
        tx.commit().await.unwrap();
    }
}

async fn charge(house: &House, world: &mut World, dice: &mut Dice) {
    if world.cases.is_empty() {
        return;
    }
    let (clinic, case) = world.cases.swap_remove(dice.below(world.cases.len()));
    let amount = 1_000 + i64::try_from(dice.below(1_000)).unwrap();
    let payment = if dice.below(4) == 0 { "deduction" } else { "payment_slip" };
    let id = EntryId::new(house.app.clock.now(), &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    let now = house.app.clock.now();
    assert!(storage::ledger::charge(&mut tx, id, clinic, case, amount, payment, now).await.unwrap());
    tx.commit().await.unwrap();
    world.entries.push(id);
    world.ledger += amount;
}

async fn reverse(ctx: &Ctx<'_>, world: &mut World, dice: &mut Dice) {
    if world.entries.is_empty() {
        return;
    }
    let id = world.entries[dice.below(world.entries.len())];
    if let Ok(done) = fees::reverse(ctx, id, "試験").await {
        let new = done.unwrap();
        world.ledger += fees::entry(ctx, new).await.unwrap().entry.amount_yen;
    }
}

/// The bills of both clinics that are paid by slip.
async fn slips(house: &House, world_clinics: &[InstitutionId]) -> Vec<storage::fees::Bill> {
    let mut conn = house.app.db.read().await.unwrap();
    let mut all = vec![];
    for clinic in world_clinics {
        let found = storage::fees::bills_of_institution(&mut conn, *clinic, i64::MAX, 500).await.unwrap();
        all.extend(found.into_iter().map(|listed| listed.bill).filter(|bill| bill.payment == "payment_slip"));
    }
    all
}

async fn pay(ctx: &Ctx<'_>, world: &mut World, dice: &mut Dice, bills: &[storage::fees::Bill]) {
    if bills.is_empty() {
        return;
    }
    let bill = &bills[dice.below(bills.len())];
    let typed = TypedPayment {
        number: BillNumber::new(bill.id).to_string(),
        day: ctx.now.date().to_string(),
        amount: (dice.below(3_000) + 1).to_string(),
        mark: dice.below(3).to_string(),
    };
    for _ in 0..2 {
        if let Ok(fees::Noted::Now { yen, .. }) = fees::receive(ctx, &typed).await.unwrap() {
            world.money += yen;
        }
    }
}

async fn undo(ctx: &Ctx<'_>, world: &mut World, dice: &mut Dice) {
    let payments = fees::payments_list(ctx, None).await.unwrap();
    if payments.is_empty() {
        return;
    }
    let one = &payments[dice.below(payments.len())];
    if let Ok(Ok(_)) = fees::undo(ctx, PaymentId(one.id), "試験").await {
        world.money -= one.amount_yen;
    }
}

async fn refund(ctx: &Ctx<'_>, world: &mut World) {
    if let Some(first) = fees::credits(ctx, None).await.unwrap().first() {
        let number = BillNumber::new(first.bill.id);
        world.money -= fees::refund(ctx, number, &ctx.now.date().to_string()).await.unwrap().unwrap();
    }
}

/// Everything that must agree, counted from the rows.
async fn agrees(house: &House, world: &World, clinics: &[InstitutionId], closed: &[YearMonth]) {
    let ctx = Ctx::system(&house.app, "test");
    let (mut billed, mut slips_yen) = (0, 0);
    for month in closed {
        let report = fees::report(&ctx, *month).await.unwrap();
        assert_eq!(report.differences, [], "{month}");
        billed += report.counted.billed_yen();
        slips_yen += report.counted.slips_yen;
    }
    let last = closed.last().map_or(Timestamp::from_millis(0), |month| domain::fees::end_of(*month));
    let mut conn = house.app.db.read().await.unwrap();
    let end = Timestamp::from_millis(i64::MAX / 2);
    let (_, waiting) = storage::fees::closing::waiting(&mut conn, end).await.unwrap();
    let (late, _) = storage::fees::closing::waiting(&mut conn, last).await.unwrap();
    assert_eq!(billed + waiting, world.ledger, "what is billed and what waits is the ledger");
    assert_eq!(late, 0, "nothing before the end of a closed month waits");
    let (open, _) = storage::fees::standing(&mut conn).await.unwrap();
    assert_eq!(open, slips_yen - world.money, "billed less paid is open");
    drop(conn);
    for bill in slips(house, clinics).await {
        let mut conn = house.app.db.read().await.unwrap();
        let payments = storage::fees::payments_of_bill(&mut conn, bill.id).await.unwrap();
        let entries = storage::ledger::of_bill(&mut conn, bill.id, None, 500).await.unwrap();
        assert_eq!(payments.iter().map(|one| one.amount_yen).sum::<i64>(), bill.paid_yen, "{bill:?}");
        assert_eq!(entries.iter().map(|one| one.amount_yen).sum::<i64>(), bill.amount_yen, "{bill:?}");
        assert_eq!(i64::try_from(entries.len()).unwrap(), bill.entries);
    }
}

#[tokio::test]
async fn whatever_happens_in_whatever_order_the_sums_agree() {
    on_each_database(async |house| {
        let (mut dice, mut world) = (Dice(7_919), World::default());
        cases(house, &mut world).await;
        let clinics = [world.cases[0].0, world.cases[40].0];
        let (mut closed, mut month) = (vec![], YearMonth::of(house.app.clock.now().date()));
        for step in 0..240 {
            let ctx = Ctx::system(&house.app, "test");
            match dice.below(10) {
                0..=3 => charge(house, &mut world, &mut dice).await,
                4 => reverse(&ctx, &mut world, &mut dice).await,
                5..=6 => pay(&ctx, &mut world, &mut dice, &slips(house, &clinics).await).await,
                7 => undo(&ctx, &mut world, &mut dice).await,
                8 if step % 3 == 0 => refund(&ctx, &mut world).await,
                _ => house.clock.pass(Duration::days(4)),
            }
            let ctx = Ctx::system(&house.app, "test");
            while fees::close(&ctx, month).await.unwrap() == Closed::Now {
                closed.push(month);
                month = month.plus_months(1);
            }
            if step % 40 == 39 {
                agrees(house, &world, &clinics, &closed).await;
            }
        }
        assert!(closed.len() >= 3 && world.money != 0, "something happened: {closed:?}");
    })
    .await;
}
