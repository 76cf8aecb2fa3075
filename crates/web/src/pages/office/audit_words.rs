//! What the audit chain calls its acts, in words.

/// Words for acts; an act that is not listed is shown by its own name alone.
const WORDS: &[(&str, &str)] = &[
    ("account.create", "アカウントの作成"),
    ("account.disable", "アカウントの停止"),
    ("account.import", "アカウントの取込み"),
    ("application.blank", "保存の期間が過ぎた申請内容の消去"),
    ("application.decide_several", "まとめての判断の開始"),
    ("application.discard", "下書きの削除"),
    ("application.expire_draft", "保存の期限による下書きの削除"),
    ("application.held", "自動承認の見送り"),
    ("application.note", "覚え書きの記入"),
    ("application.sampled", "自動承認の抜取り"),
    ("application.start", "申請の入力開始"),
    ("application.view", "申請の閲覧"),
    ("application.view_refused", "権限のない申請の閲覧の拒否"),
    ("application.warn_draft", "下書きの削除の予告"),
    ("article.add_file", "記事のファイルの追加"),
    ("article.archive", "記事の公開の終了"),
    ("article.handle_answer", "読者の声への対応"),
    ("article.publish", "記事の公開"),
    ("article.remove_file", "記事のファイルの削除"),
    ("article.save", "記事の版の保存"),
    ("article.send_back", "記事の差し戻し"),
    ("article.submit", "記事の確認の依頼"),
    ("audit.export", "監査記録の書き出し"),
    ("audit.purge", "保存の期間が過ぎた監査記録の削除"),
    ("audit.verify", "監査記録の検証の開始"),
    ("authority.ceremony", "認証局の鍵生成式"),
    ("authority.make", "認証局の作成"),
    ("authority.revoke", "発行局の失効"),
    ("backup.make", "バックアップの作成"),
    ("batch.confirm", "通知書の印刷の確認"),
    ("batch.make", "通知書の束の作成"),
    ("batch.print", "通知書の印刷"),
    ("bill.print", "払込請求書の印刷"),
    ("bill.remind", "督促のメール"),
    ("calendar.renew", "カレンダーのアドレスの変更"),
    ("call.limit", "電話での本人確認の制限"),
    ("call.note", "電話の内容の記録"),
    ("call.open", "電話での申請の閲覧の開始"),
    ("call.refuse", "電話での本人確認の誤り"),
    ("call.view", "電話での申請の閲覧"),
    ("certificate.abandon", "端末の電子証明書の発行の中止"),
    ("certificate.hold", "端末の電子証明書の保留（復元）"),
    ("certificate.issue", "端末の電子証明書の発行"),
    ("certificate.prepare", "端末の電子証明書の発行準備"),
    ("certificate.report_loss", "鍵の盗難・紛失の届出"),
    ("certificate.revoke", "端末の電子証明書の失効"),
    ("certificate.revoke_list", "一覧による失効の指示"),
    ("certificate.view", "端末の電子証明書の閲覧"),
    ("certificate.withdraw_loss", "鍵の盗難・紛失の届出の取下げ"),
    ("certificates.check", "証明書の点検"),
    ("closing.close", "月の締め"),
    ("closing.export", "締めのファイルの取得"),
    ("crl.prepare", "失効リストの作成準備"),
    ("crl.publish", "失効リストの公開"),
    ("inquiry.answer", "お問い合わせへの回答"),
    ("inquiry.ask", "お問い合わせ"),
    ("inquiry.assign", "お問い合わせの担当の変更"),
    ("inquiry.close", "お問い合わせの終了"),
    ("inquiry.put_aside", "お問い合わせに入らないメール"),
    ("inquiry.say", "お問い合わせへの追加"),
    ("inquiry.stray_done", "入らなかったメールの処理"),
    ("inquiry.view", "お問い合わせの閲覧"),
    ("institution.match", "確認待ちの医療機関等の照合"),
    ("institution.wait", "確認待ちの医療機関等の登録"),
    ("institutions.import", "台帳の取込みの開始"),
    ("institutions.imported", "台帳の取込みの終了"),
    ("job.again", "失敗した処理の再実行"),
    ("key.block", "鍵の使用の停止"),
    ("ledger.charge", "発行料の記録"),
    ("ledger.reverse", "料金の取消し"),
    ("letter.came_back", "通知書の返送"),
    ("letter.correct_number", "書留番号の訂正"),
    ("letter.deliver", "通知書の配達の記録"),
    ("letter.expire", "通知書の期限切れ"),
    ("letter.lost", "通知書の不着・紛失の届出"),
    ("letter.order", "通知書の作成"),
    ("letter.post", "通知書の発送"),
    ("letter.replaced", "通知書の送り直し"),
    ("letter.revoked", "失効による通知書の無効化"),
    ("login.invitation", "招待によるログイン"),
    ("login.limited", "ログインの制限"),
    ("login.password", "ログイン"),
    ("login.recovery_code", "回復コードによるログイン"),
    ("login.registration", "登録によるログイン"),
    ("login.second_factor", "二段階認証"),
    ("logout", "ログアウト"),
    ("mail.bounce", "届かずに戻ったメールの記録"),
    ("mail.probe", "確認メールの送信"),
    ("mail.probe_arrived", "確認メールの到着"),
    ("membership.activate", "所属の開始"),
    ("membership.approve", "所属の承認"),
    ("membership.create", "所属の登録"),
    ("membership.decline", "所属を断る"),
    ("membership.import", "所属の取込み"),
    ("membership.invite", "職員の招待"),
    ("membership.join", "招待による所属"),
    ("membership.make_owner", "代表者の指定"),
    ("membership.prove_again", "所属の確認のやり直し"),
    ("membership.remove", "所属の終了"),
    ("membership.request", "所属の申し込み"),
    ("membership.take_over", "仮アカウントの引き継ぎ"),
    ("membership.wrong_code", "確認コードの誤り"),
    ("password.change", "パスワードの変更"),
    ("password.first", "最初のパスワードの設定"),
    ("password.reset", "パスワードの再設定"),
    ("password.reset_asked", "パスワードの再設定の依頼"),
    ("payment.receive", "入金の記録"),
    ("payment.refund", "返金の記録"),
    ("payment.undo", "入金・返金の取消し"),
    ("registration.begin", "新規登録の開始"),
    ("renewal.allow_automatic", "自動の更新への同意"),
    ("renewal.allow_late", "有効期限後の更新の許可"),
    ("renewal.stop_automatic", "自動の更新への同意の取消し"),
    ("renewal.use_code", "更新コードの使用"),
    ("reports.rebuild", "集計のやり直し"),
    ("restore.finish", "復元の終了"),
    ("restore.release", "復元の確認（控えなし）"),
    ("restore.replay", "復元での控えの反映"),
    ("retention.imports", "保存の期間が過ぎた取込み結果の消去"),
    ("retention.mails", "保存の期間が過ぎたメールの本文の消去"),
    ("search_word.handle", "見つからなかった検索の言葉への対応"),
    ("session.end", "ログインの終了"),
    ("session.end_others", "ほかのログインの終了"),
    ("staff.create", "職員の登録"),
    ("staff.disable", "職員のアカウントの停止"),
    ("staff.reset_second_factor", "職員の二段階認証の解除"),
    ("staff.review", "権限の棚卸しの一覧の作成"),
    ("staff.reviewed", "権限の棚卸しの確認"),
    ("staff.set_roles", "職員の役割の変更"),
    ("terminal.place", "端末の設置場所の変更"),
    ("terminal.retire", "端末の使用の終了"),
    ("terminal.warn", "有効期限のお知らせ"),
    ("totp.enrol", "二段階認証の設定"),
    ("totp.remove", "二段階認証の解除"),
];

/// The act in words: those of the list, the events of a case by their own, else 「そのほかの操作」.
pub(super) fn action(name: &str) -> &'static str {
    if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == name) {
        return words;
    }
    let event = name.strip_prefix("application.").and_then(|event| event.parse::<domain::applications::Event>().ok());
    event.map_or("そのほかの操作", domain::applications::Event::label)
}

/// All acts with their words, events of cases among them, by their words.
pub(super) fn all() -> impl Iterator<Item = (String, &'static str)> {
    let events = domain::applications::Event::ALL.iter().map(|event| (format!("application.{event}"), event.label()));
    let mut all: Vec<_> = WORDS.iter().map(|(name, words)| ((*name).to_owned(), *words)).chain(events).collect();
    all.sort_by_key(|(_, words)| *words);
    all.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_has_words_and_an_event_its_own() {
        assert_eq!(action("batch.confirm"), "通知書の印刷の確認");
        assert_eq!(action("application.accept"), "承認");
        assert_eq!(action("new.kind"), "そのほかの操作");
    }
}
