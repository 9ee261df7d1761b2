//! A file, whole.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use super::stamp::Stamp;

/// How long nobody may have written to a file for it to be taken.
pub(super) const FILE_STILLNESS: Duration = Duration::from_millis(200);
/// How long a file is waited for that is written to all the time.
const FILE_PATIENCE: Duration = Duration::from_secs(3);

/// Reads a file once nobody writes to it any more, so that what is half written is not taken.
/// Blocks.
///
/// # Errors
/// If it cannot be read, is no regular file, or is written to all the time.
pub(crate) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    stamped(path).map(|(bytes, _)| bytes)
}

/// As [`read`], with how the file looked then.
///
/// # Errors
/// As [`read`].
pub(crate) fn stamped(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, Stamp)> {
    let started = Instant::now();
    loop {
        let before = Stamp::of(path)?;
        if !before.is_older_than(FILE_STILLNESS) {
            thread::sleep(FILE_STILLNESS);
        }
        if Stamp::of(path)? == before {
            let bytes = Zeroizing::new(fs::read(path)?);
            let whole = u64::try_from(bytes.len()).is_ok_and(|read| read == before.length());
            if whole && Stamp::of(path)? == before {
                return Ok((bytes, before));
            }
        }
        if started.elapsed() > FILE_PATIENCE {
            return Err(io::Error::other("somebody writes to it all the time"));
        }
    }
}

/// What `bytes` say: UTF-8, or UTF-16 with a byte order mark, which goes.
///
/// # Errors
/// If they are neither, with the line.
pub(crate) fn text(bytes: &[u8]) -> io::Result<Zeroizing<String>> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let decoded: Result<String, _> =
            char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
        decoded
            .ok()
            .filter(|_| odd.is_empty())
            .map(Zeroizing::new)
            .ok_or_else(|| io::Error::other("it begins as UTF-16 and does not go on so"))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => narrow(rest),
        _ => narrow(bytes),
    }
}

fn narrow(bytes: &[u8]) -> io::Result<Zeroizing<String>> {
    let text = str::from_utf8(bytes).map_err(|why| {
        let before = bytes.get(..why.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        io::Error::other(format!("its line {line} is not UTF-8"))
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// The `.yaml` and `.yml` files of a folder, not of folders in it, sorted by name. Blocks.
///
/// # Errors
/// If the folder cannot be read.
pub(crate) fn yaml_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let named = |why: io::Error| io::Error::new(why.kind(), format!("{}: {why}", folder.display()));
    for entry in fs::read_dir(folder).map_err(named)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        // A link that leads nowhere is a file that cannot be read, not one that is gone.
        if (extension == "yaml" || extension == "yml") && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::{io::Write, sync::mpsc};

    use super::*;

    #[test]
    fn a_file_that_is_being_written_is_read_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        let (begun, wait) = mpsc::channel();
        let writer = thread::spawn(move || {
            begun.send(()).unwrap();
            for piece in [" and", " more", " and", " done"] {
                thread::sleep(FILE_STILLNESS / 4);
                file.write_all(piece.as_bytes()).unwrap();
            }
        });
        wait.recv().unwrap();
        assert_eq!(*read(&path).unwrap(), b"half and more and done");
        writer.join().unwrap();
        assert!(read(folder.path()).is_err());
        assert!(read(&folder.path().join("absent")).is_err());
    }

    #[test]
    fn text_is_utf_8_or_utf_16_with_a_mark() {
        let wide = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            let units = "k: ü\u{1F511}\n".encode_utf16().flat_map(bytes);
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        for bytes in [
            "k: ü\u{1F511}\n".as_bytes().to_vec(),
            "\u{FEFF}k: ü\u{1F511}\n".as_bytes().to_vec(),
            wide([0xFF, 0xFE], u16::to_le_bytes),
            wide([0xFE, 0xFF], u16::to_be_bytes),
        ] {
            assert_eq!(**text(&bytes).unwrap(), *"k: ü\u{1F511}\n");
        }
        let said = text(b"a\nb\xFF").unwrap_err().to_string();
        assert!(said.contains("line 2"), "{said}");
        assert!(text(b"\xFF\xFEa").is_err());
    }
}
