//! Texts of any origin, made safe to print: nothing that has no ink may reach the page.

/// Characters of a one-line text that are printed; forms allow far less.
const LONGEST_LINE: usize = 300;

/// The text without invisible controls; line breaks of any kind become `\n`.
pub(crate) fn text(raw: &str) -> String {
    raw.replace("\r\n", "\n").chars().filter_map(printable).collect()
}

/// The same, on one line of bearable length: line breaks become blanks, what is cut off leaves 「…」.
pub(crate) fn line(raw: &str) -> String {
    let mut line = text(raw).replace('\n', " ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST_LINE) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// What is printed for a character: itself, a plain break or blank, or nothing.
///
/// Direction controls are dropped because they make paper show another text than the one stored.
fn printable(character: char) -> Option<char> {
    match character {
        '\n' | '\r' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\t' => Some(' '),
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => None,
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}' => None,
        c if c.is_control() || (c as u32) & 0xfffe == 0xfffe => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_vanish_and_breaks_are_kept_only_where_an_answer_may_have_lines() {
        assert_eq!(line("山\0田\r\n太郎"), "山田 太郎");
        assert_eq!(text("一\r\n二\u{2028}三\u{202e}"), "一\n二\n三");
    }

    #[test]
    fn a_line_without_end_is_cut_and_an_answer_is_not() {
        let long = "字".repeat(10_000);
        assert_eq!(line(&long).chars().count(), LONGEST_LINE + 1);
        assert!(line(&long).ends_with('…'));
        assert_eq!(text(&long), long);
    }

    #[test]
    fn what_has_ink_stays_as_it_is() {
        let kept = "#panic(\"x\") <script>&\\ 𠮷 髙﨑 👩‍⚕️ ｶﾅ ①";
        assert_eq!(text(kept), kept);
    }
}
