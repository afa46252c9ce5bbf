//! The pages: HTML made from views. Pure functions; what is in a view is shown as text, never as markup.
//!
//! Every page is whole without a script, and every act a plain form. The script only moves progress bars; there is
//! no inline script or style, which the content security policy forbids.

mod assets;
mod diff;
mod explain;
mod forms;
mod layout;
mod marks;
mod outside;
mod parts;
mod plot;
mod refresh;
mod reports;
mod runs;
mod status;
#[cfg(test)]
mod tests;
mod verdict;

pub use assets::{Asset, asset};
pub use diff::{DiffPage, diff};
pub use explain::{ExplainPage, explain};
pub(crate) use layout::{explain_path, run_path};
pub use outside::{LoginPage, ProblemPage, login, problem};
pub(crate) use plot::PLACES;
pub use refresh::{RefreshPage, refresh};
pub use reports::{ReportRow, ReportsPage, Waiting, reports};
pub use runs::{RunPage, RunsPage, run, runs};
pub use status::{StatusPage, status};

use crate::notice::Notice;
use crate::words;
use jiff::Timestamp;

/// What every page shows around its own matter.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The outcome of the act that led here.
    pub notice: Option<Notice>,
    /// Whether the caller signed in with the form, and so can sign out.
    pub signed_in: bool,
    /// The present.
    pub now: Timestamp,
}
