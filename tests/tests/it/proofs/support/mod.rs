//! A small world for the proofs: a VMS whose content changes on command, a clock that is set, a table that watches
//! every write, and a reader.

pub(crate) mod clock;
pub(crate) mod faulty;
pub(crate) mod operator;
pub(crate) mod reader;
pub(crate) mod sleepy;
pub(crate) mod vms;
pub(crate) mod watched;
pub(crate) mod world;

/// Whether a longer run was asked for.
pub(crate) fn is_long() -> bool {
    std::env::var_os("VMS_LONG").is_some()
}

/// The seed of what is random: printed, and taken from `VMS_SEED` to see the same again.
pub(crate) fn seed() -> u64 {
    std::env::var("VMS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_315)
}

/// Says a closing count where it is seen under a plain `cargo test` too: the harness captures only `print!`.
pub(crate) fn tell(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}
