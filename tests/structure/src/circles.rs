//! Circles among files: Tarjan's strongly connected components ("Depth-first search and linear graph
//! algorithms", 1972).

use std::collections::{BTreeMap, BTreeSet};

/// The groups of files that need each other, directly or through others of the group; each in order.
pub fn circles<'a>(needs: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut search = Search::new(needs);
    for file in needs.keys().copied() {
        if !search.numbers.contains_key(file) {
            search.visit(file);
        }
    }
    search.found.sort();
    search.found
}

struct Search<'a, 'b> {
    needs: &'b BTreeMap<&'a str, BTreeSet<&'a str>>,
    numbers: BTreeMap<&'a str, usize>,
    lowest: BTreeMap<&'a str, usize>,
    open: Vec<&'a str>,
    found: Vec<Vec<&'a str>>,
}

impl<'a, 'b> Search<'a, 'b> {
    fn new(needs: &'b BTreeMap<&'a str, BTreeSet<&'a str>>) -> Self {
        Self {
            needs,
            numbers: BTreeMap::new(),
            lowest: BTreeMap::new(),
            open: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The lowest number that the file leads back to.
    fn visit(&mut self, file: &'a str) -> usize {
        let number = self.numbers.len();
        self.numbers.insert(file, number);
        self.open.push(file);
        let mut lowest = number;
        for needed in self.needs.get(file).into_iter().flatten().copied() {
            let reached = match self.numbers.get(needed) {
                None => self.visit(needed),
                Some(number) if self.open.contains(&needed) => *number,
                Some(_) => continue,
            };
            lowest = lowest.min(reached);
        }
        self.lowest.insert(file, lowest);
        if lowest == number {
            let start = self.open.iter().position(|open| *open == file).unwrap_or(0);
            let mut group = self.open.split_off(start);
            group.sort_unstable();
            self.found.extend(Some(group).filter(|group| group.len() > 1));
        }
        lowest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(edges: &[(&'static str, &[&'static str])]) -> Vec<Vec<&'static str>> {
        let needs = edges.iter().map(|(file, needs)| (*file, needs.iter().copied().collect()));
        circles(&needs.collect())
    }

    #[test]
    fn files_that_need_each_other_are_found() {
        assert!(of(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]).is_empty());
        assert_eq!(of(&[("a", &["b"]), ("b", &["a"])]), [["a", "b"]]);
        let through = of(&[("a", &["b"]), ("b", &["c"]), ("c", &["d", "a"]), ("d", &[])]);
        assert_eq!(through, [["a", "b", "c"]]);
        let two = of(&[("a", &["b"]), ("b", &["a", "c"]), ("c", &["d"]), ("d", &["c"])]);
        assert_eq!(two, [["a", "b"], ["c", "d"]]);
    }
}
