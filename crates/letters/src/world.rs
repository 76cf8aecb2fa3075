//! The closed world in which templates are set: embedded files, one override directory, no network.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::fonts::{Fonts, fonts};

macro_rules! templates {
    ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!("../templates/", $name)))),+] };
}

/// The templates that ship with the program.
static TEMPLATES: [(&str, &str); 7] = templates![
    "application-copy.typ",
    "common.typ",
    "document.typ",
    "issuance-notice.typ",
    "letter.typ",
    "membership-letter.typ",
    "user-id-notice.typ",
];

/// Everything that one run of the layout engine may see.
pub(crate) struct Closed<'a> {
    library: LazyHash<Library>,
    fonts: &'static Fonts,
    main: FileId,
    overrides: Option<&'a Path>,
    sources: Mutex<HashMap<FileId, Source>>,
}

impl<'a> Closed<'a> {
    /// A world whose main file is `template` and whose `sys.inputs` are `inputs`.
    pub(crate) fn new(template: &str, inputs: Dict, overrides: Option<&'a Path>) -> FileResult<Self> {
        let path = VirtualPath::new(template).map_err(|_| FileError::NotFound(PathBuf::from(template)))?;
        Ok(Self {
            library: LazyHash::new(Library::builder().with_inputs(inputs).build()),
            fonts: fonts(),
            main: RootedPath::new(VirtualRoot::Project, path).intern(),
            overrides,
            sources: Mutex::default(),
        })
    }

    /// The bytes of a file: the operator's if there is one, else the embedded template.
    fn bytes(&self, id: FileId) -> FileResult<Vec<u8>> {
        let name = id.vpath().get_without_slash();
        let missing = || FileError::NotFound(PathBuf::from(name));
        if *id.root() != VirtualRoot::Project {
            return Err(missing());
        }
        if let Some(directory) = self.overrides {
            let path = id.vpath().realize(directory).map_err(FileError::Realize)?;
            match std::fs::read(&path) {
                Ok(bytes) => return Ok(bytes),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(FileError::from_io(e, &path)),
            }
        }
        let embedded = TEMPLATES.iter().find(|(file, _)| *file == name).ok_or_else(missing)?;
        Ok(embedded.1.as_bytes().to_vec())
    }

    fn read_source(&self, id: FileId) -> FileResult<Source> {
        let text = String::from_utf8(self.bytes(id)?).map_err(|_| FileError::InvalidUtf8)?;
        Ok(Source::new(id, text))
    }
}

impl World for Closed<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let Ok(mut sources) = self.sources.lock() else { return self.read_source(id) };
        if let Some(source) = sources.get(&id) {
            return Ok(source.clone());
        }
        let source = self.read_source(id)?;
        sources.insert(id, source.clone());
        Ok(source)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.bytes(id).map(Bytes::new)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.list.get(index).cloned()
    }

    /// No date: what a letter shows comes in with its data.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
