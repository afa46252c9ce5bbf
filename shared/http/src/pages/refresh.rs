//! The form that asks for a refresh.

use super::layout::{BASE, Page, Place};
use super::{Shell, forms, words};
use maud::{Markup, html};
use vms_core::{CacheType, ReportKey};

/// The form that asks for a refresh.
#[derive(Debug, Clone)]
pub struct RefreshPage {
    /// Around it.
    pub shell: Shell,
    /// The type that is chosen to begin with (parameter `cache_type`).
    pub cache_type: Option<CacheType>,
    /// The report that is filled in to begin with (parameter `report_key`).
    pub report_key: Option<ReportKey>,
}

/// The refresh form. Its fields are those of `api/refresh`; it is sent to its own address.
pub fn refresh(page: &RefreshPage) -> Markup {
    let matter = html! {
        h1 { "Refresh" }
        p class="lead" { "Reports are built anew from the VMS database. Readers get the old ones until the new ones are whole." }
        form method="post" action={ (BASE) "/refresh" } class="refresh" {
            fieldset {
                legend { "What" }
                div class="choices" {
                    (choice("all", "All", "All five types, one run each.", page.cache_type.is_none()))
                    @for t in CacheType::ALL {
                        (choice(t.as_str(), words::type_name(t), words::type_about(t), page.cache_type == Some(t)))
                    }
                }
            }
            label for="report_key" { "One report only " small { "optional; its key, as the list of reports shows it, of any year" } }
            input type="text" id="report_key" name="report_key" value=[page.report_key.as_ref()] autocomplete="off"
                spellcheck="false" placeholder="volunteer/recent/last-365-days";
            (forms::wishes())
            button class="main" { "Refresh" }
        }
    };
    Page { shell: &page.shell, title: "Refresh", place: Place::Refresh }.around(&matter)
}

fn choice(value: &str, name: &str, about: &str, chosen: bool) -> Markup {
    let id = format!("type-{value}");
    html! {
        div class="choice" {
            input type="radio" id=(id) name="cache_type" value=(value) checked[chosen];
            label for=(id) { b { (name) } small { (about) } }
        }
    }
}
