//! Stories of a backup of key files that several people open together.

use std::collections::BTreeMap;

use pki::{KeyFiles, ShareFault, join_key_backup, split_key_backup};
use zeroize::Zeroizing;

use crate::support::Sequence;

fn files() -> KeyFiles {
    BTreeMap::from([("issuing-1.key.pem".to_owned(), b"one\n".to_vec()), ("root-1.key.pem".to_owned(), vec![0; 300])])
}

fn named(shares: &[Zeroizing<String>], numbers: &[usize]) -> Vec<(String, Zeroizing<String>)> {
    numbers.iter().map(|number| (format!("share-{number}.txt"), shares[number - 1].clone())).collect()
}

#[test]
fn any_three_of_five_shares_bring_back_the_same_files_and_two_do_not() {
    let made = split_key_backup(&files(), 3, 5, &Sequence::from(3)).unwrap();
    for a in 1..=5 {
        for b in a + 1..=5 {
            let two = join_key_backup(&made.file, &named(&made.shares, &[a, b]));
            assert_eq!(two, Err(ShareFault::TooFew { needed: 3, missing: 1 }));
            for c in b + 1..=5 {
                assert_eq!(join_key_backup(&made.file, &named(&made.shares, &[c, a, b])), Ok(files()));
            }
        }
    }
    assert_eq!(join_key_backup(&made.file, &named(&made.shares, &[1, 2, 3, 4, 5])), Ok(files()), "more do no harm");
    assert_eq!(join_key_backup(&made.file, &[]), Err(ShareFault::TooFew { needed: 2, missing: 2 }));
}

#[test]
fn a_share_that_cannot_be_used_is_named() {
    let made = split_key_backup(&files(), 2, 3, &Sequence::from(3)).unwrap();
    let other = split_key_backup(&files(), 2, 3, &Sequence::from(4)).unwrap();
    let mut shares = named(&made.shares, &[1, 2]);
    let digit = shares[1].1.find("value 2:  ").unwrap() + "value 2:  ".len();
    let changed = if shares[1].1.as_bytes()[digit] == b'0' { "1" } else { "0" };
    shares[1].1.replace_range(digit..=digit, changed);
    assert_eq!(join_key_backup(&made.file, &shares), Err(ShareFault::Damaged("share-2.txt".to_owned())));
    let foreign = [named(&made.shares, &[1]), named(&other.shares, &[3])].concat();
    assert_eq!(join_key_backup(&made.file, &foreign), Err(ShareFault::Foreign("share-3.txt".to_owned())));
    let twice = named(&made.shares, &[2, 2]);
    assert_eq!(join_key_backup(&made.file, &twice), Err(ShareFault::Repeated("share-2.txt".to_owned())));
    let empty = [("empty.txt".to_owned(), Zeroizing::new(String::new()))];
    assert_eq!(join_key_backup(&made.file, &empty), Err(ShareFault::Damaged("empty.txt".to_owned())));
}

#[test]
fn a_share_may_be_typed_from_its_paper() {
    let made = split_key_backup(&files(), 2, 2, &Sequence::from(5)).unwrap();
    let mut shares = named(&made.shares, &[1, 2]);
    let typed: Vec<String> = shares[0].1.lines().skip(1).map(|line| format!("  {line}  ")).collect();
    let (names, values): (Vec<_>, Vec<_>) = typed.iter().map(|line| line.split_once(':').unwrap()).unzip();
    let typed: Vec<String> = names
        .iter()
        .zip(values)
        .map(|(name, value)| format!("{name}:{}", value.to_uppercase().replace("OF", "of")))
        .collect();
    shares[0].1 = Zeroizing::new(typed.join("\r\n"));
    assert_eq!(join_key_backup(&made.file, &shares), Ok(files()), "{typed:?}");
}

#[test]
fn numbers_that_protect_nothing_are_refused() {
    for (needed, shares) in [(1, 3), (3, 2), (2, 21), (0, 0)] {
        let refused = split_key_backup(&files(), needed, shares, &Sequence::from(3)).unwrap_err();
        assert_eq!(refused, ShareFault::Numbers, "{needed} of {shares}");
    }
    let made = split_key_backup(&files(), 2, 2, &Sequence::from(3)).unwrap();
    let shares = named(&made.shares, &[1, 2]);
    for file in ["", "-----BEGIN MADOGUCHI KEY BACKUP-----\nAAAA\n-----END MADOGUCHI KEY BACKUP-----\n"] {
        assert_eq!(join_key_backup(file, &shares), Err(ShareFault::Backup));
    }
}
