//! Lengths of source files, examples that nobody runs, and words that belong to one machine or one registry.

use std::path::{Path, PathBuf};

use super::text_of;

/// Longest source file in lines.
const LINES: usize = 400;

/// Hosts that packages come from: whoever builds chooses their own mirror. Written in pieces because this file, too, is
/// searched.
const HOSTS: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("deb.debian", ".org"),
    concat!("static.rust-lang", ".org"),
];

/// First parts of absolute paths that exist on one person's machine only.
const PLACES: [&str; 4] = [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/"), concat!("/", "Users/")];

/// cargo writes the name of its index into every entry of this file; `cargo deny` judges the sources there.
const LOCK_FILE: &str = "Cargo.lock";

/// Everything wrong with the files by themselves.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn complaints(root: &Path, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files {
        let Some(text) = text_of(root, file)? else { continue };
        let shown = file.display();
        let lines = text.lines().count();
        if file.extension().is_some_and(|extension| extension == "rs") {
            if lines > LINES {
                found.push(format!("{shown}: {lines} lines, at most {LINES}: which room is missing?"));
            }
            found.extend(examples(&text).map(|line| format!("{shown}:{line}: an example that no test runs")));
        }
        if file.as_path() != Path::new(LOCK_FILE) {
            let words = text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, forbidden(line)?)));
            found.extend(words.map(|(line, word)| format!("{shown}:{line}: names {word}")));
        }
    }
    Ok(found)
}

/// Lines at which rustdoc would find code to test. There is none, so that the tests need not have every crate read once more
/// to find that out; an example names another language, or is a test.
fn examples(text: &str) -> impl Iterator<Item = usize> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let line = line.trim_start();
        let fence = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?.trim_start().strip_prefix("```")?;
        inside = !inside;
        let language = fence.trim();
        (inside && !matches!(language, "text" | "console" | "sql" | "toml" | "json" | "html")).then_some(index + 1)
    })
}

/// The first forbidden word of a line.
fn forbidden(line: &str) -> Option<&'static str> {
    let host = HOSTS.into_iter().find(|host| line.contains(host));
    host.or_else(|| PLACES.into_iter().find(|place| starts_a_path(line, place)))
}

/// Whether a path in the line begins with `place`; `pages/home/` is another matter.
fn starts_a_path(line: &str, place: &str) -> bool {
    let continues = |before: char| before.is_alphanumeric() || "/._-}~*".contains(before);
    line.match_indices(place).any(|(at, _)| !line[..at].ends_with(continues))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::folder_with;

    #[test]
    fn long_sources_are_named_and_long_texts_are_not() {
        let (fits, over) = ("//\n".repeat(400), "//\n".repeat(401));
        let (root, files) = folder_with("long", &[("a.rs", &fits), ("b.rs", &over), ("c.md", &over)]);
        assert_eq!(complaints(&root, &files).unwrap(), ["b.rs: 401 lines, at most 400: which room is missing?"]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn examples_in_documentation_are_named_unless_they_are_no_code() {
        let text = "/// ```text\n/// a\n/// ```\n/// ```\n/// let a = 1;\n/// ```\n    //! ```rust\n    //! ```\n";
        let (root, files) = folder_with("examples", &[("a.rs", text), ("b.md", text)]);
        let named = ["a.rs:4: an example that no test runs", "a.rs:7: an example that no test runs"];
        assert_eq!(complaints(&root, &files).unwrap(), named);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn hosts_and_machine_paths_are_named_with_their_line() {
        let host = format!("fine\nsee https://{}/x", HOSTS[1]);
        let place = format!("open('{}me/x')", PLACES[0]);
        let index = format!("source = \"registry+{}\"", HOSTS[0]);
        let named = [("a.md", host.as_str()), ("b.py", &place), ("c/Cargo.lock", &index), (LOCK_FILE, &index)];
        let (root, files) = folder_with("words", &named);
        let wanted = [("a.md:2", HOSTS[1]), ("b.py:1", PLACES[0]), ("c/Cargo.lock:1", HOSTS[0])];
        assert_eq!(complaints(&root, &files).unwrap(), wanted.map(|(place, word)| format!("{place}: names {word}")));
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_folder_of_the_same_name_is_no_machine_path() {
        let place = PLACES[2];
        assert_eq!(forbidden(&format!("pages{place}index.html")), None);
        assert_eq!(forbidden(&format!("{{{{ base }}}}{place}")), None);
        assert_eq!(forbidden(&format!("cd {place}someone")), Some(place));
    }
}
