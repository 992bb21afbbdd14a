//! What commands share: store, transport, engine, connectors. Each is made by the command that
//! needs it, and by no other: a program that runs for a moment has no time to waste.

use jackfield_connect::{Connections, Registry};
use jackfield_host::{Allocation, CompiledCache, Host};
use jackfield_transport::{CaCertificates, HttpsTransport, TransportOptions};
use jackfield_vault::{KeySource, Vault, VaultOptions};
use tokio::sync::OnceCell;

use crate::configuration::Configuration;
use crate::error::Error;
use crate::logging::ConnectorLog;
use crate::output::Output;

/// What compiled connectors are authenticated with: a key derived for this purpose alone.
const CACHE_PURPOSE: &str = "compiled-cache";

/// The folder of compiled connectors in the data directory.
const CACHE_DIRECTORY: &str = "cache";

/// The configuration, and what can be made of it.
pub(crate) struct Program {
    pub(crate) configuration: Configuration,
    pub(crate) output: Output,
    vault: OnceCell<Vault>,
}

impl Program {
    pub(crate) fn new(configuration: Configuration, output: Output) -> Self {
        Self { configuration, output, vault: OnceCell::new() }
    }

    /// Ends the program: a store that was opened is closed, its log folded into the database.
    pub(crate) async fn close(self) {
        if let Some(vault) = self.vault.into_inner() {
            vault.close().await;
        }
    }

    /// The store, made at first use.
    ///
    /// # Errors
    ///
    /// What the store or its keys ran into.
    pub(crate) async fn vault(&self) -> Result<Vault, Error> {
        self.vault.get_or_try_init(|| self.open_vault()).await.cloned()
    }

    async fn open_vault(&self) -> Result<Vault, Error> {
        let vault = Vault::open(self.vault_options()).await?;
        if vault.made_keys() {
            let place = vault.key_source();
            let message = format!(
                "A new key for your secrets is in {place}. Copy it to a safe place together with \
                 the data directory: without it no stored secret can be opened."
            );
            self.output.note("note", &message);
        }
        Ok(vault)
    }

    /// The connections, with all installed connectors.
    ///
    /// # Errors
    ///
    /// What the store ran into; options that cannot be used.
    pub(crate) async fn connections(&self) -> Result<Connections, Error> {
        let vault = self.vault().await?;
        let registry = self.registry(Some(self.cache(&vault)))?;
        Ok(Connections::new(registry, vault).retry_for(self.configuration.patience))
    }

    /// The connections as the store knows them: to show, list and disconnect.
    ///
    /// # Errors
    ///
    /// What the store ran into.
    pub(crate) async fn stored_connections(&self) -> Result<Connections, Error> {
        Ok(Connections::new(Registry::empty(), self.vault().await?))
    }

    /// The connections, for a command about one of them. Where there is no store, there is no such
    /// connection, and no store is made.
    ///
    /// # Errors
    ///
    /// As [`Program::connections`]; the id is unknown.
    pub(crate) async fn connections_with(&self, id: &str) -> Result<Connections, Error> {
        self.expect_store_for(id)?;
        self.connections().await
    }

    /// As [`Program::stored_connections`], for a command about one of them.
    ///
    /// # Errors
    ///
    /// What the store ran into; the id is unknown.
    pub(crate) async fn stored_connections_with(&self, id: &str) -> Result<Connections, Error> {
        self.expect_store_for(id)?;
        self.stored_connections().await
    }

    fn expect_store_for(&self, id: &str) -> Result<(), Error> {
        match self.has_store() {
            true => Ok(()),
            false => Err(jackfield_connect::Error::UnknownConnection { id: id.to_owned() }.into()),
        }
    }

    /// Whether a store was made before.
    pub(crate) fn has_store(&self) -> bool {
        Vault::exists(&self.configuration.data_dir)
    }

    /// The installed connectors alone. No store is made, and none is needed: one that is there
    /// and opens lends the key of the compiled connectors.
    ///
    /// # Errors
    ///
    /// Options that cannot be used.
    pub(crate) async fn connectors(&self) -> Result<Registry, Error> {
        let vault = match self.has_store() {
            true => self.vault().await.ok(),
            false => None,
        };
        self.registry(vault.as_ref().map(|vault| self.cache(vault)))
    }

    /// Refuses the name of a connector that is not installed, before a store is made for it.
    ///
    /// # Errors
    ///
    /// The name is unknown; options that cannot be used.
    pub(crate) async fn recognize(&self, connector: &str) -> Result<(), Error> {
        let bundled = jackfield_bundle::connector(connector).is_some();
        if !bundled && !self.has_store() {
            self.connectors().await?.connector(connector).await?;
        }
        Ok(())
    }

    fn vault_options(&self) -> VaultOptions {
        let options = VaultOptions::new(&self.configuration.data_dir);
        let source: Option<KeySource> = self.configuration.key_source.clone();
        source.into_iter().fold(options, VaultOptions::key_source)
    }

    fn cache(&self, vault: &Vault) -> CompiledCache {
        let directory = vault.directory().join(CACHE_DIRECTORY);
        CompiledCache::new(directory, *vault.derive_key(CACHE_PURPOSE))
    }

    fn registry(&self, cache: Option<CompiledCache>) -> Result<Registry, Error> {
        let registry = Registry::new(self.host(cache)?);
        let registry = jackfield_bundle::connectors()
            .fold(registry, |registry, (id, component)| registry.with_bundled(id, component));
        Ok(match &self.configuration.connectors {
            Some(directory) => registry.with_directory(directory),
            None => registry,
        })
    }

    fn host(&self, cache: Option<CompiledCache>) -> Result<Host, Error> {
        let builder = Host::builder(self.transport()?)
            .policy(self.configuration.policy.clone())
            .allocation(Allocation::OnDemand)
            .log(ConnectorLog);
        Ok(match cache {
            Some(cache) => builder.cache(cache).build()?,
            None => builder.build()?,
        })
    }

    fn transport(&self) -> Result<HttpsTransport, Error> {
        let mut options = TransportOptions::new(self.configuration.policy.clone());
        options.proxy = self.configuration.proxy.clone();
        options.ca_certificates =
            self.configuration.ca.iter().cloned().map(CaCertificates::File).collect();
        Ok(HttpsTransport::new(options)?)
    }
}
