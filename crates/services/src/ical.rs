//! Calendar files (RFC 5545).

use domain::clock::Timestamp;
use ics::{Event, ICalendar, components::Parameter, components::Property, escape_text};
use time::{Date, UtcOffset};

/// Longest line in octets, without its end (RFC 5545, 3.1).
const LINE: usize = 75;

/// When something in a calendar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// A whole day.
    Day(Date),
    /// From an instant until another one.
    Between(Timestamp, Timestamp),
}

/// Something in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What stays the same when it is told again.
    pub(crate) uid: String,
    /// When this was written.
    pub(crate) stamp: Timestamp,
    /// When it is.
    pub(crate) when: When,
    /// What the calendar shows.
    pub(crate) summary: String,
    /// What stands behind it; empty for nothing.
    pub(crate) description: String,
}

/// The file of a calendar; `product` is the last part of its maker's identifier, `name` what programs call it.
pub(crate) fn file(product: &str, name: &str, entries: Vec<Entry>) -> String {
    let mut calendar = ICalendar::new("2.0", format!("-//Madoguchi//{product}//JA"));
    calendar.push(Property::new("X-WR-CALNAME", escape_text(name.to_owned())));
    for entry in entries {
        calendar.add_event(event(entry));
    }
    folded(&calendar.to_string())
}

fn event(entry: Entry) -> Event<'static> {
    let mut event = Event::new(entry.uid, instant(entry.stamp));
    match entry.when {
        When::Day(day) => {
            let mut start = Property::new("DTSTART", basic(day));
            start.add(Parameter::new("VALUE", "DATE"));
            event.push(start);
        }
        When::Between(from, until) => {
            event.push(Property::new("DTSTART", instant(from)));
            event.push(Property::new("DTEND", instant(until)));
        }
    }
    event.push(Property::new("SUMMARY", escape_text(entry.summary)));
    if !entry.description.is_empty() {
        event.push(Property::new("DESCRIPTION", escape_text(entry.description)));
    }
    event.push(Property::new("TRANSP", "TRANSPARENT"));
    event
}

/// An instant as RFC 5545 writes it: `20260519T150000Z`.
fn instant(at: Timestamp) -> String {
    let at = at.in_japan().to_offset(UtcOffset::UTC);
    let (date, clock) = (basic(at.date()), at.time());
    format!("{date}T{:02}{:02}{:02}Z", clock.hour(), clock.minute(), clock.second())
}

/// A day as RFC 5545 writes it: `20260520`.
fn basic(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day())
}

/// The same file with no line longer than allowed: the library does not count the space at the begin of a folded line.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.replace("\r\n ", "").split_terminator("\r\n") {
        let mut room = LINE;
        for letter in line.chars() {
            if letter.len_utf8() > room {
                out.push_str("\r\n ");
                room = LINE - 1;
            }
            room -= letter.len_utf8();
            out.push(letter);
        }
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_long_text_is_folded_between_letters_and_read_back_whole() {
        let words = "届出を送信する；7月から、8月から\nつぎの行, ".repeat(9);
        let day = Entry {
            uid: "claims-20260715@madoguchi.example".to_owned(),
            stamp: Timestamp::start_of_day(date!(2026 - 05 - 20)),
            when: When::Day(date!(2026 - 06 - 20)),
            summary: "届出".to_owned(),
            description: words.clone(),
        };
        let file = file("Plan", "訪問の準備", vec![day]);
        assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"), "{file}");
        assert_eq!(file.matches('\n').count(), file.matches("\r\n").count());
        assert!(file.split("\r\n").all(|line| line.len() <= LINE), "{file}");
        assert!(file.split("\r\n").any(|line| line.len() > LINE - 3), "no line is folded without need");
        let whole = file.replace("\r\n ", "");
        let written = words.replace('\n', "\\n").replace(',', "\\,");
        assert!(whole.contains(&format!("\r\nDESCRIPTION:{written}\r\n")), "{whole}");
        assert!(whole.contains("\r\nDTSTART;VALUE=DATE:20260620\r\n"), "{whole}");
        assert!(whole.contains("\r\nDTSTAMP:20260519T150000Z\r\n"), "{whole}");
    }
}
