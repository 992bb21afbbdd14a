//! Lines for people. Whatever is written here is made fit for a terminal first; the only control
//! sequences are the styles, which `anstream` takes out where there is no terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jackfield_connect::ConnectionState;

use super::text::{line, width};

/// Headings and labels.
pub(crate) const BOLD: Style = Style::new().bold();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// What works.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What needs attention.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// What does not work.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// As everything else.
pub(crate) const PLAIN: Style = Style::new();

/// Blanks between columns.
const GAP: usize = 2;

/// Where lines for people go.
pub(crate) struct Screen<'a> {
    out: &'a mut dyn Write,
}

/// A cell of a table: its text and how it looks.
pub(crate) type Cell = (String, Style);

/// The style of a state.
pub(crate) fn of_state(state: ConnectionState) -> Style {
    match state {
        ConnectionState::Active => GOOD,
        ConnectionState::Expired | ConnectionState::Rejected => BAD,
        _ => WARN,
    }
}

impl<'a> Screen<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// One line, indented by so many steps of four blanks.
    pub(crate) fn line(&mut self, indent: usize, style: Style, text: &str) -> io::Result<()> {
        let blanks = 4 * indent;
        writeln!(self.out, "{:blanks$}{style}{}{style:#}", "", line(text))
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// `label: message`, the label in color.
    pub(crate) fn labeled(&mut self, style: Style, label: &str, message: &str) -> io::Result<()> {
        writeln!(self.out, "{style}{}:{style:#} {}", line(label), line(message))
    }

    /// `label: message`, as notes are told.
    pub(crate) fn note(&mut self, label: &str, message: &str) -> io::Result<()> {
        self.labeled(BOLD, label, message)
    }

    /// Labels and their values, aligned. Pairs without a value are left out.
    pub(crate) fn pairs(
        &mut self,
        indent: usize,
        pairs: &[(&str, Option<String>)],
    ) -> io::Result<()> {
        let there: Vec<(&str, &String)> =
            pairs.iter().filter_map(|(label, value)| Some((*label, value.as_ref()?))).collect();
        let widest = there.iter().map(|(label, _)| width(label)).max().unwrap_or_default();
        for (label, value) in there {
            let label = line(label);
            let (blanks, fill) = (4 * indent, widest - width(&label) + GAP);
            let (label, value) = (label.as_ref(), line(value));
            writeln!(self.out, "{:blanks$}{DIM}{label}{DIM:#}{:fill$}{value}", "", "")?;
        }
        Ok(())
    }

    /// A table with aligned columns; nothing where there are no rows.
    pub(crate) fn table(&mut self, headings: &[&str], rows: &[Vec<Cell>]) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let clean = |(text, style): &Cell| (line(text).into_owned(), *style);
        let heading = headings.iter().map(|text| ((*text).to_owned(), BOLD)).collect();
        let mut lines: Vec<Vec<Cell>> = vec![heading];
        lines.extend(rows.iter().map(|row| row.iter().map(clean).collect()));
        let columns = (0..headings.len()).map(|column| {
            let cells = lines.iter().filter_map(|row| row.get(column));
            cells.map(|(text, _)| width(text)).max().unwrap_or_default()
        });
        let columns: Vec<usize> = columns.collect();
        lines.iter().try_for_each(|row| self.row(row, &columns))
    }

    /// Cells of these widths in one line; a longer one pushes the others on.
    pub(crate) fn cells(&mut self, cells: &[Cell], columns: &[usize]) -> io::Result<()> {
        let clean = |(text, style): &Cell| (line(text).into_owned(), *style);
        self.row(&cells.iter().map(clean).collect::<Vec<_>>(), columns)
    }

    fn row(&mut self, cells: &[Cell], columns: &[usize]) -> io::Result<()> {
        let last = cells.len().saturating_sub(1);
        for (index, ((text, style), column)) in cells.iter().zip(columns).enumerate() {
            // No blanks after the last column.
            let fill = if index == last { 0 } else { column.saturating_sub(width(text)) + GAP };
            write!(self.out, "{style}{text}{style:#}{:fill$}", "")?;
        }
        writeln!(self.out)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn told(tell: impl FnOnce(&mut Screen<'_>) -> io::Result<()>) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        tell(&mut Screen::new(&mut out)).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    fn row(cells: [&str; 3]) -> Vec<Cell> {
        cells.iter().map(|cell| ((*cell).to_owned(), PLAIN)).collect()
    }

    #[test]
    fn columns_align_for_every_script() {
        let rows = [row(["a", "漢字", "x"]), row(["größer", "b", ""])];
        let expected = "ID      NAME  LAST\na       漢字  x\ngrößer  b     \n";
        assert_eq!(told(|screen| screen.table(&["ID", "NAME", "LAST"], &rows)), expected);
    }

    #[test]
    fn a_table_without_rows_is_nothing() {
        assert_eq!(told(|screen| screen.table(&["ID"], &[])), "");
    }

    #[test]
    fn labels_align_and_absent_values_are_left_out() {
        let pairs = [("a", Some("1".to_owned())), ("absent", None), ("abc", Some("2".to_owned()))];
        assert_eq!(told(|screen| screen.pairs(1, &pairs)), "    a    1\n    abc  2\n");
    }

    #[test]
    fn nothing_written_holds_a_control_sequence_of_others() {
        let evil = "\u{1b}]0;title\u{7}\n\u{9b}2J";
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out);
        screen.line(1, BAD, evil).unwrap();
        screen.labeled(WARN, evil, evil).unwrap();
        screen.note(evil, evil).unwrap();
        screen.pairs(0, &[(evil, Some(evil.to_owned()))]).unwrap();
        screen
            .table(&["A", "B"], &[vec![(evil.to_owned(), GOOD), (evil.to_owned(), PLAIN)]])
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("\u{1b}]") && !text.contains('\u{7}') && !text.contains('\u{9b}'));
        assert_eq!(text.lines().count(), 6);
    }

    #[test]
    fn styles_are_gone_where_there_is_no_terminal() {
        assert_eq!(told(|screen| screen.line(1, BAD, "x")), "    x\n");
    }
}
