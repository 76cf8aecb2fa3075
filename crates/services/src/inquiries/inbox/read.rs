//! What a mail says, as far as an inquiry is concerned. Its HTML is never shown and its files are not kept.

use domain::{
    accounts::clean_text,
    inquiries::{LONGEST_MESSAGE, own_words},
};
use mail_parser::{Address, HeaderValue, Message, MessageParser, MimeHeaders};

/// Longest sender, subject and name of a file that are kept, in characters.
const SHORT: usize = 200;
/// Most files that are named.
const FILES: usize = 20;
/// What stands at the end of a text that was cut.
const CUT: &str = "\n（長いため、ここから先は保存していません）";
/// How machines begin their subjects.
const MACHINES: [&str; 7] =
    ["自動返信", "自動応答", "【自動", "automatic reply", "auto reply", "out of office", "不在"];

/// A mail that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    /// What tells it from every other: Message-ID with the sender; empty when it has none.
    pub(super) name: String,
    /// Address of the sender, lower case.
    pub(super) from: String,
    /// Subject.
    pub(super) subject: String,
    /// The words of its writer, or nothing.
    pub(super) body: Body,
    /// Names of files, one a line.
    pub(super) files: String,
    /// Whether a machine wrote it.
    pub(super) automatic: bool,
    /// Where the mark of a thread may stand: recipients and subject.
    pub(super) places: String,
    /// Message-IDs of the mails it replies to.
    pub(super) replies_to: Vec<String>,
}

/// What became of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing is left.
    #[default]
    Empty,
    /// The words in their stored form.
    Words(String),
    /// It holds characters that cannot be kept; what is left of it.
    Unreadable(String),
}

impl Body {
    /// What is left of it.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Words(words) | Self::Unreadable(words) => words,
        }
    }
}

/// Reads a mail, or its head alone; none when it is no mail.
pub(super) fn read(raw: &[u8]) -> Option<Letter> {
    let message = MessageParser::default().parse(raw)?;
    let from = message.from().and_then(Address::first).and_then(|one| one.address()).unwrap_or_default();
    let from = short(from).to_lowercase();
    let subject = short(message.subject().unwrap_or_default());
    let id = message.message_id().unwrap_or_default();
    let (automatic, places) = (is_automatic(&message, &from, &subject), places(&message, &subject));
    Some(Letter {
        name: if id.is_empty() { String::new() } else { format!("{id}\n{from}") },
        body: body(&message),
        files: files(&message),
        automatic,
        places,
        replies_to: [message.in_reply_to(), message.references()].into_iter().flat_map(ids).collect(),
        from,
        subject,
    })
}

/// What is kept of a mail, for those who look for mails that break the reader: sender, subject, words, files.
pub(crate) fn summary(raw: &[u8]) -> Option<[String; 4]> {
    read(raw).map(|letter| [letter.from, letter.subject, letter.body.words().to_owned(), letter.files])
}

/// Text that every engine stores, on one line.
fn short(text: &str) -> String {
    let visible = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    visible.take(SHORT).collect::<String>().trim().to_owned()
}

fn body(message: &Message<'_>) -> Body {
    let text = message.body_text(0).unwrap_or_default();
    let own = own_words(&text);
    let own = match own.char_indices().nth(LONGEST_MESSAGE - CUT.chars().count()) {
        Some((end, _)) if own.chars().count() > LONGEST_MESSAGE => {
            format!("{}{CUT}", own.get(..end).unwrap_or_default())
        }
        _ => own,
    };
    match clean_text(&own, LONGEST_MESSAGE) {
        Ok(words) if words.is_empty() => Body::Empty,
        Ok(words) => Body::Words(words),
        Err(_) => Body::Unreadable(own.lines().map(short).collect::<Vec<_>>().join("\n")),
    }
}

fn files(message: &Message<'_>) -> String {
    let name = |part: &mail_parser::MessagePart<'_>| short(part.attachment_name().unwrap_or("（名前なし）"));
    message.attachments().take(FILES).map(name).collect::<Vec<_>>().join("\n")
}

fn header<'m>(message: &'m Message<'_>, name: &'m str) -> Option<&'m str> {
    message.header_raw(name).map(str::trim)
}

/// Whether a machine wrote it: those who answer machines never stop (RFC 3834).
fn is_automatic(message: &Message<'_>, from: &str, subject: &str) -> bool {
    let told = header(message, "Auto-Submitted").is_some_and(|value| !value.to_lowercase().starts_with("no"));
    let bulk = header(message, "Precedence")
        .is_some_and(|value| ["bulk", "junk", "list", "auto_reply"].contains(&value.to_lowercase().as_str()));
    let responder = ["X-Autoreply", "X-Autorespond", "X-Auto-Reply"].iter().any(|name| header(message, name).is_some());
    let nobody = header(message, "Return-Path").is_some_and(|value| value == "<>");
    let report =
        header(message, "Content-Type").is_some_and(|value| value.to_lowercase().starts_with("multipart/report"));
    let daemon = ["mailer-daemon@", "postmaster@"].iter().any(|name| from.starts_with(name));
    let subject = subject.to_lowercase();
    let says = MACHINES.iter().any(|words| subject.starts_with(words));
    told || bulk || responder || nobody || report || daemon || says
}

fn places(message: &Message<'_>, subject: &str) -> String {
    let lists = [message.to(), message.cc()].into_iter().flatten();
    let addresses = lists.flat_map(Address::iter).filter_map(|one| one.address()).map(str::to_owned);
    let delivered =
        ["Delivered-To", "X-Original-To"].iter().filter_map(|name| header(message, name)).map(str::to_owned);
    addresses.chain(delivered).chain([subject.to_owned()]).take(100).collect::<Vec<_>>().join("\n")
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![short(id)],
        HeaderValue::TextList(ids) => ids.iter().rev().take(20).map(|id| short(id)).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(head: &str, body: &str) -> Letter {
        read(format!("From: 山田 <Owner@Clinic.example>\r\n{head}\r\n{body}").as_bytes()).unwrap()
    }

    #[test]
    fn a_reply_is_read_without_what_it_quotes() {
        let head = "To: <desk+abc@madoguchi.example>\r\nSubject: =?UTF-8?B?UmU6IOWbnuetlA==?=\r\nMessage-ID: <1@x>\r\n\
            In-Reply-To: <0190@portal.example>\r\nReferences: <a@b> <0190@portal.example>\r\n";
        let letter = mail(head, "届きました。\r\n\r\n> 前の文\r\n");
        assert_eq!(letter.body, Body::Words("届きました。".to_owned()));
        assert_eq!((letter.from.as_str(), letter.subject.as_str()), ("owner@clinic.example", "Re: 回答"));
        assert!(letter.places.contains("desk+abc@madoguchi.example") && !letter.automatic);
        assert!(letter.replies_to.contains(&"0190@portal.example".to_owned()));
        assert_eq!(letter.name, "1@x\nowner@clinic.example");
    }

    #[test]
    fn nothing_that_is_kept_or_looked_for_holds_what_an_engine_refuses() {
        let head = "Subject: a\0b\r\nMessage-ID: <1\0@x>\r\nTo: <desk\0@b.example>\r\n\
            In-Reply-To: <a\0b>\r\nReferences: <c\0d> <0190@portal.example>\r\n";
        let letter = mail(head, "a\0b");
        assert!(letter.replies_to.contains(&"0190@portal.example".to_owned()), "{letter:?}");
        let kept = [&letter.from, &letter.subject, &letter.files, &letter.body.words().to_owned()];
        assert!(kept.into_iter().chain(&letter.replies_to).all(|text| !text.contains('\0')), "{letter:?}");
    }

    #[test]
    fn the_encodings_of_japanese_mails_are_understood() {
        let head = b"From: a@b.example\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n\r\n";
        let jis = [&head[..], b"\x1b$BFO$-$^$7$?!#\x1b(B\r\n"].concat();
        assert_eq!(read(&jis).unwrap().body, Body::Words("届きました。".to_owned()));
        let head = b"From: a@b.example\r\nContent-Type: text/plain; charset=Shift_JIS\r\n\r\n";
        let sjis = [&head[..], b"\x93\xcd\x82\xab\x82\xdc\x82\xb5\x82\xbd\x81\x42"].concat();
        assert_eq!(read(&sjis).unwrap().body, Body::Words("届きました。".to_owned()));
    }

    #[test]
    fn files_are_named_and_html_is_no_markup() {
        let head = "Content-Type: multipart/mixed; boundary=b\r\n";
        let body = "--b\r\nContent-Type: text/html\r\n\r\n<p>はい<script>x()</script></p>\r\n\
            --b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n";
        let letter = mail(head, body);
        assert_eq!(letter.files, "a.pdf");
        assert!(letter.body.words().contains("はい") && !letter.body.words().contains('<'), "{:?}", letter.body);
    }

    #[test]
    fn machines_are_known_by_their_marks() {
        let marks = [
            "Auto-Submitted: auto-replied\r\n",
            "Precedence: bulk\r\n",
            "X-Autoreply: yes\r\n",
            "Return-Path: <>\r\n",
            "Subject: Automatic reply: x\r\n",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
        ];
        for mark in marks {
            assert!(mail(mark, "留守にしています。").automatic, "{mark}");
        }
        assert!(!mail("Auto-Submitted: no\r\nSubject: 留守の件\r\n", "本人です。").automatic);
    }

    #[test]
    fn what_cannot_be_kept_is_said_to_be_so_and_long_texts_are_cut() {
        assert_eq!(mail("", "").body, Body::Empty);
        assert!(matches!(mail("", "a\u{202e}b").body, Body::Unreadable(_)));
        let long = mail("", &"あ".repeat(LONGEST_MESSAGE + 1));
        assert!(
            matches!(&long.body, Body::Words(words) if words.ends_with(CUT.trim()) && words.chars().count() <= LONGEST_MESSAGE)
        );
    }
}
