//! Which file of a crate needs which, and the circles among them.
//!
//! A file needs another if it names an item of it outside of tests. A `use` that only passes an item
//! on (`pub use`, with the name nowhere else in the file) is not a need: the file is a signpost
//! there. Names are resolved through such signposts to the file that defines the item.
//!
//! Read, not compiled: macros are not expanded, and a trait's method is no need of the trait's file.
//! `cargo run -p jackfield-structure` prints the circles of every crate.

mod circles;
mod source;
mod tree;

pub use circles::circles;
pub use tree::{Crate, ReadError};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn no_files_of_the_core_need_each_other() {
        let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host/core/src");
        let read = Crate::read(&core);
        let Ok(core) = read else { unreachable!("{:?}", read.err()) };
        let needs = core.needs();
        let edges: usize = needs.values().map(std::collections::BTreeSet::len).sum();
        assert!(needs.len() > 50 && edges > 100, "{} files, {edges} needs", needs.len());
        assert_eq!(circles(&needs), Vec::<Vec<&str>>::new());
    }
}
