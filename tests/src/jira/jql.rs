//! JQL, as much of it as connectors write.
//!
//! A query is clauses joined by `AND` and `OR`, negated by `NOT`, grouped by brackets, and then, if
//! at all, `ORDER BY`. A clause is a field, one of `= != > >= < <= ~ !~ IN, NOT IN, IS, IS NOT`, and
//! a value, a list of values or a function. Words of the language have any case.
//!
//! Times are milliseconds since the Unix epoch without quotes, `yyyy-MM-dd HH:mm` and
//! `yyyy-MM-dd` with dashes or slashes in the user's time zone, or periods such as `-1w 2d`, counted from now.
//!
//! Sources: Atlassian's documentation of JQL, read in November 2026, and reports of users for the
//! errors' words.

mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod times;

use std::cmp::Ordering;

pub(super) use times::Clock;

/// A field that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Project,
    Key,
    Updated,
    Created,
    Status,
    StatusCategory,
    Type,
    Assignee,
    Reporter,
    Labels,
    Summary,
}

/// Each field by the names that it has in queries, in lower case; the first is used in errors.
const FIELDS: [(Field, &[&str]); 11] = [
    (Field::Project, &["project"]),
    (Field::Key, &["key", "issuekey", "issue", "id"]),
    (Field::Updated, &["updated", "updateddate"]),
    (Field::Created, &["created", "createddate"]),
    (Field::Status, &["status"]),
    (Field::StatusCategory, &["statuscategory"]),
    (Field::Type, &["issuetype", "type"]),
    (Field::Assignee, &["assignee"]),
    (Field::Reporter, &["reporter"]),
    (Field::Labels, &["labels"]),
    (Field::Summary, &["summary", "text"]),
];

impl Field {
    fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        FIELDS.iter().find(|(_, names)| names.contains(&&*name)).map(|(field, _)| *field)
    }

    pub(super) fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, _)| *field == self).map_or("", |(_, names)| names[0])
    }

    fn is_time(self) -> bool {
        matches!(self, Self::Updated | Self::Created)
    }
}

/// How times may stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Before,
    NotAfter,
    After,
    NotBefore,
}

impl Order {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Before => order.is_lt(),
            Self::NotAfter => order.is_le(),
            Self::After => order.is_gt(),
            Self::NotBefore => order.is_ge(),
        }
    }
}

/// What is done to a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equals,
    Orders(Order),
    Contains,
    IsEmpty,
}

/// A value of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Text(String),
    /// Milliseconds since the Unix epoch.
    Time(i64),
    CurrentUser,
}

/// What an issue has to be.
#[derive(Clone, Debug)]
enum Condition {
    Clause { field: Field, operator: Operator, operands: Vec<Operand> },
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// What a query is asked of.
pub(super) trait Subject {
    /// The values of a field as texts; for times, none.
    fn texts(&self, field: Field) -> Vec<String>;
    /// The value of a time, in milliseconds since the Unix epoch.
    fn time(&self, field: Field) -> i64;
    /// How it stands to another by that field.
    fn order(&self, other: &Self, field: Field) -> Ordering;
}

/// A query that Jira would run.
#[derive(Clone, Debug)]
pub(super) struct Query {
    condition: Option<Condition>,
    /// Fields, and whether the smallest comes first.
    order: Vec<(Field, bool)>,
}

impl Query {
    /// The query of that text; what Jira says about it, otherwise.
    pub(super) fn parse(text: &str, clock: &Clock) -> Result<Self, String> {
        parser::query(text, clock)
    }

    /// Whether nothing limits what is found.
    pub(super) fn is_unbounded(&self) -> bool {
        self.condition.is_none()
    }

    /// The values to which that field is compared.
    pub(super) fn operands(&self, field: Field) -> Vec<Operand> {
        let mut found = Vec::new();
        if let Some(condition) = &self.condition {
            condition.collect(field, &mut found);
        }
        found
    }

    pub(super) fn holds(&self, subject: &impl Subject, user: &str) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(subject, user))
    }

    /// The order of two that were found; by falling keys where the query names none.
    pub(super) fn order<S: Subject>(&self, one: &S, other: &S) -> Ordering {
        let named = self.order.iter().map(|(field, ascending)| {
            let order = one.order(other, *field);
            if *ascending { order } else { order.reverse() }
        });
        named.fold(Ordering::Equal, Ordering::then).then(other.order(one, Field::Key))
    }
}

impl Condition {
    fn collect(&self, wanted: Field, found: &mut Vec<Operand>) {
        match self {
            Self::Clause { field, operands, .. } if *field == wanted => {
                found.extend(operands.iter().cloned());
            }
            Self::Clause { .. } => {}
            Self::Not(inner) => inner.collect(wanted, found),
            Self::All(inner) | Self::Any(inner) => {
                inner.iter().for_each(|condition| condition.collect(wanted, found));
            }
        }
    }

    fn holds(&self, subject: &impl Subject, user: &str) -> bool {
        match self {
            Self::Not(inner) => !inner.holds(subject, user),
            Self::All(inner) => inner.iter().all(|condition| condition.holds(subject, user)),
            Self::Any(inner) => inner.iter().any(|condition| condition.holds(subject, user)),
            Self::Clause { field, operator: Operator::IsEmpty, .. } => {
                !field.is_time() && subject.texts(*field).is_empty()
            }
            Self::Clause { field, operator, operands } => {
                operands.iter().any(|operand| compare(subject, user, *field, *operator, operand))
            }
        }
    }
}

fn compare(
    subject: &impl Subject,
    user: &str,
    field: Field,
    operator: Operator,
    operand: &Operand,
) -> bool {
    let wanted = match operand {
        Operand::Time(time) => {
            let order = subject.time(field).cmp(time);
            return match operator {
                Operator::Orders(wanted) => wanted.holds(order),
                _ => order.is_eq(),
            };
        }
        Operand::CurrentUser => user,
        Operand::Text(text) => text,
    };
    let texts = subject.texts(field);
    match operator {
        Operator::Contains => {
            let wanted = wanted.to_lowercase();
            texts.iter().any(|text| text.to_lowercase().contains(&wanted))
        }
        _ => texts.iter().any(|text| text.eq_ignore_ascii_case(wanted)),
    }
}
