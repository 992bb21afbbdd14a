//! Numbers that look random and follow from a seed.

/// A linear congruential generator, by Knuth's numbers: good enough to choose by.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Self(seed);
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// From 0 to below 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        self.next() as f64 / f64::from(1_u32 << 31)
    }

    /// One of them, unless there is none.
    pub(crate) fn one_of<T>(&mut self, from: impl ExactSizeIterator<Item = T>) -> Option<T> {
        let place = (self.fraction() * from.len() as f64) as usize;
        from.into_iter().nth(place)
    }

    /// A whole number from 0 to below `bound`; 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from((self.next() * u64::from(bound)) >> 31).unwrap_or(0)
    }

    /// `true` in so many of a hundred cases.
    pub(crate) fn percent(&mut self, share: u32) -> bool {
        self.below(100) < share
    }
}
