//! What a person wrote in a reply by mail, without the mail they replied to.

use crate::typed::fold;

/// Words with which mail programs begin the mail that is replied to.
const HEADINGS: [&str; 7] = [
    "-----original message-----",
    "----- original message -----",
    "-----元のメッセージ-----",
    "----- 元のメッセージ -----",
    "---------- forwarded message",
    "________________________________",
    "―――――――――――――――――――――",
];

/// The lines above the quoted mail, without those that are quoted themselves; trailing blank lines are left out.
pub fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let end = (0..lines.len()).find(|at| begins_quotation(&lines, *at)).unwrap_or(lines.len());
    let own = lines.iter().take(end).filter(|line| !line.trim_start().starts_with(['>', '＞']));
    own.copied().collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn begins_quotation(lines: &[&str], at: usize) -> bool {
    let line = |offset: usize| lines.get(at + offset).map(|line| fold(line.trim()).to_lowercase()).unwrap_or_default();
    let first = line(0);
    if HEADINGS.iter().any(|heading| first.starts_with(heading)) {
        return true;
    }
    announces(&first) || announces(&format!("{first} {}", line(1))) && !first.is_empty() || heads(&first, &line(1))
}

/// `On … wrote:` and 「…のメール:」, perhaps broken over two lines, followed by what is quoted.
fn announces(line: &str) -> bool {
    let named = line.contains('@') || line.contains('<') || line.chars().filter(char::is_ascii_digit).count() >= 4;
    let english = line.starts_with("on ") && line.ends_with("wrote:");
    let japanese = ["wrote:", "のメール:", "は書きました:", "さんは書きました:", "<wrote>:"];
    named && (english || (line.ends_with(':') && japanese.iter().any(|end| line.ends_with(end))))
}

/// The head of the other mail: 差出人 or From, and right below it another line of a head.
fn heads(first: &str, second: &str) -> bool {
    let begins = |line: &str, words: &[&str]| words.iter().any(|word| line.starts_with(word));
    begins(first, &["from:", "差出人:"])
        && begins(second, &["sent:", "date:", "to:", "送信日時:", "日時:", "宛先:", "件名:"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_programs_quote_is_left_out() {
        let quoted = [
            "> 前の文\n> つづき",
            "On Wed, May 20, 2026 at 10:00 AM 窓口 <desk@madoguchi.example> wrote:\n> 前の文",
            "On Wed, May 20, 2026 at 10:00 AM 窓口\n<desk@madoguchi.example> wrote:\n\n前の文",
            "2026年5月20日(水) 10:00 窓口 <desk@madoguchi.example>のメール:\n前の文",
            "-----Original Message-----\nFrom: 窓口\n前の文",
            "差出人： 窓口 <desk@madoguchi.example>\n送信日時： 2026年5月20日 10:00\n前の文",
            "________________________________\nFrom: 窓口\n前の文",
            "From: desk@madoguchi.example\nTo: owner@clinic.example\n\n前の文",
        ];
        for rest in quoted {
            assert_eq!(
                own_words(&format!("届きました。\nありがとうございます。\n\n{rest}")),
                "届きました。\nありがとうございます。"
            );
        }
    }

    #[test]
    fn answers_between_the_quoted_lines_stay() {
        assert_eq!(
            own_words("> 端末は何台ですか。\n2台です。\n> いつから使いますか。\n7月です。"),
            "2台です。\n7月です。"
        );
    }

    #[test]
    fn sentences_of_people_are_no_quotation() {
        for text in [
            "From: の欄には何を書きますか。\n教えてください。",
            "次のとおり書きました:\n1. 申請",
            "On では使えません。",
        ] {
            assert_eq!(own_words(text), text);
        }
        assert_eq!(own_words("> ぜんぶ引用"), "");
        assert_eq!(own_words("\r\n\r\n"), "");
    }
}
