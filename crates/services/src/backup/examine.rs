//! What the journal knows and a restored register does not, and whether the two belong together.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use domain::ids::AuthorityId;
use pki::RevocationReason;
use storage::{Db, Note, Position, boxed, restore::Registered};
use uuid::Uuid;

use super::{Fault, Quarantine, Result};
use crate::journal::{self, Line};

/// Certificates that are read at a time.
const STEP: i64 = 5_000;

/// How the use of a serial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was revoked.
    Revoked(i64, String),
    /// It was given up.
    Abandoned(i64),
}

impl End {
    fn weight(&self) -> u8 {
        match self {
            Self::Abandoned(_) => 0,
            Self::Revoked(_, reason) if reason == RevocationReason::CertificateHold.as_str() => 1,
            Self::Revoked(_, reason) if reason == RevocationReason::KeyCompromise.as_str() => 3,
            Self::Revoked(..) => 2,
        }
    }
}

/// A serial that the register does not know.
#[derive(Clone, Debug)]
pub(super) struct Stranger {
    pub(super) authority: AuthorityId,
    pub(super) issued_at: i64,
    pub(super) ends: i64,
    pub(super) shard: i64,
    pub(super) key: String,
    pub(super) end: Option<End>,
}

/// What is to be done, and what speaks against believing the result.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// Serials that the register does not know.
    pub(super) strangers: BTreeMap<String, Stranger>,
    /// Serials that it knows, but not their end; with the hash of the key.
    pub(super) ended: BTreeMap<String, (End, String)>,
    /// The last number of a revocation list of each authority.
    pub(super) numbers: HashMap<AuthorityId, i64>,
    /// Where the chains end.
    pub(super) chains: Vec<Position>,
    /// Number of audit rows.
    pub(super) audit_rows: i64,
    /// What the journal cannot prove.
    pub(super) gaps: Vec<String>,
}

/// What the register says of a serial, as far as it is needed here.
struct Known {
    key: String,
    valid: bool,
    /// How much its end weighs; none when it has not ended.
    ended: Option<u8>,
}

/// What is collected while reading.
struct Reading {
    known: HashMap<String, Known>,
    /// The backup whose mark must be found; none when the database did not come from one.
    backup: Option<Uuid>,
    /// Lines that must be there, by chain and number.
    needed: HashMap<(String, i64), String>,
    strangers: BTreeMap<String, Stranger>,
    ends: HashMap<String, (AuthorityId, End)>,
    numbers: HashMap<AuthorityId, i64>,
    heads: Vec<(i64, String)>,
    /// How far other chains reach, as heads tell.
    claims: BTreeMap<String, i64>,
    mark: Option<String>,
    contradiction: Option<String>,
}

/// Compares a database, as it was loaded from a backup, with the journal.
///
/// # Errors
/// When the two contradict each other, or one of them was changed. What is only missing is named in the result.
#[boxed]
pub(super) async fn examine(
    db: &Db,
    backup: &Quarantine,
    needed: &[Position],
    installation: Uuid,
    folders: &[PathBuf],
) -> Result<Examined> {
    let mut conn = db.read().await?;
    let rows = storage::audit::verify(&mut conn).await?;
    let audit_rows = rows.map_err(|broken| Fault::Changed(format!("its audit chain is broken: {broken}")))?;
    let closed = storage::journals::closed(&mut conn).await?;
    let mut positions = storage::journals::open(&mut conn).await?;
    positions.extend_from_slice(needed);
    drop(conn);
    let reading = Reading {
        known: register(db).await?,
        backup: (!backup.was_found()).then_some(backup.backup),
        needed: positions.iter().map(|at| ((at.chain.clone(), at.line), at.hash.clone())).collect(),
        strangers: BTreeMap::new(),
        ends: HashMap::new(),
        numbers: HashMap::new(),
        heads: vec![],
        claims: BTreeMap::new(),
        mark: None,
        contradiction: None,
    };
    let folders = folders.to_vec();
    let skip = closed.clone();
    let work = move || -> Result<(Reading, Vec<Position>)> {
        let mut reading = reading;
        let chains = journal::read(&folders, &skip, installation, &mut |at, line| {
            reading.take(at, line);
            Ok(())
        })?;
        Ok((reading, chains))
    };
    let (reading, chains) = tokio::task::spawn_blocking(work).await.map_err(crate::Error::internal)??;
    reading.judge(backup)?;
    compare_heads(db, &reading.heads, backup.found_at.unwrap_or(audit_rows)).await?;
    let mut examined = Examined { chains, audit_rows, ..Examined::default() };
    examined.gaps = reading.gaps(&examined.chains, &closed);
    let authorities = storage::authority::authorities(&mut db.read().await?).await?;
    let here = |id: AuthorityId| authorities.iter().any(|row| row.id == id.0);
    reading.settle(&mut examined, &here);
    Ok(examined)
}

async fn register(db: &Db) -> Result<HashMap<String, Known>> {
    let mut known = HashMap::new();
    let mut after = Uuid::nil();
    loop {
        let rows: Vec<Registered> = storage::restore::register(&mut db.read().await?, after, STEP).await?;
        let Some(last) = rows.last() else { return Ok(known) };
        after = last.id;
        known.extend(rows.into_iter().map(|row| {
            let reason = row.revocation_reason.unwrap_or_default();
            let end = match row.state.as_str() {
                "revoked" => Some(End::Revoked(0, reason)),
                // Given up, and its key leaked as well.
                "abandoned" if reason == RevocationReason::KeyCompromise.as_str() => Some(End::Revoked(0, reason)),
                "abandoned" => Some(End::Abandoned(0)),
                _ => None,
            };
            let ended = end.map(|end| end.weight());
            (row.serial, Known { key: row.key_hash, valid: row.state == "valid", ended })
        }));
    }
}

/// The audit rows that the journal saw must stand in the database with the same hash, as far as it is the one that it saw.
async fn compare_heads(db: &Db, heads: &[(i64, String)], audit_rows: i64) -> Result<()> {
    let mut conn = db.read().await?;
    // Rows before a checkpoint were removed after their period.
    let first = storage::audit::last_checkpoint(&mut conn).await?.map_or(1, |at| at.seq + 1);
    for (seq, hash) in heads.iter().filter(|(seq, _)| (first..=audit_rows).contains(seq)) {
        if storage::audit::hash_at(&mut conn, *seq).await?.as_ref() != Some(hash) {
            return Err(Fault::Contradiction(format!("audit row {seq} is not the one that the journal saw")));
        }
    }
    Ok(())
}

impl Reading {
    fn take(&mut self, at: &Position, line: Line) {
        if let Some(hash) = self.needed.remove(&(at.chain.clone(), at.line))
            && hash != at.hash
        {
            self.contradict(format!("line {} of chain {} is not the one that the backup knows", at.line, at.chain));
        }
        match line.note {
            Note::Issued { authority, serial, ends, shard, key } => {
                let issued_at = line.at;
                match self.known.get(&serial) {
                    Some(known) if known.key != key => {
                        self.contradict(format!("serial {serial} has another key in the backup than in the journal"));
                    }
                    Some(_) => {}
                    None => {
                        let stranger = Stranger { authority, issued_at, ends, shard, key, end: None };
                        self.strangers.entry(serial).or_insert(stranger);
                    }
                }
            }
            Note::Revoked { authority, serial, when, reason } => {
                self.end(authority, serial, End::Revoked(when, reason))
            }
            Note::Abandoned { authority, serial, when } => self.end(authority, serial, End::Abandoned(when)),
            Note::Crl { authority, number } => {
                let highest = self.numbers.entry(authority).or_insert(number);
                *highest = number.max(*highest);
            }
            Note::Head { seq, hash, chains } => {
                self.heads.push((seq, hash));
                for end in chains {
                    let reach = self.claims.entry(end.chain).or_default();
                    *reach = end.line.max(*reach);
                }
            }
            Note::Signed { seq, hash, .. } => self.heads.push((seq, hash)),
            Note::Backup { id, manifest, seq, hash } => {
                self.heads.push((seq, hash));
                if self.backup == Some(id) {
                    self.mark = Some(manifest);
                }
            }
            Note::Begin { .. } => {}
        }
    }

    /// A leak stands above all other revocations, these above being on hold, and that above giving up; of two that weigh the
    /// same the first one counts.
    fn end(&mut self, authority: AuthorityId, serial: String, end: End) {
        if self.known.get(&serial).is_some_and(|known| known.ended >= Some(end.weight())) {
            return;
        }
        if self.ends.get(&serial).is_none_or(|(_, known)| known.weight() < end.weight()) {
            self.ends.insert(serial, (authority, end));
        }
    }

    fn contradict(&mut self, what: String) {
        self.contradiction.get_or_insert(what);
    }

    fn judge(&self, backup: &Quarantine) -> Result<()> {
        if let Some(what) = &self.contradiction {
            return Err(Fault::Contradiction(what.clone()));
        }
        match &self.mark {
            Some(manifest) if *manifest != backup.manifest => {
                Err(Fault::Changed("its table of contents is not the one that the journal saw".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// What the journal should hold and does not.
    fn gaps(&self, chains: &[Position], closed: &[String]) -> Vec<String> {
        let mut gaps = vec![];
        if chains.is_empty() {
            gaps.push("no journal was given, or it is empty".to_owned());
        } else if self.backup.is_some() && self.mark.is_none() {
            gaps.push("the journal does not hold the mark of this backup".to_owned());
        }
        let needed = self.needed.keys().map(|(chain, line)| (chain, *line));
        let claimed = self.claims.iter().map(|(chain, line)| (chain, *line));
        let mut reach: BTreeMap<&String, i64> = BTreeMap::new();
        for (chain, line) in needed.chain(claimed).filter(|(chain, _)| !closed.contains(chain)) {
            let most = reach.entry(chain).or_default();
            *most = line.max(*most);
        }
        for (chain, line) in reach {
            match chains.iter().find(|end| end.chain == *chain) {
                None => gaps.push(format!("chain {chain} of the journal is missing")),
                Some(end) if end.line < line => {
                    gaps.push(format!(
                        "chain {chain} of the journal ends at line {}, but line {line} was written",
                        end.line
                    ));
                }
                Some(_) => {}
            }
        }
        gaps
    }

    /// Says of each serial what is to be done.
    fn settle(mut self, examined: &mut Examined, here: &dyn Fn(AuthorityId) -> bool) {
        for (serial, (authority, end)) in self.ends {
            if let Some(known) = self.known.get(&serial) {
                let end = match end {
                    // The older copy may have let somebody finish it; nobody may rely on that.
                    End::Abandoned(when) if known.valid => End::Revoked(when, SUPERSEDED.to_owned()),
                    end => end,
                };
                examined.ended.insert(serial, (end, known.key.clone()));
                continue;
            }
            let stranger = self.strangers.entry(serial).or_insert_with_key(|serial| {
                examined.gaps.push(format!("the journal tells of the end of serial {serial}, but not of its issue"));
                let (End::Revoked(when, _) | End::Abandoned(when)) = &end;
                let ends = *when + LONGEST_TERM;
                Stranger { authority, issued_at: *when, ends, shard: 0, key: String::new(), end: None }
            });
            stranger.end = Some(end);
        }
        let mut unknown: Vec<AuthorityId> = self
            .strangers
            .values()
            .map(|one| one.authority)
            .chain(self.numbers.keys().copied())
            .filter(|id| !here(*id))
            .collect();
        unknown.sort();
        unknown.dedup();
        for id in unknown {
            examined.gaps.push(format!("authority {id} was founded after the backup: a newer backup is needed"));
        }
        self.strangers.retain(|_, one| here(one.authority));
        self.numbers.retain(|id, _| here(*id));
        (examined.strangers, examined.numbers) = (self.strangers, self.numbers);
    }
}

/// Why what was given up is not to be trusted, as its list says.
const SUPERSEDED: &str = "superseded";

/// Longer than any certificate of a terminal lasts, in milliseconds (spec 04.4: 39 months).
const LONGEST_TERM: i64 = 1_300 * 86_400_000;
