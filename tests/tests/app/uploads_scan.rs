//! The scanner: a real program, and a little server that speaks ICAP (RFC 3507).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::uploads::UploadState;
use serde_json::json;
use services::{
    Settings,
    uploads::{self, CommandScan, IcapMethod, IcapScan, Scan},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    browser::Browser,
    steps::{begin, clinic, mails},
    support::{House, on_each_database_with},
    uploads::{RECEIPT, handed_in, is_kept, state_of},
};

/// What every scanner finds, by agreement (https://www.eicar.org), in two halves so that none finds it here.
fn test_virus() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

/// A case with a clean file and an infected one, both scanned.
async fn scanned(house: &House) -> (Browser, String) {
    let (_, owner) = clinic(house, "1330100016").await;
    let case = begin(&owner, "eligibility").await;
    let clean = handed_in(house, &case, UploadState::Waiting, Some(RECEIPT)).await;
    let infected = handed_in(house, &case, UploadState::Waiting, Some(&test_virus())).await;
    for id in [clean, infected] {
        let job = json!({ "upload": id });
        uploads::scan(&house.app, &job, false).await.unwrap();
        uploads::scan(&house.app, &job, false).await.unwrap();
    }
    assert_eq!((state_of(house, clean).await, is_kept(house, clean).await), (Some(UploadState::Clean), true));
    assert_eq!((state_of(house, infected).await, is_kept(house, infected).await), (Some(UploadState::Infected), false));
    let told: Vec<_> = mails(house).await.into_iter().filter(|(_, body)| body.contains("ウイルス")).collect();
    assert_eq!(told.len(), 1, "the applicant is told once");
    assert!(told[0].1.contains("領収書 <4月>.pdf") && told[0].1.contains(&case), "{}", told[0].1);
    (owner, case)
}

/// A scanner that gives no answer.
async fn unanswered(house: &House) {
    let (_, owner) = clinic(house, "1310100018").await;
    let case = begin(&owner, "eligibility").await;
    let id = handed_in(house, &case, UploadState::Waiting, Some(RECEIPT)).await;
    assert!(uploads::scan(&house.app, &json!({ "upload": id }), false).await.is_err(), "it is tried again");
    assert_eq!(state_of(house, id).await, Some(UploadState::Waiting));
    assert!(uploads::scan(&house.app, &json!({ "upload": id }), true).await.is_err());
    assert_eq!((state_of(house, id).await, is_kept(house, id).await), (Some(UploadState::Failed), true));
}

fn command(words: &[&str]) -> Scan {
    Scan::Command(CommandScan {
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        clean: vec![0],
        infected: vec![1],
        within: Duration::from_secs(20),
    })
}

#[tokio::test]
async fn a_program_scans_what_it_is_given() {
    let by_input = |settings: &mut Settings| {
        settings.scan =
            command(&["sh", "-c", "if grep -q EICAR-STANDARD; then echo 'stream: Eicar FOUND'; exit 1; fi"]);
    };
    on_each_database_with(by_input, async |house| drop(scanned(house).await)).await;
    let by_path = |settings: &mut Settings| {
        settings.scan = command(&["sh", "-c", "! grep -q EICAR-STANDARD \"$0\"", "{file}"]);
    };
    on_each_database_with(by_path, async |house| drop(scanned(house).await)).await;
    let broken = |settings: &mut Settings| settings.scan = command(&["sh", "-c", "exit 2"]);
    on_each_database_with(broken, async |house| unanswered(house).await).await;
}

/// How the little server answers.
#[derive(Clone, Copy)]
enum Manner {
    /// 204, or 200 with a page that says no.
    Plain,
    /// 200 with the file itself, or with a header that names what was found.
    Echo,
    /// Busy.
    Busy,
}

/// A server that finds the test virus; gives its port and how often it was asked.
async fn server(manner: Manner) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(answer(stream, manner));
        }
    });
    (port, asked)
}

async fn answer(mut stream: TcpStream, manner: Manner) {
    let (mut text, mut piece) = (vec![], [0; 4096]);
    while !text.ends_with(b"0\r\n\r\n") {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "the question ends");
        text.extend_from_slice(&piece[..count]);
    }
    let question = String::from_utf8_lossy(&text).into_owned();
    let method = question.split(' ').next().unwrap();
    assert!(question.contains(" ICAP/1.0\r\n") && question.contains("Allow: 204\r\n"), "{question}");
    let body = body_of(&text, &question, method);
    let infected = body.windows(14).any(|part| part == b"EICAR-STANDARD");
    let page = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\n\r\n";
    let reply = match (manner, infected) {
        (Manner::Busy, _) => b"ICAP/1.0 503 Overloaded\r\n\r\n".to_vec(),
        (Manner::Plain, false) => b"ICAP/1.0 204 No Modifications\r\nISTag: \"1\"\r\n\r\n".to_vec(),
        (Manner::Plain, true) => {
            let places = format!("res-hdr=0, res-body={}", page.len());
            format!("ICAP/1.0 200 OK\r\nEncapsulated: {places}\r\n\r\n{page}5\r\nno!!!\r\n0\r\n\r\n").into_bytes()
        }
        (Manner::Echo, true) => {
            b"ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar;\r\nEncapsulated: null-body=0\r\n\r\n".to_vec()
        }
        (Manner::Echo, false) => {
            let places = format!("res-hdr=0, res-body={}", head.len());
            let mut reply = format!("ICAP/1.0 200 OK\r\nEncapsulated: {places}\r\n\r\n{head}").into_bytes();
            reply.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            reply.extend_from_slice(&body);
            reply.extend_from_slice(b"\r\n0\r\n\r\n");
            reply
        }
    };
    stream.write_all(&reply).await.unwrap();
}

/// The file in a question: where the places say, in one chunk, as long as its HTTP head says.
fn body_of(text: &[u8], question: &str, method: &str) -> Vec<u8> {
    let word = if method == "RESPMOD" { "res-body=" } else { "req-body=" };
    let place: usize = question.split_once(word).unwrap().1.split("\r\n").next().unwrap().parse().unwrap();
    let start = text.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4 + place;
    let chunk = &text[start..];
    let line = chunk.windows(2).position(|part| part == b"\r\n").unwrap();
    let size = usize::from_str_radix(std::str::from_utf8(&chunk[..line]).unwrap(), 16).unwrap();
    assert!(question.contains(&format!("Content-Length: {size}\r\n")), "both heads agree: {question}");
    chunk[line + 2..line + 2 + size].to_vec()
}

async fn with_server(manner: Manner, method: IcapMethod, story: impl AsyncFn(&House)) {
    let (port, asked) = server(manner).await;
    let url = format!("icap://127.0.0.1:{port}/avscan");
    let scan = Scan::Icap(IcapScan::at(&url, method, Duration::from_secs(20)).unwrap());
    on_each_database_with(|settings| settings.scan = scan.clone(), async |house| story(house).await).await;
    assert!(asked.load(Ordering::SeqCst) >= 2, "the server was asked");
}

#[tokio::test]
async fn a_server_scans_by_icap_however_it_says_what_it_found() {
    with_server(Manner::Plain, IcapMethod::Respmod, async |house| drop(scanned(house).await)).await;
    with_server(Manner::Echo, IcapMethod::Reqmod, async |house| drop(scanned(house).await)).await;
    with_server(Manner::Busy, IcapMethod::Respmod, async |house| unanswered(house).await).await;
}
