//! What differs between two versions of a report and, where one of them waits, the decision.

use super::layout::{BASE, Page, Place, explain_path, time};
use super::words::{self, count, grouped};
use super::{Shell, forms};
use crate::acts::short;
use crate::diff::{Change, MOST_CHANGES};
use crate::versions::{Compared, Side};
use maud::{Markup, html};
use serde_json::Value;

/// What differs between two versions of a report. Where `compared.to` is the candidate, it can be decided on here.
#[derive(Debug, Clone)]
pub struct DiffPage {
    /// Around it.
    pub shell: Shell,
    /// What `api/diff` tells.
    pub compared: Compared,
}

/// What differs.
pub fn diff(page: &DiffPage) -> Markup {
    let compared = &page.compared;
    let (key, diff) = (&compared.report_key, &compared.diff);
    let matter = html! {
        p class="crumbs" { a href=(explain_path(key)) { "Explain this report" } }
        h1 { "What changed" }
        p class="key" { code { (key) } }
        dl class="sides" {
            div { dt { "From" } dd { (side(&compared.from)) } }
            div { dt { "To" } dd { (side(&compared.to)) } }
        }
        ul class="figures" {
            @for (n, name) in [
                (diff.summary.rows_removed, "Rows removed"),
                (diff.summary.rows_added, "Rows added"),
                (diff.summary.figures_changed, "Figures changed"),
            ] {
                li { h2 { (name) } p class="value" { (grouped(n)) } }
            }
        }
        @if compared.to.role == "candidate" {
            section class="band waits" aria-labelledby="decide" {
                h2 id="decide" { "Your decision" }
                p { "Approve, and readers get the new build at once; reject, and they keep what they get now." }
                (forms::decide(key, &compared.to.version, None))
            }
        }
        @if diff.changes.is_empty() {
            p class="empty" { "The two versions say the same." }
        } @else {
            (table(&diff.changes, diff.total))
        }
        p { a href={ (BASE) "/api/diff/" (key) "?from=" (compared.from.version) "&to=" (compared.to.version) } { "This comparison as JSON" } }
    };
    Page { shell: &page.shell, title: "What changed", place: Place::Reports }.around(&matter)
}

fn side(side: &Side) -> Markup {
    let role = match side.role.as_str() {
        "current" => "what is served",
        "candidate" => "the build that waits",
        _ => "an earlier version",
    };
    html! {
        b { (words::capital(role)) } " " code { (short(&side.version)) }
        small { "built " (time(side.generated_at)) ", " (count(side.rows, "row")) }
    }
}

fn table(changes: &[Change], total: u64) -> Markup {
    html! {
        div class="wide" role="group" aria-label="Changes" tabindex="0" {
            table class="changes stacks" {
                caption {
                    (count(total, "change"))
                    @if total > changes.len() as u64 { ", of which the first " (grouped(MOST_CHANGES as u64)) " are listed" }
                }
                thead { tr { th scope="col" { "Where" } th scope="col" { "Old" } th scope="col" { "New" } } }
                tbody {
                    @for change in changes {
                        tr {
                            th scope="row" { code { (breakable(&change.path)) } }
                            td data-name="Old" class="old" { (value(change.old.as_ref())) }
                            td data-name="New" class="new" { (value(change.new.as_ref())) }
                        }
                    }
                }
            }
        }
    }
}

/// A path that may be broken after each of its steps.
fn breakable(path: &str) -> Markup {
    html! { @for (n, step) in path.split('.').enumerate() { @if n > 0 { "." wbr; } (step) } }
}

/// A value as people read it: texts without quotes, the rest as JSON.
fn value(value: Option<&Value>) -> Markup {
    match value {
        None => html! { span class="soft" { "not there" } },
        Some(Value::String(text)) if text.is_empty() => html! { span class="soft" { "empty text" } },
        Some(Value::String(text)) => html! { (text) },
        Some(Value::Number(number)) => html! { span class="figure" { (number) } },
        Some(other) => html! { code { (other) } },
    }
}
