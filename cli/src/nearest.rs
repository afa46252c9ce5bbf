//! What was meant by a key that is well-formed but not in the cache.

use crate::client::{Client, is_not_cached};
use anyhow::anyhow;
use vms_core::ReportKey;

/// How alike two keys must be, from 0 to 1, for one to be offered for the other.
const ALIKE: f64 = 0.8;

/// The same answer; where it says that a report is not cached, it also names the cached one that comes closest.
pub(crate) async fn or_nearest<A>(client: &Client, key: &ReportKey, answer: anyhow::Result<A>) -> anyhow::Result<A> {
    match answer {
        Err(error) if is_not_cached(&error) => Err(match nearest_cached(client, key).await {
            Some(near) => anyhow!("{error}; did you mean {near}?"),
            None => error,
        }),
        answer => answer,
    }
}

/// The cached key that comes closest; none where the list cannot be had, since it is only a suggestion.
pub(crate) async fn nearest_cached(client: &Client, key: &ReportKey) -> Option<String> {
    let cached = client.reports(Some(key.cache_type())).await.ok()?;
    nearest(&key.to_string(), cached.into_iter().map(|report| report.key.to_string()))
}

fn nearest(wanted: &str, cached: impl Iterator<Item = String>) -> Option<String> {
    let alike = cached.map(|key| (strsim::normalized_damerau_levenshtein(wanted, &key), key));
    alike.filter(|(alike, _)| *alike >= ALIKE).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_cached_key_is_offered_if_it_is_close() {
        let cached = ["volunteer/recent/2425", "volunteer/recent/2526", "volunteer/recent/last-365-days"];
        for (wanted, meant) in [
            ("volunteer/recent/2627", Some("volunteer/recent/2526")),
            ("volunteer/recent/2425", Some("volunteer/recent/2425")),
            ("volunteer/recent/2324", Some("volunteer/recent/2526")),
            ("virtual_session/usage/2025-2026", None),
        ] {
            let found = nearest(wanted, cached.into_iter().map(str::to_owned));
            assert_eq!(found.as_deref(), meant, "{wanted}");
        }
    }
}
