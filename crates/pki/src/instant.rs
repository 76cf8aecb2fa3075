//! Between the house's timestamps and the times of X.509.

use core::time::Duration;

use der::DateTime;
use der::asn1::GeneralizedTime;
use domain::clock::Timestamp;
use x509_cert::time::Time;

use crate::error::Error;

/// UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5); whole seconds, rounded down.
pub(crate) fn to_x509(at: Timestamp) -> Result<Time, Error> {
    Ok(Time::from(date_time(at)?))
}

/// GeneralizedTime whatever the year, as OCSP wants it (RFC 6960, 4.2.1).
pub(crate) fn to_generalized(at: Timestamp) -> Result<GeneralizedTime, Error> {
    Ok(GeneralizedTime::from_date_time(date_time(at)?))
}

/// The instant an X.509 time names.
pub(crate) fn from_x509(time: Time) -> Timestamp {
    from_duration(time.to_unix_duration())
}

/// The instant a GeneralizedTime names.
pub(crate) fn from_generalized(time: GeneralizedTime) -> Timestamp {
    from_duration(time.to_unix_duration())
}

fn from_duration(since_1970: Duration) -> Timestamp {
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

fn date_time(at: Timestamp) -> Result<DateTime, Error> {
    let seconds = u64::try_from(at.as_seconds()).map_err(|_| Error::TimeOutOfRange)?;
    DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| Error::TimeOutOfRange)
}
