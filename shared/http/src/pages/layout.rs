//! What all pages share: the frame around their matter, addresses, times, and small parts of forms.

use super::{Shell, words};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use std::fmt::Write as _;
use vms_core::{ReportKey, RunId};

/// Where the pages live.
pub(super) const BASE: &str = "/management/cache";

/// A page, apart from its frame.
pub(super) struct Page<'a> {
    pub(super) shell: &'a Shell,
    /// Of the browser's tab.
    pub(super) title: &'a str,
    /// The entry of the menu that leads here.
    pub(super) place: Place,
}

/// The entries of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Status,
    Reports,
    Runs,
    Refresh,
    /// None of them, but among them.
    Elsewhere,
    /// Before signing in: there is no menu.
    Outside,
}

const MENU: [(Place, &str, &str); 4] = [
    (Place::Status, "/status", "Status"),
    (Place::Reports, "/reports", "Reports"),
    (Place::Runs, "/runs", "Runs"),
    (Place::Refresh, "/refresh", "Refresh"),
];

impl Page<'_> {
    /// The whole document around `matter`.
    pub(super) fn around(&self, matter: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    title { (self.title) " · VMS report cache" }
                    link rel="stylesheet" href={ (BASE) "/assets/style.css" };
                    link rel="icon" type="image/svg+xml" href={ (BASE) "/assets/icon.svg" };
                    script src={ (BASE) "/assets/page.js" } defer {}
                }
                body {
                    a class="skip" href="#matter" { "Skip to the content" }
                    (self.header())
                    main id="matter" tabindex="-1" {
                        @if let Some(notice) = &self.shell.notice {
                            @let (class, role) = if notice.is_good() { ("notice good", "status") } else { ("notice bad", "alert") };
                            p class=(class) role=(role) { (notice.sentence()) }
                        }
                        (matter)
                    }
                    footer {
                        p { "As of " (time(self.shell.now)) a id="grown-old" href="" hidden {} }
                    }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        html! {
            header {
                div class="bar" {
                    p class="brand" { a href={ (BASE) "/status" } { "VMS report cache" } }
                    @if self.place != Place::Outside {
                        nav aria-label="Pages" {
                            ul {
                                @for (place, path, name) in MENU {
                                    li { a href={ (BASE) (path) } aria-current=[(place == self.place).then_some("page")] { (name) } }
                                }
                            }
                        }
                        @if self.shell.signed_in {
                            form method="post" action={ (BASE) "/logout" } { button class="quiet" { "Sign out" } }
                        }
                    }
                }
            }
        }
    }
}

/// An instant.
pub(super) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (words::moment(at)) } }
}

/// How long ago an instant was; when it was, for whoever points at it.
pub(super) fn time_ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(at) title=(words::moment(at)) { (words::ago(now.duration_since(at).as_secs())) } }
}

/// The page of a run.
pub(crate) fn run_path(id: &RunId) -> String {
    format!("{BASE}/runs/{id}")
}

/// The page that explains a report. A key needs no encoding: that is what its form is for.
pub(crate) fn explain_path(key: &ReportKey) -> String {
    format!("{BASE}/explain/{key}")
}

/// The page that compares two versions of a report.
pub(super) fn diff_path(key: &ReportKey) -> String {
    format!("{BASE}/diff/{key}")
}

/// An address with those of the parameters that are given.
pub(super) fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    let given = parameters.iter().filter_map(|(name, value)| value.map(|v| (name, v)));
    for (n, (name, value)) in given.enumerate() {
        address.push(if n == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => address.push(byte.into()),
                other => {
                    let _ = write!(address, "%{other:02X}");
                }
            }
        }
    }
    address
}

/// A choice in a filter.
pub(super) fn option(value: &str, name: &str, chosen: bool) -> Markup {
    html! { option value=(value) selected[chosen] { (name) } }
}

/// Goes on to the next page of a list, and back to the first.
pub(super) fn pager(first: Option<String>, next: Option<String>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav class="pager" aria-label="More of the list" {
                @if let Some(address) = first { a href=(address) { "Back to the first" } }
                @if let Some(address) = next { a href=(address) rel="next" { "Further on" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_what_is_given_however_it_is_written() {
        let parameters = [("a", None), ("text", Some("R&D =\"é\"")), ("state", Some("fresh"))];
        assert_eq!(with_query("/x", &parameters), "/x?text=R%26D%20%3D%22%C3%A9%22&state=fresh");
        assert_eq!(with_query("/x", &[("a", None)]), "/x");
    }
}
