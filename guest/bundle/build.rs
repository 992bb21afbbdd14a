//! Builds the connectors of this workspace to components, so that nobody runs a separate build step.
//!
//! A second cargo does it, in a target directory of its own (`<target>/guests`, shared by all
//! profiles), and without what the outer cargo put into the environment for its own build. The bytes
//! that come out name no path of the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

/// What third parties build connectors for.
const TARGET: &str = "wasm32-wasip2";

/// Package and id of each connector.
const CONNECTORS: &[(&str, &str)] = &[("jackfield-github", "github"), ("jackfield-jira", "jira")];

/// The package whose examples are the hostile guests.
const HOSTILE: &str = "jackfield-hostile";

/// Hostile guests that benches measure: built like a connector. The others only have to run, and
/// are built in a fraction of the time.
const MEASURED: &[&str] = &["noop"];

/// 4 MiB: enough for a page of records without growing. Each growth of a memory is a system call
/// that costs more than the rest of a small call.
const INITIAL_MEMORY: &str = "--initial-memory=4194304";

/// Sixteen bytes at once (fixed-width SIMD, part of WebAssembly since 2.0): records are passed over in
/// a fraction of the time.
const FEATURES: &str = "-Ctarget-feature=+simd128";

/// What an outer cargo or clippy sets for its own build, and what would change the guests'.
const OUTER: &[&str] = &[
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "TARGET",
];

/// Beginnings of variables that describe this build script's own build, or bend profiles.
const OUTER_PREFIXES: &[&str] = &["CARGO_CFG_", "CARGO_FEATURE_", "CARGO_PROFILE_"];

type Failed = String;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            println!("cargo::error={sentence}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Failed> {
    let place = Place::find()?;
    place.watch();
    ensure_target()?;
    let out = place.compile_connectors()?;
    let connectors = CONNECTORS.iter().map(|(package, id)| {
        let file = format!("{}.wasm", package.replace('-', "_"));
        ((*id).to_owned(), out.join(file))
    });
    place.write("connectors", connectors.collect())?;
    if env::var_os("CARGO_FEATURE_HOSTILE").is_some() {
        let built = place.compile_hostile()?;
        place.write("hostile", built)?;
    }
    Ok(())
}

/// Where things are.
struct Place {
    workspace: PathBuf,
    guests: PathBuf,
    out: PathBuf,
}

impl Place {
    fn find() -> Result<Self, Failed> {
        let package = variable("CARGO_MANIFEST_DIR")?;
        let workspace = package
            .ancestors()
            .nth(2)
            .ok_or("the bundle does not stand in its workspace")?
            .to_owned();
        let out = variable("OUT_DIR")?;
        Ok(Self { workspace, guests: target_directory(&out)?.join("guests"), out })
    }

    /// Names what the components are made of.
    fn watch(&self) {
        let mut sources =
            vec!["guest/sdk", "guest/github", "guest/jira", "wit", "Cargo.toml", "Cargo.lock"];
        if env::var_os("CARGO_FEATURE_HOSTILE").is_some() {
            sources.push("tests/hostile");
        }
        println!("cargo::rerun-if-changed=build.rs");
        for source in sources {
            println!("cargo::rerun-if-changed={}", self.workspace.join(source).display());
        }
    }

    fn compile_connectors(&self) -> Result<PathBuf, Failed> {
        let packages = CONNECTORS.iter().flat_map(|(package, _)| ["--package", package]);
        let measured = Command::new(variable("CARGO")?);
        self.run(measured, "guest", packages.map(str::to_owned).collect())?;
        Ok(self.guests.join(TARGET).join("guest"))
    }

    /// Builds every example, and answers name and file of each.
    fn compile_hostile(&self) -> Result<Vec<(String, PathBuf)>, Failed> {
        let names = self.hostile_names()?;
        let mut built = Vec::new();
        for (profile, measured) in [("guest", true), ("guest-quick", false)] {
            let chosen: Vec<_> =
                names.iter().filter(|name| MEASURED.contains(&name.as_str()) == measured).collect();
            let mut arguments = vec!["--package".to_owned(), HOSTILE.to_owned()];
            arguments.extend(chosen.iter().map(|name| format!("--example={name}")));
            self.run(Command::new(variable("CARGO")?), profile, arguments)?;
            let folder = self.guests.join(TARGET).join(profile).join("examples");
            built.extend(
                chosen.iter().map(|name| ((*name).clone(), folder.join(format!("{name}.wasm")))),
            );
        }
        built.sort();
        Ok(built)
    }

    fn hostile_names(&self) -> Result<Vec<String>, Failed> {
        let folder = self.workspace.join("tests/hostile/examples");
        let listed = fs::read_dir(&folder)
            .map_err(|error| format!("failed to list {}: {error}", folder.display()))?;
        let mut names: Vec<_> = listed
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    fn run(&self, mut cargo: Command, profile: &str, what: Vec<String>) -> Result<(), Failed> {
        for name in outer_variables() {
            cargo.env_remove(name);
        }
        cargo
            .current_dir(&self.workspace)
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags().join("\u{1f}"))
            .args(["build", "--locked", "--target", TARGET, "--profile", profile])
            .arg("--target-dir")
            .arg(&self.guests)
            .args(what);
        let status = cargo.status().map_err(|error| format!("failed to run cargo: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the connectors do not build for {TARGET}; what cargo said stands above"))
        }
    }

    /// No path of this machine stays in the bytes: sources come from `/src` and `/crates`.
    fn flags(&self) -> Vec<String> {
        let mut flags = vec![
            FEATURES.to_owned(),
            format!("-Clink-arg={INITIAL_MEMORY}"),
            format!("--remap-path-prefix={}=/src", self.workspace.display()),
        ];
        if let Some(home) = cargo_home() {
            flags.push(format!("--remap-path-prefix={}=/crates", home.display()));
        }
        flags
    }

    /// Copies the components, and writes the table that the library includes.
    fn write(&self, name: &str, components: Vec<(String, PathBuf)>) -> Result<(), Failed> {
        let folder = self.out.join(name);
        fs::create_dir_all(&folder)
            .map_err(|error| format!("failed to make {}: {error}", folder.display()))?;
        let mut table = String::from("&[\n");
        for (id, built) in components {
            let kept = folder.join(format!("{id}.wasm"));
            fs::copy(&built, &kept)
                .map_err(|error| format!("failed to copy {}: {error}", built.display()))?;
            table += &format!("    ({id:?}, include_bytes!({kept:?})),\n");
        }
        table += "]\n";
        let file = self.out.join(format!("{name}.rs"));
        fs::write(&file, table)
            .map_err(|error| format!("failed to write {}: {error}", file.display()))
    }
}

fn outer_variables() -> impl Iterator<Item = String> {
    let described = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let described = described.filter(|name| OUTER_PREFIXES.iter().any(|one| name.starts_with(one)));
    OUTER.iter().map(|name| (*name).to_owned()).chain(described)
}

/// The directory above `<profile>/build/<package>/out`, and above the triple where one is named.
fn target_directory(out: &Path) -> Result<PathBuf, Failed> {
    let triple = env::var("TARGET").unwrap_or_default();
    let directory = out.ancestors().nth(4).ok_or("cargo's OUT_DIR has an unknown layout")?;
    let above = directory.parent().filter(|_| directory.ends_with(&triple));
    Ok(above.unwrap_or(directory).to_owned())
}

fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(env::home_dir()?.join(".cargo")))
}

/// Installs the target where it is missing and rustup is there to do it.
fn ensure_target() -> Result<(), Failed> {
    if has_target()? {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    if added.is_ok_and(|status| status.success()) && has_target()? {
        return Ok(());
    }
    Err(format!(
        "the connectors are built for {TARGET}, which this toolchain lacks: run `rustup target add {TARGET}`"
    ))
}

fn has_target() -> Result<bool, Failed> {
    let asked = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("failed to run rustc: {error}"))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    Ok(asked.status.success() && folder.is_dir())
}

fn variable(name: &str) -> Result<PathBuf, Failed> {
    env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("cargo did not set {name}"))
}
