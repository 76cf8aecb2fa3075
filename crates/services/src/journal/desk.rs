//! The writer: a thread of its own, so that many who wait share one sync of the disk.

use std::{
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
};

use storage::{Note, Recorded};
use tokio::sync::oneshot;

use super::{Place, chain::Chain};

/// Those who wait, so many at most, share one sync.
const AT_ONCE: usize = 10_000;

struct Asked {
    notes: Vec<Note>,
    answer: oneshot::Sender<Recorded>,
}

/// The way to the writer, whose thread begins with the first request.
pub(super) struct Desk {
    place: Place,
    writer: Mutex<Option<(Sender<Asked>, JoinHandle<()>)>>,
}

impl Desk {
    pub(super) fn new(place: Place) -> Self {
        Self { place, writer: Mutex::new(None) }
    }

    /// Waits until the notes are durable.
    pub(super) async fn record(&self, notes: Vec<Note>) -> Recorded {
        let (answer, answered) = oneshot::channel();
        self.ask(Asked { notes, answer })?;
        answered.await.unwrap_or_else(|_| Err(ENDED.to_owned()))
    }

    fn ask(&self, asked: Asked) -> Result<(), String> {
        let mut writer = self.writer.lock().map_err(|_| ENDED.to_owned())?;
        if writer.is_none() {
            if asked.notes.is_empty() {
                let _ = asked.answer.send(Ok(None));
                return Ok(());
            }
            let (sender, receiver) = channel();
            let own = Writer { place: self.place.clone(), chain: None, kept: vec![] };
            let thread = std::thread::Builder::new().name("journal".to_owned());
            let thread = thread.spawn(move || own.run(&receiver)).map_err(|error| error.to_string())?;
            *writer = Some((sender, thread));
        }
        writer.as_ref().and_then(|(sender, _)| sender.send(asked).ok()).ok_or_else(|| ENDED.to_owned())
    }
}

const ENDED: &str = "the writer of the journal has ended";

impl Drop for Desk {
    /// Whoever opens the folder next finds the chain free.
    fn drop(&mut self) {
        if let Ok(Some((sender, thread))) = self.writer.get_mut().map(Option::take) {
            drop(sender);
            let _ = thread.join();
        }
    }
}

struct Writer {
    place: Place,
    chain: Option<Chain>,
    /// What is known of serials and could not be written: it stands in the register whatever was answered, and comes first as
    /// soon as it is possible. A serial is told before its end: a restore cannot place an end without its beginning.
    kept: Vec<Note>,
}

impl Writer {
    fn run(mut self, requests: &Receiver<Asked>) {
        while let Ok(first) = requests.recv() {
            let mut all = vec![first];
            while all.len() < AT_ONCE
                && let Ok(next) = requests.try_recv()
            {
                all.push(next);
            }
            self.serve(all);
        }
    }

    fn serve(&mut self, mut all: Vec<Asked>) {
        let mut notes = std::mem::take(&mut self.kept);
        for asked in &mut all {
            notes.append(&mut asked.notes);
        }
        let outcome = self.write(&notes);
        if let Err(fault) = &outcome {
            tracing::error!(fault, "the journal cannot be written: nothing is signed until it can");
            let holds =
                |note: &Note| matches!(note, Note::Issued { .. } | Note::Revoked { .. } | Note::Abandoned { .. });
            self.kept = notes.into_iter().filter(holds).collect();
        }
        for asked in all {
            // Whoever gave up waiting needs no answer.
            let _ = asked.answer.send(outcome.clone());
        }
    }

    fn write(&mut self, notes: &[Note]) -> Recorded {
        if notes.is_empty() {
            return Ok(None);
        }
        let chain = match &mut self.chain {
            Some(chain) => chain,
            none => none.insert(Chain::take(&self.place).map_err(|fault| fault.to_string())?),
        };
        let outcome = chain.append(notes).map(Some).map_err(|fault| fault.to_string());
        if chain.doubtful {
            // What the disk did not confirm may or may not be there: another chain says what is.
            self.place.closed.push(chain.name().to_owned());
            self.chain = None;
        }
        outcome
    }
}
