use super::*;
use time::macros::{date, datetime};

fn at(text: time::OffsetDateTime) -> Timestamp {
    Timestamp::from_millis(text.unix_timestamp() * 1000)
}

fn built_in() -> Profiles {
    Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap()
}

#[test]
fn the_built_in_profiles_are_sound_and_complete() {
    let profiles = built_in();
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name()).collect();
    assert_eq!(names, ["closed-network-server", "issuing", "ocsp", "p256", "root", "rsa2048", "rsa3072"]);
    let p256 = profiles.get("p256").unwrap();
    assert_eq!(p256.term(), Term { months: 39 });
    assert_eq!(p256.policies(), ["1.3.6.1.4.1.32473.1.1.1"]);
    assert!(p256.accepts(KeyAlgorithm::P256) && !p256.accepts(KeyAlgorithm::Rsa { bits: 2048 }));
    assert!(profiles.get("rsa2048").unwrap().accepts(KeyAlgorithm::Rsa { bits: 3072 }));
}

#[test]
fn an_operator_replaces_one_profile_and_keeps_the_rest() {
    let own = r#"
        [p256]
        title = "短い"
        subject = ["CN={terminal_name}"]
        keys = ["p384"]
        months = 12
        key_usage = ["digitalSignature"]
        extended_key_usage = ["clientAuth"]
    "#;
    let profiles = built_in().overlaid_with(Profiles::parse(own, "1.2.392.200999.1").unwrap());
    assert_eq!(profiles.get("p256").unwrap().generated_key(), KeyKind::P384);
    assert_eq!(profiles.iter().count(), 7);
}

#[test]
fn thirty_nine_months_end_with_the_day_in_japan() {
    let p256 = built_in().get("p256").unwrap().clone();
    let validity = p256.validity(at(datetime!(2026-05-20 16:30:12 UTC)), None).unwrap();
    assert_eq!(validity.not_before, at(datetime!(2026-05-20 16:30:12 UTC)));
    // 16:30 UTC is already the 21st in Japan.
    assert_eq!(validity.not_after, Timestamp::end_of_day(date!(2029 - 08 - 21)));
    let short_month = p256.validity(at(datetime!(2026-11-30 03:00 UTC)), None).unwrap();
    assert_eq!(short_month.not_after, Timestamp::end_of_day(date!(2030 - 02 - 28)));
}

#[test]
fn every_fault_is_named_at_once() {
    let text = r#"
        [bad]
        title = ""
        subject = ["C=Japan", "O={nobody}", "X=1", "OU=a{institution_code}", "CN", "C=JP", "C=JP"]
        keys = ["p257"]
        months = 0
        key_usage = "digitalSignature"
        extended_key_usage = ["clientAuth", 5, "codeSigning?"]
        policies = ["{arc}.x", "any"]
        publish = ["ldap"]
        self_signed = "yes"
        path_length = 3
        wildcard = true
    "#;
    let faults = Profiles::parse(text, "1.2.392.200999.1").unwrap_err();
    let mut keys: Vec<&str> = faults.0.iter().map(|fault| fault.key.as_str()).collect();
    keys.dedup();
    for key in [
        "title",
        "subject",
        "keys",
        "months",
        "key_usage",
        "extended_key_usage",
        "policies",
        "publish",
        "self_signed",
        "path_length",
        "wildcard",
    ] {
        assert!(keys.contains(&key), "{key} is not named in:\n{faults}");
    }
    assert_eq!(faults.0.iter().filter(|fault| fault.key == "subject").count(), 7, "{faults}");
    assert!(faults.to_string().contains("[bad] wildcard: このキーはありません。"), "{faults}");
}

#[test]
fn parts_that_contradict_each_other_are_refused() {
    let base = "title='x'\nsubject=['CN={common_name}']\nkeys=['p256']\nmonths=1\n";
    let faulty = |rest: &str, key: &str| {
        let faults = Profiles::parse(&format!("[x]\n{base}{rest}"), "1.2.392.200999.1").unwrap_err();
        assert!(faults.0.iter().any(|fault| fault.key == key), "{rest} does not name {key}:\n{faults}");
    };
    faulty("key_usage=['keyCertSign']\nextended_key_usage=['clientAuth']", "key_usage");
    faulty("key_usage=['digitalSignature']", "extended_key_usage");
    faulty("key_usage=['digitalSignature']\nauthority=true", "key_usage");
    faulty("key_usage=['keyCertSign','cRLSign']\nauthority=true\nself_signed=true\npublish=['crl']", "publish");
    faulty("key_usage=['digitalSignature']\nextended_key_usage=['serverAuth']", "alternative_names");
    faulty("key_usage=['digitalSignature']\nextended_key_usage=['ocspSigning']", "ocsp_no_check");
    faulty("key_usage=['digitalSignature']\nextended_key_usage=['clientAuth']\npolicies=['any']", "policies");
    faulty(
        "key_usage=['digitalSignature']\nextended_key_usage=['clientAuth']\npolicy_statement=true",
        "policy_statement",
    );
    let leaf = "key_usage=['digitalSignature']\nextended_key_usage=['clientAuth']\n";
    for extensions in [
        "3",
        "[]",
        "['2.5.29.9']",
        "[{ oid = 'x', value = '0500' }]",
        "[{ oid = '2.5.29.9', value = '05' }]",
        "[{ oid = '2.5.29.9', value = '050000' }]",
        "[{ oid = '2.5.29.9', value = 'zz' }]",
        "[{ oid = '2.5.29.9', critical = 'no', value = '0500' }]",
        "[{ oid = '2.5.29.9', value = '0500', note = 'x' }]",
        "[{ oid = '2.5.29.15', value = '03020780' }]",
        "[{ oid = '2.5.29.9', value = '0500' }, { oid = '2.5.29.9', value = '0500' }]",
    ] {
        faulty(&format!("{leaf}extensions={extensions}"), "extensions");
    }
    let sound = format!("[x]\n{base}{leaf}extensions=[{{ oid = '2.5.29.9', value = '0500' }}]");
    assert!(Profiles::parse(&sound, "1.2.392.200999.1").is_ok());
    assert!(Profiles::parse("", "1.2.392.200999.1").is_err());
    assert!(Profiles::parse("p256 = 3", "1.2.392.200999.1").is_err());
    assert!(Profiles::parse("[p256", "1.2.392.200999.1").is_err());
    assert!(Profiles::built_in("not an oid").is_err());
}

#[test]
fn a_key_gets_the_first_profile_for_terminals_that_takes_it() {
    let profiles = built_in();
    let terminals = profiles.for_terminals(&["p256", "rsa3072", "rsa2048"]).unwrap();
    let name = |key| terminals.for_key(key).map(Profile::name);
    assert_eq!(terminals.preferred().name(), "p256");
    assert_eq!(name(KeyAlgorithm::P256), Some("p256"));
    assert_eq!(name(KeyAlgorithm::Rsa { bits: 2048 }), Some("rsa2048"));
    assert_eq!(name(KeyAlgorithm::Rsa { bits: 3072 }), Some("rsa3072"));
    assert_eq!(name(KeyAlgorithm::Rsa { bits: 4096 }), Some("rsa3072"));
    assert_eq!(name(KeyAlgorithm::P384), None);
    assert_eq!(terminals.keys(), [KeyKind::P256, KeyKind::Rsa2048]);
    let faults = profiles.for_terminals(&["p256", "rsa1024", "root", "closed-network-server"]).unwrap_err();
    let named: Vec<&str> = faults.0.iter().map(|fault| fault.profile.as_str()).collect();
    assert_eq!(named, ["rsa1024", "root", "closed-network-server"]);
    assert!(profiles.for_terminals::<&str>(&[]).is_err());
}

/// The built-in profiles with one table laid over them.
fn overlaid(table: &str) -> Profiles {
    built_in().overlaid_with(Profiles::parse(table, EXAMPLE_POLICY_ARC).unwrap())
}

const LEAF: &str =
    "title='x'\nkeys=['p256']\nmonths=1\nkey_usage=['digitalSignature']\nextended_key_usage=['clientAuth']\n";
const AUTHORITY: &str = "title='x'\nkeys=['p256']\nmonths=1\nkey_usage=['keyCertSign', 'cRLSign']\nauthority=true\n";

#[test]
fn a_profile_is_refused_when_it_is_not_what_its_name_is_used_for() {
    assert_eq!(built_in().check_roles("まどぐち運営機構"), Ok(()));
    let own = "subject=['CN={common_name}']\n";
    for (table, named) in [
        (format!("[root]\n{AUTHORITY}{own}"), "[root] authority: "),
        (format!("[issuing]\n{LEAF}{own}"), "[issuing] authority: "),
        (format!("[issuing]\n{AUTHORITY}self_signed=true\n{own}"), "[issuing] authority: "),
        (format!("[ocsp]\n{LEAF}{own}"), "[ocsp] extended_key_usage: "),
        (format!("[closed-network-server]\n{LEAF}{own}"), "[closed-network-server] extended_key_usage: "),
        (format!("[issuing]\n{AUTHORITY}subject=['CN={{terminal_name}}']"), "[issuing] subject: "),
    ] {
        let faults = overlaid(&table).check_roles("まどぐち運営機構").unwrap_err();
        assert!(faults.0.len() == 1 && faults.to_string().starts_with(named), "{table}: {faults}");
    }
    let several = format!("[issuing]\n{AUTHORITY}{own}self_signed=true\n[ocsp]\n{LEAF}subject=['CN={{reference}}']");
    assert_eq!(overlaid(&several).check_roles("機構").unwrap_err().0.len(), 3, "all at once");
    let faults = built_in().check_roles(&"機".repeat(65)).unwrap_err();
    assert_eq!(faults.0.len(), 4, "the operator's name is too long for each: {faults}");
}

#[test]
fn a_profile_for_terminals_is_composed_of_what_a_terminal_has_and_can_sign() {
    let faulty = |rest: &str| {
        let keys = LEAF.replace(
            "['digitalSignature']",
            if rest.is_empty() { "['keyEncipherment']" } else { "['digitalSignature']" },
        );
        let rest = if rest.is_empty() { "subject=['CN={terminal_name}']" } else { rest };
        overlaid(&format!("[own]\n{keys}{rest}")).for_terminals(&["own"]).unwrap_err().to_string()
    };
    assert!(faulty("").starts_with("[own] key_usage: "), "{}", faulty(""));
    let foreign = faulty("subject=['O={operator}', 'CN={common_name}']");
    assert_eq!(foreign.lines().count(), 2, "{foreign}");
    assert!(foreign.contains("「operator」") && foreign.contains("「common_name」"), "{foreign}");
    let odd = faulty("subject=['CN={terminal_name}', 'serialNumber={institution_name}']");
    assert!(odd.starts_with("[own] subject: serialNumber"), "Japanese does not fit there: {odd}");
    let server = LEAF.replace("['clientAuth']", "['clientAuth', 'serverAuth']");
    let server = overlaid(&format!("[own]\n{server}alternative_names=true\nsubject=['CN={{terminal_name}}']"));
    assert!(server.for_terminals(&["own"]).unwrap_err().to_string().starts_with("[own] alternative_names: "));
}

#[test]
fn a_profile_tells_everything_that_it_puts_into_a_certificate() {
    let table = "[own]\ntitle='x'\nsubject=['C=JP', 'CN={terminal_name}']\nkeys=['p256']\nmonths=1\n\
        key_usage=['digitalSignature', 'nonRepudiation']\nextended_key_usage=['clientAuth', '1.3.6.1.5.5.7.3.4']\n\
        policies=['{arc}.1.2']\npolicy_statement=true\npublish=['crl', 'issuer']\n\
        extensions=[{ oid = '2.5.29.9', critical = true, value = '05 00' }]";
    let own = overlaid(table).get("own").unwrap().in_words();
    let expected = [
        ("subject", "C=JP, CN={terminal_name}"),
        ("key_usage", "digitalSignature, nonRepudiation"),
        ("extended_key_usage", "clientAuth, 1.3.6.1.5.5.7.3.4"),
        ("policies", "1.3.6.1.4.1.32473.1.1.2"),
        ("publish", "crl, issuer"),
        ("policy_statement", "true"),
        ("extension", "2.5.29.9, critical, 0500"),
    ];
    assert_eq!(own, expected.map(|(key, value)| (key, value.to_owned())));
    let issuing = built_in().get("issuing").unwrap().in_words();
    for line in [
        ("authority", "true, path_length 0"),
        ("policies", "any"),
        ("key_usage", "digitalSignature, keyCertSign, cRLSign"),
    ] {
        assert!(issuing.contains(&(line.0, line.1.to_owned())), "{line:?}: {issuing:?}");
    }
}
