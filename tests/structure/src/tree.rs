//! A crate's modules, one a file, and what each needs of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source;

/// A source file that cannot be read.
#[derive(Debug)]
pub struct ReadError {
    /// Which.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot read {}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for ReadError {}

/// The module's path below the crate, such as `["policy", "redirect"]`.
type Name = Vec<String>;

/// The files of one crate.
pub struct Crate {
    modules: BTreeMap<Name, Module>,
}

struct Module {
    /// The file below `src`.
    file: String,
    children: BTreeSet<String>,
    /// What `use` brings in: the name here, the path, and whether the file itself uses it.
    imports: Vec<Import>,
    /// Paths in the code outside of `use`.
    paths: Vec<Vec<String>>,
}

struct Import {
    name: String,
    path: Vec<String>,
    is_used: bool,
}

impl Crate {
    /// Reads the crate whose root file is `lib.rs` or `main.rs` in `src`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for the first file that cannot be read.
    pub fn read(src: &Path) -> Result<Self, ReadError> {
        let root = ["lib.rs", "main.rs"].map(|name| src.join(name));
        let root = root.iter().find(|path| path.exists()).unwrap_or(&root[0]);
        let mut modules = BTreeMap::new();
        read_module(src, root, Vec::new(), &mut modules)?;
        Ok(Self { modules })
    }

    /// The files that each file needs, by their paths below `src`, in order.
    pub fn needs(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let needs = |(name, module): (&Name, &Module)| {
            let used = module.imports.iter().filter(|one| one.is_used).map(|one| &one.path);
            let found = used.chain(&module.paths).filter_map(|path| self.resolve(name, path, 0));
            let files = found.filter_map(|name| self.modules.get(&name)).map(|one| &*one.file);
            files.filter(|file| *file != module.file).collect()
        };
        self.modules.iter().map(|entry| (&*entry.1.file, needs(entry))).collect()
    }

    /// The module that defines what a path names; `None` for another crate's.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Name> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.get(..from.len().checked_sub(1)?)?.to_vec(),
            name if self.modules.get(from)?.children.contains(name) => {
                [from, &[name.to_owned()]].concat()
            }
            _ if depth > 0 => return None,
            _ => {
                // A name that a `use` brought in, or of this file, or of another crate.
                let import = self.modules.get(from)?.imports.iter().find(|one| one.name == *first);
                let path = [&import?.path, rest].concat();
                return self.resolve(from, &path, depth + 1);
            }
        };
        while let Some((name, more)) = rest.split_first() {
            let module = self.modules.get(&at)?;
            if name == "super" {
                at.pop();
            } else if module.children.contains(name) {
                at.push(name.clone());
            } else if let Some(import) = module.imports.iter().find(|one| one.name == *name)
                && depth < 16
            {
                let path = [&import.path, more].concat();
                return self.resolve(&at, &path, depth + 1).or(Some(at));
            } else {
                break;
            }
            rest = more;
        }
        Some(at)
    }
}

fn read_module(
    src: &Path,
    path: &Path,
    name: Name,
    modules: &mut BTreeMap<Name, Module>,
) -> Result<(), ReadError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ReadError { path: path.to_owned(), source })?;
    let module = Module::parse(path.strip_prefix(src).unwrap_or(path), &source::code(&text));
    let directory = name.iter().fold(src.to_owned(), |path, part| path.join(part));
    for child in &module.children {
        let [flat, nested] = [format!("{child}.rs"), format!("{child}/mod.rs")];
        let file = Some(directory.join(flat)).filter(|path| path.exists());
        let file = file.unwrap_or_else(|| directory.join(nested));
        read_module(src, &file, [&name[..], std::slice::from_ref(child)].concat(), modules)?;
    }
    modules.insert(name, module);
    Ok(())
}

impl Module {
    fn parse(file: &Path, code: &str) -> Self {
        let mut children = BTreeSet::new();
        let mut trees = Vec::new();
        let mut body = Vec::new();
        let tokens = tokens(code);
        let mut rest = &tokens[..];
        while let Some((first, more)) = rest.split_first() {
            rest = more;
            match (*first, more) {
                ("mod", [name, ";", ..]) => {
                    children.insert((*name).to_owned());
                    rest = more.get(2..).unwrap_or_default();
                }
                ("use", _) => {
                    let end = more.iter().position(|token| *token == ";").unwrap_or(more.len());
                    let (tree, after) = more.split_at(end);
                    expand(tree, &[], &mut trees);
                    rest = after;
                }
                _ => body.push(*first),
            }
        }
        let names: BTreeSet<&str> = body.iter().copied().collect();
        let imports = trees.into_iter().map(|(path, alias)| {
            let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
            let is_used = name == "*" || name == "_" || names.contains(name.as_str());
            Import { is_used, name, path }
        });
        let imports = imports.collect();
        Self { file: file.display().to_string(), children, imports, paths: paths(&body) }
    }
}

/// Words and signs; `::` is one sign.
fn tokens(code: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Each path of a `use` tree, with the name after `as`.
fn expand(tree: &[&str], before: &[String], found: &mut Vec<(Vec<String>, Option<String>)>) {
    let mut path = before.to_vec();
    let mut rest = tree;
    while let Some((first, more)) = rest.split_first() {
        match *first {
            "::" => {}
            "{" => {
                let inner = more.get(..more.len().saturating_sub(1)).unwrap_or_default();
                split_at_commas(inner).into_iter().for_each(|part| expand(part, &path, found));
                return;
            }
            "as" => {
                found.push((path, more.first().map(|name| (*name).to_owned())));
                return;
            }
            // `{self, …}` names what is before it.
            "self" if !path.is_empty() => {}
            name => path.push(name.to_owned()),
        }
        rest = more;
    }
    if !path.is_empty() {
        found.push((path, None));
    }
}

fn split_at_commas<'a, 'b>(tokens: &'a [&'b str]) -> Vec<&'a [&'b str]> {
    let mut depth = 0_i32;
    let at_comma = |token: &&str| {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        *token == "," && depth == 0
    };
    tokens.split(at_comma).filter(|part| !part.is_empty()).collect()
}

/// Every `a::b::c` of the code.
fn paths(tokens: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut joined = false;
    for token in tokens {
        let is_word = token.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if *token == "::" {
            joined = true;
            continue;
        }
        if !(joined && is_word && !path.is_empty()) {
            found.extend(Some(std::mem::take(&mut path)).filter(|path| path.len() > 1));
            path.clear();
        }
        if is_word {
            path.push((*token).to_owned());
        }
        joined = false;
    }
    found.extend(Some(path).filter(|path| path.len() > 1));
    found
}
