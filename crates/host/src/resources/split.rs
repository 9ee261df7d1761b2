//! The documents of a file.

/// The documents of a file with the line in which each begins, from 1, cut as daprd cuts them: at
/// every line that begins with `---`.
pub(super) fn documents(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(text);
    let mut line = 1;
    std::iter::from_fn(move || {
        let text = rest?;
        let begin = line;
        let document = match text.find("\n---") {
            None => {
                rest = None;
                text
            }
            Some(at) => {
                let (document, after) = text.split_at(at);
                line += document.matches('\n').count() + 1;
                rest = after.strip_prefix('\n');
                document
            }
        };
        Some((begin, document))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_at_lines_of_dashes() {
        let cut = |text| documents(text).collect::<Vec<_>>();
        assert_eq!(cut("---\na\n---\nb"), [(1, "---\na"), (3, "---\nb")]);
        assert_eq!(cut("a\r\n---\r\n"), [(1, "a\r"), (2, "---\r\n")]);
        assert_eq!(cut("a\n---"), [(1, "a"), (2, "---")]);
        assert_eq!(cut(""), [(1, "")]);
    }
}
