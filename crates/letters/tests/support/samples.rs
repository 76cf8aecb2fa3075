//! Letters as a clinic might get them, and the same with everything as long as it gets.

use letters::{
    AgreedTerms, ApplicationCopy, Document, GrantLine, GrantNotice, IssuanceNotice, MasterAccountNotice,
    MembershipLetter, PaymentSlip, Recipient, Row, Section, Sender, SlipLine, TerminalLabel, UserIdNotice,
};

/// The secret of [`issuance_notice`].
pub(crate) const SECRET: &str = "K7MPXR4T9DHW3CYV";

/// The operator of the samples.
pub(crate) fn sender() -> Sender {
    Sender {
        name: "医療機関等総合窓口 運営事務局".into(),
        postal_code: "105-0004".into(),
        address: "東京都港区新橋二丁目1番3号".into(),
        contact: "医療機関等総合窓口 コールセンター　電話 0800-000-0000（通話無料）".into(),
        hours: "平日 8:00～18:00、土曜 8:00～16:00（祝日を除く）".into(),
    }
}

/// A dental clinic in Tokyo.
pub(crate) fn recipient() -> Recipient {
    Recipient {
        postal_code: "154-0004".into(),
        address: "東京都世田谷区太子堂四丁目12番8号 三軒茶屋メディカルビル3階".into(),
        institution_name: "さくら通り歯科医院".into(),
        addressee: "受付事務 山田 花子".into(),
    }
}

/// A notice as most clinics get it.
pub(crate) fn issuance_notice() -> IssuanceNotice {
    IssuanceNotice {
        sender: sender(),
        recipient: recipient(),
        issued_on: "2026年5月22日（金）".into(),
        reference: "C4H-72KM-9RXT".into(),
        institution_code: "13 3 0100016".into(),
        terminal_name: "オンライン資格確認パソコン".into(),
        pickup_id: "P8WN4C6HK2TR".into(),
        pickup_secret: SECRET.into(),
        pickup_url: "https://pickup.madoguchi.example.jp/pickup".into(),
        pickup_deadline: "2026年11月18日（水）".into(),
        validity: "発行日から3年3か月".into(),
    }
}

/// A notice whose every field is as long as the forms allow.
pub(crate) fn long_issuance_notice() -> IssuanceNotice {
    IssuanceNotice {
        recipient: Recipient {
            address: "鹿児島県大島郡瀬戸内町大字古仁屋字船津三千二百四十五番地の六 奄美群島広域医療福祉総合センター第二別館西棟地下一階 オンライン資格確認機器室気付".into(),
            institution_name: "独立行政法人地域医療機能推進機構 奄美群島広域医療福祉総合センター附属瀬戸内町古仁屋港診療所（へき地医療拠点）".into(),
            addressee: "医療情報システム管理部 情報基盤運用課 オンライン請求・資格確認担当 勅使河原 左衛門三郎".into(),
            ..recipient()
        },
        terminal_name: "オンライン資格確認・オンライン請求共用パソコン（二階受付カウンター左側・資産管理番号2026-000123-A）".into(),
        pickup_secret: "k7MPxr4t9DHw3cyVuN6efG8j".into(),
        pickup_url: "https://pickup.closed.madoguchi-kyotsu-ninsho.example.jp:8443/certificates/pickup?lang=ja".into(),
        ..issuance_notice()
    }
}

/// A letter to a person who asks to act for the clinic.
pub(crate) fn membership_letter() -> MembershipLetter {
    MembershipLetter {
        sender: sender(),
        recipient: recipient(),
        issued_on: "2026年5月8日（金）".into(),
        reference: "M3T-88PC-4WKH".into(),
        institution_code: "13 3 0100016".into(),
        person_name: "山田 花子".into(),
        person_email: "hanako.yamada@sakura-dental.example.jp".into(),
        code: "R6TH4KWP".into(),
        page_url: "https://madoguchi.example.jp/membership/confirm".into(),
        deadline: "2026年6月8日（月）".into(),
    }
}

/// The user ID after a claims filing.
pub(crate) fn user_id_notice() -> UserIdNotice {
    UserIdNotice {
        sender: sender(),
        recipient: recipient(),
        issued_on: "2026年5月22日（金）".into(),
        reference: "B7K-35TW-6HCP".into(),
        institution_code: "13 3 0100016".into(),
        user_id: "AA13301000".into(),
        first_password: Some("Hm4Tk9Wp".into()),
        start_month: "2026年7月".into(),
        login_url: "https://claims.madoguchi.example.jp/login".into(),
    }
}

/// The master account of the production environment.
pub(crate) fn master_account_notice() -> MasterAccountNotice {
    MasterAccountNotice {
        sender: sender(),
        institution_code: "13 3 0100016".into(),
        institution_name: "さくら通り歯科医院".into(),
        environment: "本番環境".into(),
        purpose: "運用を始めた後、オンライン資格確認等システムで職員のIDを作り、管理するときに使います。".into(),
        issued_on: "2026年5月22日（金）".into(),
        user_id: "P7K4T9DRXW3M".into(),
        first_password: "Ab7KdP4hXn9CtR2e".into(),
        shown_until: "2026年6月21日（日）".into(),
    }
}

/// A slip with so many fees.
pub(crate) fn payment_slip(count: usize) -> PaymentSlip {
    let line = |nth: usize| SlipLine {
        day: "2026年5月20日".into(),
        kind: if nth == 2 { "更新料" } else { "発行料" }.into(),
        terminal: format!("オンライン資格確認パソコン（{nth}番診察室）"),
        reference: format!("C4H7-2KM9-RX{nth:02}-T"),
        amount: "1,500円".into(),
    };
    let row = |label: &str, value: &str| Row { label: label.into(), value: value.into() };
    PaymentSlip {
        sender: sender(),
        recipient: Recipient { addressee: String::new(), ..recipient() },
        issued_on: "2026年6月2日（火）".into(),
        number: "2605 0000 0012".into(),
        institution_code: "13 3 0100016".into(),
        month: "2026年5月".into(),
        lines: (1..=count).map(line).collect(),
        sums: vec![
            row("ご請求額", "4,500円"),
            row("前のお支払いからの充当", "－1,500円"),
            row("お支払いいただく金額", "3,000円"),
        ],
        to_pay: "3,000円".into(),
        due_on: "2026年6月30日（火）".into(),
        account: "まどぐち銀行 本店 普通 1234567 イリョウキカンソウゴウマドグチ".into(),
    }
}

/// A notice of a grant.
pub(crate) fn grant_notice() -> GrantNotice {
    let line = |label: &str, claimed: &str, eligible: &str, amount: &str| GrantLine {
        label: label.into(),
        claimed: claimed.into(),
        eligible: eligible.into(),
        amount: amount.into(),
    };
    GrantNotice {
        sender: sender(),
        recipient: Recipient { addressee: "補助金のご担当者".into(), ..recipient() },
        decided_on: "2026年11月30日（月）".into(),
        number: "2026-000012".into(),
        scheme: "顔認証付きカードリーダー等の導入に係る補助".into(),
        reference: "K7MP-4TRX-9WHC-3".into(),
        institution_code: "13 3 0100016".into(),
        amount: "429,000円".into(),
        lines: vec![
            line("顔認証付きカードリーダー", "300,000円", "250,000円", "187,500円"),
            line("ネットワーク回線の工事", "123,457円", "123,457円", "92,592円"),
            line("レセプトコンピュータの改修", "390,001円", "390,001円", "292,500円"),
            line("上限を超える分", "", "", "－143,592円"),
        ],
        reasons: vec!["顔認証付きカードリーダー：上限の250,000円が対象です。".into()],
        taken_back: String::new(),
    }
}

/// A copy of an eligibility application.
pub(crate) fn application_copy() -> ApplicationCopy {
    let row = |label: &str, value: &str| Row { label: label.into(), value: value.into() };
    ApplicationCopy {
        title: "オンライン資格確認 利用開始・変更申請".into(),
        reference: "E9P-46HT-2KWC".into(),
        institution_code: "13 3 0100016".into(),
        institution_name: "さくら通り歯科医院".into(),
        submitted_at: "2026年5月18日（月）14:32".into(),
        state: "審査待ち".into(),
        sections: vec![
            Section {
                title: "申請の内容".into(),
                rows: vec![
                    row("申請区分", "開始"),
                    row("電気通信回線種別", "1 : IP-VPN回線事業者（NTTなど。ただし、CTC・Qtnetを除く）"),
                    row("お客様IDの種類", "CAF"),
                    row("お客様ID", "CAF 0123 4567 89"),
                    row("フレッツ・v6オプション契約の確認", "1. 契約済、または利用開始までに契約予定である"),
                    row("利用開始予定年月", "2026年7月"),
                    row("テスト開始予定年月", ""),
                ],
            },
            Section {
                title: "電子証明書発行料".into(),
                rows: vec![
                    row("支払方法", "1: 診療報酬支払額等から控除"),
                    row("備考", "設置作業は6月18日（木）の午後を予定しています。\n当日の連絡先は受付の山田です。"),
                ],
            },
        ],
        terms: vec![AgreedTerms {
            title: "オンライン資格確認等システム利用規約".into(),
            version: "第2.1版".into(),
            agreed_at: "2026年5月18日（月）14:30".into(),
        }],
        footer: "この控えは、送信された内容を印刷したものです。作成日時 2026年5月18日（月）14:33".into(),
    }
}

/// A practice statement with every kind of block.
pub(crate) fn document() -> Document {
    Document {
        title: "端末認証局 運用規程（CP/CPS）".into(),
        version: "第1.2版".into(),
        effective_date: "2026年4月1日".into(),
        publisher: "医療機関等総合窓口 運営事務局".into(),
        body: BODY.into(),
    }
}

const BODY: &str = "\
# 端末認証局 運用規程（CP/CPS）

この規程は、端末認証局（以下「本認証局」という。）が発行する**端末の電子証明書**について、発行、失効および
鍵の管理の方法を定めるものです。最新の版は[公開ページ](https://madoguchi.example.jp/pki/cps)で確認できます。

## 1. はじめに

### 1.1 概要

本認証局は、医療機関等の端末1台につき1枚の端末の電子証明書を発行します。証明書の構成は次のとおりです。

| 項目 | 内容 | 桁数 |
|:--|:--|--:|
| 鍵の種類 | ECDSA P-256 | 256 |
| 署名の方式 | SHA-256 | 256 |
| 有効期間 | 発行日から3年3か月（39か月目の同じ日の終わりまで）。ただし発行者の証明書の期限を超えない | 39 |
| シリアル番号 | 暗号論的な乱数 | 128 |

### 1.2 関係者

1. 本認証局
2. 登録局
   - 登録局担当は申請を審査します。
   - 同じ人が申請と審査の両方を行うことはできません。
3. 加入者（医療機関等）

## 2. 発行と受け取り

### 2.1 申請

申請は、ポータルの「電子証明書発行申請」から行います。発行料は~~1,650円~~1,500円です。

> 発行料は、申請が承認された日に発生します。

### 2.2 識別名

識別名の例を示します。

```
C=JP, O=さくら通り歯科医院, OU=1330100016,
CN=オンライン資格確認パソコン, serialNumber=C4H72KM9RXT
```

---

## 3. 失効

### 3.1 失効の理由

`keyCompromise`、`affiliationChanged`、`superseded`、`cessationOfOperation`のいずれかとします。

### 3.2 失効情報の公開

失効リストは失効の都度発行し、次回更新は24時間以内とします。
";

/// Labels of so many terminals, the second with everything as long as it may be.
pub(crate) fn terminal_labels(count: usize) -> Vec<TerminalLabel> {
    let label = |number: usize| TerminalLabel {
        institution: "医療法人社団青葉会 さくら歯科クリニック".to_owned(),
        terminal: format!("オンライン資格確認パソコン{number}"),
        place: "1階受付".to_owned(),
        reference: "C3XH 7TRA 8".to_owned(),
        expires_on: "2029年8月20日（月）".to_owned(),
        renewal_from: "2029年5月22日（火）".to_owned(),
        page_url: "https://closed.madoguchi.example:8444/".to_owned(),
        contact: "0120-000-000".to_owned(),
    };
    let mut labels: Vec<TerminalLabel> = (1..=count).map(label).collect();
    if let Some(long) = labels.get_mut(1) {
        long.institution = "独立行政法人".to_owned() + &"とても長い名前の".repeat(8) + "病院";
        long.terminal = "診察室".repeat(21);
        long.place = "東館3階ナースステーション".repeat(4);
    }
    labels
}
