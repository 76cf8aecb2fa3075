//! Drawings that show where an answer is printed. The files lie with the pages; what they say in words is here.

/// A drawing beside a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Name of the file without its folder and ending.
    pub name: &'static str,
    /// Words of the fold in which it stands.
    pub summary: &'static str,
    /// What can be seen, for those who do not see it.
    pub alt: &'static str,
    /// Width in CSS pixels.
    pub width: u16,
    /// Height in CSS pixels.
    pub height: u16,
}

const PAPER: &str = "書類のどこにあるか（図）";
const SCREEN: &str = "画面のどこにあるか（図）";

const fn drawing(name: &'static str, height: u16, summary: &'static str, alt: &'static str) -> Picture {
    Picture { name, summary, alt, width: 360, height }
}

/// All drawings.
pub const PICTURES: &[Picture] = &[
    drawing(
        "customer-id",
        250,
        PAPER,
        "「開通のご案内」の見本。上のほうに「お客様ID」とあり、CAFまたはCOPで始まる文字と数字が並んでいます。",
    ),
    drawing(
        "customer-id-kinds",
        230,
        PAPER,
        "お客様IDの2つの種類。CAFで始まるものは数字が10桁、COPで始まるものは数字が8桁続きます。",
    ),
    drawing(
        "v6-option",
        340,
        PAPER,
        "書類では「ご契約内容」の欄に、NTTの会員用ページでは契約内容の一覧に、「フレッツ・v6オプション」とあります。",
    ),
    drawing(
        "program-name",
        250,
        SCREEN,
        "レセコンを起動した画面の見本。まん中に、ソフトの名称とシリーズ名が表示されています。",
    ),
    drawing(
        "os-version",
        372,
        SCREEN,
        "OSは、「設定」「システム」「バージョン情報」の順に開くと、「Windowsの仕様」に表示されます。\
         ブラウザは、右上の「…」から「ヘルプとフィードバック」「バージョン情報」の順に開くと、名前が表示されます。",
    ),
    drawing(
        "terminal-name",
        250,
        "ラベルを貼るところ（図）",
        "パソコンの本体に、「オンライン資格確認パソコン」と書いたラベルが貼ってあります。",
    ),
    drawing(
        "addressee",
        230,
        "封筒のどこに印刷されるか（図）",
        "封筒の見本。医療機関等の住所と名称の下に、担当部署と担当者のお名前が「様」を付けて印刷されています。",
    ),
];

/// The drawing of this name.
pub fn picture(name: &str) -> Option<&'static Picture> {
    PICTURES.iter().find(|picture| picture.name == name)
}
