//! What is written just before a commit, for all transactions that become durable together: each kind in one statement. Nobody
//! reads it before that, not even a transaction of the same group, and what has a number gets it in the order of the commits.

use crate::{
    audit::{self, Entry},
    db::{Conn, Result, Tx},
    feed::{self, NewEvent},
    jobs::{self, NewJob},
    mails::{self, Mail},
};

/// What one or several transactions leave to their end.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// Mails.
    pub(crate) mails: Vec<Mail>,
    /// Work that follows.
    pub(crate) jobs: Vec<NewJob>,
    /// What others are told.
    pub(crate) events: Vec<NewEvent>,
    /// Audit rows.
    pub(crate) entries: Vec<Entry>,
}

impl Tail {
    /// Adds what another transaction leaves to the same end.
    pub(crate) fn extend(&mut self, other: Self) {
        self.mails.extend(other.mails);
        self.jobs.extend(other.jobs);
        self.events.extend(other.events);
        self.entries.extend(other.entries);
    }

    /// Writes it all. Always in this order, so that two processes never wait for each other in a circle.
    pub(crate) async fn write(self, conn: &mut Conn) -> Result<()> {
        mails::append(conn, &self.mails).await?;
        jobs::append(conn, &self.jobs).await?;
        feed::append(conn, self.events).await?;
        audit::append(conn, self.entries).await
    }
}

impl Tx {
    /// Notes an audit row; it is chained and written when the transaction commits (spec 6.5).
    pub fn audit(&mut self, entry: Entry) {
        self.tail.entries.push(entry);
    }

    /// Notes a mail; it stands in the queue once the transaction commits. The job that sends it is noted beside it.
    pub fn mail(&mut self, mail: Mail) {
        self.tail.mails.push(mail);
    }

    /// Notes work that follows from the transaction; unlike [`jobs::enqueue`], without telling whether its key was there.
    pub fn job(&mut self, job: NewJob) {
        self.tail.jobs.push(job);
    }

    /// Notes an event; it gets its number when the transaction commits.
    pub fn publish(&mut self, event: NewEvent) {
        self.tail.events.push(event);
    }
}
