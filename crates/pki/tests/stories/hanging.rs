//! Stories of a token whose calls do not come back: whoever asks waits no longer than allowed, threads do not grow, and it goes
//! on by itself.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use pki::{Error, KeyKind, SigningKey, TokenFault, TokenNews};
use time::Duration;

use crate::softhsm::{SoftHsm, with_softhsm};
use crate::support::Authority;
use crate::tokens::{Watched, key, list};

/// How many ask at a time.
const MANY: u64 = 30;

fn watched(softhsm: &SoftHsm) -> (Watched, Authority) {
    let watched = Watched::at(softhsm.hanging_place("authority"));
    let issuing = key(&watched.token, "issuing", KeyKind::P256);
    (watched, Authority::with(SigningKey::generate(KeyKind::P256).unwrap(), issuing))
}

/// Threads of this process.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn silent(outcome: &Result<Vec<u8>, Error>) -> bool {
    matches!(outcome, Err(Error::Token(TokenFault::Silent(_))))
}

#[test]
fn a_token_that_hangs_is_given_up_and_signs_again_by_itself() {
    with_softhsm("hanging::a_token_that_hangs_is_given_up_and_signs_again_by_itself", &["authority"], |softhsm| {
        let (watched, authority) = watched(softhsm);
        list(&authority, 1).unwrap();
        let before = threads();
        softhsm.hang(false);
        let given_up = AtomicUsize::new(0);
        std::thread::scope(|people| {
            for number in 2..2 + MANY {
                let (authority, given_up) = (&authority, &given_up);
                people
                    .spawn(move || given_up.fetch_add(usize::from(silent(&list(authority, number))), Ordering::SeqCst));
            }
        });
        assert_eq!(given_up.load(Ordering::SeqCst), MANY as usize);
        watched.clock.pass(Duration::minutes(1));
        std::thread::scope(|people| {
            let first = people.spawn(|| authority.issuing_key.ready());
            std::thread::sleep(std::time::Duration::from_secs(2));
            assert!(silent(&list(&authority, 99)) && !first.is_finished(), "one waits, the others are told at once");
            assert!(first.join().unwrap().is_err(), "to be ready it must sign");
        });
        for _ in 0..100 {
            assert!(silent(&list(&authority, 100)));
        }
        assert!(threads() <= before + 2, "{} threads, {before} before", threads());
        softhsm.go_on();
        watched.clock.pass(Duration::minutes(1));
        authority.issuing_key.ready().unwrap();
        list(&authority, 101).unwrap();
        let told = watched.told();
        assert!(matches!(told.as_slice(), [TokenNews::Failed(TokenFault::Silent(_)), TokenNews::Works]), "{told:?}");
    });
}

#[test]
fn calls_that_never_come_back_are_left_alone_and_others_take_their_place() {
    let test = "hanging::calls_that_never_come_back_are_left_alone_and_others_take_their_place";
    with_softhsm(test, &["authority"], |softhsm| {
        let (watched, authority) = watched(softhsm);
        list(&authority, 1).unwrap();
        softhsm.hang(true);
        for number in 2..4 {
            assert!(silent(&list(&authority, number)), "both sessions are lost");
        }
        softhsm.go_on();
        watched.clock.pass(Duration::minutes(1));
        authority.issuing_key.ready().unwrap();
        for number in 4..20 {
            list(&authority, number).unwrap();
        }
    });
}
