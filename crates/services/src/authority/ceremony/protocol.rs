//! The protocol of a ceremony: what was made, by whom, and how everybody can check it.

use letters::{CeremonyProtocol, Row, Section, Signature};

use super::{Ceremony, Signer, Told};
use domain::calendar::japanese_date;

/// The protocol as it is printed; its text is what is signed.
#[derive(Clone, Debug)]
pub struct Sheet(pub CeremonyProtocol);

impl Sheet {
    /// The same as plain text.
    pub(super) fn text(&self) -> String {
        let Self(protocol) = self;
        let mut text = format!("{}\n", protocol.title);
        if !protocol.stamp.is_empty() {
            text += &format!("【{}】\n", protocol.stamp);
        }
        for section in &protocol.sections {
            text += &format!("\n■ {}\n", section.title);
            for row in &section.rows {
                text += &format!("{}：{}\n", row.label, row.value.replace('\n', "\n    "));
            }
        }
        text += "\n■ 立会人の署名\n";
        for line in &protocol.signatures {
            text += &format!("{}　{}　署名：＿＿＿＿＿＿＿＿＿＿＿＿＿＿\n", line.role, line.name);
        }
        text
    }

    /// Prints it.
    ///
    /// # Errors
    /// Only for a defect of the program.
    pub fn print(&self, press: &letters::Press) -> crate::Result<Vec<u8>> {
        press.ceremony_protocol(&self.0).map_err(crate::Error::internal)
    }
}

fn row(label: &str, value: impl Into<String>) -> Row {
    Row { label: label.to_owned(), value: value.into() }
}

/// Puts the protocol together.
pub(super) fn sheet(
    operator: &str,
    ceremony: &Ceremony<'_>,
    told: &[Told],
    list: (i64, &[u8]),
    signer: Signer,
    at: &str,
) -> Sheet {
    let kind = match ceremony.root {
        Some(_) => "ルート認証局と発行局の作成",
        None => "発行局の更新（新しい発行局の作成）",
    };
    let people: Vec<String> = ceremony.present.iter().map(|one| format!("{}　{}", one.role, one.name)).collect();
    let mut sections = vec![Section {
        title: "実施の記録".to_owned(),
        rows: vec![
            row("名称", ceremony.title),
            row("内容", kind),
            row("日時", format!("{at}（日本時間）")),
            row("運営者", operator),
            row("立会人", people.join("\n")),
            row("プログラムの版", format!("madoguchi {}", ceremony.version)),
            row("プログラムのSHA-256", ceremony.program),
            row("手順書のSHA-256", ceremony.script),
            row("設定のSHA-256", ceremony.configuration),
            row("追加のプロファイルのSHA-256", ceremony.profiles.unwrap_or("なし（プログラムのもののみ）")),
        ],
    }];
    sections.extend(told.iter().map(authority));
    let (number, der) = list;
    sections.push(Section {
        title: "ルート認証局の失効リスト".to_owned(),
        rows: vec![row("番号", number.to_string()), row("SHA-256", pki::sha256_hex(der))],
    });
    sections.push(verification(ceremony, signer));
    let signatures =
        ceremony.present.iter().map(|one| Signature { role: one.role.clone(), name: one.name.clone() }).collect();
    let stamp = if ceremony.rehearsal { "予行演習（鍵と証明書は破棄済み）" } else { "" };
    let footer = format!("{operator}　{at}　手順書 {}", ceremony.script.get(..16).unwrap_or_default());
    Sheet(CeremonyProtocol {
        title: "認証局の鍵生成式の記録".to_owned(),
        stamp: stamp.to_owned(),
        sections,
        signatures,
        footer,
    })
}

fn authority(told: &Told) -> Section {
    let info = &told.info;
    let validity = info.validity;
    let days =
        format!("{}から{}まで", japanese_date(validity.not_before.date()), japanese_date(validity.not_after.date()));
    Section {
        title: told.heading.to_owned(),
        rows: vec![
            row("名前", told.name.as_str()),
            row("主体者名", info.subject_text.as_str()),
            row("鍵の種類", info.key_algorithm.to_string()),
            row("鍵の保管", told.store),
            row("鍵ID（公開鍵のSHA-256）", info.key_hash.as_str()),
            row("シリアル番号", info.serial.to_hex()),
            row("証明書のSHA-256", info.fingerprint.as_str()),
            row("有効期間", days),
        ],
    }
}

fn verification(ceremony: &Ceremony<'_>, signer: Signer) -> Section {
    let Signer { file, name, hash } = signer;
    let whose = format!("この記録の文章（protocol.txt）には、{name}の鍵による署名（protocol.sig）が付いています。");
    let mut rows = vec![
        row("署名", whose),
        row(
            "署名の確認",
            format!(
                "openssl x509 -in {file} -pubkey -noout -out signer.pub\n\
                 openssl dgst -{hash} -verify signer.pub -signature protocol.sig protocol.txt"
            ),
        ),
        row(
            "証明書の確認",
            "openssl x509 -in root.pem -noout -fingerprint -sha256\nopenssl verify -CAfile root.pem issuing.pem",
        ),
        row("失効リストの確認", "sha256sum root.crl"),
        row("手順書と設定の確認", checks(ceremony)),
    ];
    if ceremony.rehearsal {
        rows.push(row(
            "予行演習",
            "この記録は予行演習のものです。鍵と証明書は、終了時に破棄されました。本番の記録として使えません。",
        ));
    }
    Section { title: "この記録の確認方法".to_owned(), rows }
}

/// How the hashes of what was used are compared; the script, and the profiles if there are any, lie beside the protocol.
fn checks(ceremony: &Ceremony<'_>) -> String {
    let profiles = if ceremony.profiles.is_some() { " profiles.toml" } else { "" };
    format!(
        "sha256sum script.toml{profiles}\nmadoguchi check-config --config 設定 | sha256sum\n\
         sha256sum \"$(command -v madoguchi)\""
    )
}
