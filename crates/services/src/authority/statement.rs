//! What the CP/CPS says of keys, terms and profiles, drawn from those in force: the text must be true to them (spec 4.1), whatever
//! an operator configures.

use domain::{calendar::japanese_date, text::months_in_words};
use pki::{IssuerCert, Profile, TerminalProfiles};

use super::Authority;

/// What a profile does not put into certificates.
const NOTHING: &str = "なし";

/// Values of the placeholders that only documents have; `months` is the longest term that the operator gives.
pub(crate) fn of(authority: &Authority, months: u32) -> Vec<(&'static str, String)> {
    let (root, issuing) = (&authority.root, &authority.issuing.certificate);
    let publications = authority.issuing.publications();
    let own = |name: &str| authority.profiles.get(name);
    let key = |name| own(name).map(|profile| profile.generated_key().to_string()).unwrap_or_default();
    let term = |name| own(name).map(|profile| months_in_words(profile.term().months)).unwrap_or_default();
    let terminals = &authority.terminals;
    vec![
        ("publication_url", publications.to_owned()),
        ("root_key", key_of(root)),
        ("root_signature", signature_of(root)),
        ("root_term", term_of(root)),
        ("issuing_key", key_of(issuing)),
        ("issuing_signature", signature_of(issuing)),
        ("issuing_term", term_of(issuing)),
        ("ocsp_key", key("ocsp")),
        ("ocsp_term", term("ocsp")),
        ("server_key", key("closed-network-server")),
        ("server_term", term("closed-network-server")),
        ("terminal_keys", keys(terminals)),
        ("terminal_terms", told(terminals, |profile| Some(term_in_words(profile, months)))),
        ("terminal_subject_rows", subject_rows(terminals.preferred())),
        ("terminal_profile_rows", profile_rows(terminals, publications, &authority.issuing.ocsp_url())),
    ]
}

/// The term of certificates whose keys are made here, such as 「3年3か月」.
pub(crate) fn preferred_term(terminals: &TerminalProfiles, months: u32) -> String {
    months_in_words(terminals.preferred().term().months.min(months))
}

fn key_of(authority: &IssuerCert) -> String {
    authority.public_key().algorithm().to_string()
}

fn signature_of(authority: &IssuerCert) -> String {
    authority.public_key().algorithm().signature_name().to_owned()
}

fn term_of(authority: &IssuerCert) -> String {
    let validity = authority.validity();
    format!("{}から{}まで", japanese_date(validity.not_before.date()), japanese_date(validity.not_after.date()))
}

fn keys(terminals: &TerminalProfiles) -> String {
    terminals.keys().iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}

fn term_in_words(profile: &Profile, months: u32) -> String {
    let months = profile.term().months.min(months);
    let words = months_in_words(months);
    if months > 12 { format!("{words}（{months}か月）") } else { words }
}

/// One value when it is that of all profiles, else each with the titles of those that have it.
fn told(terminals: &TerminalProfiles, value: impl Fn(&Profile) -> Option<String>) -> String {
    let mut found: Vec<(String, Vec<&str>)> = vec![];
    for profile in terminals.iter() {
        let value = value(profile).unwrap_or_else(|| NOTHING.to_owned());
        match found.iter_mut().find(|(known, _)| *known == value) {
            Some((_, titles)) => titles.push(profile.title()),
            None => found.push((value, vec![profile.title()])),
        }
    }
    let several = found.len() > 1;
    let one = |(value, titles): &(String, Vec<&str>)| match several {
        true => format!("{value}（{}）", titles.join("、")),
        false => value.clone(),
    };
    found.iter().map(one).collect::<Vec<_>>().join("／")
}

/// A row of a table in Markdown.
fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "｜").replace('\n', " ")).collect();
    format!("| {} |", cells.join(" | "))
}

fn subject_rows(profile: &Profile) -> String {
    let rows = profile.subject_in_parts().into_iter().map(|(kind, value)| row(&[&kind, &part_in_words(&value)]));
    rows.collect::<Vec<_>>().join("\n")
}

/// What people know a part of the subject by.
fn part_in_words(value: &str) -> String {
    let words = match value {
        "{institution_name}" => "医療機関等の名称（台帳による）",
        "{institution_code}" => "医療機関等コード（10桁）",
        "{terminal_name}" => "端末名称等",
        "{reference}" => "端末の電子証明書の申請の受付番号",
        "{operator}" => "運営者の名称",
        fixed => fixed,
    };
    words.to_owned()
}

/// What stands under a key of the profile's file, in the words of RFC 5280.
fn entry(profile: &Profile, key: &str) -> Option<String> {
    profile.in_words().into_iter().find(|(name, _)| *name == key).map(|(_, value)| value.replace(", ", "、"))
}

fn publishes(profile: &Profile, what: &str) -> bool {
    entry(profile, "publish").is_some_and(|all| all.split('、').any(|one| one == what))
}

fn profile_rows(terminals: &TerminalProfiles, publications: &str, ocsp: &str) -> String {
    let list = format!("{publications} の下の、この証明書が載る分割CRLの場所");
    let access = |profile: &Profile| {
        let ocsp = publishes(profile, "ocsp").then(|| format!("OCSP（{ocsp}）"));
        let issuer = publishes(profile, "issuer").then(|| "発行局の証明書の場所".to_owned());
        let both: Vec<String> = ocsp.into_iter().chain(issuer).collect();
        (!both.is_empty()).then(|| both.join("、"))
    };
    let policies = |profile: &Profile| {
        let place = entry(profile, "policy_statement").map_or("", |_| "、この規程の場所");
        entry(profile, "policies").map(|policies| policies + place)
    };
    let lists = |profile: &Profile| publishes(profile, "crl").then(|| list.clone());
    let mut rows = vec![
        row(&["subjectPublicKeyInfo", &keys(terminals), "－"]),
        row(&["keyUsage", &told(terminals, |profile| entry(profile, "key_usage")), "はい"]),
        row(&["extKeyUsage", &told(terminals, |profile| entry(profile, "extended_key_usage")), "いいえ"]),
        row(&["certificatePolicies", &told(terminals, policies), "いいえ"]),
        row(&["cRLDistributionPoints", &told(terminals, lists), "いいえ"]),
        row(&["authorityInfoAccess", &told(terminals, access), "いいえ"]),
    ];
    rows.extend(further_rows(terminals));
    rows.join("\n")
}

/// Extensions that a profile writes out: each by its identifier, whether it is critical, and its value.
fn further_rows(terminals: &TerminalProfiles) -> Vec<String> {
    let extensions = |profile: &Profile| -> Vec<(String, bool, String)> {
        let lines = profile.in_words().into_iter().filter(|(key, _)| *key == "extension");
        let split = |(_, line): (&str, String)| {
            let mut parts = line.splitn(3, ", ").map(str::to_owned);
            Some((parts.next()?, parts.next()? == "critical", parts.next()?))
        };
        lines.filter_map(split).collect()
    };
    let mut known: Vec<(String, bool)> = vec![];
    for (oid, critical, _) in terminals.iter().flat_map(extensions) {
        if !known.contains(&(oid.clone(), critical)) {
            known.push((oid, critical));
        }
    }
    let line = |(oid, critical): &(String, bool)| {
        let value = |profile: &Profile| {
            let own = extensions(profile).into_iter().find(|(one, other, _)| one == oid && other == critical);
            own.map(|(_, _, value)| format!("DERで {value}"))
        };
        row(&[oid, &told(terminals, value), if *critical { "はい" } else { "いいえ" }])
    };
    known.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use pki::Profiles;

    use super::*;

    const HPKI_LIKE: &str = include_str!("../../../pki/tests/stories/hpki-like.toml");
    const PLACES: (&str, &str) = ("http://p.example/pki", "http://p.example/pki/ocsp");

    fn terminals(names: &[&str]) -> TerminalProfiles {
        let own = Profiles::parse(HPKI_LIKE, "1.2.392.200999.1").unwrap();
        Profiles::built_in("1.2.392.200999.1").unwrap().overlaid_with(own).for_terminals(names).unwrap()
    }

    fn rows(names: &[&str]) -> String {
        profile_rows(&terminals(names), PLACES.0, PLACES.1)
    }

    #[test]
    fn profiles_that_agree_are_told_once() {
        let rows = rows(&["p256", "rsa3072"]);
        assert!(rows.contains("| subjectPublicKeyInfo | ECDSA P-256、RSA（3072ビット以上） | － |"), "{rows}");
        assert!(rows.contains("| keyUsage | digitalSignature | はい |"), "{rows}");
        assert!(
            rows.contains("| authorityInfoAccess | OCSP（http://p.example/pki/ocsp）、発行局の証明書の場所 | いいえ |")
        );
        assert_eq!(rows.lines().count(), 6, "no further extension: {rows}");
    }

    #[test]
    fn a_profile_of_the_operator_is_told_with_everything_that_it_adds() {
        let alone = rows(&["hpki-like"]);
        assert!(alone.contains("| keyUsage | digitalSignature、nonRepudiation | はい |"), "{alone}");
        assert!(alone.contains("| 2.5.29.9 | DERで 303a3038"), "{alone}");
        let both = rows(&["p256", "hpki-like"]);
        let usage = "digitalSignature（端末の電子証明書（ECDSA P-256））／digitalSignature、nonRepudiation（保健医療福祉分野PKI風の電子証明書）";
        assert!(both.contains(&format!("| keyUsage | {usage} | はい |")), "{both}");
        assert!(both.contains("| 2.5.29.9 | なし（端末の電子証明書（ECDSA P-256））／DERで "), "{both}");
    }

    #[test]
    fn terms_are_those_of_each_profile_and_never_longer_than_the_operator_gives() {
        let told = |names, months| told(&terminals(names), |profile| Some(term_in_words(profile, months)));
        assert_eq!(told(&["p256", "rsa2048"], 39), "3年3か月（39か月）");
        assert_eq!(told(&["p256"], 12), "1年");
        let both = told(&["p256", "hpki-like"], 39);
        assert!(both.starts_with("3年3か月（39か月）（端末の") && both.contains("／2年（24か月）（保健"), "{both}");
        assert_eq!(preferred_term(&terminals(&["hpki-like"]), 39), "2年");
    }

    #[test]
    fn a_subject_is_told_in_words_and_cannot_break_the_table() {
        let rows = subject_rows(terminals(&["p256"]).preferred());
        assert!(rows.starts_with("| C | JP |\n| O | 医療機関等の名称（台帳による） |\n"), "{rows}");
        assert!(rows.ends_with("| serialNumber | 端末の電子証明書の申請の受付番号 |"), "{rows}");
        assert_eq!(row(&["a|b", "c\nd"]), "| a｜b | c d |");
    }
}
