//! A PKCS#11 module in this process: loaded once, started and started anew, logged in once.
//!
//! What a module keeps — that it is initialised, and who is logged in to which token — belongs to the whole process
//! (PKCS#11 3.0, 5.4 and 5.6.8). So it is kept here once for a library, however many stores and sessions use it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, TryLockError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;

use super::fault::{PinFlags, TokenFault};
use super::{TokenChoice, TokenPin};

static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

/// A loaded library.
pub(super) struct Module {
    pkcs11: Pkcs11,
    /// How often it was started; none while it is not. Whoever uses a session holds it for reading.
    start: RwLock<Start>,
    /// Tokens that refused their PIN, by serial number and label. One attempt for a process: many attempts lock a token.
    refused: Mutex<BTreeMap<String, TokenFault>>,
}

/// Whether a module runs, and how often it was started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    running: bool,
    count: u64,
}

/// The right to use sessions of one start of a module.
pub(super) struct Running<'a> {
    guard: RwLockReadGuard<'a, Start>,
    pub(super) pkcs11: &'a Pkcs11,
}

impl Running<'_> {
    /// Which start it is; sessions of an earlier one are gone and their numbers may be others' now.
    pub(super) fn count(&self) -> u64 {
        self.guard.count
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Module {
    /// Loads a library, or finds the one that this process has loaded already.
    pub(super) fn load(path: &Path, token: &str) -> Result<Arc<Self>, TokenFault> {
        let refused = |cause: String| TokenFault::Refused { token: token.to_owned(), cause };
        let real = path.canonicalize().map_err(|error| refused(format!("{}: {error}", path.display())))?;
        let mut modules = lock(&MODULES);
        if let Some(module) = modules.get(&real) {
            return Ok(module.clone());
        }
        let pkcs11 = Pkcs11::new(&real).map_err(|error| refused(format!("{}: {error}", path.display())))?;
        let module = Arc::new(Self { pkcs11, start: RwLock::default(), refused: Mutex::default() });
        modules.insert(real, module.clone());
        Ok(module)
    }

    /// The module, started if it was not.
    pub(super) fn running(&self, token: &str) -> Result<Running<'_>, TokenFault> {
        loop {
            let guard = self.start.read().unwrap_or_else(PoisonError::into_inner);
            if guard.running {
                return Ok(Running { guard, pkcs11: &self.pkcs11 });
            }
            drop(guard);
            let mut start = self.start.write().unwrap_or_else(PoisonError::into_inner);
            if !start.running {
                self.initialize(&mut start).map_err(|error| TokenFault::of(token, &error))?;
            }
        }
    }

    /// Starts the module anew, unless somebody did so since: many notice only then that a token is gone, or back.
    ///
    /// All sessions end by it. It is left for later while a session is in use, perhaps for ever, by a call that hangs.
    pub(super) fn start_anew(&self, seen: u64, token: &str) -> Result<(), TokenFault> {
        let mut start = match self.start.try_write() {
            Ok(start) => start,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        if start.count != seen {
            return Ok(());
        }
        if start.running {
            start.running = false;
            // What cannot be ended is initialised already, which is as good.
            drop(self.pkcs11.clone().finalize());
        }
        self.initialize(&mut start).map_err(|error| TokenFault::of(token, &error))
    }

    fn initialize(&self, start: &mut Start) -> Result<(), Error> {
        match self.pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, Function::Initialize)) => {
                *start = Start { running: true, count: start.count + 1 };
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Logs in, unless this process is already. The PIN is tried once in the life of the process, and not at all when the
    /// token says that the next attempt may lock it: a supervisor that starts the program anew would make that attempt.
    pub(super) fn login(
        &self,
        running: &Running<'_>,
        session: &Session,
        slot: Slot,
        pin: &TokenPin,
        token: &str,
    ) -> Result<(), TokenFault> {
        let failed = |error: Error| TokenFault::of(token, &error);
        // Of all sessions of a process one logs in for all (PKCS#11 3.0, 5.6.8).
        if matches!(
            session.get_session_info().map_err(failed)?.session_state(),
            SessionState::RwUser | SessionState::RoUser
        ) {
            return Ok(());
        }
        let info = running.pkcs11.get_token_info(slot).map_err(failed)?;
        let own = format!("{} {}", info.serial_number(), info.label());
        let mut refused = lock(&self.refused);
        if let Some(fault) = refused.get(&own) {
            return Err(fault.clone());
        }
        let flags = PinFlags::from(&info);
        if flags.forbid_a_try() {
            return Err(TokenFault::WrongPin { token: token.to_owned(), flags, tried: false });
        }
        let error = match session.login(UserType::User, Some(&pin.to_auth())) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => return Ok(()),
            Err(error) => error,
        };
        if !blames_pin(&error) {
            return Err(TokenFault::of(token, &error));
        }
        let after = running.pkcs11.get_token_info(slot);
        let flags = PinFlags::from(after.as_ref().unwrap_or(&info));
        let fault = TokenFault::WrongPin { token: token.to_owned(), flags, tried: true };
        refused.insert(own, fault.clone());
        Err(fault)
    }
}

fn blames_pin(error: &Error) -> bool {
    use RvError::{PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked, UserPinNotInitialized};
    matches!(
        error,
        Error::Pkcs11(PinIncorrect | PinInvalid | PinLenRange | PinExpired | PinLocked | UserPinNotInitialized, _)
    )
}

/// The slot with the token that was chosen.
pub(super) fn slot(pkcs11: &Pkcs11, choice: &TokenChoice) -> Result<Slot, TokenFault> {
    let token = choice.to_string();
    let unreachable = |cause: &str| TokenFault::Unreachable { token: token.clone(), cause: cause.to_owned() };
    let slots = pkcs11.get_slots_with_token().map_err(|error| TokenFault::of(&token, &error))?;
    let fits = |slot: &Slot| match choice {
        TokenChoice::Slot(number) => slot.id() == *number,
        // A slot whose token was just taken away answers with an error.
        TokenChoice::Label(label) => pkcs11.get_token_info(*slot).is_ok_and(|info| info.label() == label),
    };
    let found: Vec<Slot> = slots.into_iter().filter(fits).collect();
    match found.as_slice() {
        [slot] => Ok(*slot),
        [] => Err(unreachable("no such token in any slot")),
        several => Err(TokenFault::Refused {
            cause: format!("{} tokens have this label", several.len()),
            token: token.clone(),
        }),
    }
}
