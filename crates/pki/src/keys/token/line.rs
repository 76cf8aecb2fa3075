//! A line to the token: one thread with one session, which waits for work.
//!
//! Sessions may not be used by two threads at once (PKCS#11 3.0, 2.6.7), and a call to a token in the network may hang.
//! So each session belongs to a thread of its own, and who asks waits for the answer no longer than allowed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::{MechanismInfo, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::crew::{Crew, Hands};
use super::fault::TokenFault;
use super::health::Health;
use super::module::{self, Module, Running};
use super::{TokenPlace, objects, sign};
use crate::keys::algorithm::{KeyAlgorithm, KeyKind};

/// Something to do; false when the line is to end afterwards.
type Work = Box<dyn FnOnce(&mut Line) -> bool + Send>;

/// How much work may wait for a line. What was given up stays until a line comes to it.
const MOST_WAITING: usize = 1_024;

/// Stages of a piece of work: no line has it yet;
const WAITS: u8 = 0;
/// a line is at it;
const BEGUN: u8 = 1;
/// it is done;
const DONE: u8 = 2;
/// nobody waits for it any more.
const GIVEN_UP: u8 = 3;

/// The lines to one token.
pub(super) struct Lines {
    shared: Arc<Shared>,
    work: SyncSender<Work>,
    waiting: Arc<Mutex<Receiver<Work>>>,
}

/// What all lines to a token know.
pub(super) struct Shared {
    pub(super) place: TokenPlace,
    pub(super) health: Health,
    crew: Crew,
    /// The last start of the module in which a session broke off; sessions of that start are worth no try, none before
    /// the first.
    broken: AtomicU64,
    /// Whether anything was ever done with the token in this process.
    worked: AtomicBool,
}

impl Shared {
    pub(super) fn new(place: TokenPlace, health: Health) -> Self {
        let crew = Crew::new(place.sessions.max(1));
        Self { place, health, crew, broken: AtomicU64::new(0), worked: AtomicBool::new(false) }
    }
}

/// A thread's own session, while it is open.
struct Line {
    shared: Arc<Shared>,
    open: Option<Open>,
}

/// An open session and the handles that were found with it.
struct Open {
    session: Session,
    module: Arc<Module>,
    start: u64,
    keys: BTreeMap<String, ObjectHandle>,
}

/// A session that is sure to be open while work is done with it.
pub(super) struct At<'a> {
    pub(super) session: &'a Session,
    pkcs11: &'a cryptoki::context::Pkcs11,
    pub(super) token: &'a str,
    keys: &'a mut BTreeMap<String, ObjectHandle>,
}

impl At<'_> {
    /// The handle of a private key that can sign, looked up once for a session.
    pub(super) fn private_key(&mut self, name: &str, algorithm: KeyAlgorithm) -> Result<ObjectHandle, TokenFault> {
        if let Some(known) = self.keys.get(name) {
            return Ok(*known);
        }
        self.has_mechanism(sign::mechanism(matches!(algorithm, KeyAlgorithm::Rsa { .. })), MechanismInfo::sign)?;
        let found = objects::private_key(self.session, self.token, name)?;
        self.keys.insert(name.to_owned(), found);
        Ok(found)
    }

    /// Whether keys of a kind can be made and used, as far as the token's list of mechanisms tells.
    pub(super) fn can_make(&self, kind: KeyKind) -> Result<(), TokenFault> {
        self.has_mechanism(objects::mechanism(kind), MechanismInfo::generate_key_pair)?;
        self.has_mechanism(sign::mechanism(kind.rsa_bits().is_some()), MechanismInfo::sign)
    }

    fn has_mechanism(
        &self,
        (mechanism, name): (MechanismType, &'static str),
        serves: impl Fn(&MechanismInfo) -> bool,
    ) -> Result<(), TokenFault> {
        let failed = |error| TokenFault::of(self.token, &error);
        let slot = self.session.get_session_info().map_err(failed)?.slot_id();
        // Not from the list of all: the library logs an error for each one in it that it does not know.
        match self.pkcs11.get_mechanism_info(slot, mechanism) {
            Ok(info) if serves(&info) => Ok(()),
            Ok(_) | Err(Error::Pkcs11(RvError::MechanismInvalid, _)) => {
                Err(TokenFault::MechanismMissing { token: self.token.to_owned(), mechanism: name })
            }
            Err(error) => Err(failed(error)),
        }
    }
}

impl Lines {
    /// Starts the threads; none of them opens a session before it is needed.
    pub(super) fn start(shared: Shared) -> std::io::Result<Self> {
        let (work, waiting) = mpsc::sync_channel::<Work>(MOST_WAITING);
        let lines = Self { shared: Arc::new(shared), work, waiting: Arc::new(Mutex::new(waiting)) };
        (0..lines.shared.place.sessions.max(1)).try_for_each(|_| lines.begin_one())?;
        Ok(lines)
    }

    fn begin_one(&self) -> std::io::Result<()> {
        let (waiting, line) = (self.waiting.clone(), Line { shared: self.shared.clone(), open: None });
        std::thread::Builder::new().name("token".to_owned()).spawn(move || serve(&waiting, line)).map(drop)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Lets a line do something, a signature or something else, and waits for it. Work that no line began in time is never done.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        signs: bool,
        work: impl FnOnce(&mut At<'_>) -> Result<T, TokenFault> + Send + 'static,
    ) -> Result<T, TokenFault> {
        self.shared.health.may_try()?;
        let _alone = self.shared.health.try_alone_while_silent()?;
        self.see_to_hands()?;
        let outcome = self.hand_over(patience, work);
        self.shared.health.note(outcome.as_ref().err(), signs);
        outcome
    }

    fn hand_over<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(&mut At<'_>) -> Result<T, TokenFault> + Send + 'static,
    ) -> Result<T, TokenFault> {
        let (stage, mine) = (Arc::new(AtomicU8::new(WAITS)), self.shared.clone());
        let (answer, answered) = mpsc::sync_channel(1);
        let its = stage.clone();
        let work: Work = Box::new(move |line| {
            if its.compare_exchange(WAITS, BEGUN, Ordering::SeqCst, Ordering::SeqCst).is_err() {
                return true;
            }
            let outcome = line.work(work);
            if its.compare_exchange(BEGUN, DONE, Ordering::SeqCst, Ordering::SeqCst).is_err() {
                mine.health.stirs();
                return mine.crew.is_back();
            }
            drop(answer.send(outcome));
            true
        });
        self.work.try_send(work).map_err(|_| self.silent())?;
        match answered.recv_timeout(patience) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Disconnected) => Err(self.silent()),
            Err(RecvTimeoutError::Timeout) => {
                // Counted first: the line may come back at any moment.
                self.shared.crew.one_stuck();
                let stood = stage.swap(GIVEN_UP, Ordering::SeqCst);
                if stood != BEGUN {
                    self.shared.crew.not_stuck();
                }
                let late = (stood == DONE).then(|| answered.recv().ok()).flatten();
                late.unwrap_or_else(|| Err(self.silent()))
            }
        }
    }

    fn silent(&self) -> TokenFault {
        TokenFault::Silent(self.shared.place.token.to_string())
    }

    /// Lets one more line begin where others do not come back from their calls.
    fn see_to_hands(&self) -> Result<(), TokenFault> {
        match self.shared.crew.hands(self.shared.health.now()) {
            Hands::Enough => Ok(()),
            Hands::OneMore => self.begin_one().map_err(|_| {
                self.shared.crew.one_less();
                self.silent()
            }),
            Hands::None => {
                let fault = self.silent();
                self.shared.health.note(Some(&fault), false);
                Err(fault)
            }
        }
    }
}

/// Does work after work, until there is none left or another line has this one's place.
fn serve(waiting: &Mutex<Receiver<Work>>, mut line: Line) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return line.hang_up() };
        if !work(&mut line) {
            return line.hang_up();
        }
    }
}

impl Line {
    fn work<T>(&mut self, work: impl FnOnce(&mut At<'_>) -> Result<T, TokenFault>) -> Result<T, TokenFault> {
        // Another line may have noticed meanwhile that the token is gone.
        self.shared.health.may_try()?;
        let anew = self.connect()?;
        let shared = self.shared.clone();
        let token = shared.place.token.to_string();
        let Some(open) = &mut self.open else { return Err(TokenFault::Silent(token)) };
        let module = open.module.clone();
        let running = module.running(&token)?;
        if running.count() != open.start {
            return Err(TokenFault::Unreachable { token, cause: "the module was started anew".to_owned() });
        }
        let mut at = At { session: &open.session, pkcs11: running.pkcs11, token: &token, keys: &mut open.keys };
        let mut outcome = work(&mut at);
        let worked = shared.worked.fetch_or(outcome.is_ok(), Ordering::SeqCst);
        if worked && !anew && matches!(outcome, Err(TokenFault::KeyNotFound { .. })) {
            // Only a module that was started anew knows for certain what its token holds.
            outcome = Err(TokenFault::Unreachable { token: token.clone(), cause: "its keys are gone".to_owned() });
        }
        if outcome.as_ref().is_err_and(TokenFault::is_suspicious) {
            shared.broken.fetch_max(open.start, Ordering::SeqCst);
            self.forget(&running);
        }
        outcome
    }

    /// Makes sure that a session is open and answers; tells whether the module was started anew for it.
    fn connect(&mut self) -> Result<bool, TokenFault> {
        let shared = self.shared.clone();
        let token = shared.place.token.to_string();
        let module = Module::load(&shared.place.module, &token)?;
        let seen = {
            let running = module.running(&token)?;
            let sound = running.count() > shared.broken.load(Ordering::SeqCst);
            if sound && self.open.as_ref().is_some_and(|open| open.answers(&running)) {
                return Ok(false);
            }
            self.forget(&running);
            if sound {
                match Open::at(&shared.place, &module, &running, &token) {
                    Err(fault) if fault.passes() => {}
                    opened => {
                        self.open = Some(opened?);
                        return Ok(false);
                    }
                }
            }
            running.count()
        };
        // Modules notice only at their start which tokens are there.
        module.start_anew(seen, &token)?;
        let running = module.running(&token)?;
        self.open = Some(Open::at(&shared.place, &module, &running, &token)?);
        Ok(true)
    }

    /// Closes the session; one of an earlier start is gone already, and its number may be another one's now.
    fn forget(&mut self, running: &Running<'_>) {
        if let Some(open) = self.open.take()
            && open.start == running.count()
        {
            drop(open.session.close());
        }
    }

    fn hang_up(mut self) {
        let Some(module) = self.open.as_ref().map(|open| open.module.clone()) else { return };
        if let Ok(running) = module.running("") {
            self.forget(&running);
        }
    }
}

impl Open {
    fn at(place: &TokenPlace, module: &Arc<Module>, running: &Running<'_>, token: &str) -> Result<Self, TokenFault> {
        let slot = module::slot(running.pkcs11, &place.token)?;
        let session = running.pkcs11.open_rw_session_no_drop(slot).map_err(|error| TokenFault::of(token, &error))?;
        if let Err(fault) = module.login(running, &session, slot, &place.pin, token) {
            drop(session.close());
            return Err(fault);
        }
        Ok(Self { session, module: module.clone(), start: running.count(), keys: BTreeMap::new() })
    }

    fn answers(&self, running: &Running<'_>) -> bool {
        self.start == running.count() && self.session.get_session_info().is_ok()
    }
}
