//! Links between documents, and the list of decisions.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::text_of;

const DECISIONS: &str = "docs/adr";
const DECISION_LIST: &str = "docs/adr/README.md";

/// Every relative link that leads nowhere, and every decision that the list does not link to.
///
/// # Errors
/// When a document cannot be read.
pub(crate) fn complaints(root: &Path, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut listed = BTreeSet::new();
    for file in files.iter().filter(|file| is_document(file)) {
        let Some(text) = text_of(root, file)? else { continue };
        for target in links(file, &text) {
            if !root.join(&target).exists() {
                found.push(format!("{}: links to {}, which is not there", file.display(), target.display()));
            }
            if file == Path::new(DECISION_LIST) {
                listed.insert(target);
            }
        }
    }
    let decision = |file: &&PathBuf| is_document(file) && file.parent() == Some(Path::new(DECISIONS));
    let unlisted = files.iter().filter(decision).filter(|file| !file.ends_with("README.md") && !listed.contains(*file));
    found.extend(unlisted.map(|file| format!("{DECISION_LIST}: does not list {}", file.display())));
    Ok(found)
}

fn is_document(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "md")
}

/// Targets of a document's links and pictures inside the repository, by their path from the root.
fn links(document: &Path, text: &str) -> Vec<PathBuf> {
    let addresses =
        Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES).filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
            _ => None,
        });
    let inside = addresses.filter(|address| !address.contains(':') && !address.starts_with('#'));
    inside.map(|address| resolved(document, &address)).collect()
}

fn resolved(document: &Path, address: &str) -> PathBuf {
    let path = address.split(['#', '?']).next().unwrap_or_default();
    let from_root = path.strip_prefix('/');
    let folder = document.parent().filter(|_| from_root.is_none()).unwrap_or(Path::new(""));
    let mut whole = PathBuf::new();
    for part in folder.join(from_root.unwrap_or(path)).components() {
        match part {
            Component::ParentDir if whole.pop() => {}
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::folder_with;

    #[test]
    fn links_that_lead_nowhere_are_named_and_others_are_not() {
        let guide = "[up](../README.md#top) [here](#x) [web](https://example.jp/a.md) [mail](mailto:a@example.jp)\n\n\
            ![picture](gone.png)\n\n`[code](nowhere.md)`\n\n| a |\n|---|\n| [table][t] |\n\n[t]: /docs/missing.md\n";
        let (root, files) = folder_with("links", &[("README.md", "[guide](docs/guide.md)"), ("docs/guide.md", guide)]);
        let wanted = ["docs/gone.png", "docs/missing.md"];
        let wanted = wanted.map(|target| format!("docs/guide.md: links to {target}, which is not there"));
        assert_eq!(complaints(&root, &files).unwrap(), wanted);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn every_decision_stands_in_the_list() {
        let decisions = [
            (DECISION_LIST, "1. [one](0001-one.md)\n\nand 0002-two.md without a link"),
            ("docs/adr/0001-one.md", "# One"),
            ("docs/adr/0002-two.md", "# Two"),
        ];
        let (root, files) = folder_with("decisions", &decisions);
        assert_eq!(complaints(&root, &files).unwrap(), ["docs/adr/README.md: does not list docs/adr/0002-two.md"]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn decisions_without_any_list_are_all_named() {
        let (root, files) = folder_with("no-list", &[("docs/adr/0001-one.md", "# One")]);
        assert_eq!(complaints(&root, &files).unwrap().len(), 1);
        std::fs::remove_dir_all(root).unwrap();
    }
}
