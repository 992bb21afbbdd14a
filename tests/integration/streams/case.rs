//! One case: a stream, its records, how a person reads it, and everything that goes wrong meanwhile.
//!
//! A case follows from its number. Its `Debug` is the whole reproduction.

use super::world::Stream;
use crate::chance::Chance;

/// Records that GitHub and Jira put on a page, at most.
pub(super) const LARGEST_PAGE: u32 = 100;

/// Pages of a whole run, about, at most: keeps a case short.
const MOST_PAGES: u32 = 30;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) stream: Stream,
    pub(super) records: u32,
    pub(super) times: Times,
    /// Of the records, those dated three days ahead of the provider's clock.
    pub(super) percent_ahead: u32,
    /// Of the records, those without a date.
    pub(super) percent_undated: u32,
    /// By how much the provider's clock is wrong.
    pub(super) clock_days: i8,
    /// Page sizes, of one run after the other.
    pub(super) limits: Vec<u32>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) seed: u64,
}

/// How the changes of the records lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// One change every so many seconds.
    Steady {
        seconds: u32,
    },
    /// So many changes in the same second.
    Groups {
        size: u32,
    },
    AnyOrder,
    /// All in the same second.
    Same,
}

/// What happens to the records while they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Touch {
        which: u32,
    },
    /// A new record, whose id is the lowest or the highest.
    Insert {
        first: bool,
    },
    Remove {
        which: u32,
    },
}

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Status(u16),
    RateLimit,
    Timeout,
    Broken,
    TooLarge,
    WebPage,
    HalfABody,
}

/// What the provider does wrong, or what befalls the run.
///
/// Page numbers count the responses to requests for the list, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The request for that page fails, once.
    Fails { page: u32, how: How },
    /// Every page of more records than these fails.
    Cap { records: u32, how: How },
    /// Every page fails that has more of these records, which are large.
    Heavy { from: u32, count: u32, most: u32, how: How },
    /// This record alone is too large. It is left out, or a run fails at it.
    Giant { which: u32, skip: bool },
    /// The process is killed while it waits for that request.
    Killed { page: u32 },
    /// The server puts at most so many records on a page.
    Fewer { most: u32 },
    /// The server puts at least so many records on a page.
    More { least: u32 },
    /// Every third page has half as many records as the server could give.
    Short,
    /// So many records in a row are not shown, after the pages were cut.
    Hidden { from: u32, count: u32 },
    /// The records change after that page.
    Changes { page: u32, edit: Edit },
    /// Every so many requests with a page token are refused.
    TokensRefused { every: u32 },
    /// The first request with a page token is refused.
    TokenRefusedOnce,
    /// Responses do not say to whom they are given.
    SilentIdentity,
    /// The provider does not say how many records there are, nor which page is the last.
    EndUnsaid,
    /// The provider counts so many records more than there are.
    TotalTooHigh { by: u32 },
    /// The last page leads to an empty one.
    EmptyLastPage,
    /// GitHub's links name a place by itself and not by a number.
    LinksByPlace,
    /// A page begins with the last record of the page before.
    Overlaps,
    /// Jira's page tokens have so many characters.
    LongTokens { characters: u32 },

    // From here on a provider that cannot be read whole. A run must end.
    /// That page, which is not the last, is said to be.
    EndsEarly { page: u32 },
    /// From that page on every page leads back by so many pages.
    Circle { page: u32, back: u32 },
    /// The provider gives the first page whatever it is asked for, and says that more follows.
    FirstPageForEver,
    /// After the last page come empty ones for ever.
    EmptyForEver,
    /// After the last page it comes again for ever.
    LastPageForEver,
    /// That page has the records of the one before.
    Repeats { page: u32 },
    /// No page token is ever accepted.
    TokensNeverAccepted,
    /// Every request fails.
    AlwaysFails { how: How },
    /// The size of the server's pages changes from page to page.
    SizesVary,
}

impl Trouble {
    /// How many kinds there are.
    pub(super) const KINDS: usize = 28;

    /// Whether all records can be read all the same, perhaps in several runs.
    fn is_bearable(self, stream: Stream, links_by_place: bool) -> bool {
        let by_number = stream != Stream::CloudIssues && !links_by_place;
        match self {
            // That list comes whole.
            Self::Cap { .. } | Self::Heavy { .. } => stream != Stream::ServerProjects,
            Self::Giant { skip, .. } => skip && stream != Stream::ServerProjects,
            Self::Overlaps => stream.is_of_github() || stream == Stream::CloudIssues,
            // Lists by number: what follows a removed record moves up, and one is never seen.
            Self::Changes { edit: Edit::Remove { .. }, .. } => !by_number,
            Self::SizesVary => !stream.is_of_github() || links_by_place,
            Self::EndsEarly { .. }
            | Self::Circle { .. }
            | Self::FirstPageForEver
            | Self::EmptyForEver
            | Self::LastPageForEver
            | Self::Repeats { .. }
            | Self::TokensNeverAccepted
            | Self::AlwaysFails { .. } => false,
            _ => true,
        }
    }

    /// Whether it can happen to that stream at all.
    fn applies(self, stream: Stream) -> bool {
        let token = stream == Stream::CloudIssues;
        let offset = !stream.is_of_github() && !token;
        match self {
            Self::TokensRefused { .. }
            | Self::TokenRefusedOnce
            | Self::LongTokens { .. }
            | Self::TokensNeverAccepted => token,
            Self::Hidden { .. } => stream.is_of_github() || token,
            Self::LinksByPlace => stream.is_of_github(),
            Self::SilentIdentity => !stream.is_of_github(),
            Self::EndUnsaid => !stream.is_of_github() && stream != Stream::ServerProjects,
            Self::TotalTooHigh { .. } => stream == Stream::ServerIssues,
            Self::EmptyLastPage => {
                stream.is_of_github() || token || stream == Stream::CloudProjects
            }
            Self::Short => !stream.is_of_github() && stream != Stream::ServerProjects,
            Self::Fewer { .. } | Self::More { .. } | Self::SizesVary | Self::Overlaps => {
                stream != Stream::ServerProjects
            }
            Self::Changes { edit: Edit::Touch { .. }, .. } => stream != Stream::Commits,
            Self::Changes { edit: Edit::Insert { first: true }, .. } => !stream.is_by_change(),
            Self::EndsEarly { .. }
            | Self::EmptyForEver
            | Self::LastPageForEver
            | Self::FirstPageForEver
            | Self::Circle { .. }
            | Self::Repeats { .. } => {
                stream != Stream::ServerProjects
                    && !(offset && matches!(self, Self::EmptyForEver) && is_of_users(stream))
            }
            _ => true,
        }
    }

    fn bearable(chance: &mut Chance, stream: Stream) -> Self {
        let page = 1 + chance.below(6);
        // What only these two know comes more often with them.
        let kind = match stream {
            Stream::CloudIssues if chance.percent(30) => 16,
            Stream::ServerIssues if chance.percent(20) => 19,
            _ => chance.below(23),
        };
        match kind {
            0..=4 => Self::Fails { page, how: How::any(chance) },
            5 | 6 => Self::Killed { page },
            7 => Self::Cap { records: 1 + chance.below(40), how: How::heavy(chance) },
            8 => match chance.below(2) {
                0 => Self::Giant { which: chance.below(100), skip: true },
                _ => {
                    let (from, count) = (chance.below(200), 1 + chance.below(60));
                    Self::Heavy { from, count, most: 1 + chance.below(20), how: How::heavy(chance) }
                }
            },
            9 => Self::Fewer { most: 1 + chance.below(60) },
            10 => Self::More { least: 1 + chance.below(120) },
            11 => Self::Short,
            12 => Self::Hidden { from: chance.below(100), count: 1 + chance.below(12) },
            13..=15 => Self::Changes { page, edit: Edit::any(chance, stream) },
            16 => match chance.below(3) {
                0 => Self::TokenRefusedOnce,
                1 => Self::LongTokens { characters: 1 + chance.below(4_000) },
                _ => Self::TokensRefused { every: 2 + chance.below(4) },
            },
            17 => Self::SilentIdentity,
            18 => Self::EndUnsaid,
            19 => Self::TotalTooHigh { by: 1 + chance.below(12) },
            20 => Self::EmptyLastPage,
            21 => Self::LinksByPlace,
            _ => Self::Overlaps,
        }
    }

    /// The kinds in turn.
    fn unbearable(chance: &mut Chance, turn: u64) -> Self {
        let page = 1 + chance.below(5);
        match turn % 10 {
            9 => Self::Giant { which: chance.below(40), skip: false },
            0 => Self::EndsEarly { page },
            1 => Self::Circle { page, back: 1 + chance.below(4) },
            2 => Self::FirstPageForEver,
            3 => Self::EmptyForEver,
            4 => Self::LastPageForEver,
            5 => Self::Repeats { page },
            6 => Self::TokensNeverAccepted,
            7 => Self::AlwaysFails { how: How::any(chance) },
            _ => Self::SizesVary,
        }
    }
}

fn is_of_users(stream: Stream) -> bool {
    matches!(stream, Stream::CloudUsers | Stream::ServerUsers)
}

impl How {
    fn any(chance: &mut Chance) -> Self {
        match chance.below(9) {
            0 => Self::Status(500),
            1 => Self::Status(503),
            2 => Self::RateLimit,
            3 => Self::Broken,
            4 => Self::WebPage,
            5 => Self::HalfABody,
            _ => Self::heavy(chance),
        }
    }

    /// A failure that a smaller page may help against.
    fn heavy(chance: &mut Chance) -> Self {
        match chance.below(4) {
            0 => Self::Status(502),
            1 => Self::Status(504),
            2 => Self::Timeout,
            _ => Self::TooLarge,
        }
    }
}

impl Edit {
    fn any(chance: &mut Chance, stream: Stream) -> Self {
        match chance.below(5) {
            0 | 1 if stream != Stream::Commits => Self::Touch { which: chance.below(400) },
            2 => Self::Remove { which: chance.below(400) },
            3 => Self::Insert { first: !stream.is_by_change() },
            _ => Self::Insert { first: false },
        }
    }
}

impl Case {
    /// The case of that number, in which everything can be read.
    pub(super) fn bearable(number: u64) -> Self {
        let (mut chance, mut case) = Self::drawn(number);
        for _ in 0..chance.below(5) {
            for _ in 0..4 {
                let trouble = Trouble::bearable(&mut chance, case.stream);
                case.troubles.push(trouble);
                if trouble.applies(case.stream) && case.is_bearable() {
                    break;
                }
                case.troubles.pop();
            }
        }
        case.fitted()
    }

    /// The case of that number, with something that cannot be read whole.
    pub(super) fn unbearable(number: u64) -> Self {
        let (mut chance, mut case) = Self::drawn(number);
        for _ in 0..chance.below(3) {
            let trouble = Trouble::bearable(&mut chance, case.stream);
            if trouble.applies(case.stream) {
                case.troubles.push(trouble);
            }
        }
        let round = number / Stream::ALL.len() as u64;
        let turns = match case.stream {
            Stream::CloudIssues if round.is_multiple_of(2) => 6..7,
            _ => number + round..number + round + 10,
        };
        let mut drawn = turns.map(|turn| Trouble::unbearable(&mut chance, turn));
        case.troubles.extend(drawn.find(|trouble| trouble.applies(case.stream)));
        // A run that leads nowhere is given up only after many pages: these are small.
        case.records = case.records.min(40);
        case.fitted()
    }

    fn drawn(number: u64) -> (Chance, Self) {
        // Neighboring numbers become seeds that have nothing in common.
        let seed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut chance = Chance::new(seed ^ (seed >> 29));
        let all = Stream::ALL;
        let stream = all[usize::try_from(number).unwrap() % all.len()];
        let records = match chance.below(10) {
            0 => chance.below(3),
            1..=4 => chance.below(60),
            _ => chance.below(401),
        };
        let times = match chance.below(6) {
            0 => Times::Same,
            1 => Times::AnyOrder,
            2 | 3 => Times::Groups { size: 1 + chance.below(150) },
            _ => Times::Steady { seconds: 1 + chance.below(200) },
        };
        let dated_freely = !stream.is_of_github() || stream == Stream::Commits;
        let share = |chance: &mut Chance| match chance.below(4) {
            0 => chance.below(101),
            1 => 100,
            _ => 0,
        };
        let percent_ahead = if dated_freely { share(&mut chance) } else { 0 };
        let percent_undated = if chance.percent(20) { share(&mut chance) } else { 0 };
        let clock_days = [0, 0, -3, 3][chance.below(4) as usize];
        let sizes = [1, 2, 3, 7, 10, 25, 50, 99, 100, 100, 101, 130, 1_000];
        let limits = (0..1 + chance.below(3)).map(|_| sizes[chance.below(13) as usize]).collect();
        let case = Self {
            stream,
            records,
            times,
            percent_ahead,
            percent_undated,
            clock_days,
            limits,
            troubles: Vec::new(),
            seed,
        };
        (chance, case)
    }

    /// Not more records than some pages have.
    fn fitted(mut self) -> Self {
        self.records = self.records.min(self.page() * MOST_PAGES);
        self
    }

    /// Records of the pages that this case leads to, at least.
    pub(super) fn page(&self) -> u32 {
        let largest = |limit: &u32| (*limit).min(LARGEST_PAGE);
        let asked = self.limits.iter().map(largest).min().unwrap_or(1);
        let left = self.troubles.iter().fold(asked, |page, trouble| match *trouble {
            // The host asks for a quarter of what was too much.
            Trouble::Cap { records, .. } => page.min((records / 4).max(1)),
            Trouble::Heavy { most, .. } => page.min((most / 4).max(1)),
            Trouble::Giant { .. } => 1,
            Trouble::Fewer { most } => page.min(most),
            _ => page,
        });
        let halved = [Trouble::Short, Trouble::SizesVary].iter().any(|one| self.has(*one));
        if halved { (left / 2).max(1) } else { left }
    }

    /// Whether all records can be read, perhaps in several runs.
    pub(super) fn is_bearable(&self) -> bool {
        let by_place = self.has_links_by_place();
        let is = |kind: fn(&Trouble) -> bool| self.troubles.iter().any(kind);
        let gives_more = is(|one| matches!(one, Trouble::More { .. } | Trouble::Overlaps));
        // Such a server cannot deliver what it insists on.
        let insists = gives_more
            && is(|one| {
                matches!(one, Trouble::Cap { .. } | Trouble::Heavy { .. } | Trouble::Giant { .. })
            });
        // Such a server's page numbers mean another place than those of the size that is asked for,
        // and nothing tells which.
        let unnumbered = self.stream.is_of_github()
            && !by_place
            && self.changes_size()
            && is(|one| matches!(one, Trouble::More { .. }));
        // The connector takes 20 pages without a record for an endless list, and a page may have one.
        let miscounted = self.troubles.iter().map(|one| match *one {
            Trouble::TotalTooHigh { by } => by,
            _ => 0,
        });
        let miscounted = miscounted.sum::<u32>() >= 20;
        let bearable = |one: &Trouble| one.is_bearable(self.stream, by_place);
        !insists && !unnumbered && !miscounted && self.troubles.iter().all(bearable)
    }

    /// Whether pages of several sizes are asked for.
    fn changes_size(&self) -> bool {
        let heavy = |how: How| matches!(how, How::Status(502 | 504) | How::Timeout | How::TooLarge);
        let sizes = |limit: &u32| (*limit).min(LARGEST_PAGE);
        let mut sizes = self.limits.iter().map(sizes);
        let first = sizes.next();
        sizes.any(|size| Some(size) != first)
            || self.troubles.iter().any(|one| match *one {
                Trouble::Fails { how, .. } => heavy(how),
                Trouble::Cap { .. } | Trouble::Heavy { .. } | Trouble::Giant { .. } => true,
                _ => false,
            })
    }

    /// Whether nothing is a reason for a record to come twice.
    pub(super) fn is_without_repeats(&self) -> bool {
        let repeats = |trouble: &Trouble| {
            matches!(
                trouble,
                Trouble::Changes { .. }
                    | Trouble::Overlaps
                    | Trouble::TokensRefused { .. }
                    | Trouble::TokenRefusedOnce
            )
        };
        // The pages of a server that gives fewer than were asked for have other numbers.
        let fewer = self.troubles.iter().any(|one| matches!(one, Trouble::Fewer { .. }));
        let renumbered = self.stream.is_of_github() && fewer && self.changes_size();
        let by_second = self.stream == Stream::ServerIssues;
        !renumbered && !by_second && !self.troubles.iter().any(repeats)
    }

    /// Whether a later run is documented to bring every change.
    pub(super) fn tells_changes(&self) -> bool {
        match self.stream {
            // The next run begins at the earlier of the latest change and the clock here.
            Stream::CloudIssues | Stream::ServerIssues => {
                self.percent_ahead == 0 || self.clock_days >= 0
            }
            Stream::Commits => self.percent_ahead == 0,
            _ => true,
        }
    }

    pub(super) fn has(&self, trouble: Trouble) -> bool {
        self.troubles.contains(&trouble)
    }

    pub(super) fn has_links_by_place(&self) -> bool {
        self.has(Trouble::LinksByPlace)
    }

    /// Whether that record alone is too large.
    pub(super) fn is_giant(&self, place: u32) -> bool {
        let giant = |one: &Trouble| matches!(*one, Trouble::Giant { which, .. } if which == place);
        self.troubles.iter().any(giant)
    }

    /// Whether the person lets records be left out that are too large.
    pub(super) fn skips_oversized(&self) -> bool {
        self.troubles.iter().any(|one| matches!(one, Trouble::Giant { skip: true, .. }))
    }

    pub(super) fn hides(&self, place: u32) -> bool {
        self.troubles.iter().any(|trouble| match *trouble {
            Trouble::Hidden { from, count } => (from..from + count).contains(&place),
            _ => false,
        })
    }

    /// Simpler cases, of which each may show the same.
    pub(super) fn simpler(&self) -> Vec<Self> {
        let mut found = Vec::new();
        for at in 0..self.troubles.len() {
            let mut case = self.clone();
            case.troubles.remove(at);
            found.push(case);
        }
        for records in
            [self.records / 2, self.records.saturating_sub(10), self.records.saturating_sub(1)]
        {
            found.push(Self { records, ..self.clone() });
        }
        if let [first, _, ..] = self.limits[..] {
            found.push(Self { limits: vec![first], ..self.clone() });
            found.push(Self { limits: self.limits[1..].to_vec(), ..self.clone() });
        }
        found.push(Self { percent_ahead: 0, ..self.clone() });
        found.push(Self { percent_undated: 0, ..self.clone() });
        found.push(Self { clock_days: 0, ..self.clone() });
        found.push(Self { times: Times::Steady { seconds: 60 }, ..self.clone() });
        found.retain(|case| case != self);
        found
    }
}
