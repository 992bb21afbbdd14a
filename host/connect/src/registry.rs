//! The installed connectors: those that come with the program, and `*.wasm` files in a directory.
//!
//! Nothing is compiled before someone asks for it. A bundled connector is found by its id alone; a
//! file's id is in its manifest, so that files are loaded when an id is asked for that is not
//! bundled, or when all are listed.
//!
//! An id belongs to one connector. A bundled one keeps its id against any file, and of two files
//! with one id neither is used: a file that is put into the directory never takes over the secrets
//! of connections that another connector made. A file that cannot be used is told by its name and
//! hides no other.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use jackfield_host::limits::MAX_COMPONENT_BYTES;
use jackfield_host::{Connector, Host, LoadError};
use tokio::sync::OnceCell;

use crate::Error;
use jackfield_host::input::nearest;

/// Files that are loaded at once: compiling uses every core by itself.
const LOADED_AT_ONCE: usize = 4;

/// The installed connectors.
#[derive(Default)]
pub struct Registry {
    host: Option<Host>,
    bundled: Vec<Bundled>,
    directory: Option<PathBuf>,
    files: OnceCell<Vec<Candidate>>,
}

struct Bundled {
    id: &'static str,
    component: &'static [u8],
    loaded: OnceCell<Connector>,
}

/// A file of the directory, and what it holds.
struct Candidate {
    path: PathBuf,
    connector: Result<Connector, Arc<LoadError>>,
}

/// Where an installed connector comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectorSource {
    /// It comes with the program.
    Bundled,
    /// It is a file of the connectors' directory.
    File(PathBuf),
}

/// One installed connector, or why it is none.
pub struct Installed {
    /// Where it comes from.
    pub source: ConnectorSource,
    /// The connector, ready; or why it cannot be used.
    pub connector: Result<Connector, Error>,
}

impl Registry {
    /// No connector yet; what is added is loaded by this host.
    pub fn new(host: Host) -> Self {
        Self { host: Some(host), ..Self::default() }
    }

    /// No connector, ever: enough to show, list and disconnect.
    pub fn empty() -> Self {
        Self::default()
    }

    /// With a connector that comes with the program, under the id of its manifest.
    #[must_use]
    pub fn with_bundled(mut self, id: &'static str, component: &'static [u8]) -> Self {
        self.bundled.push(Bundled { id, component, loaded: OnceCell::new() });
        self
    }

    /// With the `*.wasm` files of that directory.
    #[must_use]
    pub fn with_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// The connector of that id, loaded at the first time.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnector`], [`Error::Conflict`]; [`Error::Load`] where the host refuses it,
    /// or a file of that name; [`Error::Unreadable`] for the directory.
    pub async fn connector(&self, id: &str) -> Result<Connector, Error> {
        if let Some(bundled) = self.bundled.iter().find(|bundled| bundled.id == id) {
            return self.load_bundled(bundled).await;
        }
        let files = self.files().await?;
        let claims: Vec<&Candidate> = files.iter().filter(|file| file.claims(id)).collect();
        match claims.as_slice() {
            [only] => only.connector(),
            [] => Err(self.unknown(id, files)),
            several => Err(conflict(id, several.iter().map(|file| file.place()).collect())),
        }
    }

    /// All installed connectors, usable or not: the bundled ones, then the files by name.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] for the directory as a whole.
    pub async fn installed(&self) -> Result<Vec<Installed>, Error> {
        let mut installed = Vec::new();
        for bundled in &self.bundled {
            let connector = self.load_bundled(bundled).await;
            installed.push(Installed { source: ConnectorSource::Bundled, connector });
        }
        let files = self.files().await?;
        installed.extend(files.iter().map(|file| Installed {
            source: ConnectorSource::File(file.path.clone()),
            connector: self.judged(file, files),
        }));
        Ok(installed)
    }

    /// The connector in that file, installed or not.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`]; [`Error::Load`] where the host refuses it.
    pub async fn load_file(&self, path: &Path) -> Result<Connector, Error> {
        let component = read(path.to_owned()).await.map_err(|error| match error {
            ReadError::System(source) => Error::Unreadable { path: path.to_owned(), source },
            ReadError::Refused(error) => refused(path, Arc::new(error)),
        })?;
        self.load(component).await.map_err(|error| refused(path, Arc::new(error)))
    }

    async fn load(&self, component: impl Into<Arc<[u8]>>) -> Result<Connector, LoadError> {
        match &self.host {
            Some(host) => host.load(component).await,
            None => Err(LoadError::Internal { detail: "there is no host to load it".to_owned() }),
        }
    }

    async fn load_bundled(&self, bundled: &Bundled) -> Result<Connector, Error> {
        let name = || format!("`{}`", bundled.id);
        let loading = bundled.loaded.get_or_try_init(|| self.load(bundled.component));
        let connector =
            loading.await.map_err(|source| Error::Load { name: name(), source: source.into() })?;
        Ok(connector.clone())
    }

    async fn files(&self) -> Result<&[Candidate], Error> {
        let files = self.files.get_or_try_init(|| self.load_files()).await?;
        Ok(files)
    }

    async fn load_files(&self) -> Result<Vec<Candidate>, Error> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let paths = wasm_files(directory)
            .map_err(|source| Error::Unreadable { path: directory.clone(), source })?;
        let load = |path: PathBuf| async move {
            let connector = self.load_candidate(&path).await.map_err(Arc::new);
            Candidate { path, connector }
        };
        Ok(stream::iter(paths).map(load).buffered(LOADED_AT_ONCE).collect().await)
    }

    async fn load_candidate(&self, path: &Path) -> Result<Connector, LoadError> {
        match read(path.to_owned()).await {
            Ok(component) => self.load(component).await,
            Err(ReadError::Refused(error)) => Err(error),
            Err(ReadError::System(error)) => {
                Err(LoadError::NotAComponent { detail: format!("it cannot be read: {error}") })
            }
        }
    }

    /// The file's connector, unless its id belongs to another one too.
    fn judged(&self, file: &Candidate, files: &[Candidate]) -> Result<Connector, Error> {
        let connector = file.connector()?;
        let id = connector.manifest().id.as_str();
        let bundled = self.bundled.iter().filter(|bundled| bundled.id == id);
        let mut places: Vec<String> = bundled.map(|_| "the bundled connector".to_owned()).collect();
        places.extend(files.iter().filter(|file| file.claims(id)).map(Candidate::place));
        if places.len() > 1 { Err(conflict(id, places)) } else { Ok(connector) }
    }

    /// The error for an id that no connector has. A file of that name that cannot be used is the
    /// likelier cause.
    fn unknown(&self, id: &str, files: &[Candidate]) -> Error {
        let named = |file: &&Candidate| file.path.file_stem().is_some_and(|stem| stem == id);
        if let Some(Err(error)) = files.iter().find(named).map(Candidate::connector) {
            return error;
        }
        let bundled = self.bundled.iter().map(|bundled| bundled.id);
        let mut known: Vec<String> =
            bundled.chain(files.iter().filter_map(Candidate::id)).map(str::to_owned).collect();
        known.sort();
        known.dedup();
        let nearest = nearest(id, known.iter().map(String::as_str)).map(str::to_owned);
        Error::UnknownConnector { id: id.to_owned(), nearest, known }
    }
}

impl Candidate {
    fn id(&self) -> Option<&str> {
        self.connector.as_ref().ok().map(|connector| connector.manifest().id.as_str())
    }

    fn claims(&self, id: &str) -> bool {
        self.id() == Some(id)
    }

    fn place(&self) -> String {
        format!("`{}`", self.path.display())
    }

    fn connector(&self) -> Result<Connector, Error> {
        let connector = self.connector.as_ref();
        connector.cloned().map_err(|error| refused(&self.path, Arc::clone(error)))
    }
}

fn refused(path: &Path, source: Arc<LoadError>) -> Error {
    Error::Load { name: format!("in `{}`", path.display()), source }
}

fn conflict(id: &str, places: Vec<String>) -> Error {
    Error::Conflict { id: id.to_owned(), places }
}

/// The `*.wasm` files of the directory, by name.
fn wasm_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in directory.read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

enum ReadError {
    System(io::Error),
    Refused(LoadError),
}

/// The file's bytes; no more of a large file is read than it takes to know that it is too large.
async fn read(path: PathBuf) -> Result<Vec<u8>, ReadError> {
    let work = move || {
        let mut bytes = Vec::new();
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        file.take(MAX_COMPONENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok((bytes, size))
    };
    let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.into()));
    let (bytes, size) = done.map_err(ReadError::System)?;
    if bytes.len() > MAX_COMPONENT_BYTES {
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        return Err(ReadError::Refused(LoadError::TooLarge { bytes, limit: MAX_COMPONENT_BYTES }));
    }
    Ok(bytes)
}
