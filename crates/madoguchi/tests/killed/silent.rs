//! Connections that say nothing, or never end their question: they take no listener away from others, and are ended.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    process::Command,
    thread::sleep,
    time::Duration,
};

use crate::{
    ALONE,
    client::Client,
    demo::{Demo, PROGRAM, Place},
};

/// Files that the process may have open.
const FILES: usize = 600;

/// A demo that may have so few files open that all of them could be taken.
fn demo(place: &Place) -> Demo {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {FILES}; exec \"$0\" \"$@\""), PROGRAM, "demo", "--json", "--data-dir"]);
    command.arg(&place.folder);
    command.args(["--port", &place.portal.to_string(), "--closed-port", &place.closed.to_string()]);
    let mut demo = Demo::begin(command, place.folder.with_extension("output"));
    demo.says("\"portal\"");
    demo
}

/// Opens a connection; every second one begins a question.
fn open(port: u16, number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    if number.is_multiple_of(2) {
        // It may be ended already.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: ");
    }
    stream
}

/// Whether the other side ends a connection while somebody waits for so long.
fn is_ended(mut stream: &TcpStream, within: Duration) -> bool {
    stream.set_read_timeout(Some(within)).unwrap();
    loop {
        match stream.read(&mut [0; 1024]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(fault) => return !matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

#[test]
fn connections_that_say_nothing_close_no_other_listener_and_are_ended() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place::new(folder.path()).with_demo();
    let mut demo = demo(&place);
    let (mut visitor, root) =
        (Client::plain(place.portal), std::fs::read_to_string(place.folder.join("ca.pem")).unwrap());
    assert_eq!(visitor.get("/healthz").unwrap().status, 200);

    let silent: Vec<TcpStream> = (0..FILES + 100).map(|number| open(place.portal, number)).collect();
    assert!(is_ended(silent.last().unwrap(), Duration::from_secs(5)), "the portal has no place for it");
    let mut terminal = Client::secure(place.closed, &pki::pem::decode("CERTIFICATE", &root).unwrap());
    assert_eq!(terminal.get("/").unwrap().status, 200, "the closed network has places of its own");

    let free = (0..120).any(|_| {
        sleep(Duration::from_millis(500));
        visitor.get("/healthz").is_ok_and(|answer| answer.status == 200)
    });
    assert!(free, "{}", demo.output());
    assert!(silent.iter().all(|stream| is_ended(stream, Duration::from_secs(30))), "all were ended");
    let silent: Vec<TcpStream> = (0..3).map(|_| open(place.closed, 1)).collect();
    assert!(silent.iter().all(|stream| is_ended(stream, Duration::from_secs(60))), "also in the middle of a handshake");
    assert!(demo.lives());
}
