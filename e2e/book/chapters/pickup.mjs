import path from "node:path";
import { fill, look, pick, press } from "../engine/words.mjs";
import { daysPass } from "../offstage.mjs";
import { PASSPHRASE, TERMINAL } from "../people.mjs";

/** The browser keeps the file; the terminal's owner imports it. */
async function keepFile(stage, download) {
  const file = path.join(stage.folder, "terminal.p12");
  await download.saveAs(file);
  await stage.install(file, PASSPHRASE);
}

export const pickup = {
  id: "pickup",
  title: "通知書が届いたら",
  time: "20分",
  as: "terminal",
  lead: [
    "承認されると、電子証明書発行通知書が書留で届きます。設置の日に、その端末で受け取りの操作をします。",
    "操作は、必ず端末の電子証明書を入れるパソコンで、オンライン請求ネットワーク（閉域網）につないで行います。ほかのパソコンでは行えません。",
  ],
  steps: [
    {
      title: "通知書を確かめる",
      as: "clinic",
      before: daysPass,
      paper: (kept) => kept.letter.paper,
      text: ["簡易書留で届いた通知書です。設置の日まで、鍵のかかる場所に保管してください。人に見せたり、写真に撮って送ったりしないでください。"],
      marks: [
        look("取得ID", "受け取りの画面に入力します。"),
        look("取得パスワード", "取得IDと同じ紙に書かれています。"),
        look("取得期限", "この日までに受け取ります。過ぎると、申請からやり直しになります。"),
      ],
    },
    {
      title: "取得のページを開き、IDとパスワードを入力する",
      start: "/",
      text: ["通知書に書かれたアドレスを、端末のブラウザで開きます。開かないときは、閉域網の接続の設定を、システムベンダに確かめてもらってください。"],
      marks: [
        fill("取得ID", (kept) => kept.letter.id, "通知書のとおりに入力します。区切りの線は、なくても読み取ります。"),
        fill("取得パスワード", (kept) => kept.letter.secret, "通知書のとおりに入力します。"),
        press("通知書の内容を確認する", "まだ何も発行されません。"),
      ],
    },
    {
      title: "端末の名前を確かめる",
      marks: [
        look("端末名称等", "いま操作している端末の名前と同じか、確かめます。違うときは、ここでやめて、通知書を見直してください。", { frame: "row" }),
      ],
    },
    {
      title: "ファイルのパスワードを決めて、受け取る",
      marks: [
        pick("ファイルのパスワードの決め方", "自分で決める", "考えるのが難しいときは、画面が作ったものを書き留めて使えます。"),
        fill("ファイルのパスワード", PASSPHRASE, "受け取るファイルを守るパスワードです。このあとすぐに使うので、書き留めておきます。通知書の取得パスワードとは別のものです。", { secret: true }),
        fill("確認用のパスワード", PASSPHRASE, "同じものを、もう一度入力します。", { secret: true }),
        pick("ファイルの形式", "新しい形式", "はじめから、端末に合ったものが選ばれています。", { own: true }),
        press("ファイルを受け取る"),
      ],
      download: keepFile,
      after: [
        "受付番号の名前のファイル（.p12）が、ダウンロードのフォルダーに入ります。",
        "受け取りに失敗したときは、7日以内で、接続テストの前なら、同じ通知書でもう一度受け取れます。",
      ],
    },
    {
      title: "ファイルを端末に入れる：開く",
      start: "/import-guide",
      text: ["Windowsの端末での入れ方です。同じ説明が、受け取りの画面の下からも開けます。ファイルをダブルクリックすると、取り込みの画面が始まります。"],
      marks: [look("ファイルを開き、保存場所を選ぶ", "現在のユーザーを選んで、次へ進みます。ふだん使うときと同じユーザーで、Windowsに入っていることを確かめてください。", { frame: "part" })],
    },
    {
      title: "ファイルを端末に入れる：パスワードを入力する",
      text: ["同じ説明の続きです。"],
      marks: [
        look("ファイルのパスワードを入力する", "前の手順で決めた「ファイルのパスワード」を入力します。通知書の「取得パスワード」ではありません。", { frame: "part" }),
      ],
      after: ["正しく入力しても違うと言われるときは、受け取りの画面で「旧形式」を選んで、受け取り直してください。"],
    },
    {
      title: "ファイルを端末に入れる：完了する",
      marks: [
        look("証明書ストアを自動で選ぶ", "自動で選ぶほうのまま、次へ進んで完了します。", { frame: "part" }),
        look("認証局を確かめて、終わる", "警告が出たときは、認証局の名前が同じことを確かめます。", { frame: "part" }),
      ],
    },
    {
      title: "接続テストをする",
      as: "installed",
      start: "/connection-test",
      text: ["ブラウザの画面をすべて閉じて開き直し、接続テストのページを開きます。証明書を選ぶ画面が出たら、その端末の名前のものを選びます。"],
      marks: [
        look("接続テストに成功しました", "この言葉が出れば、設定は終わりです。"),
        look(TERMINAL, "その端末の名前か、確かめます。", { frame: "row" }),
        look("有効期限", "期限の90日前から、メールでお知らせします。", { frame: "row" }),
      ],
      after: ["ファイルの控えを、USBメモリなどに写して安全な場所に保管し、ダウンロードのフォルダーのファイルは削除してください。"],
    },
  ],
};
