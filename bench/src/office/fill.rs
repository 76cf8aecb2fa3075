//! The office of a whole country, the same in each run: register, people, cases with their lives, papers, money, questions.

use domain::{
    clock::{Clock, Timestamp},
    ids::{AccountId, InstitutionId},
    institutions::{Institution, InstitutionStatus, Prefecture, ScoreTable, check_digit_for},
    permissions::Role,
};
use services::secrets::Hasher;
use storage::{Db, accounts::Account};

use super::{audit, cases, papers};
use crate::{
    machine::{Numbers, RealClock, instant, seconds_since},
    report::Report,
};

/// Institutions of the country.
pub(super) const INSTITUTIONS: usize = 230_000;
/// Institutions that have an owner with an account.
pub(super) const OWNERS: usize = 20_000;
/// What staff type at their login.
pub(super) const PASSWORD: &str = "a long password of a benchmark";
/// Where the numbers begin.
const SEED: u64 = 0x6d61_646f_6775_6368;
/// Institutions of one transaction.
const STEP: usize = 5_000;

/// What the office works on.
pub(super) struct World {
    /// The database.
    pub(super) db: Db,
    /// When it all stands still.
    pub(super) now: Timestamp,
    /// Numbers that are the same in each run.
    pub(super) numbers: Numbers,
    /// The institutions, in the order of their making.
    pub(super) institutions: Vec<InstitutionId>,
    /// Owners of the first ones.
    pub(super) owners: Vec<AccountId>,
    /// Staff by role.
    pub(super) staff: Vec<(Role, AccountId)>,
}

/// What pages are opened with.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Names in addresses and what stands for them.
    pub(super) names: Vec<(&'static str, String)>,
}

/// Fills an installation that was founded; gives what its pages can be opened with.
pub(super) async fn fill(url: &str, vault_key: &[u8; 32], report: &mut Report) -> anyhow::Result<(World, Found)> {
    let begun = instant();
    let mut world = World {
        db: Db::open(url).await?,
        now: RealClock.now(),
        numbers: Numbers::from_seed(SEED),
        institutions: Vec::with_capacity(INSTITUTIONS),
        owners: vec![],
        staff: vec![],
    };
    world.register().await?;
    world.people().await?;
    let cases = cases::write(&world).await?;
    let mut found = papers::write(&world, &cases).await?;
    let first = |value: Option<&domain::ids::InstitutionId>| value.map(ToString::to_string).unwrap_or_default();
    found.names.push(("institution", first(world.institutions.first())));
    let code = institution(&world, 0).map(|institution| institution.code.as_str().to_owned());
    found.names.push(("code", code.unwrap_or_default()));
    let auditor = world.staff.iter().find(|(role, _)| *role == Role::Auditor);
    found.names.push(("staff", auditor.map(|(_, id)| id.to_string()).unwrap_or_default()));
    report.probe("Filling register, cases, papers", format!("{:.0} s", seconds_since(begun)));
    let begun = instant();
    audit::write(&world, vault_key).await?;
    report.probe("1,000,000 audit rows, chained and signed", format!("{:.0} s", seconds_since(begun)));
    Ok((world, found))
}

/// Prefecture and score table of an institution, by its number.
pub(super) fn place(number: usize) -> Option<(Prefecture, ScoreTable)> {
    let prefecture = Prefecture::all().nth(number % Prefecture::all().count())?;
    Some((prefecture, *TABLES.get(number / Prefecture::all().count() % TABLES.len())?))
}

const TABLES: [ScoreTable; 4] =
    [ScoreTable::Medical, ScoreTable::Dental, ScoreTable::Pharmacy, ScoreTable::HomeNursing];

fn institution(world: &World, number: usize) -> Option<Institution> {
    let (prefecture, table) = place(number)?;
    let six = format!("{:06}", 100_000 + number / (Prefecture::all().count() * TABLES.len()));
    let digit = check_digit_for(prefecture, table, &six)?;
    let code = format!("{}{}{six}{digit}", prefecture.code(), table.code());
    Some(Institution {
        id: InstitutionId::new(world.now, &world.numbers),
        code: code.parse().ok()?,
        name: format!("医療法人社団　青葉会　第{number}診療所"),
        name_kana: format!("アオバカイダイ{number}シンリョウジョ"),
        postal_code: format!("{:03}-{:04}", 100 + number % 900, number % 10_000),
        address: format!("{prefecture}青葉市本町{number}番地"),
        phone: "03-0000-0000".to_owned(),
        founder: "医療法人社団　青葉会".to_owned(),
        status: if number.is_multiple_of(97) { InstitutionStatus::Closed } else { InstitutionStatus::Active },
        valid_from: None,
        valid_to: None,
        in_register: true,
    })
}

impl World {
    async fn register(&mut self) -> anyhow::Result<()> {
        let mut number = 0;
        while number < INSTITUTIONS {
            let end = (number + STEP).min(INSTITUTIONS);
            let rows: Vec<Institution> = (number..end).filter_map(|number| institution(self, number)).collect();
            self.institutions.extend(rows.iter().map(|row| row.id));
            let mut tx = self.db.write().await?;
            storage::institutions::upsert(&mut tx, &rows, self.now).await?;
            tx.commit().await?;
            number = end;
        }
        anyhow::ensure!(self.institutions.len() == INSTITUTIONS, "a code could not be made");
        Ok(())
    }

    async fn people(&mut self) -> anyhow::Result<()> {
        let hash = Hasher::new(1_024, 1)?.hash(PASSWORD, &self.numbers).await?;
        for role in Role::ALL {
            let id = AccountId::new(self.now, &self.numbers);
            let person = crate::prepare::account(id, self.now, format!("{role}@madoguchi.example"));
            let person = Account { staff: true, roles: vec![*role], password_hash: Some(hash.clone()), ..person };
            let mut tx = self.db.write().await?;
            storage::accounts::insert(&mut tx, &person).await?;
            tx.commit().await?;
            self.staff.push((*role, id));
        }
        for step in 0..OWNERS / STEP {
            let mut tx = self.db.write().await?;
            for number in step * STEP..(step + 1) * STEP {
                let id = AccountId::new(self.now, &self.numbers);
                let person = crate::prepare::account(id, self.now, format!("owner{number}@clinic.example"));
                storage::accounts::insert(&mut tx, &person).await?;
                self.owners.push(id);
                let Some(institution) = self.institutions.get(number) else { continue };
                let membership = domain::ids::MembershipId::new(self.now, &self.numbers);
                let state = if number % 400 == 0 { "reviewer" } else { "active" };
                storage::accounts::insert_membership(&mut tx, membership, id, *institution, "owner", state, self.now)
                    .await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}
