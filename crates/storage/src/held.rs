//! A connection to the embedded engine, and what is to be said on it before the next statement.
//!
//! Each message to the engine costs a change of threads. What a transaction owes to the one before it, a fresh savepoint,
//! therefore waits and travels in front of its first statement.

use std::{
    future,
    ops::{Deref, DerefMut},
};

use futures_util::{
    StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Either, Execute, Executor, SqlSafeStr, SqlStr, Sqlite, SqliteConnection,
    pool::PoolConnection,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo},
};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit};

use crate::db::Result;

/// A connection to the embedded engine.
#[derive(Debug)]
pub struct Held {
    kind: Kind,
    /// What goes in front of the next statement.
    pub(crate) preface: Preface,
}

#[derive(Debug)]
enum Kind {
    /// The writer's own.
    Own(Box<PoolConnection<Sqlite>>),
    /// One that belongs to no pool and ends with its value.
    Alone(Box<SqliteConnection>),
    /// Lent for reading; given back when it is dropped.
    Lent {
        conn: OwnedMutexGuard<PoolConnection<Sqlite>>,
        /// Its place among the readers; given back after the connection.
        _place: OwnedSemaphorePermit,
    },
}

/// Two statements that go in front of another one, and how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Preface {
    /// Nothing is owed.
    #[default]
    Settled,
    /// To be said with the next statement.
    Due(&'static str),
    /// Said; the answer is not known, as when somebody gave up waiting for it.
    Said,
}

/// Statements of a preface.
const STATEMENTS: usize = 2;

impl Preface {
    /// What is to be said now.
    fn say(&mut self) -> Option<&'static str> {
        let Self::Due(words) = *self else { return None };
        *self = Self::Said;
        Some(words)
    }
}

impl Held {
    pub(crate) fn own(conn: PoolConnection<Sqlite>) -> Self {
        Self::new(Kind::Own(Box::new(conn)))
    }

    /// A connection of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) async fn alone(options: &SqliteConnectOptions) -> Result<Self> {
        Ok(Self::new(Kind::Alone(Box::new(options.connect().await?))))
    }

    pub(crate) fn lent(conn: OwnedMutexGuard<PoolConnection<Sqlite>>, place: OwnedSemaphorePermit) -> Self {
        Self::new(Kind::Lent { conn, _place: place })
    }

    fn new(kind: Kind) -> Self {
        Self { kind, preface: Preface::Settled }
    }

    /// The connection without what is owed: nobody but the writer may write on it so.
    pub(crate) fn bare(&mut self) -> &mut SqliteConnection {
        &mut self.kind
    }

    pub(crate) fn close_on_drop(&mut self) {
        match &mut self.kind {
            Kind::Own(conn) => conn.close_on_drop(),
            Kind::Alone(_) => {}
            Kind::Lent { conn, .. } => conn.close_on_drop(),
        }
    }
}

impl Deref for Kind {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Own(conn) => conn,
            Self::Alone(conn) => conn,
            Self::Lent { conn, .. } => conn,
        }
    }
}

impl DerefMut for Kind {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Own(conn) => conn,
            Self::Alone(conn) => conn,
            Self::Lent { conn, .. } => conn,
        }
    }
}

/// A statement with its preface.
struct Prefaced {
    sql: SqlStr,
    arguments: Option<SqliteArguments>,
    persistent: bool,
}

impl Prefaced {
    fn new<'q>(words: &'static str, mut query: impl Execute<'q, Sqlite>) -> Result<Self, sqlx::Error> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
        let persistent = query.persistent();
        let sql = AssertSqlSafe(format!("{words}; {}", query.sql().as_str())).into_sql_str();
        Ok(Self { sql, arguments, persistent })
    }
}

impl Execute<'_, Sqlite> for Prefaced {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&SqliteStatement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<SqliteArguments>, sqlx::error::BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

type Step = Result<Either<SqliteQueryResult, SqliteRow>, sqlx::Error>;

impl<'c> Executor<'c> for &'c mut Held {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let Held { kind, preface } = self;
        let Some(words) = preface.say() else { return kind.fetch_many(query) };
        let prefaced = match Prefaced::new(words, query) {
            Ok(prefaced) => prefaced,
            Err(error) => {
                *preface = Preface::Due(words);
                return stream::once(future::ready(Err(error))).boxed();
            }
        };
        let mut left = STATEMENTS;
        let own = move |step: Either<SqliteQueryResult, SqliteRow>| {
            let of_preface = left > 0;
            if of_preface {
                left -= 1;
                *preface = if left == 0 { Preface::Settled } else { Preface::Said };
            }
            future::ready(Ok((!of_preface).then_some(step)))
        };
        kind.fetch_many(prefaced).try_filter_map(own).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        if !matches!(self.preface, Preface::Due(_)) {
            return self.kind.fetch_optional(query);
        }
        Box::pin(async move {
            let mut steps = self.fetch_many(query);
            while let Some(step) = steps.try_next().await? {
                if let Either::Right(row) = step {
                    return Ok(Some(row));
                }
            }
            Ok(None)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.kind.prepare_with(sql, parameters)
    }
}
