//! The unpacked database, kept between the warm runs of a function.

use crate::unpack::UnpackError;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::NamedTempFile;

/// A folder of one process, in which there is nothing but kept databases and at most one in the making.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the database of that name is, or will be.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.db"))
    }

    /// Makes room for one more: of what is there only the newest stays, which a run may be reading.
    pub(crate) fn begin(&self) -> Result<NamedTempFile, UnpackError> {
        fs::create_dir_all(&self.folder)?;
        let mut files = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let file = file?;
            let written = file.metadata().and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            let is_whole = file.path().extension().is_some_and(|e| e == "db");
            files.push((is_whole, written, file.path()));
        }
        files.sort();
        let _newest = files.pop_if(|(is_whole, _, _)| *is_whole);
        for (_, _, path) in files {
            fs::remove_file(path)?;
        }
        Ok(tempfile::Builder::new().suffix(".partial").tempfile_in(&self.folder)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn beside_the_one_in_the_making_only_the_newest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path().join("snapshots"));
        for name in ["one", "two", "three"] {
            let making = kept.begin().unwrap();
            assert!(names(kept.folder()).len() <= 2, "{:?}", names(kept.folder()));
            making.persist(kept.path(name)).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(names(kept.folder()), ["three.db", "two.db"]);
        fs::write(kept.folder().join("of a process that was killed.partial"), b"x").unwrap();
        drop(kept.begin().unwrap());
        assert_eq!(names(kept.folder()), ["three.db"]);
    }
}
