//! Pages for whoever is not, or cannot be, where they wanted to be: the login form, and refusals.

use super::Shell;
use super::layout::{BASE, Page, Place};
use maud::{Markup, html};

/// The form that signs in.
#[derive(Debug, Clone)]
pub struct LoginPage {
    /// Around it.
    pub shell: Shell,
    /// Where to go afterwards: a path of ours, sent along as `next`.
    pub next: String,
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct ProblemPage {
    /// Around it.
    pub shell: Shell,
    /// The status of the answer.
    pub status: u16,
    /// What it is.
    pub title: &'static str,
    /// What is known of it.
    pub detail: String,
}

/// The login form. Its fields are `api_key` and `next`; it is sent to its own address.
pub fn login(page: &LoginPage) -> Markup {
    let matter = html! {
        div class="narrow" {
            h1 { "Sign in" }
            p class="lead" { "See whether every report is fresh, and steer what refreshes them." }
            form method="post" action={ (BASE) "/login" } class="card" {
                label for="api_key" { "API key " small { "an operator's; it begins with vms_" } }
                input type="password" id="api_key" name="api_key" required autocomplete="current-password" spellcheck="false"
                    aria-describedby="how";
                input type="hidden" name="next" value=(page.next);
                button class="main" { "Sign in" }
            }
            p id="how" class="soft" { "You stay signed in for eight hours, until you sign out, or until the key is revoked." }
            h2 { "No key yet?" }
            p { code { "vms-cache dev" } " prints one when it starts. For a deployed cache, whoever may write its table makes one:" }
            pre { code { "vms-cache keys create --role operator --name \"the night shift\"" } }
        }
    };
    Page { shell: &page.shell, title: "Sign in", place: Place::Outside }.around(&matter)
}

/// A refusal.
pub fn problem(page: &ProblemPage) -> Markup {
    let place = if page.shell.signed_in { Place::Elsewhere } else { Place::Outside };
    let matter = html! {
        div class="narrow" {
            p class="soft" { "Error " (page.status) }
            h1 { (page.title) }
            p class="lead" { (super::words::capital(&page.detail)) "." }
            p { a href={ (BASE) "/status" } { "To the status page" } }
        }
    };
    Page { shell: &page.shell, title: page.title, place }.around(&matter)
}
