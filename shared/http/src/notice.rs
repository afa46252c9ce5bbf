//! What a page tells of an act that a form asked for. Between act and page it travels through the browser's address,
//! as a short code: whatever somebody else may put there, a page only ever says one of the sentences below.

use crate::acts::{self, SHORT};
use std::fmt;
use std::str::FromStr;

/// The outcome of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Refreshes were asked for.
    Requested,
    /// The build that waited is served.
    Approved(VersionName),
    /// The build that waited is gone.
    Rejected(VersionName),
    /// An earlier version is served.
    RolledBack(VersionName),
    /// Scheduled refreshes are paused.
    Paused,
    /// Scheduled refreshes go on.
    Resumed,
    /// The session has ended.
    SignedOut,
    /// It was not done, and why.
    Refused(Reason),
}

/// The beginning of a version's etag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionName(String);

/// Why an act that a form asked for was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The key that was given opens nothing.
    WrongKey,
    /// The key that was given is a reader's.
    ReaderKey,
    /// The form holds what it should not, or lacks something.
    Form,
    /// No cache type has that name.
    UnknownType,
    /// The report is of another type than the one that was named.
    OtherType,
    /// The text is no report's key.
    UnknownReport,
    /// The report is not in the cache.
    NotCached,
    /// The reason is too long.
    LongReason,
    /// The pause would end in the past.
    UntilPassed,
    /// The end of the pause is no time.
    UntilUnread,
    /// Nothing waits to be decided on.
    NothingWaits,
    /// Another build waits than the one that was decided on.
    AnotherWaits,
    /// No such version is kept.
    NoSuchVersion,
    /// Several versions begin so.
    Ambiguous,
    /// There is no earlier version.
    NoEarlierVersion,
    /// It is served already.
    AlreadyCurrent,
    /// The store, or the refresh function, does not answer.
    Unavailable,
    /// The same, after some of the refreshes that were asked for together.
    NotAllAsked,
}

impl VersionName {
    /// The name of the version with that etag.
    pub(crate) fn of(etag: &vms_core::Etag) -> Self {
        Self(acts::short(etag))
    }
}

impl FromStr for VersionName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = !text.is_empty() && text.len() <= SHORT && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_name { Ok(Self(text.to_owned())) } else { Err("expects the first digits of an etag") }
    }
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 18] = [
        Self::WrongKey,
        Self::ReaderKey,
        Self::Form,
        Self::UnknownType,
        Self::OtherType,
        Self::UnknownReport,
        Self::NotCached,
        Self::LongReason,
        Self::UntilPassed,
        Self::UntilUnread,
        Self::NothingWaits,
        Self::AnotherWaits,
        Self::NoSuchVersion,
        Self::Ambiguous,
        Self::NoEarlierVersion,
        Self::AlreadyCurrent,
        Self::Unavailable,
        Self::NotAllAsked,
    ];

    const fn code(self) -> &'static str {
        match self {
            Self::WrongKey => "wrong-key",
            Self::ReaderKey => "reader-key",
            Self::Form => "form",
            Self::UnknownType => "unknown-type",
            Self::OtherType => "other-type",
            Self::UnknownReport => "unknown-report",
            Self::NotCached => "not-cached",
            Self::LongReason => "long-reason",
            Self::UntilPassed => "until-passed",
            Self::UntilUnread => "until-unread",
            Self::NothingWaits => "nothing-waits",
            Self::AnotherWaits => "another-waits",
            Self::NoSuchVersion => "no-such-version",
            Self::Ambiguous => "ambiguous",
            Self::NoEarlierVersion => "no-earlier-version",
            Self::AlreadyCurrent => "already-current",
            Self::Unavailable => "unavailable",
            Self::NotAllAsked => "not-all-asked",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::WrongKey => "This key opens nothing here: it is mistyped, unknown or revoked.",
            Self::ReaderKey => "This is a reader's key. These pages need an operator's.",
            Self::Form => "The form could not be read; nothing was done.",
            Self::UnknownType => "There is no cache type of that name; nothing was done.",
            Self::OtherType => "The report is of another cache type than the chosen one; nothing was done.",
            Self::UnknownReport => "No report has such a key; nothing was done.",
            Self::NotCached => {
                "The report is not in the cache, so nothing was done. A refresh of this report builds it."
            }
            Self::LongReason => "A reason has at most 500 characters; nothing was done.",
            Self::UntilPassed => "The time at which the pause should end has passed; nothing was done.",
            Self::UntilUnread => "The end of the pause was not understood; nothing was done.",
            Self::NothingWaits => "No build of this report waits for a decision any more; nothing was done.",
            Self::AnotherWaits => {
                "A newer build waits by now than the one that was shown. Look at it before you decide."
            }
            Self::NoSuchVersion => "That version is not kept any more; nothing was done.",
            Self::Ambiguous => "Several kept versions begin so; nothing was done.",
            Self::NoEarlierVersion => "No earlier version of this report is kept; nothing was done.",
            Self::AlreadyCurrent => "That version is served already; nothing was done.",
            Self::Unavailable => "The cache cannot be reached at the moment. Try again shortly.",
            Self::NotAllAsked => "Not every refresh could be asked for: the runs tell which were not. Try those again.",
        }
    }
}

impl Notice {
    /// What the page says.
    pub fn sentence(&self) -> String {
        match self {
            Self::Requested => "The refresh was asked for.".to_owned(),
            Self::Approved(version) => format!("Approved: version {} is served now.", version.0),
            Self::Rejected(version) => format!("Rejected: version {} will not be offered again.", version.0),
            Self::RolledBack(version) => {
                format!("Rolled back: version {} is served, and held until a build is approved.", version.0)
            }
            Self::Paused => "Scheduled refreshes are paused. A refresh that you ask for still runs.".to_owned(),
            Self::Resumed => "Scheduled refreshes go on.".to_owned(),
            Self::SignedOut => "You are signed out.".to_owned(),
            Self::Refused(reason) => reason.sentence().to_owned(),
        }
    }

    /// Whether it was done.
    pub fn is_good(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

/// The code, as an address carries it.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested => f.write_str("requested"),
            Self::Approved(version) => write!(f, "approved.{}", version.0),
            Self::Rejected(version) => write!(f, "rejected.{}", version.0),
            Self::RolledBack(version) => write!(f, "rolled-back.{}", version.0),
            Self::Paused => f.write_str("paused"),
            Self::Resumed => f.write_str("resumed"),
            Self::SignedOut => f.write_str("signed-out"),
            Self::Refused(reason) => write!(f, "refused.{}", reason.code()),
        }
    }
}

impl FromStr for Notice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (code, more) = text.split_once('.').map_or((text, None), |(code, more)| (code, Some(more)));
        match (code, more) {
            ("requested", None) => Ok(Self::Requested),
            ("approved", Some(version)) => version.parse().map(Self::Approved),
            ("rejected", Some(version)) => version.parse().map(Self::Rejected),
            ("rolled-back", Some(version)) => version.parse().map(Self::RolledBack),
            ("paused", None) => Ok(Self::Paused),
            ("resumed", None) => Ok(Self::Resumed),
            ("signed-out", None) => Ok(Self::SignedOut),
            ("refused", Some(code)) => {
                let reason = Reason::ALL.into_iter().find(|r| r.code() == code);
                reason.map(Self::Refused).ok_or("is no such refusal")
            }
            _ => Err("is no such notice"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_it_travels() {
        let version: VersionName = "c00000000000".parse().unwrap();
        let done = [
            Notice::Requested,
            Notice::Approved(version.clone()),
            Notice::Rejected(version.clone()),
            Notice::RolledBack(version),
            Notice::Paused,
            Notice::Resumed,
            Notice::SignedOut,
        ];
        for notice in done.into_iter().chain(Reason::ALL.map(Notice::Refused)) {
            let code = notice.to_string();
            assert_eq!(code.parse(), Ok(notice.clone()), "{code}");
            assert!(code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-'), "{code}");
            assert_eq!(notice.is_good(), !code.starts_with("refused"));
            assert!(notice.sentence().ends_with('.'));
        }
    }

    #[test]
    fn nobody_puts_words_of_their_own_on_a_page() {
        for text in [
            "",
            "hello",
            "approved",
            "approved.",
            "approved.call 555-0100",
            "approved.0123456789abc",
            "approved.<b>",
            "paused.now",
            "refused.because",
        ] {
            assert!(text.parse::<Notice>().is_err(), "{text}");
        }
    }
}
