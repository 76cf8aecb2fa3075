//! Files of applications: where they lie, and who scans them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use services::uploads::{self, CommandScan, IcapMethod, IcapScan, Judge, Store, StoreFault};

use crate::secret;

/// The only argument of the program where it judges the file on its input. It is called by itself alone and shown nowhere.
pub(crate) const JUDGE: &str = "judge-upload";

/// Files of applications.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Uploads {
    /// Folder of the files; `uploads` in the data folder if none. Not used with a bucket.
    pub(crate) folder: Option<PathBuf>,
    /// Folder of files that are being received; `uploads.incoming` in the data folder if none.
    pub(crate) incoming: Option<PathBuf>,
    /// MiB that stay free on the disks of both folders.
    pub(crate) keep_free_mib: u64,
    /// A bucket of a server that speaks S3, instead of the folder.
    pub(crate) bucket: Option<Bucket>,
    /// The scanner for viruses; none when files are not scanned.
    pub(crate) scan: Option<Scan>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { folder: None, incoming: None, keep_free_mib: 512, bucket: None, scan: None }
    }
}

/// A bucket.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bucket {
    /// Address of the server; that of Amazon if none.
    pub(crate) endpoint: Option<String>,
    /// Name of the bucket.
    pub(crate) name: String,
    /// Region.
    #[serde(default = "region")]
    pub(crate) region: String,
    /// Begin of all names, so that the bucket can be shared.
    #[serde(default)]
    pub(crate) prefix: String,
    /// Name of the key.
    pub(crate) access_key_id: String,
    /// File with the key.
    pub(crate) secret_access_key_file: PathBuf,
}

fn region() -> String {
    "us-east-1".to_owned()
}

/// A scanner: either `command` or `icap`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scan {
    /// Program and arguments; `{file}` stands for a path, without it the file is the program's input.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// Exit codes of the program that mean that nothing was found.
    #[serde(default = "clean")]
    pub(crate) clean: Vec<i32>,
    /// Exit codes that mean that something was found.
    #[serde(default = "infected")]
    pub(crate) infected: Vec<i32>,
    /// `icap://host:port/service`.
    pub(crate) icap: Option<String>,
    /// `respmod` or `reqmod`.
    #[serde(default = "respmod")]
    pub(crate) method: String,
    /// Seconds that it may take.
    #[serde(default = "seconds")]
    pub(crate) seconds: u64,
}

fn clean() -> Vec<i32> {
    vec![0]
}

fn infected() -> Vec<i32> {
    vec![1]
}

fn respmod() -> String {
    "respmod".to_owned()
}

const fn seconds() -> u64 {
    120
}

impl Scan {
    fn method(&self) -> Option<IcapMethod> {
        match self.method.as_str() {
            "respmod" => Some(IcapMethod::Respmod),
            "reqmod" => Some(IcapMethod::Reqmod),
            _ => None,
        }
    }

    fn scanner(&self) -> Option<uploads::Scan> {
        let within = Duration::from_secs(self.seconds);
        match &self.icap {
            Some(url) => IcapScan::at(url, self.method()?, within).map(uploads::Scan::Icap),
            None => Some(uploads::Scan::Command(CommandScan {
                command: self.command.clone(),
                clean: self.clean.clone(),
                infected: self.infected.clone(),
                within,
            })),
        }
    }

    fn validate(&self, faults: &mut Vec<String>) {
        let mut fault = |words: &str| faults.push(format!("uploads.scan: {words}"));
        if self.icap.is_some() != self.command.is_empty() {
            fault("name either command or icap");
        }
        if self.method().is_none() {
            fault("method must be respmod or reqmod");
        } else if self.scanner().is_none() {
            fault("icap must be icap://host:port/service");
        }
        if !(1..=3_600).contains(&self.seconds) {
            fault("seconds must be between 1 and 3600");
        }
        if self.clean.iter().any(|code| self.infected.contains(code)) || self.clean.is_empty() {
            fault("clean and infected must be different exit codes");
        }
    }
}

impl Uploads {
    /// Adds a sentence for every fault.
    pub(super) fn validate(&self, faults: &mut Vec<String>) {
        if let Some(scan) = &self.scan {
            scan.validate(faults);
        }
        let Some(bucket) = &self.bucket else { return };
        if self.folder.is_some() {
            faults.push("uploads: name either a folder or a bucket".to_owned());
        }
        let well_formed = |url: &String| ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        if !bucket.endpoint.as_ref().is_none_or(well_formed) {
            faults.push("uploads.bucket.endpoint: must begin with http:// or https://".to_owned());
        }
        for (key, value) in
            [("name", &bucket.name), ("region", &bucket.region), ("access_key_id", &bucket.access_key_id)]
        {
            if value.trim().is_empty() || value.contains(char::is_whitespace) {
                faults.push(format!("uploads.bucket.{key}: must not be empty"));
            }
        }
        let key = secret::text(&bucket.secret_access_key_file);
        let fault = key.map_or_else(Some, |key| key.is_empty().then(|| "is empty".to_owned()));
        faults.extend(fault.map(|fault| format!("uploads.bucket.secret_access_key_file: {fault}")));
    }

    /// The scanner.
    pub(crate) fn scanner(&self) -> uploads::Scan {
        self.scan.as_ref().and_then(Scan::scanner).unwrap_or_default()
    }

    fn place(&self, data_dir: &Path) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| data_dir.join("uploads"))
    }

    /// Where files are, and what an installation with a copy of their rows must do to have them.
    pub(crate) fn stay(&self, data_dir: &Path) -> String {
        match &self.bucket {
            Some(bucket) => format!("the bucket {}: keep [uploads.bucket] in the configuration", bucket.name),
            None => format!(
                "{}: with another data folder, name it as `uploads.folder` or copy it there as `uploads` before the first start",
                self.place(data_dir).display()
            ),
        }
    }

    /// The store, not asked for anything yet, and the folder for what is received.
    pub(crate) fn open(&self, data_dir: &Path) -> Result<uploads::Uploads, StoreFault> {
        let store = match &self.bucket {
            Some(bucket) => Store::in_bucket(&uploads::Bucket {
                endpoint: bucket.endpoint.clone(),
                name: bucket.name.clone(),
                region: bucket.region.clone(),
                prefix: bucket.prefix.clone(),
                access_key_id: bucket.access_key_id.clone(),
                secret_access_key: secret::text(&bucket.secret_access_key_file)
                    .map_err(StoreFault::Failed)?
                    .to_string(),
            })?,
            None => Store::in_folder(&self.place(data_dir))?,
        };
        Ok(uploads::Uploads {
            store,
            spool: self.incoming.clone().unwrap_or_else(|| data_dir.join("uploads.incoming")),
            keep_free: self.keep_free_mib.saturating_mul(1024 * 1024),
            judge: Judge::this_program(&[JUDGE])?,
        })
    }
}
