//! Mails that came back: the reports of mail servers to the sender (RFC 3464).

use domain::{clock::Timestamp, ids::ApplicationId};
use mail_parser::{Message, MessageParser, PartType};
use storage::{
    Db,
    audit::{Entry, fingerprint},
    boxed,
};

use crate::Result;

/// Longest words of a server that are kept, in characters.
const LONGEST: usize = 300;
/// What is kept when a server gives no words.
const NO_WORDS: &str = "failed";

/// What a report led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounced {
    /// A mail of ours came back; the case that it was about, if any.
    Noted(Option<ApplicationId>),
    /// It says nothing of a mail of ours that was sent and failed for good: a delay, an answer by a machine, a stranger's.
    Nothing,
}

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Report {
    /// Message-ID of the mail that came back.
    message_id: String,
    /// The server's words.
    words: String,
}

fn text<'m>(part: &'m PartType<'_>) -> Option<std::borrow::Cow<'m, str>> {
    match part {
        PartType::Text(text) => Some(text.as_ref().into()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    }
}

/// The value of a field in a delivery status; folded lines are joined.
fn field(status: &str, name: &str) -> Option<String> {
    let joined = status.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let line = joined.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    line.filter(|value| !value.is_empty())
}

/// The Message-ID of the mail that the report carries, whole or by its head.
fn returned_id(message: &Message<'_>) -> Option<String> {
    let of_part = |part: &PartType<'_>| match part {
        PartType::Message(inner) => inner.message_id().map(str::to_owned),
        other => {
            let head = format!("{}\r\n\r\n", text(other)?);
            MessageParser::default().parse(head.as_bytes())?.message_id().map(str::to_owned)
        }
    };
    message.parts.iter().skip(1).rev().find_map(|part| of_part(&part.body))
}

fn read(report: &[u8]) -> Option<Report> {
    let message = MessageParser::default().parse(report)?;
    let statuses = message.parts.iter().filter_map(|part| text(&part.body));
    let status = statuses
        .filter(|text| field(text, "Action").is_some())
        .find(|text| field(text, "Action").is_some_and(|action| action.eq_ignore_ascii_case("failed")))?;
    let words = field(&status, "Diagnostic-Code").or_else(|| field(&status, "Status")).unwrap_or(NO_WORDS.to_owned());
    let words = words.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    Some(Report { message_id: returned_id(&message)?, words })
}

/// The Message-ID of a mail that came back for good, and the server's words.
pub(crate) fn report_of(report: &[u8]) -> Option<(String, String)> {
    read(report).map(|report| (report.message_id, report.words))
}

/// Notes that a mail came back, from the report of a mail server; a second report changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn bounced(db: &Db, now: Timestamp, report: &[u8]) -> Result<Bounced> {
    let Some(report) = read(report) else { return Ok(Bounced::Nothing) };
    let mut tx = db.write().await?;
    let Some(mail) = storage::mails::bounce(&mut tx, &report.message_id, &report.words).await? else {
        return Ok(Bounced::Nothing);
    };
    if mail.unsubscribe.is_some() {
        crate::content::subscriptions::refused(&mut tx, &mail.recipient, now).await?;
    }
    tx.audit(Entry {
        at: now.as_millis(),
        actor: "system:mail".to_owned(),
        on_behalf_of: String::new(),
        action: "mail.bounce".to_owned(),
        subject: format!("mail:{}", mail.id),
        source: String::new(),
        before_hash: fingerprint("sent"),
        after_hash: fingerprint(&report.words),
    });
    tx.commit().await?;
    Ok(Bounced::Noted(mail.application_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(action: &str, third: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: noreply@madoguchi.example\r\nSubject: Undelivered Mail\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
             Final-Recipient: rfc822; a@clinic.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 <a@clinic.example>: unknown\r\n user\r\n\
             --b\r\n{third}\r\n--b--\r\n"
        )
    }

    const HEAD: &str = "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <0190@portal.example>\r\n";
    const WHOLE: &str =
        "Content-Type: message/rfc822\r\n\r\nMessage-ID: <0190@portal.example>\r\nSubject: x\r\n\r\nbody\r\n";

    #[test]
    fn a_report_names_the_mail_and_the_words_whether_it_carries_all_of_it_or_its_head() {
        for third in [HEAD, WHOLE] {
            let found = read(report("failed", third).as_bytes());
            let words = "smtp; 550 5.1.1 <a@clinic.example>: unknown user".to_owned();
            assert_eq!(found, Some(Report { message_id: "0190@portal.example".to_owned(), words }), "{third}");
        }
    }

    #[test]
    fn what_is_no_failure_says_nothing() {
        assert_eq!(read(report("delayed", HEAD).as_bytes()), None);
        assert_eq!(read(report("failed", "Content-Type: text/plain\r\n\r\nnothing returned\r\n").as_bytes()), None);
        let on_holiday =
            "From: a@clinic.example\r\nSubject: Re: x\r\nIn-Reply-To: <0190@portal.example>\r\n\r\nAway.\r\n";
        assert_eq!(read(on_holiday.as_bytes()), None);
        assert_eq!(read(b"\xff\xfe\x00"), None);
    }
}
