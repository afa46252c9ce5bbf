//! Plots, drawn on the server: bars of how long runs took, a line of how large their reports were.
//!
//! A picture is small and has no axes: its words, which everybody gets, say the last, the usual and the greatest
//! value, and each run's own value stands on the run's page.

use maud::{Markup, html};
use std::fmt::Write as _;

/// The picture's own units; the style sheet gives it its size.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 44.0;
/// Places for runs in a plot and in a strip, so that a mark means the same length of time in every plot.
pub(crate) const PLACES: usize = 30;

/// One value for each run, the oldest first; `None` where a run has none.
pub(super) struct Plot<'a> {
    /// Tells this plot's title from others on the page.
    pub(super) id: &'a str,
    /// What is measured.
    pub(super) name: &'a str,
    /// The values.
    pub(super) values: &'a [Option<f64>],
    /// How a value is said.
    pub(super) say: &'a dyn Fn(f64) -> String,
}

impl Plot<'_> {
    /// A bar for each run.
    pub(super) fn bars(&self) -> Markup {
        let most = self.most();
        let step = WIDTH / PLACES as f64;
        self.figure(|| {
            html! {
                @for (x, value) in self.placed() {
                    @let height = (HEIGHT - 2.0) * value / most;
                    rect x=(at(x * step + 1.0)) y=(at(HEIGHT - height.max(1.5))) width=(at(step - 2.0))
                        height=(at(height.max(1.5))) fill="currentColor" {}
                }
            }
        })
    }

    /// A line from run to run, and a dot at the last.
    pub(super) fn line(&self) -> Markup {
        let most = self.most();
        let step = WIDTH / PLACES as f64;
        let point = |(x, value): (f64, f64)| (x * step + step / 2.0, HEIGHT - 3.0 - (HEIGHT - 8.0) * value / most);
        let points: Vec<(f64, f64)> = self.placed().map(point).collect();
        self.figure(|| {
            let mut path = String::new();
            for (n, (x, y)) in points.iter().enumerate() {
                let _ = write!(path, "{}{} {}", if n == 0 { 'M' } else { 'L' }, at(*x), at(*y));
            }
            html! {
                path d=(path) fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"
                    vector-effect="non-scaling-stroke" {}
                @if let Some((x, y)) = points.last() {
                    // A line of no length with a round end stays round, however the picture is stretched.
                    path d={ "M" (at(*x)) " " (at(*y)) "h0" } stroke="currentColor" stroke-width="7" stroke-linecap="round"
                        vector-effect="non-scaling-stroke" {}
                }
            }
        })
    }

    fn figure(&self, draw: impl FnOnce() -> Markup) -> Markup {
        let words = self.words();
        let title = format!("{}-title", self.id);
        html! {
            figure class="plot" {
                @if self.values.iter().any(Option::is_some) {
                    svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-labelledby=(title) {
                        title id=(title) { (self.name) ": " (words) }
                        (draw())
                    }
                }
                figcaption { b { (self.name) } " " (words) }
            }
        }
    }

    fn words(&self) -> String {
        let mut sorted: Vec<f64> = self.values.iter().flatten().copied().collect();
        let Some(last) = sorted.last().copied() else {
            return "nothing to show yet".to_owned();
        };
        if sorted.len() == 1 {
            return format!("last {}", (self.say)(last));
        }
        sorted.sort_by(f64::total_cmp);
        let usual = sorted[sorted.len() / 2];
        let most = sorted[sorted.len() - 1];
        format!("last {}, usually {}, at most {}", (self.say)(last), (self.say)(usual), (self.say)(most))
    }

    fn most(&self) -> f64 {
        self.values.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max)
    }

    /// The newest values with their places, which end at the right.
    fn placed(&self) -> impl Iterator<Item = (f64, f64)> {
        let newest = &self.values[self.values.len().saturating_sub(PLACES)..];
        let first = PLACES - newest.len();
        newest.iter().enumerate().filter_map(move |(n, value)| value.map(|v| ((first + n) as f64, v)))
    }
}

/// A coordinate with as many digits as an eye can tell.
fn at(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[Option<f64>]) -> String {
        let say = |v: f64| format!("{v} s");
        Plot { id: "p", name: "Duration", values, say: &say }.bars().into_string()
    }

    #[test]
    fn a_plot_says_in_words_what_it_draws() {
        let drawn = drawn(&[Some(1.0), None, Some(9.0), Some(2.0)]);
        let words = "Duration: last 2 s, usually 2 s, at most 9 s";
        assert!(drawn.contains(&format!("<title id=\"p-title\">{words}</title>")), "{drawn}");
        assert_eq!(drawn.matches("<rect").count(), 3, "a run without a value leaves its place empty");
    }

    #[test]
    fn a_plot_of_nothing_is_a_sentence_and_no_picture() {
        for values in [&[][..], &[None, None]] {
            let drawn = drawn(values);
            assert!(drawn.contains("nothing to show yet") && !drawn.contains("<svg"), "{drawn}");
        }
    }

    #[test]
    fn more_values_than_places_show_the_newest_within_the_picture() {
        let values: Vec<_> = (1..=40).map(|n| Some(f64::from(n))).collect();
        let drawn = drawn(&values);
        assert_eq!(drawn.matches("<rect").count(), PLACES);
        assert!(!drawn.contains("=\"-") && drawn.contains("height=\"42.0\""), "{drawn}");
    }

    #[test]
    fn zeros_are_drawn_as_the_smallest_bars() {
        let drawn = drawn(&[Some(0.0), Some(0.0)]);
        assert!(!drawn.contains("NaN") && drawn.matches("height=\"1.5\"").count() == 2, "{drawn}");
    }
}
