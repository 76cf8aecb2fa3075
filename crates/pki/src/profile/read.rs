//! From TOML to profiles, naming every fault on the way.

use der::asn1::ObjectIdentifier;
use der::flagset::FlagSet;
use toml::{Table, Value};
use x509_cert::ext::pkix::KeyUsages;

use super::{FixedExtension, Profile, ProfileFault, Publish, Term, extension};
use crate::names::{SubjectRule, SubjectSource, check_attribute};

pub(super) const KEY_USAGES: [(&str, KeyUsages); 5] = [
    ("digitalSignature", KeyUsages::DigitalSignature),
    ("nonRepudiation", KeyUsages::NonRepudiation),
    ("keyEncipherment", KeyUsages::KeyEncipherment),
    ("keyCertSign", KeyUsages::KeyCertSign),
    ("cRLSign", KeyUsages::CRLSign),
];

/// Reads every table; a profile with faults is still returned, filled with defaults, so that checking can go on.
pub(super) fn profiles(text: &str, policy_arc: &str, faults: &mut Vec<ProfileFault>) -> Vec<Profile> {
    let mut file_fault =
        |problem: String| faults.push(ProfileFault { profile: String::new(), key: String::new(), problem });
    if ObjectIdentifier::new(policy_arc).is_err() {
        file_fault(format!("ポリシーのOID「{policy_arc}」の形式が正しくありません。"));
    }
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            file_fault(format!("TOMLとして読めません: {}", error.message()));
            return Vec::new();
        }
    };
    if table.is_empty() {
        file_fault("プロファイルが1つもありません。".to_owned());
    }
    table.into_iter().filter_map(|(name, value)| profile(name, value, policy_arc, faults)).collect()
}

fn profile(name: String, value: Value, policy_arc: &str, faults: &mut Vec<ProfileFault>) -> Option<Profile> {
    let mut reader = Reader { profile: name.clone(), table: Table::new(), faults };
    let Value::Table(table) = value else {
        reader.fault("", "プロファイルは [名前] の表で書いてください。");
        return None;
    };
    reader.table = table;
    let profile = Profile {
        name,
        title: reader.text("title"),
        subject: reader.words("subject", true, subject_rule),
        keys: reader.words("keys", true, |word| word.parse().map_err(|()| "という鍵の種類はありません".to_owned())),
        term: Term { months: reader.number("months", 1, 480).unwrap_or(1) },
        authority: reader.flag("authority"),
        path_length: reader.optional_number("path_length", 0, 9),
        self_signed: reader.flag("self_signed"),
        key_usage: reader
            .words("key_usage", true, key_usage)
            .into_iter()
            .fold(FlagSet::default(), |all, one| all | one),
        extended_key_usage: reader.words("extended_key_usage", false, extended_key_usage),
        policies: reader.words("policies", false, |word| policy(word, policy_arc)),
        policy_statement: reader.flag("policy_statement"),
        publish: reader.words("publish", false, publish).into_iter().fold(Publish::default(), |all, one| Publish {
            crl: all.crl || one.crl,
            ocsp: all.ocsp || one.ocsp,
            issuer: all.issuer || one.issuer,
        }),
        alternative_names: reader.flag("alternative_names"),
        ocsp_no_check: reader.flag("ocsp_no_check"),
        extensions: reader.extensions(),
    };
    reader.finish();
    Some(profile)
}

fn subject_rule(word: &str) -> Result<SubjectRule, String> {
    let (kind, text) = word.split_once('=').ok_or("は「属性=値」の形ではありません")?;
    let kind = kind.parse().map_err(|()| "の属性は C、O、OU、CN、serialNumber のどれかにしてください".to_owned())?;
    let field = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let source = match field {
        Some(field) => SubjectSource::Field(field.parse().map_err(|()| "の {} の中の項目はありません".to_owned())?),
        None if text.contains(['{', '}']) => return Err("では {項目} を値の全体にしてください".to_owned()),
        None => {
            check_attribute(kind, text)
                .map_err(|fault| format!("は使えません。{}", fault.to_string().trim_end_matches('。')))?;
            SubjectSource::Fixed(text.to_owned())
        }
    };
    Ok(SubjectRule { kind, source })
}

fn key_usage(word: &str) -> Result<KeyUsages, String> {
    let found = KEY_USAGES.into_iter().find(|(name, _)| *name == word);
    found.map(|(_, usage)| usage).ok_or_else(|| "という鍵用途はありません".to_owned())
}

fn extended_key_usage(word: &str) -> Result<ObjectIdentifier, String> {
    use const_oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH};
    match word {
        "clientAuth" => Ok(ID_KP_CLIENT_AUTH),
        "serverAuth" => Ok(ID_KP_SERVER_AUTH),
        "ocspSigning" => Ok(ID_KP_OCSP_SIGNING),
        other => ObjectIdentifier::new(other).map_err(|_| "という拡張鍵用途はありません".to_owned()),
    }
}

fn policy(word: &str, arc: &str) -> Result<ObjectIdentifier, String> {
    if word == "any" {
        return Ok(const_oid::db::rfc5280::ANY_POLICY);
    }
    ObjectIdentifier::new(&word.replace("{arc}", arc)).map_err(|_| "はポリシーのOIDではありません".to_owned())
}

fn publish(word: &str) -> Result<Publish, String> {
    match word {
        "crl" => Ok(Publish { crl: true, ..Publish::default() }),
        "ocsp" => Ok(Publish { ocsp: true, ..Publish::default() }),
        "issuer" => Ok(Publish { issuer: true, ..Publish::default() }),
        _ => Err("という公開先はありません".to_owned()),
    }
}

/// Takes one key after another out of a table; what is left at the end is unknown.
struct Reader<'a> {
    profile: String,
    table: Table,
    faults: &'a mut Vec<ProfileFault>,
}

impl Reader<'_> {
    fn fault(&mut self, key: &str, problem: &str) {
        self.faults.push(ProfileFault {
            profile: self.profile.clone(),
            key: key.to_owned(),
            problem: problem.to_owned(),
        });
    }

    fn text(&mut self, key: &str) -> String {
        match self.table.remove(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => text,
            _ => {
                self.fault(key, "文字列を書いてください。");
                String::new()
            }
        }
    }

    fn flag(&mut self, key: &str) -> bool {
        match self.table.remove(key) {
            None => false,
            Some(Value::Boolean(flag)) => flag,
            Some(_) => {
                self.fault(key, "true か false を書いてください。");
                false
            }
        }
    }

    fn number<N: TryFrom<i64>>(&mut self, key: &str, least: i64, most: i64) -> Option<N> {
        if !self.table.contains_key(key) {
            self.fault(key, "必要です。");
        }
        self.optional_number(key, least, most)
    }

    fn optional_number<N: TryFrom<i64>>(&mut self, key: &str, least: i64, most: i64) -> Option<N> {
        let number = match self.table.remove(key)? {
            Value::Integer(number) if (least..=most).contains(&number) => N::try_from(number).ok(),
            _ => None,
        };
        if number.is_none() {
            self.fault(key, &format!("{least}から{most}までの整数を書いてください。"));
        }
        number
    }

    fn words<T>(&mut self, key: &str, required: bool, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let items = match self.table.remove(key) {
            Some(Value::Array(items)) if !items.is_empty() => items,
            None if !required => return Vec::new(),
            _ => {
                self.fault(key, "1つ以上の文字列を [ ] の中に書いてください。");
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.as_str().map(&read) {
                Some(Ok(value)) if !items.iter().take(index).any(|earlier| earlier == item) => found.push(value),
                Some(Ok(_)) => self.fault(key, &format!("{item} が2回あります。")),
                Some(Err(problem)) => self.fault(key, &format!("{item} {problem}。")),
                None => self.fault(key, &format!("{item} は文字列ではありません。")),
            }
        }
        found
    }

    fn extensions(&mut self) -> Vec<FixedExtension> {
        let Some(written) = self.table.remove("extensions") else { return Vec::new() };
        extension::read(&written).unwrap_or_else(|problem| {
            self.fault("extensions", &problem);
            Vec::new()
        })
    }

    fn finish(mut self) {
        let unknown: Vec<String> = self.table.keys().cloned().collect();
        for key in unknown {
            self.fault(&key, "このキーはありません。");
        }
    }
}
