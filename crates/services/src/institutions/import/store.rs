//! Takes rows over into the register, batch by batch, each in one transaction.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
};

use domain::{
    ids::{ImportId, InstitutionId},
    institutions::{Institution, InstitutionCode, InstitutionStatus, RegisterRow, ScoreTable},
};
use storage::{Conn, Tx, institutions as register};

use super::{
    Summary,
    report::{Kind, Report},
    rows::Row,
};
use crate::{
    Ctx, Error, Result,
    mail::{Letterhead, queue},
};

/// Rows of the register that are compared at a time with what the file held.
const PAGE: i64 = 5_000;

/// Where a code stood first, and a hash of what the row said.
struct Seen {
    line: u64,
    content: u64,
}

/// An import under way.
pub(super) struct Run<'a> {
    ctx: &'a Ctx<'a>,
    id: ImportId,
    pub(super) summary: Summary,
    pub(super) report: Report,
    seen: HashMap<u64, Seen>,
    tables: BTreeSet<ScoreTable>,
}

impl<'a> Run<'a> {
    /// Notes the beginning, so that an import that is cut off leaves a trace.
    pub(super) async fn start(ctx: &'a Ctx<'a>, file_name: &str) -> Result<Self> {
        let id = ImportId::new(ctx.now, &*ctx.app.randomness);
        let run = register::Import {
            id,
            file_name: file_name.to_owned(),
            actor: ctx.actor_id(),
            actor_name: ctx.actor_name(),
            started_at: ctx.now,
            finished_at: None,
            summary: serde_json::Value::Null,
        };
        let mut tx = ctx.app.db.write().await?;
        register::start_import(&mut tx, &run).await?;
        ctx.audit(&mut tx, "institutions.import", format!("import:{id}"), "", file_name);
        tx.commit().await?;
        let report = Report::new().map_err(Error::internal)?;
        Ok(Self { ctx, id, summary: Summary::default(), report, seen: HashMap::new(), tables: BTreeSet::new() })
    }

    /// Takes a batch over. What was acknowledged stays, whatever happens to the rest.
    pub(super) async fn take(&mut self, batch: Vec<Row>) -> Result<()> {
        let mut fresh = Vec::with_capacity(batch.len());
        for row in batch {
            self.summary.rows += 1;
            fresh.extend(self.sort(row).map_err(Error::internal)?);
        }
        let known = known(&mut self.ctx.app.db.read().await?, &fresh).await?;
        let before = fresh.len();
        fresh.retain(|row| known.get(&row.code).is_none_or(|known| merged(row, known) != *known));
        self.summary.unchanged += count(before - fresh.len());
        if fresh.is_empty() { Ok(()) } else { self.write(&fresh).await }
    }

    /// Reports a row that is not simply taken over; gives one that is.
    fn sort(&mut self, row: Row) -> csv::Result<Option<RegisterRow>> {
        let (line, at) = (row.line, Some(row.line));
        let reading = match row.content {
            Ok(reading) => reading,
            Err(reason) => {
                self.summary.rejected += 1;
                self.report.add(at, Kind::Rejected, &reason, &row.raw)?;
                return Ok(None);
            }
        };
        let content = content_hash(&reading.row);
        match self.seen.entry(number(&reading.row.code)) {
            Entry::Occupied(first) => {
                let (Seen { line: first, content: other }, code) = (first.get(), reading.row.code.grouped());
                let difference = if *other == content {
                    "内容も同じです"
                } else {
                    "内容が違うため、先の行を使いました"
                };
                let reason = format!("{first}行目と同じ医療機関等コード（{code}）です。{difference}。");
                self.summary.repeated += 1;
                self.report.add(at, Kind::Repeated, &reason, &row.raw)?;
                return Ok(None);
            }
            Entry::Vacant(place) => place.insert(Seen { line, content }),
        };
        self.tables.insert(reading.row.code.score_table());
        if let Some(warning) = reading.warning {
            self.summary.warned += 1;
            self.report.add(at, Kind::Warned, &warning.to_string(), &row.raw)?;
        }
        if row.replaced > 0 {
            let reason = format!(
                "ほかのパソコンで表示できない文字（外字）{}文字を「〓」に置き換えました。正しい文字がわかるときは、ファイルを直して取り込み直してください。",
                row.replaced
            );
            self.report.add(at, Kind::Replaced, &reason, &row.raw)?;
        }
        Ok(Some(reading.row))
    }

    /// Compares again within the transaction: someone may have registered or imported meanwhile.
    async fn write(&mut self, rows: &[RegisterRow]) -> Result<()> {
        let ctx = self.ctx;
        let mut tx = ctx.app.db.write().await?;
        let mut known = known(&mut tx, rows).await?;
        let (mut written, mut matched, mut tally) = (Vec::with_capacity(rows.len()), vec![], self.summary);
        for row in rows {
            let before = known.remove(&row.code);
            let institution = match &before {
                Some(before) => merged(row, before),
                None => created(row, InstitutionId::new(ctx.now, &*ctx.app.randomness)),
            };
            match before {
                Some(before) if before == institution => {
                    tally.unchanged += 1;
                    continue;
                }
                Some(before) if before.in_register => tally.updated += 1,
                Some(_) => {
                    tally.created += 1;
                    matched.push(institution.clone());
                }
                None => tally.created += 1,
            }
            written.push(institution);
        }
        register::upsert(&mut tx, &written, ctx.now).await?;
        for institution in &matched {
            tell(ctx, &mut tx, institution).await?;
        }
        tx.commit().await?;
        self.summary = tally;
        if !matched.is_empty() {
            ctx.app.wake.notify_one();
        }
        Ok(())
    }

    /// Lists what the register has in the score tables of the file, and the file has not. Nothing is deleted.
    async fn list_missing(&mut self) -> Result<()> {
        let tables: Vec<ScoreTable> = self.tables.iter().copied().collect();
        if tables.is_empty() {
            return Ok(());
        }
        let mut after = String::new();
        loop {
            let page = register::listed(&mut self.ctx.app.db.read().await?, &tables, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.code);
            for institution in page {
                if institution.code.parse().is_ok_and(|code| self.seen.contains_key(&code)) {
                    continue;
                }
                let reason = format!(
                    "台帳にありますが、ファイルにありません（{}）。削除はしていません。",
                    institution.status.label()
                );
                let content = format!("{},{}", institution.code, institution.name);
                self.summary.missing += 1;
                self.report.add(None, Kind::Missing, &reason, &content).map_err(Error::internal)?;
            }
        }
    }

    /// Lists what is missing and notes the end.
    pub(super) async fn finish(mut self) -> Result<(ImportId, Summary, String)> {
        self.list_missing().await?;
        let Self { ctx, id, summary, report, .. } = self;
        let report = report.text().map_err(Error::internal)?;
        let figures = serde_json::to_value(summary).map_err(Error::internal)?;
        let mut tx = ctx.app.db.write().await?;
        if !register::finish_import(&mut tx, id, &figures, &report, ctx.app.clock.now()).await? {
            return Err(Error::ChangedMeanwhile);
        }
        ctx.audit(&mut tx, "institutions.imported", format!("import:{id}"), "", &figures.to_string());
        tx.commit().await?;
        Ok((id, summary, report))
    }
}

async fn known(conn: &mut Conn, rows: &[RegisterRow]) -> Result<HashMap<InstitutionCode, Institution>> {
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let found = register::by_codes(conn, &codes).await?;
    Ok(found.into_iter().map(|institution| (institution.code.clone(), institution)).collect())
}

/// An institution that is new to the register.
fn created(row: &RegisterRow, id: InstitutionId) -> Institution {
    let blank = Institution {
        id,
        code: row.code.clone(),
        name: String::new(),
        name_kana: String::new(),
        postal_code: String::new(),
        address: String::new(),
        phone: String::new(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    };
    merged(row, &blank)
}

/// What is kept after a row: what the row does not tell stays as it was.
fn merged(row: &RegisterRow, known: &Institution) -> Institution {
    let told = |new: &String, old: &String| if new.is_empty() { old.clone() } else { new.clone() };
    let mut institution = Institution {
        name: row.name.clone(),
        postal_code: told(&row.postal_code, &known.postal_code),
        address: told(&row.address, &known.address),
        in_register: true,
        ..known.clone()
    };
    if let Some(details) = &row.details {
        institution.name_kana.clone_from(&details.name_kana);
        institution.phone.clone_from(&details.phone);
        institution.founder.clone_from(&details.founder);
        institution.status = details.status;
        institution.valid_from = details.valid_from;
        institution.valid_to = details.valid_to;
    }
    institution
}

/// Tells the people of an institution that waited for it to appear in the register (spec 2.2).
async fn tell(ctx: &Ctx<'_>, tx: &mut Tx, institution: &Institution) -> Result<()> {
    crate::succession::arrived(ctx, tx, institution).await?;
    ctx.audit(tx, "institution.match", format!("institution:{}", institution.id), "", institution.code.as_str());
    let mut members = storage::accounts::members_in_force(tx, institution.id).await?;
    members.extend(storage::accounts::memberships_asked_for(tx, institution.id, i64::MAX).await?);
    for member in members {
        let values = [
            ("institution", institution.name.clone()),
            ("person", member.person_name),
            ("code", institution.code.grouped()),
            ("address", format!("{} {}", institution.postal_code, institution.address).trim().to_owned()),
            ("link", format!("{}/memberships/{}/code", ctx.app.settings.portal_url, member.id)),
        ];
        let head = Letterhead {
            account: Some(member.account_id),
            ..Letterhead::new("institution_matched", &member.person_email)
        };
        queue(ctx, tx, &head, &values).await?;
    }
    Ok(())
}

/// Ten digits as a number: a tenth of the room of the text.
fn number(code: &InstitutionCode) -> u64 {
    code.as_str().parse().unwrap_or_default()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn content_hash(row: &RegisterRow) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&row.name, &row.postal_code, &row.address).hash(&mut hasher);
    if let Some(details) = &row.details {
        (&details.name_kana, &details.phone, &details.founder, details.status).hash(&mut hasher);
        (details.valid_from, details.valid_to).hash(&mut hasher);
    }
    hasher.finish()
}
