//! Numbers that look random and follow from a seed.

/// A linear congruential generator, by Knuth's numbers: good enough to choose by.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
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
    pub(super) fn fraction(&mut self) -> f64 {
        self.next() as f64 / f64::from(1_u32 << 31)
    }

    /// One of them, unless there is none.
    pub(super) fn one_of<T>(&mut self, from: impl ExactSizeIterator<Item = T>) -> Option<T> {
        let place = (self.fraction() * from.len() as f64) as usize;
        from.into_iter().nth(place)
    }
}
