//! Who asks, when, and from where: what every verb is given.

use domain::{
    access::Scope,
    clock::Timestamp,
    ids::{AccountId, InstitutionId},
    permissions::{Permission, allows},
};
use storage::{
    Tx,
    audit::Entry,
    sessions::{Session, Under},
};

use crate::{App, Error, Result};

/// What applicants read in place of the name of someone of the staff.
pub(crate) const OPERATOR: &str = "運営者";

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody we know.
    Visitor,
    /// A person who is logged in.
    Person(Box<Session>),
    /// The installation itself, such as a job.
    System(&'static str),
}

/// Who asks, when, and from where.
#[derive(Clone, Debug)]
pub struct Ctx<'a> {
    /// The installation.
    pub app: &'a App,
    /// Who acts.
    pub actor: Actor,
    /// The present instant, the same during the whole verb.
    pub now: Timestamp,
    /// Network address, or empty.
    pub source: String,
}

/// Whether no step of the login is left: neither a second factor nor a new password.
pub(crate) fn is_complete(session: &Session) -> bool {
    !session.must_reset && (session.second_factor || !session.has_totp)
}

impl<'a> Ctx<'a> {
    /// A context for work of the installation itself.
    pub fn system(app: &'a App, name: &'static str) -> Self {
        Self { app, actor: Actor::System(name), now: app.clock.now(), source: String::new() }
    }

    /// A context for a visitor.
    pub fn visitor(app: &'a App, source: impl Into<String>) -> Self {
        Self { app, actor: Actor::Visitor, now: app.clock.now(), source: source.into() }
    }

    /// A context for a person.
    pub fn person(app: &'a App, session: Session, source: impl Into<String>) -> Self {
        Self { app, actor: Actor::Person(Box::new(session)), now: app.clock.now(), source: source.into() }
    }

    /// The person who is logged in, with no step of the login left.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] when nobody is, or the second factor or a new password is still awaited.
    pub fn session(&self) -> Result<&Session> {
        self.begun_session().ok().filter(|session| is_complete(session)).ok_or(Error::LoginRequired)
    }

    /// The person whose password was right, whatever step of the login is left.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] when nobody is.
    pub fn begun_session(&self) -> Result<&Session> {
        match &self.actor {
            Actor::Person(session) => Ok(session),
            _ => Err(Error::LoginRequired),
        }
    }

    /// The account of the person who is logged in.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] when nobody is.
    pub fn account(&self) -> Result<AccountId> {
        self.session().map(|session| session.account_id)
    }

    /// The institution the person acts for.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] when nobody is logged in, [`Error::Forbidden`] without an active membership.
    pub fn institution(&self) -> Result<InstitutionId> {
        self.session()?.institution.as_ref().map(|acting| acting.id).ok_or(Error::Forbidden)
    }

    /// Goes on only when the person acts for this institution.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everyone else, so that nobody learns what exists.
    pub fn acts_for(&self, institution: InstitutionId) -> Result<()> {
        if self
            .institution()
            .map_err(|error| if matches!(error, Error::LoginRequired) { error } else { Error::NotFound })?
            == institution
        {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    /// Goes on only for the owner of the institution the person acts for.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] or [`Error::Forbidden`].
    pub fn owner(&self) -> Result<InstitutionId> {
        let session = self.session()?;
        match &session.institution {
            Some(acting) if acting.role == "owner" => Ok(acting.id),
            _ => Err(Error::Forbidden),
        }
    }

    /// Goes on only for staff with the permission, and the second factor where it is needed.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] or [`Error::Forbidden`].
    pub fn permit(&self, permission: Permission) -> Result<()> {
        match &self.actor {
            Actor::System(_) => Ok(()),
            Actor::Visitor => Err(Error::LoginRequired),
            Actor::Person(session) => {
                let proven = session.second_factor || !self.app.settings.staff_second_factor;
                if session.staff && proven && is_complete(session) && allows(&session.roles, permission) {
                    Ok(())
                } else {
                    Err(Error::Forbidden)
                }
            }
        }
    }

    /// Goes on only for a machine whose access token has the scope.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] without a token, [`Error::Forbidden`] when it may do other things only.
    pub fn scope(&self, scope: Scope) -> Result<()> {
        let bearer = self.session()?.bearer.as_ref().ok_or(Error::LoginRequired)?;
        if bearer.scopes.contains(&scope) { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// The actor as the audit chain names them.
    pub fn actor_id(&self) -> String {
        match &self.actor {
            Actor::Visitor => "visitor".to_owned(),
            Actor::Person(session) => format!("account:{}", session.account_id),
            Actor::System(name) => format!("system:{name}"),
        }
    }

    /// The mandate under which a vendor acts here; none for everybody else. Only [`crate::mandates`] makes such a context.
    pub(crate) fn mandate(&self) -> Option<&Under> {
        match &self.actor {
            Actor::Person(session) => session.institution.as_ref()?.mandate.as_ref(),
            _ => None,
        }
    }

    /// The actor's name on pages: the person's, with the machine that acts for them or the company they act as, or
    /// 「システム」.
    pub fn actor_name(&self) -> String {
        match &self.actor {
            Actor::Person(session) => match (&session.bearer, self.mandate()) {
                (Some(bearer), _) => format!("{}（外部連携「{}」）", session.name, bearer.name),
                (None, Some(under)) => format!("{}（{}）", session.name, under.company),
                (None, None) => session.name.clone(),
            },
            Actor::Visitor => "訪問者".to_owned(),
            Actor::System(_) => "システム".to_owned(),
        }
    }

    /// The actor's name as applicants may read it: staff are not named.
    pub(crate) fn actor_name_for_applicants(&self) -> String {
        match &self.actor {
            Actor::Person(session) if session.staff => OPERATOR.to_owned(),
            _ => self.actor_name(),
        }
    }

    /// Notes an act in the audit chain of the transaction (spec 6.5).
    pub fn audit(&self, tx: &mut Tx, action: &str, subject: impl Into<String>, before: &str, after: &str) {
        tx.audit(self.entry(action, subject, before, after));
    }

    /// An act as the audit chain records it.
    pub(crate) fn entry(&self, action: &str, subject: impl Into<String>, before: &str, after: &str) -> Entry {
        let hash = |text: &str| if text.is_empty() { String::new() } else { storage::audit::fingerprint(text) };
        let (on_behalf_of, bearer) = match &self.actor {
            Actor::Person(session) => {
                (session.institution.as_ref().map(|i| i.id.to_string()).unwrap_or_default(), session.bearer.as_ref())
            }
            _ => (String::new(), None),
        };
        let source = match (bearer, self.mandate()) {
            (Some(bearer), _) => format!("{} access_token:{}", self.source, bearer.id).trim_start().to_owned(),
            (None, Some(under)) => format!("{} mandate:{}", self.source, under.id).trim_start().to_owned(),
            (None, None) => self.source.clone(),
        };
        Entry {
            at: self.now.as_millis(),
            actor: self.actor_id(),
            on_behalf_of,
            action: action.to_owned(),
            subject: subject.into(),
            source,
            before_hash: hash(before),
            after_hash: hash(after),
        }
    }
}
