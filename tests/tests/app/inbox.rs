//! Replies by mail: into their thread once, aside from strangers, nowhere from machines.

use domain::inquiries::{InquiryState, StrayReason, Way};
use domain::permissions::Role;
use services::{
    Replies, Settings,
    inquiries::inbox::{Fetched, Fetching, Mailbox, Place, Taken, place, read_mailbox, take},
};
use storage::{inquiries::Inquiry, mails::Mail};
use time::Duration;

use crate::{
    browser::Browser,
    fees_paid::by_hand,
    inquiries::{asked, now},
    steps::{clinic, staff},
    support::{House, on_each_database_with},
};

pub(crate) fn with_replies(settings: &mut Settings) {
    settings.replies = Some(Replies { address: "desk@madoguchi.example".to_owned(), subaddresses: true });
}

/// A clinic that asked, its thread, and the mail that it got.
pub(crate) async fn asking(house: &House) -> (Browser, Inquiry, Mail) {
    let (_, owner) = clinic(house, "1330100016").await;
    let thread = asked(house, &owner, "", "通知書はいつ届きますか。").await;
    services::jobs::work_all(&house.app, "test").await.unwrap();
    let mail = house.postbox.empty().into_iter().find(|mail| mail.inquiry_id == Some(thread.id)).unwrap();
    (owner, thread, mail)
}

/// A reply from an address, to an address, with further lines of its head.
pub(crate) fn reply(from: &str, to: &str, more: &str, body: &str) -> Vec<u8> {
    format!("From: <{from}>\r\nTo: <{to}>\r\nSubject: Re: x\r\n{more}\r\n{body}\r\n").into_bytes()
}

fn fetched(uid: u32, raw: Vec<u8>) -> Fetched {
    Fetched { place: Place { validity: 7, uid }, raw, whole: true }
}

const OWNER: &str = "owner-1330100016@clinic.example";

async fn words_of(house: &House, thread: &Inquiry) -> Vec<(Way, String, String)> {
    let messages = storage::inquiries::messages(&mut house.app.db.read().await.unwrap(), thread.id).await.unwrap();
    messages.into_iter().map(|message| (message.way, message.body, message.attachments)).collect()
}

#[tokio::test]
async fn a_reply_lands_in_its_thread_by_address_or_by_the_mail_it_answers_and_only_once() {
    on_each_database_with(with_replies, async |house| {
        let (owner, thread, mail) = asking(house).await;
        let to = mail.reply_to.clone().unwrap();
        assert!(to.starts_with("desk+") && to.ends_with("@madoguchi.example") && to.len() < 64, "{to}");
        assert!(mail.body.contains("このメールにそのまま返信すると"), "{}", mail.body);
        let more = "Message-ID: <1@clinic.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n";
        let body = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n届きました。\r\n> 前の文\r\n--b\r\n\
            Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\r\nx\r\n--b--";
        let first = fetched(1, reply("Owner-1330100016@clinic.example", &to.to_uppercase(), more, body));
        assert_eq!(take(&house.app, &first).await.unwrap(), Taken::Added(thread.id));
        assert_eq!(
            take(&house.app, &first).await.unwrap(),
            Taken::Before,
            "killed before it was marked: nothing twice"
        );
        let again = Fetched { place: Place { validity: 8, uid: 1 }, ..first };
        assert_eq!(take(&house.app, &again).await.unwrap(), Taken::Before, "a folder that was numbered anew");
        let more = format!("Message-ID: <2@clinic.example>\r\nIn-Reply-To: <{}>\r\n", mail.message_id);
        let second = fetched(2, reply(OWNER, "desk@madoguchi.example", &more, "もう一つ。"));
        assert_eq!(take(&house.app, &second).await.unwrap(), Taken::Added(thread.id));
        let said = words_of(house, &thread).await;
        assert_eq!(said[1], (Way::Mail, "届きました。".to_owned(), "a.pdf".to_owned()));
        assert_eq!((said.len(), said[2].1.as_str()), (3, "もう一つ。"));
        assert_eq!(now(house, thread.id).await.state, InquiryState::Open);
        let page = owner.get(&format!("/inquiries/{}", thread.id)).await.body;
        assert!(page.contains("届きました。") && page.contains("添付ファイル（保存していません）：a.pdf"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn strangers_machines_and_mails_without_a_thread_change_nothing_in_it() {
    on_each_database_with(with_replies, async |house| {
        let (_, thread, mail) = asking(house).await;
        let to = mail.reply_to.clone().unwrap();
        let guessed = format!("{}@madoguchi.example", &to[..to.find('@').unwrap() - 1]);
        let long = "あ".repeat(3_000);
        let cases = [
            ("thief@elsewhere.example", to.as_str(), "", "<b>書き込み</b>", Taken::PutAside(StrayReason::Stranger)),
            (OWNER, guessed.as_str(), "", "推測しました。", Taken::PutAside(StrayReason::Unknown)),
            (OWNER, "desk@madoguchi.example", "", "どこ宛てでしょう。", Taken::PutAside(StrayReason::Unknown)),
            (OWNER, &to, "", "> 引用だけ", Taken::PutAside(StrayReason::Empty)),
            (OWNER, &to, "", "逆\u{202e}さ", Taken::PutAside(StrayReason::Unreadable)),
            (OWNER, &to, "Auto-Submitted: auto-replied\r\n", "留守です。", Taken::Ignored),
            ("no-reply@madoguchi.example", &to, "", "自分のメール", Taken::Ignored),
            (OWNER, &to, "", &long, Taken::Added(thread.id)),
        ];
        for (uid, (from, to, more, body, wanted)) in (1..).zip(cases) {
            house.clock.pass(Duration::SECOND);
            let more = format!("Content-Type: text/plain; charset=utf-8\r\n{more}");
            let taken = take(&house.app, &fetched(uid, reply(from, to, &more, body))).await.unwrap();
            assert_eq!(taken, wanted, "{from} {body}");
        }
        let large = Fetched { whole: false, ..fetched(20, reply(OWNER, &to, "", "")) };
        assert_eq!(take(&house.app, &large).await.unwrap(), Taken::PutAside(StrayReason::TooLarge));
        assert_eq!(
            take(&house.app, &fetched(21, b"\xff\x00".to_vec())).await.unwrap(),
            Taken::PutAside(StrayReason::Unknown)
        );
        let agent = staff(house, Role::CallCentreAgent).await;
        let page = agent.get("/office/inquiries/strays").await.body;
        assert!(page.contains("thief@elsewhere.example") && page.contains("&#60;b&#62;書き込み"), "{page}");
        assert!(page.contains("本人ではないアドレス") && page.contains("大きすぎるため"), "{page}");
        let first = page.split("/office/inquiries/strays/").nth(1).unwrap().split('/').next().unwrap();
        let done = agent.post(&format!("/office/inquiries/strays/{first}/done"), &[]).await;
        assert_eq!(done.location, "/office/inquiries/strays?done=done");
        assert!(!agent.get("/office/inquiries/strays").await.body.contains("thief@elsewhere.example"));
        let said = words_of(house, &thread).await;
        assert!(said.len() == 2 && said[1].1.chars().count() <= 2_000, "what is too long is cut");
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_replies_is_put_aside_after_thirty() {
    on_each_database_with(with_replies, async |house| {
        let (_, thread, mail) = asking(house).await;
        let to = mail.reply_to.unwrap();
        let mut taken = vec![];
        for uid in 1..=32 {
            let more = format!("Message-ID: <{uid}@clinic.example>\r\n");
            taken.push(take(&house.app, &fetched(uid, reply(OWNER, &to, &more, "はい"))).await.unwrap());
        }
        assert!(taken[..30].iter().all(|one| *one == Taken::Added(thread.id)));
        assert_eq!(taken[31], Taken::PutAside(StrayReason::TooMany));
    })
    .await;
}

/// A mailbox that breaks off after some mails.
struct Breaking(Vec<Fetched>, usize);

impl Mailbox for Breaking {
    fn fetch<'a>(&'a self, after: Option<Place>) -> Fetching<'a> {
        let known = after.map_or(0, |place| place.uid);
        let new: Vec<Fetched> = self.0.iter().filter(|mail| mail.place.uid > known).take(1).cloned().collect();
        let broken = new.iter().any(|mail| mail.place.uid as usize > self.1);
        Box::pin(async move { if broken { Err("connection reset".to_owned()) } else { Ok(new) } })
    }
}

#[tokio::test]
async fn a_mail_that_no_database_takes_does_not_stop_those_behind_it() {
    on_each_database_with(with_replies, async |house| {
        let (_, thread, mail) = asking(house).await;
        let to = mail.reply_to.unwrap();
        let odd = "Message-ID: <1@clinic.example>\r\nReferences: <a\0b>\r\nIn-Reply-To: <c\0d>\r\n";
        let mails = [
            fetched(1, reply(OWNER, "desk@madoguchi.example", odd, "はい。")),
            fetched(2, reply(OWNER, &to, "Message-ID: <2@clinic.example>\r\n", "poison")),
            fetched(3, reply(OWNER, &to, "Message-ID: <3@clinic.example>\r\n", "その後です。")),
        ];
        for text in if house.url.starts_with("sqlite:") { SQLITE_REFUSES } else { POSTGRES_REFUSES } {
            by_hand(house, text).await.unwrap();
        }
        for _ in 0..9 {
            assert!(read_mailbox(&house.app, &Breaking(mails.to_vec(), 9)).await.is_err());
            assert_eq!(place(&house.app).await.unwrap(), Some(Place { validity: 7, uid: 1 }));
            house.clock.pass(Duration::minutes(1));
        }
        read_mailbox(&house.app, &Breaking(mails.to_vec(), 9)).await.unwrap();
        assert_eq!(place(&house.app).await.unwrap(), Some(Place { validity: 7, uid: 3 }));
        assert_eq!(words_of(house, &thread).await.last().unwrap().1, "その後です。");
        let page = staff(house, Role::CallCentreAgent).await.get("/office/inquiries/strays").await.body;
        assert!(page.contains("メールボックスでの番号は2") && page.contains(OWNER), "{page}");
    })
    .await;
}

/// Lets the database refuse what a mail says.
const SQLITE_REFUSES: &[&str] = &["CREATE TRIGGER refuses BEFORE INSERT ON inquiry_messages WHEN NEW.body = 'poison'
    BEGIN SELECT RAISE(ABORT, 'refused'); END"];
const POSTGRES_REFUSES: &[&str] = &[
    "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.body = 'poison' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER refuses BEFORE INSERT ON inquiry_messages FOR EACH ROW EXECUTE FUNCTION refuses()",
];

#[tokio::test]
async fn a_mailbox_that_breaks_off_is_read_on_from_where_it_was() {
    on_each_database_with(with_replies, async |house| {
        let (_, thread, mail) = asking(house).await;
        let to = mail.reply_to.unwrap();
        let letter = |uid: u32| {
            let more = format!("Message-ID: <{uid}@clinic.example>\r\n");
            fetched(uid, reply(OWNER, &to, &more, &format!("{uid}番目です。")))
        };
        let mails: Vec<Fetched> = (1..=3).map(letter).collect();
        let broken = read_mailbox(&house.app, &Breaking(mails.clone(), 2)).await;
        assert!(broken.is_err_and(|error| error.to_string().contains("connection reset")));
        assert_eq!(place(&house.app).await.unwrap(), Some(Place { validity: 7, uid: 2 }));
        assert_eq!(read_mailbox(&house.app, &Breaking(mails.clone(), 9)).await.unwrap(), 1);
        assert_eq!(read_mailbox(&house.app, &Breaking(mails, 9)).await.unwrap(), 0);
        assert_eq!(now(house, thread.id).await.messages, 4);
        // Another process holds the lease: this one leaves the mailbox alone.
        let (at, mut tx) = (house.app.clock.now(), house.app.db.write().await.unwrap());
        storage::leases::take(&mut tx, "inquiries.mailbox", "other", at, at + Duration::minutes(10)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(read_mailbox(&house.app, &Breaking(vec![letter(4)], 9)).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn where_addresses_cannot_carry_the_mark_the_subject_does() {
    let choose = |settings: &mut Settings| {
        settings.replies = Some(Replies { address: "desk@madoguchi.example".to_owned(), subaddresses: false });
    };
    on_each_database_with(choose, async |house| {
        let (_, thread, mail) = asking(house).await;
        assert_eq!(mail.reply_to.as_deref(), Some("desk@madoguchi.example"));
        let raw =
            format!("From: {OWNER}\r\nTo: desk@madoguchi.example\r\nSubject: Re: {}\r\n\r\nはい。\r\n", mail.subject);
        assert_eq!(
            take(&house.app, &fetched(1, raw.into_bytes())).await.unwrap(),
            Taken::Added(thread.id),
            "{}",
            mail.subject
        );
    })
    .await;
}
