//! What is named by its file and read at the start: read again when the file is another.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use tokio::{sync::Mutex, task};
use zeroize::Zeroizing;

use crate::{
    files::{self, Changes, Stamp},
    outbound::Outbound,
    stores::{StoreType, StoreTypes},
    wasm::Runtime,
};

/// The files of certificate authorities and of components, and what was made of them. One that
/// cannot be used changes nothing but a line in the log.
pub struct Sources {
    runtime: Runtime,
    authorities: Option<Authorities>,
    components: BTreeMap<PathBuf, Vec<StoreType>>,
    /// Held while they are read: one at a time.
    last: Mutex<Last>,
}

struct Authorities {
    outbound: Outbound,
    /// Additional ones.
    extra: Option<PathBuf>,
    /// Where the machine's are, as far as that is said.
    native: Option<PathBuf>,
}

#[derive(Default)]
struct Last {
    /// How the files looked when they were tried.
    stamps: BTreeMap<PathBuf, Option<Stamp>>,
    /// Why the machine's authorities could not be read, if so.
    untrusted: Option<String>,
}

impl Sources {
    /// None yet; components are compiled by `runtime`.
    pub fn new(runtime: &Runtime) -> Self {
        Self {
            runtime: runtime.clone(),
            authorities: None,
            components: BTreeMap::new(),
            last: Mutex::default(),
        }
    }

    /// Reads a file, which is one of these from now on. Blocks.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&mut self, file: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        let (bytes, stamp) = files::stamped(file)?;
        let stamps = &mut self.last.get_mut().stamps;
        stamps.insert(file.to_owned(), Some(stamp));
        Ok(bytes)
    }

    /// Has `outbound` trust what `extra`, which was read, and the machine hold; `native` says where
    /// that is, if anything does.
    pub fn authorities(
        &mut self,
        outbound: &Outbound,
        extra: Option<PathBuf>,
        native: Option<PathBuf>,
    ) {
        if let Some(file) = &native {
            let stamps = &mut self.last.get_mut().stamps;
            stamps.insert(file.clone(), Stamp::of(file).ok());
        }
        self.authorities = Some(Authorities {
            outbound: outbound.clone(),
            extra,
            native,
        });
    }

    /// Has `store_type` served by what `file`, which was read, holds.
    pub fn component(&mut self, store_type: StoreType, file: PathBuf) {
        self.components.entry(file).or_default().push(store_type);
    }

    /// Waits until `changes`, of these files alone, has one, or until `told`; reads what changed,
    /// and gives the types of `types` that another component serves from now on, if any. Components
    /// are compiled off the threads on which calls run.
    pub(crate) async fn next(
        &self,
        changes: &mut Changes,
        told: impl Future<Output = ()>,
        types: &StoreTypes,
    ) -> BTreeSet<StoreType> {
        let stamps = self.last.lock().await.stamps.clone();
        changes.also(&stamps);
        tokio::select! {
            () = changes.next() => {}
            () = told => {
                // So that what is read now is no change later.
                changes.look().await;
                types.read_files_again();
            }
        }
        self.refresh(types).await
    }

    async fn refresh(&self, types: &StoreTypes) -> BTreeSet<StoreType> {
        let mut last = self.last.lock().await;
        if let Some(authorities) = &self.authorities {
            authorities.refresh(&mut last).await;
        }
        let mut changed = BTreeSet::new();
        for (file, served) in &self.components {
            let runtime = self.runtime.clone();
            let load = move |bytes: &[u8]| runtime.load(bytes).map_err(|why| why.to_string());
            match last.again(file, load).await {
                None => {}
                Some(Ok(component)) => {
                    for store_type in served {
                        tracing::info!(kind = %store_type, "the component is another now");
                        types.replace(store_type, &component);
                        changed.insert(store_type.clone());
                    }
                }
                Some(Err(why)) => {
                    let file = file.display();
                    tracing::error!("{file}: the component in use goes on: {why}");
                }
            }
        }
        changed
    }
}

impl Authorities {
    async fn refresh(&self, last: &mut Last) {
        if let Some(file) = &self.native {
            // The machine's are read each time.
            last.again(file, |_| Ok(())).await;
        }
        if let Some(file) = &self.extra {
            let outbound = self.outbound.clone();
            let trust = move |pem: &[u8]| {
                let trusted = outbound.trust(pem);
                trusted.map_err(|why| why.to_string())
            };
            match last.again(file, trust).await {
                None => {}
                Some(Ok(changed)) => say(changed),
                Some(Err(why)) => {
                    let file = file.display();
                    tracing::error!("{file}: the certificate authorities stay as they were: {why}");
                }
            }
        }
        let outbound = self.outbound.clone();
        let trusting = task::spawn_blocking(move || outbound.trust_machine());
        match trusting.await {
            Ok(Ok(changed)) => {
                last.untrusted = None;
                say(changed);
            }
            Ok(Err(why)) => {
                let why = Some(why.to_string());
                if last.untrusted != why {
                    let why = why.as_deref().unwrap_or_default();
                    tracing::error!("the certificate authorities stay as they were: {why}");
                }
                last.untrusted = why;
            }
            // The runtime ends.
            Err(_) => {}
        }
    }
}

fn say(changed: bool) {
    if changed {
        tracing::info!("the certificate authorities changed: requests go over new connections");
    }
}

impl Last {
    /// What `make` makes of a file that is not as it was; nothing if it is.
    async fn again<T: Send + 'static>(
        &mut self,
        file: &Path,
        make: impl FnOnce(&[u8]) -> Result<T, String> + Send + 'static,
    ) -> Option<Result<T, String>> {
        let (path, last) = (file.to_owned(), self.stamps.get(file).cloned().flatten());
        let trying = task::spawn_blocking(move || {
            let now = Stamp::of(&path).ok();
            if now == last {
                return None;
            }
            Some(match files::stamped(&path) {
                Ok((bytes, stamp)) => (Some(stamp), make(&bytes)),
                Err(why) => (now, Err(why.to_string())),
            })
        });
        // It fails only where the runtime ends.
        let (stamp, made) = trying.await.ok().flatten()?;
        self.stamps.insert(file.to_owned(), stamp);
        Some(made)
    }
}
