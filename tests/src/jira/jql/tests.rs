use super::*;

/// 2026-10-03T12:00:00Z.
const NOW: i64 = 1_791_028_800_000;

const UTC: Clock = Clock { now: NOW, offset_minutes: 0 };

/// An issue of one project, by number and time.
#[derive(Debug)]
struct One(&'static str, i64);

impl Subject for One {
    fn texts(&self, field: Field) -> Vec<String> {
        match field {
            Field::Project => vec!["EX".to_owned()],
            Field::Key => vec![self.0.to_owned()],
            Field::Status => vec!["In Progress".to_owned()],
            Field::Summary => vec!["Main order flow broken".to_owned()],
            Field::Reporter => vec!["ada".to_owned()],
            _ => Vec::new(),
        }
    }

    fn time(&self, _: Field) -> i64 {
        self.1
    }

    fn order(&self, other: &Self, field: Field) -> Ordering {
        match field {
            Field::Updated => self.1.cmp(&other.1),
            _ => self.0.cmp(other.0),
        }
    }
}

#[test]
fn conditions_hold_or_do_not() {
    let one = One("EX-1", NOW - 60_000);
    for (text, expected) in [
        ("project = EX", true),
        ("project = \"ex\"", true),
        ("project != EX", false),
        ("Project in (ABC, 'EX')", true),
        ("project not in (ABC, EX)", false),
        ("project = ABC OR key = EX-1", true),
        ("project = ABC AND key = EX-1 OR status = 'in progress'", true),
        ("project = ABC AND (key = EX-1 OR status = 'in progress')", false),
        ("NOT project = ABC", true),
        ("!(project = EX)", false),
        ("assignee is EMPTY", true),
        ("assignee is not empty", false),
        ("reporter = currentUser()", true),
        ("summary ~ \"FLOW\"", true),
        ("summary !~ flow", false),
        ("updated >= 1791028740000", true),
        ("updated > 1791028740000", false),
        ("updated >= \"2026-10-03 11:59\"", true),
        ("updated < \"2026/10/03 11:59\"", false),
        ("updated >= \"2026-10-04\"", false),
        ("updated >= -1m", true),
        ("updated <= '-1d'", false),
        ("created <= now() ORDER BY created", true),
        ("(project = EX) AND ((updated >= -1w)) order by updated asc, key ASC", true),
        ("", true),
        ("ORDER BY updated", true),
    ] {
        let query = Query::parse(text, &UTC).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(query.holds(&one, "ada"), expected, "{text}");
        assert_eq!(query.is_unbounded(), text.is_empty() || text.starts_with("ORDER"), "{text}");
    }
}

#[test]
fn times_are_the_users() {
    let noon = One("EX-1", NOW);
    for (offset_minutes, text, expected) in [
        (0, "updated >= '2026-10-03 12:00'", true),
        (0, "updated >= '2026-10-03 12:01'", false),
        (330, "updated >= '2026-10-03 17:30'", true),
        (330, "updated >= '2026-10-03 17:31'", false),
        (-240, "updated >= '2026-10-03 08:00'", true),
        (-240, "updated >= '2026-10-03 08:01'", false),
        (330, "updated >= 1791028800000", true),
        (330, "updated >= 1791028800001", false),
    ] {
        let query = Query::parse(text, &Clock { now: NOW, offset_minutes }).unwrap();
        assert_eq!(query.holds(&noon, ""), expected, "{offset_minutes} {text}");
    }
}

#[test]
fn what_is_found_is_ordered() {
    let mut found = [One("EX-2", 5), One("EX-1", 5), One("EX-3", 1)];
    for (text, expected) in [
        ("project = EX ORDER BY updated ASC, key ASC", ["EX-3", "EX-1", "EX-2"]),
        ("project = EX ORDER BY updated DESC, key", ["EX-1", "EX-2", "EX-3"]),
        ("project = EX", ["EX-3", "EX-2", "EX-1"]),
    ] {
        let query = Query::parse(text, &UTC).unwrap();
        found.sort_by(|one, other| query.order(one, other));
        assert_eq!(found.each_ref().map(|one| one.0), expected, "{text}");
    }
}

#[test]
fn wrong_queries_are_told_in_jiras_words() {
    for (text, expected) in [
        ("color = red", "Field 'color' does not exist"),
        ("project EX", "Expecting operator but got 'EX'"),
        ("project =", "before the end of the query"),
        ("project = ,", "Expecting either a value, list or function but got ','"),
        ("(project = EX", "Expecting ')' before the end of the query."),
        ("project = EX key = 1", "Expecting either 'OR' or 'AND' but got 'key'"),
        ("project = \"EX", "The quoted string 'EX' has not been completed."),
        ("project = EX/2", "The character '/' is a reserved JQL character"),
        ("updated >= yesterday", "Date value 'yesterday' for field 'updated' is invalid"),
        ("updated >= \"1791028800000\"", "Date value '1791028800000'"),
        ("status > Open", "The operator '>' is not supported by the 'status' field."),
        ("assignee = nobody()", "Unable to find JQL function 'nobody()'."),
        ("project = EX ORDER updated", "Expecting 'by'"),
    ] {
        let error = Query::parse(text, &UTC).expect_err(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn operands_of_a_field_are_found_wherever_they_stand() {
    let text = "updated >= 0 AND (project = EX OR NOT project in (ABC, 10001))";
    let operands = Query::parse(text, &UTC).unwrap().operands(Field::Project);
    let expected = ["EX", "ABC", "10001"].map(|text| Operand::Text(text.to_owned()));
    assert_eq!(operands, expected);
}
