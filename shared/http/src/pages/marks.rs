//! Marks: one small shape for each way that things can stand, so that no meaning hangs on colour alone.

use maud::{Markup, html};
use vms_core::{Outcome, State};

/// How something stands, for the eye: a colour and a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// As it should be: a disc.
    Good,
    /// Nothing happened, and nothing had to: a bar.
    Idle,
    /// At work, or about to be: a ring.
    Busy,
    /// Somebody's decision is wanted: a hexagon.
    Waits,
    /// Not quite as it should be: a diamond.
    Uneasy,
    /// Wrong: a cross.
    Bad,
}

impl Mark {
    pub(super) const fn of_state(state: State) -> Self {
        match state {
            State::Fresh => Self::Good,
            State::Aging => Self::Uneasy,
            State::Stale | State::Missing => Self::Bad,
            State::Archived => Self::Idle,
        }
    }

    /// `None` is a run without a verdict.
    pub(super) const fn of_outcome(outcome: Option<Outcome>) -> Self {
        match outcome {
            Some(Outcome::Succeeded) => Self::Good,
            Some(Outcome::Partial) => Self::Uneasy,
            Some(Outcome::Failed | Outcome::Lost) => Self::Bad,
            Some(Outcome::Skipped | Outcome::Joined) => Self::Idle,
            None => Self::Busy,
        }
    }

    /// The class that the style sheet colours.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Waits => "waits",
            Self::Uneasy => "uneasy",
            Self::Bad => "bad",
        }
    }

    /// The shape; words stand beside it wherever it is used.
    pub(super) fn shape(self) -> Markup {
        html! {
            svg class={ "mark " (self.class()) } viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false" {
                @match self {
                    Self::Good => circle cx="8" cy="8" r="6" fill="currentColor" {},
                    Self::Idle => rect x="2" y="6" width="12" height="4" rx="2" fill="currentColor" {},
                    Self::Busy => circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="3" {},
                    Self::Waits => path d="M8 1l6.1 3.5v7L8 15l-6.1-3.5v-7z" fill="currentColor" {},
                    Self::Uneasy => path d="M8 .8L15.2 8 8 15.2.8 8z" fill="currentColor" {},
                    Self::Bad => path d="M3 3l10 10M13 3L3 13" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" {},
                }
            }
        }
    }

    /// A word in the mark's colour, with its shape.
    pub(super) fn badge(self, word: &str) -> Markup {
        html! { span class={ "badge " (self.class()) } { (self.shape()) " " (word) } }
    }
}

/// A state as a badge.
pub(super) fn state(state: State) -> Markup {
    Mark::of_state(state).badge(state.as_str())
}
